"""A server for conformance suites: `python -m vivavoce.gateway.conformance --port N`.

`/echo` sends every WebSocket message back as it came, up to 16 MiB, without any limit on the rate; `/engine.io/` does
the same on Engine.IO. `/socket.io/` has the namespaces `/` and `/custom`, which let everybody in, tell what came with
CONNECT, answer `message` by `message-back`, and acknowledge `message-with-ack` with what it brought.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.engineio.connection import EngineConnection
from vivavoce.gateway.engineio.server import EngineIOServer
from vivavoce.gateway.gateway import Gateway, Route
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.server import run, serve, settle_garbage_collector
from vivavoce.gateway.socket import WebSocket
from vivavoce.gateway.socketio.limits import SocketIOLimits
from vivavoce.gateway.socketio.namespace import Namespace
from vivavoce.gateway.socketio.server import SocketIOServer
from vivavoce.gateway.socketio.socket import Acknowledge, SioSocket

ECHO_PATH = "/echo"
ENGINE_IO_PATH = "/engine.io/"
SOCKET_IO_PATH = "/socket.io/"
_MAX_MESSAGE = 16 << 20
_MAX_PAYLOAD = 1_000_000
#: Suites that wait for one packet at a time miss one that comes in the same read as the packet before.
_PAUSE_S = 0.01


class EchoEndpoint(Endpoint):
    """Every message comes back; a client that does not read is not read from."""

    max_message = _MAX_MESSAGE

    def opened(self, ws: WebSocket) -> None:
        ws.authenticated = True

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        ws.send(data)
        if not ws.writable:
            ws.pause_reading()

    def drained(self, ws: WebSocket) -> None:
        ws.resume_reading()

    def closed(self, ws: WebSocket, code: int, reason: str) -> None:
        """Nothing was kept for it."""

    def refused(self, ws: WebSocket, error: VivavoceError) -> None:
        ws.send(f"{error.code}: {error.details}")


class EchoConnection(EngineConnection):
    """Every Engine.IO message comes back; nobody has to sign in."""

    __slots__ = ()

    def on_text(self, packet: str) -> None:
        self.send_text(packet.encode())

    def on_binary(self, data: bytes) -> None:
        self.send_binary(data)


class EchoNamespace(Namespace):
    """Tells what came with CONNECT, and gives messages back."""

    def connecting(self, socket: SioSocket, auth: dict[str, Any]) -> None:
        socket.state = auth

    def connected(self, socket: SioSocket) -> None:
        asyncio.get_running_loop().call_later(_PAUSE_S, socket.emit, "auth", socket.state)

    def event(self, socket: SioSocket, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        if name == "message":
            socket.emit("message-back", *args)
        elif name == "message-with-ack" and ack is not None:
            ack(*args)

    def disconnected(self, socket: SioSocket, reason: str) -> None:
        """Nothing was kept for it."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The heartbeat that the protocols above plain WebSockets announce, in seconds."""

    interval_s: float
    timeout_s: float


def routes() -> list[Route]:
    """The plain WebSocket doors of the conformance server."""
    echo = EchoEndpoint()

    def match_echo(handshake: Handshake) -> Endpoint | None:
        return echo if handshake.path == ECHO_PATH else None

    return [Route(match_echo)]


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Plain HTTP: nothing is here but a sign of life at `/`."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    found = scope["path"] == "/"
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"ready\n" if found else b"not found\n"})


async def _live(
    receive: Callable[[], Awaitable[dict[str, Any]]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def build(heartbeat: Heartbeat) -> Gateway:
    """The gateway of the conformance server: any origin, and no limit but those of size."""
    limits = GatewayLimits(message_rate=None, binary_rate=None, frames_per_second=sys.maxsize)
    gateway = Gateway(limits, routes(), OriginPolicy("development", ["*"]))
    bounds = SocketIOLimits(
        ping_interval_s=heartbeat.interval_s, ping_timeout_s=heartbeat.timeout_s, max_payload=_MAX_PAYLOAD
    )
    EngineIOServer(gateway, ENGINE_IO_PATH, EchoConnection, bounds)
    namespace = EchoNamespace()
    SocketIOServer(gateway, SOCKET_IO_PATH, {"/": namespace, "/custom": namespace}, bounds)
    return gateway


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; prints the address when it is ready."""
    parser = argparse.ArgumentParser(prog="python -m vivavoce.gateway.conformance", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 chooses a free one")
    parser.add_argument("--ping-interval", type=float, default=25.0, metavar="S")
    parser.add_argument("--ping-timeout", type=float, default=60.0, metavar="S")
    given = parser.parse_args(arguments)

    def ready(addresses: Sequence[tuple[str, int]]) -> None:
        settle_garbage_collector()
        for host, port in addresses:
            sys.stdout.write(f"serving on ws://{host}:{port}{ECHO_PATH}\n")
        sys.stdout.flush()

    gateway = build(Heartbeat(given.ping_interval, given.ping_timeout))
    run(serve(app, gateway, host=given.host, port=given.port, ready=ready))


if __name__ == "__main__":
    main()
