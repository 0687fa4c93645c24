"""The opening handshake of RFC 6455 section 4, without I/O: the request head, its rules and the two answers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote, unquote_plus

import msgspec

from vivavoce.gateway.addresses import (
    NO_PROXIES,
    TrustedProxies,
    client_address,
    is_forwarded_securely,
    is_local_request,
)

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION: Final = "13"
_REQUEST_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/[!-~]*) HTTP/(\d\.\d)")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_QUERY_FIELDS: Final = 64
#: So short a query is the same for many clients, and holds no token.
_SHORT_QUERY: Final = 32


class HandshakeError(Exception):
    """The request is no WebSocket handshake that can be accepted: `status` is 400, 405 or 426."""

    def __init__(self, status: int, reason: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason
        self.headers = headers


class Headers(Mapping[str, str]):
    """Header fields by name in any case; the values of a repeated field are joined with commas."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str]) -> None:
        """`fields` by lower-case name."""
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


class Handshake:
    """What a client asked for when it connected. Immutable.

    It lives as long as the connection, so it keeps the request head as it came and reads the headers out of it when
    they are asked for; look at `headers` when the socket opens and keep what is needed.
    """

    __slots__ = ("_head", "client_address", "host", "origin", "path", "peer", "query", "secure")

    def __init__(
        self,
        head: bytes,
        target: str,
        headers: Mapping[str, str],
        *,
        peer: str,
        secure: bool,
        trusted_proxies: TrustedProxies = NO_PROXIES,
    ) -> None:
        path, _, query = target.partition("?")
        self._head = head
        self.path: str = unquote(path) if "%" in path else path
        self.query: Mapping[str, str] = _short_query(query) if len(query) <= _SHORT_QUERY else parse_query(query)
        self.peer: str = peer
        self.client_address: str = client_address(peer, headers, trusted_proxies) if trusted_proxies else peer
        self.host: str = headers.get("host", "")
        self.origin: str | None = headers.get("origin")
        self.secure: bool = secure or is_forwarded_securely(peer, headers, trusted_proxies)

    @property
    def headers(self) -> Headers:
        """The header fields, read anew each time."""
        return Headers(parse_head(self._head)[2])

    @property
    def is_local(self) -> bool:
        """SPEC 0.5: whether a client without a token may be a guest, in development mode."""
        return is_local_request(self.peer, self.headers)


def is_upgrade(head: bytes) -> bool:
    """Whether a request head asks for a WebSocket; cheap, for every request passes through it."""
    lowered = head.lower()
    at = lowered.find(b"\nupgrade:")
    return at >= 0 and b"websocket" in lowered[at : lowered.find(b"\r\n", at + 1)]


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, target and header fields of a request head that ends with its empty line. Raises HandshakeError (400)."""
    lines = head[:-4].decode("latin-1").split("\r\n")
    request = _REQUEST_LINE.fullmatch(lines[0])
    if request is None or request[3] != "1.1":
        raise HandshakeError(400, "malformed request line")
    return request[1], request[2], parse_fields(lines[1:])


def parse_fields(lines: Sequence[str]) -> dict[str, str]:
    """The header fields of a request by lower-case name. Raises HandshakeError (400)."""
    fields: dict[str, str] = {}
    if _FORBIDDEN.search("".join(lines)) is not None:
        raise HandshakeError(400, "malformed header field")
    for line in lines:
        written, colon, value = line.partition(":")
        name = _field_name(written)
        if not colon or not name:
            raise HandshakeError(400, "malformed header field")
        value = value.strip(" \t")
        if name in fields:
            if name in {"host", "sec-websocket-key", "sec-websocket-version", "content-length"}:
                raise HandshakeError(400, f"repeated {name}")
            value = f"{fields[name]}, {value}"
        fields[name] = value
    return fields


@lru_cache(maxsize=256)
def _field_name(written: str) -> str:
    """In lower case; empty for what is no name. Clients send the same few."""
    return written.lower() if _NAME.fullmatch(written) is not None else ""


def check_upgrade(method: str, headers: Mapping[str, str]) -> str:
    """The `Sec-WebSocket-Accept` for a valid handshake. Raises HandshakeError: 400, 405 or 426 (RFC 6455 4.2.1)."""
    if method != "GET":
        raise HandshakeError(405, "a WebSocket is opened with GET", [("Allow", "GET")])
    if "host" not in headers:
        raise HandshakeError(400, "no Host")
    if not _has_token(headers, "upgrade", "websocket") or not _has_token(headers, "connection", "upgrade"):
        raise HandshakeError(426, "Upgrade: websocket and Connection: Upgrade are required", [("Upgrade", "websocket")])
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        raise HandshakeError(400, "a handshake has no body")
    if headers.get("sec-websocket-version") != _VERSION:
        raise HandshakeError(426, "WebSocket version 13 is required", [("Sec-WebSocket-Version", _VERSION)])
    key = headers.get("sec-websocket-key", "")
    try:
        nonce = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        nonce = b""
    if len(nonce) != 16:
        raise HandshakeError(400, "Sec-WebSocket-Key must be 16 bytes in base64")
    digest = hashlib.sha1(key.encode("ascii") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def choose_subprotocol(headers: Mapping[str, str], supported: Sequence[str]) -> str | None:
    """The client's first wish among the supported subprotocols."""
    if not supported:
        return None
    wishes = (wish.strip() for wish in headers.get("sec-websocket-protocol", "").split(","))
    return next((wish for wish in wishes if wish in supported), None)


def acceptance(accept: str, extra: Sequence[tuple[str, str]] = ()) -> bytes:
    """The 101 answer."""
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
        *(f"{name}: {value}" for name, value in extra),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def refusal(status: int, body: Mapping[str, object], extra: Sequence[tuple[str, str]] = ()) -> bytes:
    """An answer that refuses and closes, with `body` as JSON."""
    content = msgspec.json.encode(body)
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "Cache-Control: no-store",
        "Connection: close",
        *(f"{name}: {value}" for name, value in extra),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + content


def _has_token(headers: Mapping[str, str], name: str, token: str) -> bool:
    value = headers.get(name, "").lower()
    return value == token or any(part.strip() == token for part in value.split(","))


def parse_query(query: str) -> dict[str, str]:
    """The fields of a query; the last of repeated ones wins. Raises HandshakeError (400)."""
    fields: dict[str, str] = {}
    if not query:
        return fields
    parts = query.split("&", _MAX_QUERY_FIELDS)
    if len(parts) > _MAX_QUERY_FIELDS:
        raise HandshakeError(400, f"a query has at most {_MAX_QUERY_FIELDS} fields")
    for part in parts:
        name, _, value = part.partition("=")
        if "%" in part or "+" in part:
            name, value = unquote_plus(name), unquote_plus(value)
        fields[name] = value
    return fields


@lru_cache(maxsize=256)
def _short_query(query: str) -> Mapping[str, str]:
    return MappingProxyType(parse_query(query))
