"""Runs the ASGI application and the gateway on one port."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Final, TypeVar

import uvicorn
import uvloop
from uvicorn.server import ServerState

from vivavoce.gateway.collector import CollectorCare
from vivavoce.gateway.frames import CloseCode
from vivavoce.gateway.gateway import Gateway
from vivavoce.gateway.http_connection import HttpConnection
from vivavoce.gateway.listener import Doorway

T = TypeVar("T")

_BACKLOG: Final = 4096
_SWITCH_INTERVAL_S: Final = 0.0005
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# A full collection walks every object of every connection. Most of those are freed by counting references alone,
# so the young generation may be large, and the old one is looked at rarely.
_GC_THRESHOLDS: Final = (50_000, 20, 50)


def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for all addresses of a host name; port 0 chooses one for all. Raises OSError."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            listening = socket.socket(family, kind, protocol)
            sockets.append(listening)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            chosen = sockets[0].getsockname()[1] if len(sockets) > 1 else port
            listening.bind((address[0], chosen, *address[2:]))
            listening.setblocking(False)
    except OSError:
        for listening in sockets:
            listening.close()
        raise
    return sockets


class _Server(uvicorn.Server):
    """Uvicorn's server, which ends the WebSockets first and leaves the process to its caller when it has stopped."""

    def __init__(
        self, config: uvicorn.Config, gateway: Gateway, ready: Callable[[Sequence[tuple[str, int]]], None] | None
    ) -> None:
        super().__init__(config)
        self._gateway = gateway
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and self._ready is not None:
            bound = [listening.getsockname() for server in self.servers for listening in server.sockets]
            self._ready([(name[0], name[1]) for name in bound if isinstance(name, tuple)])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._gateway.stop(CloseCode.SERVICE_RESTART, "the server restarts")
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on SIGINT and SIGTERM, without raising them again at the end: the caller has things to close."""
        loop = asyncio.get_running_loop()
        installed = []
        for number in _STOP_SIGNALS:
            # Where signals cannot be handled (another thread than the main one), the caller stops the server.
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, self.handle_exit, number, None)
                installed.append(number)
        try:
            yield
        finally:
            for number in installed:
                loop.remove_signal_handler(number)


async def serve(
    app: Any,
    gateway: Gateway,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    sockets: Sequence[socket.socket] | None = None,
    tls: ssl.SSLContext | None = None,
    ready: Callable[[Sequence[tuple[str, int]]], None] | None = None,
    stop: asyncio.Event | None = None,
    grace_s: int = 10,
    let_go: Callable[[], None] = lambda: None,
) -> None:
    """Serve an ASGI application and the gateway's WebSockets on one port until SIGINT, SIGTERM or `stop`.

    Run it on uvloop (`run`). `sockets` are listening sockets to use instead of `host` and `port`; `ready` is called
    with the bound addresses as soon as connections are taken, `let_go` when many clients were there and nearly all have
    gone. Sockets get 1012 when it stops, requests under way `grace_s` seconds. Raises OSError where the address cannot
    be bound. Requests are not logged here: their query may hold a token.
    """
    listening = list(sockets) if sockets is not None else bind(host, port)
    config = uvicorn.Config(
        app,
        http=_front_door(gateway),  # type: ignore[arg-type]
        ws="none",
        loop="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=max(1, round(gateway.limits.keep_alive_s)),
        timeout_graceful_shutdown=grace_s,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
    server = _Server(config, gateway, ready)
    stats = gateway.stats
    gateway.sweep_with(CollectorCare(lambda: stats.total_connections, lambda: stats.active_connections, let_go))
    gateway.start()
    watcher = None if stop is None else asyncio.ensure_future(_exit_on(stop, server))
    try:
        await server.serve(sockets=listening)
    finally:
        if watcher is not None:
            watcher.cancel()
        await gateway.stop(grace_s=0)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a new uvloop event loop.

    The store's threads ask for Python's lock for moments; they get it after half a millisecond instead of five, or
    everybody who waits for a commit would wait for the loop.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def settle_garbage_collector() -> None:
    """Take all that exists now out of the garbage collector's sight, and let it look at the rest less often.

    To be called once, when the process is ready to serve: a full collection then walks connections, not the program.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def _front_door(gateway: Gateway) -> Callable[..., asyncio.Protocol]:
    """What the HTTP server makes for each connection."""

    def make(
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> asyncio.Protocol:
        def make_http() -> HttpConnection:
            return HttpConnection(gateway, config, server_state, app_state, _loop)

        return Doorway(gateway, server_state.connections, make_http)

    return make


async def _exit_on(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True
