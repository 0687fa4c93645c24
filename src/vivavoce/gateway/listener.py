"""The first thing a connection meets: it waits for one request head, under a size and a deadline.

A WebSocket handshake is answered right here and the transport goes to a `WebSocket`; anything else goes, with all
its bytes, to the HTTP server's own protocol. So a WebSocket never pays for an HTTP parser, and bytes that came
along with a handshake are passed on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.addresses import UNIX_PEER
from vivavoce.gateway.gateway import Gateway, Refusal
from vivavoce.gateway.handshake import (
    Handshake,
    HandshakeError,
    acceptance,
    check_upgrade,
    choose_subprotocol,
    is_upgrade,
    parse_head,
    refusal,
)

_END_OF_HEAD: Final = b"\r\n\r\n"
_LINGER_S: Final = 2.0
_LINGER_BYTES: Final = 8 << 20  # a whole message of the transport (SPEC.md 0.7)


class HttpProtocol(Protocol):
    """What the HTTP server's protocol must offer to be handed a connection."""

    def connection_made(self, transport: asyncio.Transport, /) -> None: ...
    def data_received(self, data: bytes, /) -> None: ...


class Lingering(asyncio.Protocol):
    """After a refusal: throws away what still comes, for a moment, so that the client can read the answer.

    Closing at once would make the kernel answer the unread bytes with a reset, and the reset can overtake the answer.
    """

    __slots__ = ("_left", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._left = _LINGER_BYTES

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._transport.abort()

    def expire(self) -> None:
        self._transport.abort()


def refuse(transport: asyncio.Transport, gateway: Gateway, answer: bytes) -> None:
    """Write the answer, take the transport from its protocol and let it linger."""
    gateway.stats.refused_handshakes += 1
    transport.write(answer)
    if not transport.can_write_eof():
        transport.close()
        return
    lingering = Lingering(transport)
    transport.set_protocol(lingering)
    transport.write_eof()
    gateway.expire_after(lingering, _LINGER_S)


def peer_address(transport: asyncio.BaseTransport) -> str:
    """The address at the other end; `unix` for a Unix socket."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else UNIX_PEER


def answer_handshake(transport: asyncio.Transport, gateway: Gateway, head: bytes, early: bytes) -> None:
    """Check a request head that asks for a WebSocket, and open or refuse it."""
    headers: Mapping[str, str] = {}
    try:
        method, target, headers = parse_head(head)
        accept = check_upgrade(method, headers)
        handshake = Handshake(
            head,
            target,
            headers,
            peer=peer_address(transport),
            secure=transport.get_extra_info("sslcontext") is not None,
            trusted_proxies=gateway.trusted_proxies,
        )
    except HandshakeError as error:
        problem = VivavoceError("invalid_payload", error.reason, reason="bad_handshake")
        body = gateway.error_body(problem, headers.get("accept-language", ""))
        refuse(transport, gateway, refusal(error.status, body, error.headers))
        return
    found = gateway.admit(handshake)
    if isinstance(found, Refusal):
        body = found.body or gateway.error_body(found.error, headers.get("accept-language", ""))
        refuse(transport, gateway, refusal(found.status, body, found.headers))
        return
    subprotocol = choose_subprotocol(headers, found.subprotocols)
    answer = acceptance(accept, [("Sec-WebSocket-Protocol", subprotocol)] if subprotocol else ())
    gateway.open(transport, handshake, found, early, answer)


def path_of(head: bytes) -> str:
    """The path that a request head asks for, without its query; empty where its first line is malformed."""
    target = head.partition(b"\r\n")[0].split(b" ", 2)[1:2]
    return target[0].partition(b"?")[0].decode("latin-1") if target else ""


def enter(doorway: Doorway, transport: asyncio.Transport, data: bytes) -> None:
    """A connection that was used before comes to the door again, with the beginning of its next request."""
    transport.set_protocol(doorway)
    doorway.connection_made(transport)
    doorway.data_received(data)


class Doorway(asyncio.Protocol):
    """A connection from which no whole request head has come yet."""

    __slots__ = ("_connections", "_gateway", "_head", "_make_http", "_transport")

    def __init__(self, gateway: Gateway, connections: set[Any], make_http: Callable[[], HttpProtocol]) -> None:
        """`connections` are those that the HTTP server asks to end when it shuts down."""
        self._gateway = gateway
        self._connections = connections
        self._make_http = make_http
        self._head = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._connections.add(self)
        self._gateway.await_head(self)

    def data_received(self, data: bytes) -> None:
        head = self._head + data if self._head else data
        limit = self._gateway.limits.max_head_bytes
        # Where the last piece ended in the middle of the mark, the search starts three bytes before its end.
        end = head.find(_END_OF_HEAD, max(0, len(self._head) - 3), limit)
        if end < 0:
            if len(head) >= limit:
                self._refuse_head(431, "the request head is too long", limit)
            else:
                self._head = head
            return
        self._leave()
        end += len(_END_OF_HEAD)
        if is_upgrade(head[:end]):
            answer_handshake(self._transport, self._gateway, head[:end], head[end:])
            return
        door = self._gateway.http_door(path_of(head))
        if door is not None:
            protocol = door.take_over(self._transport, self._connections, self._take_back)
            self._transport.set_protocol(protocol)
            protocol.data_received(head)
            return
        http = self._make_http()
        self._transport.set_protocol(http)  # type: ignore[arg-type]
        http.connection_made(self._transport)
        http.data_received(head)

    def _take_back(self, transport: asyncio.Transport, data: bytes) -> None:
        """A door hands a connection on whose next request is not for it."""
        enter(Doorway(self._gateway, self._connections, self._make_http), transport, data)

    def eof_received(self) -> None:
        """A client that says no more before its head is whole gets no answer; returning None closes."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def expire(self) -> None:
        """The head did not come in time."""
        if self._head:
            self._refuse_head(408, "the request head did not come in time", self._gateway.limits.max_head_bytes)
        else:
            self._leave()
            self._transport.abort()

    def shutdown(self) -> None:
        """The server stops."""
        self._transport.close()

    def give_way(self) -> None:
        """There are too many like this one."""
        self._leave()
        self._transport.abort()

    def _refuse_head(self, status: int, why: str, limit: int) -> None:
        self._leave()
        error = VivavoceError("too_large" if status == 431 else "invalid_payload", why, info={"limit": limit})
        refuse(self._transport, self._gateway, refusal(status, self._gateway.error_body(error)))

    def _leave(self) -> None:
        self._head = b""
        self._connections.discard(self)
        self._gateway.head_came(self)
