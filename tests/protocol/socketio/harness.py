"""A Socket.IO server on a port of its own, and clients that may break every rule."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from tests.protocol.gateway.harness import RawClient, Server
from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.conformance import EchoConnection
from vivavoce.gateway.engineio.limits import EngineIOLimits
from vivavoce.gateway.engineio.request_head import Body
from vivavoce.gateway.engineio.server import EngineIOServer
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.socketio.limits import SocketIOLimits
from vivavoce.gateway.socketio.namespace import Namespace
from vivavoce.gateway.socketio.server import SocketIOServer
from vivavoce.gateway.socketio.socket import Acknowledge, SioSocket

WS = "EIO=4&transport=websocket"
POLL = "EIO=4&transport=polling"


@dataclass
class Recorder(Namespace):
    """Echoes, refuses what it is told to, and writes down every call."""

    admit: Callable[[SioSocket, dict[str, Any]], Awaitable[None] | None] = lambda _socket, _auth: None
    sockets: list[SioSocket] = field(default_factory=list)
    events: list[tuple[str, list[Any]]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    drains: int = 0

    def connecting(self, socket: SioSocket, auth: dict[str, Any]) -> Awaitable[None] | None:
        socket.state = auth
        return self.admit(socket, auth)

    def connected(self, socket: SioSocket) -> None:
        self.sockets.append(socket)
        socket.emit("welcome", socket.state)

    def event(self, socket: SioSocket, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        self.events.append((name, args))
        if name == "forbidden":
            raise VivavoceError("forbidden", "not this one")
        if name == "fail":
            raise RuntimeError("a door that fails")
        if name == "echo":
            socket.emit("echoed", *args)
        if ack is not None:
            ack(*args)

    def disconnected(self, socket: SioSocket, reason: str) -> None:
        self.ended.append(reason)

    def drained(self, socket: SioSocket) -> None:
        self.drains += 1


class SioServer(Server):
    """`/socket.io/` with the namespaces `/` and `/other`, and `/engine.io/` that echoes."""

    def __init__(
        self,
        bounds: SocketIOLimits | None = None,
        limits: GatewayLimits | None = None,
        policy: OriginPolicy | None = None,
    ) -> None:
        super().__init__(None, limits, policy)
        self.room = Recorder()
        self.other = Recorder()
        bounds = bounds or SocketIOLimits()
        self.sio = SocketIOServer(self.gateway, namespaces={"/": self.room, "/other": self.other}, limits=bounds)
        self.echo: EngineIOServer[EchoConnection] = EngineIOServer(
            self.gateway, "/engine.io", EchoConnection, cast(EngineIOLimits, bounds), process="p7"
        )

    def __enter__(self) -> SioServer:
        super().__enter__()
        return self


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HttpClient(RawClient):
    """One HTTP/1.1 connection, kept alive."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._held = b""

    def __enter__(self) -> HttpClient:
        return self

    def ask(self, method: str, target: str, body: bytes | None = None, **fields: str) -> None:
        """Send a request and do not wait for its answer."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b""))

    def answer_to(self) -> Answer:
        """Read the next answer."""
        while b"\r\n\r\n" not in self._held:
            self._held += self._more()
        head, _, rest = self._held.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if headers.get("transfer-encoding") == "chunked":
            body = Body(None, 1 << 24)
            after = body.feed(rest)
            while after is None:
                after = body.feed(self._more())
            self._held = after
            return Answer(status, headers, body.value())
        length = int(headers.get("content-length", 0))
        while len(rest) < length:
            rest += self._more()
        self._held = rest[length:]
        return Answer(status, headers, rest[:length])

    def _more(self) -> bytes:
        piece = self.read()
        assert piece, f"the connection ended after {self._held!r}"
        return piece

    def request(self, method: str, target: str, body: bytes | None = None, **fields: str) -> Answer:
        self.ask(method, target, body, **fields)
        return self.answer_to()


class PollingClient:
    """An Engine.IO client on polling: a connection for its polls and one for what it sends."""

    def __init__(self, port: int, path: str = "/engine.io/") -> None:
        self.path = path
        self.polls = HttpClient(port)
        self.posts = HttpClient(port)
        opened = self.polls.request("GET", f"{path}?{POLL}")
        assert opened.status == 200
        self.greeting: dict[str, Any] = json.loads(opened.text[1:])
        self.sid: str = self.greeting["sid"]

    def __enter__(self) -> PollingClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.polls.socket.close()
        self.posts.socket.close()

    @property
    def target(self) -> str:
        return f"{self.path}?{POLL}&sid={self.sid}"

    def poll(self) -> Answer:
        return self.polls.request("GET", self.target)

    def post(self, body: bytes) -> Answer:
        return self.posts.request("POST", self.target, body)

    def packets(self) -> list[str]:
        """What the next poll brings."""
        answer = self.poll()
        assert answer.status == 200, answer
        return answer.text.split("\x1e")


class SioClient(RawClient):
    """A Socket.IO client on a WebSocket."""

    def __enter__(self) -> SioClient:
        return self

    def connect(self, auth: str = "", namespace: str = "") -> str:
        """Open the connection and enter a namespace; its greeting `42["welcome",…]`."""
        self.open(f"/socket.io/?{WS}")
        assert str(self.event()).startswith("0{")
        self.text(f"40{namespace}{auth}")
        assert str(self.event()).startswith(f"40{namespace}"), namespace
        welcome = self.event()
        assert isinstance(welcome, str)
        return welcome
