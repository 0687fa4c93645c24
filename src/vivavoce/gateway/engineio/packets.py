"""Engine.IO 4 packets and polling payloads, without I/O.

A packet is one character of type and its data. On a WebSocket each is a frame, and binary data travels as it is;
on polling several are joined by a record separator, and binary data is `b` and base64.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from enum import Enum
from typing import Final

import msgspec

from vivavoce.gateway.frames import binary_frame, text_frame

PROTOCOL: Final = "4"
CLOSE: Final = b"1"
PING: Final = b"2"
PONG: Final = b"3"
NOOP: Final = b"6"
PROBE: Final = "2probe"
PROBE_ANSWER: Final = "3probe"
UPGRADE: Final = "5"
MESSAGE: Final = "4"
SEPARATOR: Final = b"\x1e"
PING_FRAME: Final = text_frame(PING)

_SEPARATOR_TEXT: Final = "\x1e"
_TYPES: Final = frozenset("0123456")


class PacketError(Exception):
    """What came is no Engine.IO packet: the connection ends."""


class Problem(Enum):
    """Why a request is refused: the code and message that Engine.IO clients know."""

    TRANSPORT_UNKNOWN = (0, "Transport unknown")
    UNKNOWN_SID = (1, "Session ID unknown")
    BAD_HANDSHAKE_METHOD = (2, "Bad handshake method")
    BAD_REQUEST = (3, "Bad request")
    FORBIDDEN = (4, "Forbidden")
    UNSUPPORTED_VERSION = (5, "Unsupported protocol version")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return 403 if self is Problem.FORBIDDEN else 400

    @property
    def body(self) -> dict[str, object]:
        code, message = self.value
        return {"code": code, "message": message}


def open_packet(upgrades: Sequence[str], ping_interval_s: float, ping_timeout_s: float, max_payload: int) -> str:
    """The first packet of a connection, with `%s` for its sid; times travel in milliseconds, sizes in bytes."""
    content = {
        "sid": "%s",
        "upgrades": list(upgrades),
        "pingInterval": round(ping_interval_s * 1000),
        "pingTimeout": round(ping_timeout_s * 1000),
        "maxPayload": max_payload,
    }
    return "0" + msgspec.json.encode(content).decode()


def check_text(packet: str) -> None:
    """Raises PacketError where a text packet has no known type."""
    if packet[:1] not in _TYPES:
        raise PacketError("unknown packet type")


def decode_payload(body: bytes, max_packets: int) -> list[str | bytes]:
    """The packets of a polling request: text ones with their type (`str`), binary messages (`bytes`).

    Raises PacketError for text that is not UTF-8, for bad base64, an unknown type and too many packets.
    """
    if body.count(SEPARATOR) >= max_packets:
        raise PacketError(f"a payload has at most {max_packets} packets")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise PacketError("a payload is UTF-8") from error
    packets: list[str | bytes] = []
    for packet in text.split(_SEPARATOR_TEXT):
        if packet[:1] == "b":
            packets.append(_decode_base64(packet[1:]))
        else:
            check_text(packet)
            packets.append(packet)
    return packets


def encode_binary(data: bytes) -> bytes:
    """Binary data as a packet for polling."""
    return b"b" + base64.b64encode(data)


def to_frames(payload: bytes) -> bytes:
    """What was written for polling (packets with separators) as WebSocket frames, one after the other."""
    return b"".join(
        binary_frame(_decode_base64(packet[1:].decode())) if packet[:1] == b"b" else text_frame(packet)
        for packet in payload.split(SEPARATOR)
    )


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PacketError("binary data is base64") from error
