"""Uvicorn's HTTP protocol with the bounds it lacks, and with WebSockets handed to the gateway.

It is the httptools one: its parser is the strict C parser of Node, several times cheaper a request than h11, and it
tells where the bytes after an upgrade begin. Left alone it waits for ever for the rest of a request and takes a
request head of any size.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.gateway import Gateway
from vivavoce.gateway.handshake import refusal
from vivavoce.gateway.listener import Doorway, answer_handshake, enter, path_of, refuse

_FIELD_MARKS: Final = 4  # the colon, the space and the line end of a header field


class HttpConnection(HttpToolsProtocol):
    """One HTTP connection, kept alive between requests.

    A request head is at most `max_head_bytes` (431) and comes within `head_timeout_s`; a body is at most what
    `GatewayLimits.body_limit` says for its path (413) and stalls no longer than `body_timeout_s`.
    """

    def __init__(
        self,
        gateway: Gateway,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state, _loop=_loop)
        self._gateway = gateway
        self._in_head = False
        self._in_body = False
        self._head_size = 0
        self._fields_size = 0
        self._accounted = 0
        self._body_size = 0
        self._body_limit = 0
        self._refused = False

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and keep its deadlines."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        if self._gateway.http_doors and self._is_for_a_door(data):
            self._hand_on(data)
            return
        self._accounted = 0
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if not self._refused:
                self._refuse(400, VivavoceError("invalid_payload", "malformed HTTP request", reason="bad_request"))
        else:
            if self._in_head:
                # The parser does not tell where in the data this head began: what came before it is taken off.
                self._head_size += len(data) - self._accounted
                if self._head_size > self._gateway.limits.max_head_bytes:
                    self._refuse_head()
        self._keep_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gateway.deadlines.pop(self, None)
        super().connection_lost(exc)

    def expire(self) -> None:
        """The rest of a request did not come in time; where the application reads slowly, it gets more."""
        if self.transport.is_closing():
            return
        if self._in_body and self.flow.read_paused:
            self._keep_deadline()
            return
        self._refuse(408, VivavoceError("invalid_payload", "the request did not come in time", reason="bad_request"))

    # The parser's callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._in_body = False
        self._head_size = 0
        self._fields_size = 0
        self._body_size = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._gateway.limits.max_head_bytes:
            self._refuse_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._refused:
            return
        super().on_header(name, value)
        self._fields_size += len(name) + len(value) + _FIELD_MARKS
        if self._fields_size > self._gateway.limits.max_head_bytes:
            self._refuse_head()

    def on_headers_complete(self) -> None:
        if self._refused:
            return
        self._in_head = False
        self._in_body = True
        self._accounted += len(self.url) + self._fields_size
        self._body_limit = self._gateway.limits.body_limit(self.url.partition(b"?")[0].decode("latin-1"))
        if self._declared_length() > self._body_limit:
            self._refuse_body()
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        self._accounted += len(body)
        self._body_size += len(body)
        if self._body_size > self._body_limit:
            self._refuse_body()
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head = self._in_body = False
        if not self._refused:
            super().on_message_complete()

    def _should_upgrade_to_ws(self) -> bool:
        return True

    # Ends

    def _is_for_a_door(self, data: bytes) -> bool:
        """Whether a new request begins that the application may not be meant to answer."""
        answered = self.cycle is None or self.cycle.response_complete
        if self._in_head or self._in_body or not answered or self.pipeline:
            return False
        return b"\r\n" not in data or self._gateway.http_door(path_of(data)) is not None

    def _hand_on(self, data: bytes) -> None:
        """Let the door decide anew, as for a connection that has just come."""
        self._let_go()

        def make_http() -> HttpConnection:
            return HttpConnection(self._gateway, self.config, self.server_state, self.app_state, self.loop)

        enter(Doorway(self._gateway, self.connections, make_http), self.transport, data)

    def _upgrade(self, early: bytes) -> None:
        """A handshake on a connection that has served requests before."""
        self._in_head = self._in_body = False
        if self._refused:
            return
        if not self._should_upgrade():
            return  # another protocol was offered; the request was served as it is
        if self.cycle is not None and not self.cycle.response_complete:
            self._refuse(
                400, VivavoceError("invalid_payload", "a handshake before the last answer", reason="bad_handshake")
            )
            return
        lines = [self.scope["method"].encode("ascii") + b" " + self.url + b" HTTP/" + self._version()]
        lines += [name + b": " + value for name, value in self.headers]
        self._let_go()
        answer_handshake(self.transport, self._gateway, b"\r\n".join(lines) + b"\r\n\r\n", early)

    def _version(self) -> bytes:
        return self.scope["http_version"].encode("ascii")

    def _declared_length(self) -> int:
        for name, value in self.headers:
            if name == b"content-length" and value.isdigit():
                return int(value[:20])
        return 0

    def _keep_deadline(self) -> None:
        if self._refused or self.transport.is_closing():
            return
        limits = self._gateway.limits
        if self._in_head:
            # From the first byte on: sending one byte at a time gains no time.
            if self not in self._gateway.deadlines:
                self._gateway.expire_after(self, limits.head_timeout_s)
        elif self._in_body:
            self._gateway.expire_after(self, limits.body_timeout_s)
        else:
            self._gateway.deadlines.pop(self, None)

    def _refuse_head(self) -> None:
        limit = self._gateway.limits.max_head_bytes
        self._refuse(431, VivavoceError("too_large", "the request head is too long", info={"limit": limit}))

    def _refuse_body(self) -> None:
        limit = self._body_limit
        self._refuse(413, VivavoceError("too_large", f"a body here is at most {limit} bytes", info={"limit": limit}))

    def _refuse(self, status: int, error: VivavoceError) -> None:
        """Answer in place of the application, unless it has begun to, and end the connection."""
        if self._refused:
            return
        self._refused = True
        cycle = self.cycle
        busy = cycle is not None and not cycle.response_complete
        begun = busy and cycle.response_started
        if busy:
            cycle.disconnected = True
            cycle.message_event.set()
        self._let_go()
        if begun or self.pipeline:
            self.transport.abort()
        else:
            refuse(self.transport, self._gateway, refusal(status, self._gateway.error_body(error)))

    def _let_go(self) -> None:
        """The transport goes to another protocol, or ends: nothing of the server's is to wait for it."""
        self._gateway.deadlines.pop(self, None)
        self.connections.discard(self)
        self._unset_keepalive_if_required()
