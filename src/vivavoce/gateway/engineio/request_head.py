"""The heads and bodies of polling requests, without I/O: HTTP/1.1, and 1.0 as proxies speak it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from vivavoce.gateway.handshake import HandshakeError, parse_fields, parse_query

_REQUEST_LINE = re.compile(r"([A-Z]+) (/[!-~]*) HTTP/1\.([01])")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?")
_MAX_LINE: Final = 1024


class BadRequestError(Exception):
    """The request is not HTTP that can be answered; the connection ends."""


class TooLargeError(Exception):
    """The body is beyond the limit."""


class RequestHead:
    """Method, path, query and headers of one request."""

    __slots__ = ("headers", "keeps_alive", "length", "method", "path", "query", "raw", "target")

    def __init__(self, raw: bytes) -> None:
        """`raw` ends with the empty line. Raises BadRequestError."""
        lines = raw[:-4].decode("latin-1").split("\r\n")
        request = _REQUEST_LINE.fullmatch(lines[0])
        if request is None:
            raise BadRequestError("malformed request line")
        try:
            self.headers = parse_fields(lines[1:])
            self.query = parse_query(request[2].partition("?")[2])
        except HandshakeError as error:
            raise BadRequestError(error.reason) from error
        self.raw = raw
        self.method = request[1]
        self.target: str = request[2]
        path, _, _ = self.target.partition("?")
        self.path: str = path
        connection = self.headers.get("connection", "").lower()
        self.keeps_alive = request[3] == "1" and "close" not in connection
        self.length = _body_length(self.headers)
        """Bytes of the body; None where it comes in chunks."""


class Body:
    """Collects a body as it comes, up to a limit."""

    __slots__ = ("_chunk_left", "_data", "_in_trailer", "_left", "_limit", "_pending")

    def __init__(self, length: int | None, limit: int) -> None:
        """Raises TooLargeError where the declared length is beyond the limit."""
        if length is not None and length > limit:
            raise TooLargeError
        self._data = bytearray()
        self._left = length
        self._limit = limit
        self._chunk_left = -1
        self._in_trailer = False
        self._pending = b""

    def feed(self, data: bytes) -> bytes | None:
        """Take bytes; the bytes after the body once it is whole, None while more is to come.

        Raises TooLargeError and BadRequestError.
        """
        if self._left is None:
            return self._feed_chunks(data)
        taken = data[: self._left]
        self._data += taken
        self._left -= len(taken)
        return None if self._left else data[len(taken) :]

    def value(self) -> bytes:
        return bytes(self._data)

    def _feed_chunks(self, data: bytes) -> bytes | None:
        data = self._pending + data
        while True:
            if self._chunk_left > 0:
                taken = data[: self._chunk_left]
                self._data += taken
                self._chunk_left -= len(taken)
                data = data[len(taken) :]
                if self._chunk_left:
                    self._pending = b""
                    return None
            line, end, rest = data.partition(b"\r\n")
            if not end:
                if len(data) > _MAX_LINE:
                    raise BadRequestError("a chunk's line is too long")
                self._pending = data
                return None
            data = rest
            if self._in_trailer:
                if not line:
                    return data
            elif self._chunk_left == 0:
                if line:
                    raise BadRequestError("a chunk is longer than it says")
                self._chunk_left = -1
            else:
                self._begin_chunk(line)

    def _begin_chunk(self, line: bytes) -> None:
        size = _CHUNK_SIZE.fullmatch(line)
        if size is None:
            raise BadRequestError("malformed chunk")
        self._chunk_left = int(size[1], 16)
        if len(self._data) + self._chunk_left > self._limit:
            raise TooLargeError
        if self._chunk_left == 0:
            self._in_trailer = True


def _body_length(headers: Mapping[str, str]) -> int | None:
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None:
        if length is not None or coding.lower() != "chunked":
            raise BadRequestError("a body has one length")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdecimal() and len(length) < 16):
        raise BadRequestError("malformed length")
    return int(length)
