"""Socket.IO 5 at one path of a gateway."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterable, Mapping
from time import monotonic
from typing import Any

from vivavoce.gateway.engineio.server import EngineIOServer
from vivavoce.gateway.gateway import Gateway
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.socketio.connection import SioConnection
from vivavoce.gateway.socketio.limits import SocketIOLimits
from vivavoce.gateway.socketio.namespace import Namespace
from vivavoce.gateway.socketio.packets import EVENT, Prepared, encode
from vivavoce.gateway.socketio.socket import SioSocket, broadcast


class SocketIOServer:
    """Namespaces for the clients of one path, on polling and WebSocket, in one process."""

    def __init__(
        self,
        gateway: Gateway,
        path: str = "/socket.io/",
        namespaces: Mapping[str, Namespace] | None = None,
        limits: SocketIOLimits | None = None,
        *,
        process: str = "0",
    ) -> None:
        """`namespaces` by name, `/` the main one. Create it before the gateway is started."""
        self.gateway = gateway
        self.limits = limits or SocketIOLimits()
        self.namespaces: dict[str, Namespace] = dict(namespaces or {})
        self._tasks: set[asyncio.Task[None]] = set()
        self._packet_ids = itertools.count()
        self._awaiting_acks: dict[SioSocket, None] = {}
        self.engine: EngineIOServer[SioConnection] = EngineIOServer(
            gateway, path, self._connect, self.limits, process=process
        )
        gateway.sweep_with(self, self.limits.ack_timeout_s)

    def __len__(self) -> int:
        """Connections now."""
        return len(self.engine)

    def prepare(self, event: str, *args: Any, namespace: str = "/") -> Prepared:
        """An event, built once for as many sockets of the namespace as are to get it (`SioSocket.send_prepared`)."""
        return encode(EVENT, namespace, (event, *args))

    def broadcast(
        self, sockets: Iterable[SioSocket], event: str, *args: Any, namespace: str = "/", ephemeral: bool = False
    ) -> None:
        """Send an event to many sockets of the namespace; nobody waits for anybody."""
        broadcast(sockets, self.prepare(event, *args, namespace=namespace), ephemeral=ephemeral)

    # The connections' calls

    def expect_ack(self, socket: SioSocket, timeout_s: float | None) -> tuple[str, float, int]:
        """The id for an acknowledgement, until when it is waited for, and how many a socket may wait for."""
        self._awaiting_acks[socket] = None
        limits = self.limits
        until = monotonic() + (limits.ack_timeout_s if timeout_s is None else timeout_s)
        return str(next(self._packet_ids)), until, limits.max_pending_acks

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something rare that waits: letting a client in."""
        task = self.gateway.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The gateway's calls

    def sweep(self, now: float) -> None:
        """Give up acknowledgements that did not come in time."""
        for socket in list(self._awaiting_acks):
            if socket.give_up_acks(now):
                del self._awaiting_acks[socket]

    def stop(self) -> None:
        """Connections end with the gateway; those still being let in are let go."""
        for task in list(self._tasks):
            task.cancel()

    def _connect(self, _engine: EngineIOServer[Any], sid: str, handshake: Handshake) -> SioConnection:
        return SioConnection(self, sid, handshake)
