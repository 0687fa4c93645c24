"""A server for conformance suites: `python -m vivavoce.gateway.conformance --port N`.

`/echo` sends every WebSocket message back as it came, up to 16 MiB, without any limit on the rate.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.gateway import Gateway, Route
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.server import run, serve, settle_garbage_collector
from vivavoce.gateway.socket import WebSocket

ECHO_PATH = "/echo"
_MAX_MESSAGE = 16 << 20


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


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The heartbeat that the protocols above plain WebSockets announce, in seconds."""

    interval_s: float
    timeout_s: float


def routes(heartbeat: Heartbeat) -> list[Route]:
    """The doors of the conformance server; those with a heartbeat of their own take it from `heartbeat`."""
    del heartbeat  # plain WebSockets announce none
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
    return Gateway(limits, routes(heartbeat), OriginPolicy("development", ["*"]))


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
