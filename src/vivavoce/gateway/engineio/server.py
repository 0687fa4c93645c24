"""All Engine.IO connections under one path: who may open one, which is meant by a request, and their heartbeats."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.engineio.connection import EngineConnection, Probe
from vivavoce.gateway.engineio.heartbeats import Heartbeats
from vivavoce.gateway.engineio.limits import EngineIOLimits
from vivavoce.gateway.engineio.packets import PROTOCOL, Problem, open_packet
from vivavoce.gateway.engineio.polling import Exchange, Polling
from vivavoce.gateway.engineio.requests import PollingRequests
from vivavoce.gateway.frames import CloseCode
from vivavoce.gateway.gateway import Gateway, Refusal, Route
from vivavoce.gateway.handshake import Handshake

if TYPE_CHECKING:
    from vivavoce.gateway.socket import WebSocket

C = TypeVar("C", bound=EngineConnection)

_SID_BYTES: Final = 18
_TRANSPORTS: Final = frozenset({"polling", "websocket"})
_IGNORE_IDLENESS_S: Final = float("inf")


class EngineIOServer(Generic[C]):
    """Engine.IO 4 at one path of a gateway, on polling and WebSocket."""

    def __init__(
        self,
        gateway: Gateway,
        path: str,
        connect: Callable[[EngineIOServer[Any], str, Handshake], C],
        limits: EngineIOLimits,
        *,
        process: str = "0",
    ) -> None:
        """`connect` makes a connection; `process` names this process in every `sid`: letters and digits only.

        Create it before the gateway is started.
        """
        if not process.isalnum():
            raise ValueError(f"a process is named by letters and digits, not {process!r}")
        self.gateway = gateway
        self.path = path if path.endswith("/") else path + "/"
        self.limits = limits
        tick_s = gateway.sweep_with(self, min(limits.ping_interval_s, limits.ping_timeout_s))
        self._process = process
        self._connect = connect
        self._connections: dict[str, C] = {}
        self._probes: dict[str, Probe] = {}
        self._to_flush: list[C] = []
        self._heartbeats: Heartbeats[C] = Heartbeats(limits.ping_interval_s, limits.ping_timeout_s, tick_s)
        times = (limits.ping_interval_s, limits.ping_timeout_s)
        self._polling_greeting = open_packet(["websocket"], *times, limits.max_payload)
        self._websocket_greeting = open_packet([], *times, limits.max_payload)
        self._endpoint = _Endpoint(self)
        self._stopping = False
        gateway.routes.insert(0, Route(self._match))
        gateway.http_doors.append(PollingRequests(self))

    def __len__(self) -> int:
        return self._heartbeats.count

    # Admission

    def serves(self, path: str) -> bool:
        return path in (self.path, self.path[:-1])

    def check(self, query: Mapping[str, str], transport: str) -> Problem | None:
        """What is wrong with the query of a request on this transport."""
        if query.get("transport") not in _TRANSPORTS:
            return Problem.TRANSPORT_UNKNOWN
        if query.get("transport") != transport or "j" in query:  # JSONP: an answer that is run as a script
            return Problem.BAD_REQUEST
        if query.get("EIO") != PROTOCOL:
            return Problem.UNSUPPORTED_VERSION
        return None

    def find(self, sid: str) -> C | None:
        """The connection of a `sid`, if it is still alive."""
        connection = self._connections.get(sid)
        if connection is not None and not connection.closed and connection.is_overdue(monotonic()):
            connection.time_out()
            return None
        return connection

    def process_of(self, sid: str) -> str:
        """The process that a `sid` belongs to."""
        return sid.partition(".")[0]

    def admit_polling(self, handshake: Handshake) -> VivavoceError | None:
        """Why no connection may be opened by polling, if so; otherwise it has taken its place among the others."""
        if self._stopping:
            return VivavoceError("unavailable", "the server is restarting", info={"retry_after": 5})
        return self.gateway.take_place(handshake.client_address)

    def open_polling(self, handshake: Handshake, exchange: Exchange) -> None:
        """A polling client opens a connection; `admit_polling` has let it in."""
        connection = self._new(handshake)
        polling = Polling(monotonic(), lambda: self._flush_soon(connection))
        bucket = self._heartbeats.join(connection)
        connection.open_on_polling(polling, bucket, exchange, (self._polling_greeting % connection.sid).encode())

    def _match(self, handshake: Handshake) -> Endpoint | Refusal | None:
        if not self.serves(handshake.path):
            return None
        problem = self.check(handshake.query, "websocket")
        sid = handshake.query.get("sid")
        if problem is None and sid is not None and self.find(sid) is None:
            problem = Problem.UNKNOWN_SID
        if problem is None:
            return self._endpoint
        return Refusal(problem.status, VivavoceError("invalid_payload", problem.value[1]), body=problem.body)

    # WebSockets

    def websocket_opened(self, ws: WebSocket) -> None:
        """A WebSocket opens a connection, or wants to take one over."""
        ws.authenticated = True  # the connection has a deadline of its own for that
        sid = ws.handshake.query.get("sid")
        if sid is None:
            connection = self._new(ws.handshake)
            ws.state = connection
            greeting = (self._websocket_greeting % connection.sid).encode()
            connection.open_on_websocket(ws, self._heartbeats.join(connection), greeting)
            return
        found = self.find(sid)
        if found is None or found.polling is None or found.polling.closing or sid in self._probes:
            ws.close(CloseCode.NORMAL, Problem.BAD_REQUEST.value[1])
            return
        ws.state = self._probes[sid] = Probe(found, ws)
        self.gateway.expire_after(ws.state, self.limits.upgrade_timeout_s)

    def end_probe(self, probe: Probe) -> None:
        """The WebSocket has taken over, or it has not."""
        self._probes.pop(probe.connection.sid, None)
        self.gateway.deadlines.pop(probe, None)

    def upgraded(self, connection: EngineConnection) -> None:
        """The WebSocket counts among the gateway's from its handshake on; the place of polling is free."""
        self.gateway.leave_place(connection.handshake.client_address)

    # Books

    def expect_identity(self, connection: EngineConnection) -> None:
        """From now on there is a time to say who is there."""
        self.gateway.expire_after(connection, self.gateway.limits.authentication_timeout_s)

    def identity_known(self, connection: EngineConnection) -> None:
        self.gateway.deadlines.pop(connection, None)

    def forget(self, connection: EngineConnection, bucket: set[Any], *, keep_sid: bool) -> None:
        """A connection is over; its `sid` is kept while its last packets are to be fetched."""
        self._heartbeats.leave(connection, bucket)  # type: ignore[arg-type]
        self.gateway.deadlines.pop(connection, None)
        if connection.polling is not None:
            self.gateway.leave_place(connection.handshake.client_address)
        if not keep_sid:
            self._connections.pop(connection.sid, None)

    def forget_sid(self, connection: EngineConnection) -> None:
        """Nothing is to be fetched any more."""
        connection.drop_polling()
        self.gateway.deadlines.pop(connection, None)
        self._connections.pop(connection.sid, None)

    def _new(self, handshake: Handshake) -> C:
        sid = f"{self._process}.{secrets.token_urlsafe(_SID_BYTES)}"
        connection = self._connections[sid] = self._connect(self, sid, handshake)
        return connection

    # Time

    def sweep(self, now: float) -> None:
        """The gateway's tick: ask some for a sign of life, judge those asked a time-out ago."""
        for asked_at, connection in self._heartbeats.judged(now):
            connection.judge(asked_at)
        for connection in self._heartbeats.asked(now):
            connection.beat()

    def stop(self) -> None:
        """No new connections; the polls that wait are answered. WebSockets are closed by the gateway."""
        self._stopping = True
        for connection in list(self._heartbeats):
            if connection.polling is not None:
                connection.close()

    def _flush_soon(self, connection: C) -> None:
        if not self._to_flush:
            self.gateway.loop.call_soon(self._flush)
        self._to_flush.append(connection)

    def _flush(self) -> None:
        waiting, self._to_flush = self._to_flush, []
        for connection in waiting:
            connection.flush()


