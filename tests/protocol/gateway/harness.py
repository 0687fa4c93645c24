"""A gateway on a loop and a port of its own, and a client that may break every rule."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.conformance import app as plain_app
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.frames import Close, Event, FrameParser, Opcode, client_frame
from vivavoce.gateway.gateway import Gateway, Refusal, Route
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.server import run, serve
from vivavoce.gateway.socket import WebSocket

T = TypeVar("T")


@dataclass
class RecordingEndpoint(Endpoint):
    """Echoes, and writes down every call."""

    max_message: int = 8 << 20
    counts_binary_by_bytes: bool = False
    heartbeat_s: float | None = None
    idle_timeout_s: float | None = None
    subprotocols: Sequence[str] = ()
    authenticates: bool = True
    echoes: bool = True
    heartbeat_text: str | None = None
    sockets: list[WebSocket] = field(default_factory=list)
    received_data: list[str | bytes] = field(default_factory=list)
    ended: list[tuple[int, str]] = field(default_factory=list)
    refusals: list[VivavoceError] = field(default_factory=list)
    drains: int = 0

    def opened(self, ws: WebSocket) -> None:
        self.sockets.append(ws)
        ws.authenticated = self.authenticates

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        self.received_data.append(data)
        if data == "fail":
            raise RuntimeError("a door that fails")
        if data == "refuse":
            raise VivavoceError("forbidden", "not this one")
        if self.echoes:
            ws.send(data)

    def closed(self, ws: WebSocket, code: int, reason: str) -> None:
        self.ended.append((code, reason))

    def refused(self, ws: WebSocket, error: VivavoceError) -> None:
        self.refusals.append(error)
        ws.send(f"error {error.code}")

    def drained(self, ws: WebSocket) -> None:
        self.drains += 1

    def heartbeat(self, ws: WebSocket) -> bool:
        if self.heartbeat_text is None:
            return False
        ws.send(self.heartbeat_text)
        return True


class Server:
    """A served gateway, in a thread. `/ws` is the endpoint, `/refused` a refusal, the rest unknown."""

    def __init__(
        self,
        endpoint: Endpoint | None = None,
        limits: GatewayLimits | None = None,
        policy: OriginPolicy | None = None,
        app: Any = plain_app,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.endpoint = endpoint or RecordingEndpoint()
        self.gateway = Gateway(
            limits or GatewayLimits(), [Route(self._match)], policy or OriginPolicy("development"), describe=_describe
        )
        self.app = app
        self.tls = tls
        self.port = 0
        self.loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=lambda: run(self._serve()), daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def stop(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop.set)

    def call(self, function: Callable[[], T]) -> T:
        """Run something on the server's loop and wait for its result."""

        async def work() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(work(), self.loop).result(10)

    def settle(self) -> None:
        """Wait for a few rounds of the server's loop."""
        for _ in range(3):
            self.call(lambda: None)

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await serve(self.app, self.gateway, port=0, tls=self.tls, ready=self._note, stop=self._stop, grace_s=2)

    def _note(self, addresses: Sequence[tuple[str, int]]) -> None:
        self.port = addresses[0][1]
        self._ready.set()

    def _match(self, handshake: Handshake) -> Endpoint | Refusal | None:
        if handshake.path == "/ws":
            return self.endpoint
        if handshake.path == "/refused":
            return Refusal(503, VivavoceError("unavailable", "not now"), [("Retry-After", "7")])
        return None


def _describe(error: VivavoceError, accept_language: str) -> str:
    return f"{error.reason} ({accept_language})" if accept_language else error.reason


class RawClient:
    """A TCP connection that sends what it is told to and reads with a deadline."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = port
        self.answer = b""
        self._parser = FrameParser(max_message=1 << 30, max_transport=1 << 30, from_client=False)

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def text(self, text: str) -> None:
        self.send(client_frame(Opcode.TEXT, text.encode()))

    def binary(self, data: bytes) -> None:
        self.send(client_frame(Opcode.BINARY, data))

    def read(self, size: int = 1 << 16) -> bytes:
        """What comes next; empty at the end, however it came about."""
        try:
            return self.socket.recv(size)
        except ConnectionError:
            return b""

    def read_all(self) -> bytes:
        found = b""
        while piece := self.read():
            found += piece
        return found

    def request_head(self, path: str = "/ws", **fields: str | None) -> bytes:
        wanted: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
        }
        wanted |= {name.replace("_", "-"): value for name, value in fields.items()}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in wanted.items() if value is not None)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def open(self, path: str = "/ws", early: bytes = b"", **fields: str | None) -> RawClient:
        """Complete the handshake; `self.answer` is its head."""
        self.send(self.request_head(path, **fields) + early)
        held = b""
        while b"\r\n\r\n" not in held:
            piece = self.read()
            assert piece, held
            held += piece
        self.answer, _, rest = held.partition(b"\r\n\r\n")
        assert self.answer.startswith(b"HTTP/1.1 101 "), held
        self._parser.feed(rest)
        return self

    def event(self) -> Event | None:
        """The next message or control frame; None when the connection has ended without one."""
        while (event := self._parser.next_event()) is None:
            piece = self.read()
            if not piece:
                return None
            self._parser.feed(piece)
        return event

    def close_code(self) -> int:
        """Read on to the close frame, answer it, and read to the end of the connection."""
        while (event := self.event()) is not None:
            if isinstance(event, Close):
                with contextlib.suppress(ConnectionError):
                    self.send(client_frame(Opcode.CLOSE, b""))
                assert self.read_all() == b""
                return event.code
        raise AssertionError("the connection ended without a close frame")


def short(**changed: Any) -> GatewayLimits:
    """Limits with times a test can wait for."""
    return GatewayLimits(
        **{
            "heartbeat_s": 0.2,
            "idle_timeout_s": 0.6,
            "authentication_timeout_s": 0.4,
            "closing_timeout_s": 0.4,
            "head_timeout_s": 0.4,
            "body_timeout_s": 0.4,
        }
        | changed
    )
