"""Polling on HTTP/1.1, spoken by the gateway itself: no task and no application between a poll and its connection."""

from __future__ import annotations

import asyncio
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.engineio.packets import Problem
from vivavoce.gateway.engineio.request_head import BadRequestError, Body, RequestHead, TooLargeError
from vivavoce.gateway.handshake import Handshake, is_upgrade
from vivavoce.gateway.http_door import GiveBack
from vivavoce.gateway.listener import path_of, peer_address, refuse

if TYPE_CHECKING:
    from vivavoce.gateway.engineio.connection import EngineConnection
    from vivavoce.gateway.engineio.polling import Polling
    from vivavoce.gateway.engineio.server import EngineIOServer

_END_OF_HEAD: Final = b"\r\n\r\n"
_TEXT: Final = "text/plain; charset=UTF-8"
_JSON: Final = "application/json"
_OK: Final = b"ok"
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_PREFLIGHT_AGE_S: Final = 600
_MAX_REQUESTED_HEADERS: Final = 256
_DEFAULT_REQUESTED_HEADERS: Final = "content-type"


class PollingRequests:
    """The HTTP door of an Engine.IO server."""

    def __init__(self, engine: EngineIOServer[Any]) -> None:
        self._engine = engine

    def serves(self, path: str) -> bool:
        return self._engine.serves(path)

    def take_over(self, transport: asyncio.Transport, connections: set[Any], give_back: GiveBack) -> asyncio.Protocol:
        return PollingHttp(self._engine, transport, connections, give_back)


class _Phase(Enum):
    HEAD = 0
    BODY = 1
    ANSWER = 2
    OVER = 3