class _Endpoint(Endpoint):
    """The WebSockets of an Engine.IO server; `state` of each is its connection, or a probe."""

    counts_binary_by_bytes = True
    idle_timeout_s = _IGNORE_IDLENESS_S

    def __init__(self, server: EngineIOServer[Any]) -> None:
        self._server = server
        self.max_message = server.limits.max_payload

    def opened(self, ws: WebSocket) -> None:
        self._server.websocket_opened(ws)

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        ws.state.take(data)

    def closed(self, ws: WebSocket, code: int, reason: str) -> None:
        state = ws.state
        ws.state = None
        if isinstance(state, Probe):
            self._server.end_probe(state)
            state.connection.probe_failed()
        elif state is not None:
            state.websocket_closed(code)

    def refused(self, ws: WebSocket, error: VivavoceError) -> None:
        self.refused_message(ws, error, None)

    def refused_message(self, ws: WebSocket, error: VivavoceError, data: str | bytes | None) -> None:
        if isinstance(ws.state, EngineConnection):
            ws.state.on_refused(error, data)

    def drained(self, ws: WebSocket) -> None:
        if isinstance(ws.state, EngineConnection):
            ws.state.on_drained()

    def heartbeat(self, ws: WebSocket) -> bool:
        """The protocol has a heartbeat of its own."""
        return True
