"""RFC 6455 frames without I/O: an incremental parser and the builders of complete frames.

The parser takes bytes as they come and gives whole messages (`str` for text, `bytes` for binary) and control
frames. It fails as soon as the bytes at hand break a rule: a reserved bit, an unmasked frame, a length beyond the
bound and a byte that cannot continue a UTF-8 sequence are answered before the rest of the frame has arrived.
"""

from __future__ import annotations

import codecs
import os
import struct
import sys
from enum import IntEnum
from typing import Final, NamedTuple

from vivavoce.gateway.masking import apply_mask


class Opcode(IntEnum):
    """RFC 6455 section 5.2."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class CloseCode(IntEnum):
    """The codes this server sends; those from 4000 are the system's own (SPEC 0.4)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS = 1005
    ABNORMAL = 1006
    INVALID_DATA = 1007
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    TOKEN_EXPIRED = 4001
    SLOW_CONSUMER = 4008
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    TOO_MANY = 4429


class FrameError(Exception):
    """The peer broke the transport: the connection is to be failed with `code` (RFC 6455 section 7.1.7)."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(f"{code:d}: {reason}")
        self.code = code
        self.reason = reason


class Ping(NamedTuple):
    payload: bytes


class Pong(NamedTuple):
    payload: bytes


class Close(NamedTuple):
    """`code` is 1005 where the frame named none."""

    code: int
    reason: str


class Oversize(NamedTuple):
    """A message is beyond `max_message`: what is known of its size so far, in bytes. The rest of it is discarded."""

    size: int


Event = str | bytes | Ping | Pong | Close | Oversize

MAX_CONTROL_PAYLOAD: Final = 125
_FIN: Final = 0x80
_MASKED: Final = 0x80
_RESERVED_BITS: Final = 0x70
_SMALL: Final = 126
_MEDIUM: Final = 65_536
_BINARY_HEADS: Final = tuple(bytes((_FIN | Opcode.BINARY, n)) for n in range(_SMALL))
_pack_medium = struct.Struct("!BBH").pack
_pack_large = struct.Struct("!BBQ").pack
_TABLED: Final = 2_048
_TEXT_HEADS: Final = tuple(
    bytes((_FIN | Opcode.TEXT, n)) if n < _SMALL else _pack_medium(_FIN | Opcode.TEXT, 126, n) for n in range(_TABLED)
)
_unpack_large = struct.Struct("!Q").unpack_from
_REGISTERED_CODES: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
_FIRST_OF_A_SURROGATE: Final = 0xED
_utf8_decoder = codecs.getincrementaldecoder("utf-8")


def is_valid_close_code(code: int) -> bool:
    """Whether a peer may send `code` in a close frame (RFC 6455 section 7.4 and the IANA registry)."""
    return code in _REGISTERED_CODES or 3000 <= code <= 4999


def text_frame(payload: str | bytes) -> bytes:
    """A complete unmasked text frame; `payload` given as bytes must be UTF-8."""
    data = payload.encode() if isinstance(payload, str) else payload
    size = len(data)
    if size < _TABLED:
        return _TEXT_HEADS[size] + data
    if size < _MEDIUM:
        return _pack_medium(0x81, 126, size) + data
    return _pack_large(0x81, 127, size) + data


def binary_frame(payload: bytes) -> bytes:
    """A complete unmasked binary frame."""
    size = len(payload)
    if size < _SMALL:
        return _BINARY_HEADS[size] + payload
    if size < _MEDIUM:
        return _pack_medium(0x82, 126, size) + payload
    return _pack_large(0x82, 127, size) + payload


def _control_frame(opcode: Opcode, payload: bytes) -> bytes:
    if len(payload) > MAX_CONTROL_PAYLOAD:
        raise ValueError(f"a control frame carries at most {MAX_CONTROL_PAYLOAD} bytes, not {len(payload)}")
    return bytes((_FIN | opcode, len(payload))) + payload


def ping_frame(payload: bytes = b"") -> bytes:
    """A ping; `payload` of at most 125 bytes, ValueError otherwise."""
    return _control_frame(Opcode.PING, payload)


def pong_frame(payload: bytes = b"") -> bytes:
    """A pong; `payload` of at most 125 bytes, ValueError otherwise."""
    return _control_frame(Opcode.PONG, payload)


def close_frame(code: int = CloseCode.NO_STATUS, reason: str = "") -> bytes:
    """A close frame; 1005 stands for none. A reason longer than the frame can carry is cut at a character."""
    if code == CloseCode.NO_STATUS:
        return _control_frame(Opcode.CLOSE, b"")
    if not is_valid_close_code(code):
        raise ValueError(f"{code} may not be sent in a close frame")
    text = reason.encode()[: MAX_CONTROL_PAYLOAD - 2].decode(errors="ignore").encode()
    return _control_frame(Opcode.CLOSE, code.to_bytes(2, "big") + text)


def client_frame(
    opcode: int, payload: bytes, *, fin: bool = True, mask: bytes | None = None, reserved_bits: int = 0
) -> bytes:
    """A masked frame as a client sends it. Nothing is checked, so that a test can break the rules with it."""
    key = os.urandom(4) if mask is None else mask
    size = len(payload)
    first = (_FIN if fin else 0) | reserved_bits | opcode
    if size < _SMALL:
        head = bytes((first, _MASKED | size))
    elif size < _MEDIUM:
        head = _pack_medium(first, _MASKED | 126, size)
    else:
        head = _pack_large(first, _MASKED | 127, size)
    return head + key + apply_mask(payload, key)


class FrameParser:
    """Bytes in, messages and control frames out, for one direction of one connection.

    Feed bytes with `feed`, then take events with `next_event` until it gives None. Nothing is parsed ahead of what
    is taken, so a reader may stop between two events. After a FrameError the parser must not be used again.

    A message beyond `max_message` bytes gives one `Oversize` and is discarded while it streams; one beyond
    `max_transport` fails with 1009 as soon as its frame header says so.
    """

    __slots__ = (
        "_chunk",
        "_decoder",
        "_discarding",
        "_fin",
        "_in_payload",
        "_mask",
        "_max_message",
        "_max_transport",
        "_opcode",
        "_parts",
        "_position",
        "_remaining",
        "_size",
        "_wants_mask",
        "frame_limit",
        "frames",
    )

    def __init__(self, *, max_message: int, max_transport: int = 64 << 20, from_client: bool = True) -> None:
        self._max_message = max_message
        self._max_transport = max_transport
        self._wants_mask = from_client
        self._chunk = b""
        self._position = 0
        self._in_payload = False
        self._remaining = 0
        self._mask = b""
        self._fin = False
        self._opcode = 0
        self._size = 0
        self._discarding = False
        self._parts: bytearray | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self.frames = 0
        """Frames begun so far: what a flood of fragments and pings is measured by."""
        self.frame_limit = sys.maxsize
        """No event is given once this many frames were begun; the reader raises it to go on."""

    @property
    def idle(self) -> bool:
        """Whether nothing is held: no bytes, no part of a frame, no part of a message."""
        return not self._in_payload and self._opcode == 0 and self._position == len(self._chunk)

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        if self._position == len(self._chunk):
            self._chunk = data
        else:
            self._chunk = self._chunk[self._position :] + data
        self._position = 0

    def next_event(self) -> Event | None:
        """The next message or control frame, or None until more bytes come. Raises FrameError."""
        while True:
            if self.frames >= self.frame_limit:
                return None
            if self._in_payload:
                event = self._take_payload()
                if event is not None or self._in_payload:
                    return event
            else:
                control, needs_more = self._take_head()
                if control is not None or needs_more:
                    return control

    def _take_head(self) -> tuple[Event | None, bool]:
        """Read one frame header, and the whole frame where it is a control frame: the event, and whether to wait."""
        chunk, at = self._chunk, self._position
        available = len(chunk) - at
        if available < 2:
            return None, True
        first, second = chunk[at], chunk[at + 1]
        opcode = first & 0x0F
        length = second & 0x7F
        self._check_head(first, second, opcode, length)
        if opcode >= Opcode.CLOSE:
            return self._take_control(opcode, length, available)
        at += 2
        if length == 126:
            if available < 4:
                return None, True
            length = (chunk[at] << 8) | chunk[at + 1]
            at += 2
            if length < _SMALL:
                raise FrameError(CloseCode.PROTOCOL_ERROR, "length not in its shortest form")
        elif length == 127:
            if available < 10:
                return None, True
            (length,) = _unpack_large(chunk, at)
            at += 8
            if length >> 63:
                raise FrameError(CloseCode.PROTOCOL_ERROR, "length with its highest bit set")
            if length < _MEDIUM:
                raise FrameError(CloseCode.PROTOCOL_ERROR, "length not in its shortest form")
        if self._size + length > self._max_transport:
            raise FrameError(CloseCode.TOO_BIG, f"a message is at most {self._max_transport} bytes")
        if self._wants_mask:
            if len(chunk) - at < 4:
                return None, True
            self._mask = chunk[at : at + 4]
            at += 4
        self._position = at
        self._begin_payload(first, opcode, length)
        return None, False

    def _check_head(self, first: int, second: int, opcode: int, length: int) -> None:
        if first & _RESERVED_BITS:
            raise FrameError(CloseCode.PROTOCOL_ERROR, "reserved bit set")
        if bool(second & _MASKED) is not self._wants_mask:
            raise FrameError(CloseCode.PROTOCOL_ERROR, "frame not masked" if self._wants_mask else "frame masked")
        if opcode >= Opcode.CLOSE:
            if opcode > Opcode.PONG:
                raise FrameError(CloseCode.PROTOCOL_ERROR, f"reserved opcode {opcode}")
            if not first & _FIN:
                raise FrameError(CloseCode.PROTOCOL_ERROR, "fragmented control frame")
            if length > MAX_CONTROL_PAYLOAD:
                raise FrameError(CloseCode.PROTOCOL_ERROR, "control frame too long")
        elif opcode > Opcode.BINARY:
            raise FrameError(CloseCode.PROTOCOL_ERROR, f"reserved opcode {opcode}")
        elif opcode == Opcode.CONTINUATION and self._opcode == 0:
            raise FrameError(CloseCode.PROTOCOL_ERROR, "continuation of nothing")
        elif opcode != Opcode.CONTINUATION and self._opcode != 0:
            raise FrameError(CloseCode.PROTOCOL_ERROR, "a new message inside a fragmented one")

    def _take_control(self, opcode: int, length: int, available: int) -> tuple[Event | None, bool]:
        head = 6 if self._wants_mask else 2
        if available < head + length:
            return None, True
        at = self._position + head
        payload = self._chunk[at : at + length]
        if self._wants_mask and length:
            payload = apply_mask(payload, self._chunk[at - 4 : at])
        self._position = at + length
        self.frames += 1
        if opcode == Opcode.PING:
            return Ping(payload), False
        if opcode == Opcode.PONG:
            return Pong(payload), False
        return _parse_close(payload), False

    def _begin_payload(self, first: int, opcode: int, length: int) -> None:
        self.frames += 1
        if opcode != Opcode.CONTINUATION:
            self._opcode = opcode
        self._fin = bool(first & _FIN)
        self._size += length
        self._remaining = length
        self._in_payload = True

    def _take_payload(self) -> Event | None:
        """Consume what is there of the frame's payload; leaves `_in_payload` set while more is to come."""
        if self._size > self._max_message:
            return self._discard()
        chunk, at, remaining = self._chunk, self._position, self._remaining
        end = min(len(chunk), at + remaining)
        if self._parts is None and self._fin and end - at == remaining:
            return self._whole_frame(end)
        taken = end - at
        if taken:
            piece = chunk[at:end]
            if self._wants_mask:
                piece = apply_mask(piece, self._mask)
                turn = taken & 3
                self._mask = self._mask[turn:] + self._mask[:turn]
            self._remaining = remaining = remaining - taken
            self._append(piece)
            self._consume_to(end)
        if remaining:
            return None
        self._in_payload = False
        return self._finish() if self._fin else None

    def _whole_frame(self, end: int) -> str | bytes:
        """The usual case: a message of one frame that is all here."""
        payload = self._chunk[self._position : end]
        if self._wants_mask:
            payload = apply_mask(payload, self._mask)
        self._consume_to(end)
        is_text = self._opcode == Opcode.TEXT
        self._reset()
        if not is_text:
            return payload
        try:
            return payload.decode()
        except UnicodeDecodeError as error:
            raise FrameError(CloseCode.INVALID_DATA, "text is not UTF-8") from error

    def _append(self, piece: bytes) -> None:
        if self._parts is None:
            self._parts = bytearray()
            if self._opcode == Opcode.TEXT:
                self._decoder = _utf8_decoder()
        if self._decoder is not None:
            _check_utf8(self._decoder, piece)
        self._parts += piece

    def _finish(self) -> str | bytes:
        parts = b"" if self._parts is None else self._parts
        is_text, decoder = self._opcode == Opcode.TEXT, self._decoder
        self._reset()
        if not is_text:
            return bytes(parts)
        if decoder is not None and decoder.getstate()[0]:
            raise FrameError(CloseCode.INVALID_DATA, "text ends inside a character")
        return parts.decode()

    def _discard(self) -> Event | None:
        """Drop the payload of a message over the limit, still masked; the first call tells of it."""
        if not self._discarding:
            self._discarding = True
            self._parts = self._decoder = None
            return Oversize(self._size)
        skipped = min(len(self._chunk) - self._position, self._remaining)
        self._consume_to(self._position + skipped)
        self._remaining -= skipped
        if self._remaining == 0:
            self._in_payload = False
            if self._fin:
                self._reset()
        return None

    def _reset(self) -> None:
        self._in_payload = False
        self._opcode = 0
        self._size = 0
        self._remaining = 0
        self._discarding = False
        self._parts = self._decoder = None

    def _consume_to(self, end: int) -> None:
        """Move on, and let go of a chunk that is used up: a parser may then wait long for the next."""
        if end == len(self._chunk):
            self._chunk = b""
            self._position = 0
        else:
            self._position = end


def _check_utf8(decoder: codecs.IncrementalDecoder, piece: bytes) -> None:
    try:
        decoder.decode(piece)
    except UnicodeDecodeError as error:
        raise FrameError(CloseCode.INVALID_DATA, "text is not UTF-8") from error
    pending = decoder.getstate()[0]
    # The decoder waits for the third byte of an encoded surrogate, which no third byte can make valid.
    if len(pending) == 2 and pending[0] == _FIRST_OF_A_SURROGATE and pending[1] >= 0xA0:
        raise FrameError(CloseCode.INVALID_DATA, "text holds a surrogate")


def _parse_close(payload: bytes) -> Close:
    if not payload:
        return Close(CloseCode.NO_STATUS, "")
    if len(payload) == 1:
        raise FrameError(CloseCode.PROTOCOL_ERROR, "close frame of one byte")
    code = int.from_bytes(payload[:2], "big")
    if not is_valid_close_code(code):
        raise FrameError(CloseCode.PROTOCOL_ERROR, f"close code {code}")
    try:
        return Close(code, payload[2:].decode())
    except UnicodeDecodeError as error:
        raise FrameError(CloseCode.INVALID_DATA, "close reason is not UTF-8") from error