class PollingHttp(asyncio.Protocol):
    """One HTTP connection that carries polling requests, one after the other; an `Exchange` for each of them."""

    __slots__ = (
        "_body",
        "_buffer",
        "_connections",
        "_cors",
        "_engine",
        "_give_back",
        "_keeps_alive",
        "_phase",
        "_session",
        "_stepping",
        "_transport",
    )

    def __init__(
        self,
        engine: EngineIOServer[Any],
        transport: asyncio.Transport,
        connections: set[Any],
        give_back: GiveBack,
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._connections = connections
        self._give_back = give_back
        self._buffer = b""
        self._phase = _Phase.HEAD
        self._stepping = False
        self._keeps_alive = True
        self._cors = b""
        self._body: Body | None = None
        self._session: EngineConnection | None = None
        """Whose poll is held, or whose packets are coming."""
        connections.add(self)

    # The transport's calls

    def data_received(self, data: bytes) -> None:
        self._engine.gateway.stats.bytes_received += len(data)
        if self._phase is _Phase.BODY:
            self._feed_body(data)
            return
        self._buffer += data
        if self._phase is not _Phase.HEAD and len(self._buffer) > self._engine.gateway.limits.max_head_bytes:
            self._transport.abort()
        self._step()

    def eof_received(self) -> None:
        """A client that says no more is gone; returning None closes the transport."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_go()
        session, self._session = self._session, None
        if session is not None:
            session.polling_broken()

    # The server's calls

    def shutdown(self) -> None:
        """The server stops: a request under way is still answered."""
        self._keeps_alive = False
        if self._phase is _Phase.HEAD:
            self._transport.close()

    def expire(self) -> None:
        """A request, or the next one, did not come in time."""
        if self._buffer or self._phase is _Phase.BODY:
            problem = VivavoceError("invalid_payload", "the request did not come in time", reason="bad_request")
            self._refuse_and_close(408, self._told(problem))
        else:
            self._transport.close()

    # Answers

    def answer(self, status: int, body: bytes) -> None:
        """Send the answer of the request under way, as text."""
        self._answer(status, _TEXT, body)

    def refuse(self, problem: Problem) -> None:
        """Send a refusal that Engine.IO clients know."""
        self._answer(problem.status, _JSON, msgspec.json.encode(problem.body))

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        if self._phase is _Phase.OVER:
            return
        self._session = None
        if self._phase is _Phase.BODY:
            self._answer_early(status, content_type, body)
            return
        self._write(_head(status, content_type, len(body), self._keeps_alive) + self._cors + b"\r\n" + body)
        if not self._keeps_alive:
            self._phase = _Phase.OVER
            self._transport.close()
            return
        gateway = self._engine.gateway
        self._phase = _Phase.HEAD
        gateway.expire_after(self, gateway.limits.keep_alive_s)
        self._step()

    def _answer_early(self, status: int, content_type: str, body: bytes) -> None:
        """Answer while the request is still coming in, let the client read that, and end the connection."""
        self._let_go()
        self._phase = _Phase.OVER
        self._body = None
        answer = _head(status, content_type, len(body), False) + self._cors + b"\r\n" + body
        refuse(self._transport, self._engine.gateway, answer)

    def _refuse_and_close(self, status: int, body: object) -> None:
        self._answer_early(status, _JSON, msgspec.json.encode(body))

    def _write(self, data: bytes) -> None:
        self._engine.gateway.stats.bytes_sent += len(data)
        self._transport.write(data)

    # Requests

    def _step(self) -> None:
        """Take requests from what has come until one waits or more bytes are needed."""
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._phase is _Phase.HEAD and self._buffer:
                if not self._take_head():
                    return
        finally:
            self._stepping = False

    def _take_head(self) -> bool:
        """Whether a whole request head was there."""
        gateway = self._engine.gateway
        limit = gateway.limits.max_head_bytes
        end = self._buffer.find(_END_OF_HEAD, 0, limit)
        if end < 0:
            if len(self._buffer) >= limit:
                error = VivavoceError("too_large", "the request head is too long", info={"limit": limit})
                self._refuse_and_close(431, self._told(error))
            else:
                gateway.expire_after(self, gateway.limits.head_timeout_s)
            return False
        end += len(_END_OF_HEAD)
        raw = self._buffer[:end]
        if not self._engine.serves(path_of(raw)) or is_upgrade(raw):
            self._hand_on()
            return False
        rest, self._buffer = self._buffer[end:], b""
        gateway.deadlines.pop(self, None)
        self._phase = _Phase.ANSWER
        self._cors = b""
        try:
            self._begin_request(RequestHead(raw), rest)
        except BadRequestError as error:
            self._refuse_and_close(400, self._told(VivavoceError("invalid_payload", str(error), reason="bad_request")))
        except TooLargeError:
            self._refuse_body()
        return True

    def _hand_on(self) -> None:
        """The next request on this connection is not ours."""
        self._let_go()
        self._phase = _Phase.OVER
        data, self._buffer = self._buffer, b""
        self._give_back(self._transport, data)

    def _let_go(self) -> None:
        self._engine.gateway.deadlines.pop(self, None)
        self._connections.discard(self)

    def _begin_request(self, head: RequestHead, rest: bytes) -> None:
        """A head has come, and the whole body or the beginning of it."""
        self._keeps_alive = head.keeps_alive
        origin = head.headers.get("origin")
        allowed = self._engine.gateway.policy.allows(origin)
        if origin is not None and allowed:
            self._cors = _cors(origin)
        body: Body | None = None
        if head.length != 0:
            body = Body(head.length, self._engine.limits.max_payload)
            more = body.feed(rest)
            if more is None:
                self._phase = _Phase.BODY
                self._body = body
            else:
                rest = more
        if self._phase is not _Phase.BODY:
            self._buffer = rest
        if not allowed:
            self.refuse(Problem.FORBIDDEN)
        elif head.method == "OPTIONS":
            self._answer_preflight(head)
        else:
            self._route(head, b"" if body is None else body.value())
        if self._phase is _Phase.BODY:
            self._await_body(head, begun=bool(rest))

    def _route(self, head: RequestHead, body: bytes) -> None:
        problem = self._engine.check(head.query, "polling")
        sid = head.query.get("sid")
        if problem is not None:
            self.refuse(problem)
        elif sid is None:
            self._open(head)
        else:
            self._exchange(head, sid, body)

    def _open(self, head: RequestHead) -> None:
        if head.method != "GET":
            self.refuse(Problem.BAD_HANDSHAKE_METHOD)
            return
        engine = self._engine
        handshake = Handshake(
            head.raw,
            head.target,
            head.headers,
            peer=peer_address(self._transport),
            secure=self._transport.get_extra_info("sslcontext") is not None,
            trusted_proxies=engine.gateway.trusted_proxies,
        )
        error = engine.admit_polling(handshake)
        if error is not None:
            body = engine.gateway.error_body(error, head.headers.get("accept-language", ""))
            self._answer(error.http_status, _JSON, msgspec.json.encode(body))
            return
        engine.open_polling(handshake, self)

    def _exchange(self, head: RequestHead, sid: str, body: bytes) -> None:
        connection = self._engine.find(sid)
        if connection is None:
            self.refuse(Problem.UNKNOWN_SID)
        elif connection.polling is None:
            self.refuse(Problem.BAD_REQUEST)
        elif head.method == "GET":
            self._session = connection
            connection.poll(self)
        elif head.method == "POST":
            self._begin_post(connection, connection.polling, body)
        else:
            self.refuse(Problem.BAD_REQUEST)

    def _begin_post(self, connection: EngineConnection, polling: Polling, body: bytes) -> None:
        if polling.closing:
            self.refuse(Problem.BAD_REQUEST)
        elif polling.posting:
            # Two at once have no order.
            self.refuse(Problem.BAD_REQUEST)
            connection.polling_broken()
        elif self._phase is _Phase.BODY:
            self._session = connection
            polling.posting = True
        else:
            self._finish_post(connection, body)

    def _await_body(self, head: RequestHead, begun: bool) -> None:
        gateway = self._engine.gateway
        if not begun and head.headers.get("expect", "").lower() == "100-continue":
            self._transport.write(_CONTINUE)
        gateway.expire_after(self, gateway.limits.body_timeout_s)

    def _feed_body(self, data: bytes) -> None:
        gateway = self._engine.gateway
        body, session = self._body, self._session
        if body is None:
            return
        try:
            rest = body.feed(data)
        except TooLargeError:
            self._refuse_body()
            return
        except BadRequestError as error:
            self._session = None
            if session is not None:
                session.polling_broken()
            self._refuse_and_close(400, self._told(VivavoceError("invalid_payload", str(error), reason="bad_request")))
            return
        if rest is None:
            gateway.expire_after(self, gateway.limits.body_timeout_s)
            return
        gateway.deadlines.pop(self, None)
        self._body = self._session = None
        self._buffer = rest
        self._phase = _Phase.ANSWER
        if session is not None:
            self._finish_post(session, body.value())
        self._step()

    def _finish_post(self, session: EngineConnection, body: bytes) -> None:
        if session.posted(body, monotonic()):
            self.answer(200, _OK)
        else:
            self.refuse(Problem.BAD_REQUEST)

    def _refuse_body(self) -> None:
        """Too much at once: the connection lives, and may send less."""
        session, self._session = self._session, None
        if session is not None and session.polling is not None:
            session.polling.posting = False
        limit = self._engine.limits.max_payload
        error = VivavoceError("too_large", f"a body here is at most {limit} bytes", info={"limit": limit})
        self._refuse_and_close(413, self._told(error))

    def _told(self, error: VivavoceError) -> object:
        return self._engine.gateway.error_body(error)

    def _answer_preflight(self, head: RequestHead) -> None:
        wanted = head.headers.get("access-control-request-headers", _DEFAULT_REQUESTED_HEADERS)
        if len(wanted) > _MAX_REQUESTED_HEADERS:
            wanted = _DEFAULT_REQUESTED_HEADERS
        self._cors += (
            f"Access-Control-Allow-Methods: GET, POST\r\nAccess-Control-Allow-Headers: {wanted}\r\n"
            f"Access-Control-Max-Age: {_PREFLIGHT_AGE_S}\r\n"
        ).encode("latin-1")
        self._answer(204, _TEXT, b"")


@lru_cache(maxsize=256)
def _cors(origin: str) -> bytes:
    """The headers that let a page of an allowed origin read the answer."""
    fields = f"Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\nVary: Origin\r\n"
    return fields.encode("latin-1")


def _head(status: int, content_type: str, length: int, keeps_alive: bool) -> bytes:
    """Status line and headers, without the empty line that ends them."""
    connection = "" if keeps_alive else "Connection: close\r\n"
    content = "" if status == 204 else f"Content-Type: {content_type}\r\nContent-Length: {length}\r\n"
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{content}Cache-Control: no-store\r\n{connection}"
    ).encode("latin-1")
