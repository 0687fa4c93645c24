"""Socket.IO 5 packets, without I/O.

Texts here carry the Engine.IO type `4` in front, as they travel: an event is `42["name",…]`, with a namespace
`42/name,["name",…]`, with an acknowledgement id `4217["name",…]`, with attachments `452-["name",…]`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from vivavoce.gateway.engineio.packets import SEPARATOR, PacketError, encode_binary
from vivavoce.gateway.frames import binary_frame, text_frame
from vivavoce.gateway.json import decode_json

CONNECT: Final = "0"
DISCONNECT: Final = "1"
EVENT: Final = "2"
ACK: Final = "3"
CONNECT_ERROR: Final = "4"
BINARY_EVENT: Final = "5"
BINARY_ACK: Final = "6"

_WITH_ATTACHMENTS: Final = {EVENT: BINARY_EVENT, ACK: BINARY_ACK}
RESERVED_NAMES: Final = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
)
_MAX_ID_DIGITS: Final = 16
_MAX_NAMESPACE_LENGTH: Final = 256


class Head(NamedTuple):
    """What stands before the JSON of a packet."""

    kind: str
    attachments: int
    namespace: str
    id: str
    """Digits, as they came; empty where there is none."""
    at: int
    """Where the JSON begins in the packet."""


def parse_head(packet: str) -> Head:
    """The head of a packet with its Engine.IO type in front. Raises PacketError."""
    kind = packet[1:2]
    if not kind or kind not in "0123456":
        raise PacketError("unknown packet type")
    at, attachments = 2, 0
    if kind in (BINARY_EVENT, BINARY_ACK):
        digits, dash, _ = packet[2 : 3 + _MAX_ID_DIGITS].partition("-")
        if not dash or not _is_number(digits):
            raise PacketError("no number of attachments")
        attachments = int(digits)
        at += len(digits) + 1
    namespace = "/"
    if packet[at : at + 1] == "/":
        end = packet.find(",", at, at + _MAX_NAMESPACE_LENGTH)
        if end < 0:
            end = len(packet)
            if end - at > _MAX_NAMESPACE_LENGTH:
                raise PacketError("the name of the namespace is too long")
        namespace = packet[at:end].partition("?")[0]
        at = end + 1
    start = at
    while at - start <= _MAX_ID_DIGITS and "0" <= packet[at : at + 1] <= "9":
        at += 1
    if at - start > _MAX_ID_DIGITS:
        raise PacketError("the acknowledgement id is too long")
    return Head(kind, attachments, namespace, packet[start:at], at)


def decode_arguments(text: str, *, names_event: bool) -> list[Any]:
    """The JSON array of an event or an acknowledgement.

    Raises PacketError where it is no array of a name and arguments, VivavoceError `invalid_payload` where the array is
    no JSON or beyond the limits of JSON from outside.
    """
    if text[:1] != "[":
        raise PacketError("the payload is an array")
    value: list[Any] = decode_json(text)
    if names_event and not (value and value[0].__class__ is str and value[0] not in RESERVED_NAMES):
        raise PacketError("an event has a name")
    return value


def decode_auth(text: str) -> dict[str, Any]:
    """What a client brings to CONNECT; `{}` where it brings nothing. Raises PacketError, VivavoceError."""
    if not text:
        return {}
    value = decode_json(text)
    if not isinstance(value, dict):
        raise PacketError("the payload of CONNECT is an object")
    return value


def put_attachments(value: Any, attachments: Sequence[bytes]) -> Any:
    """`value` with its placeholders replaced by what they stand for. Raises PacketError for one that is out of range.

    `value` comes from JSON under its limit of depth, so that it can be walked by recursion.
    """
    if isinstance(value, list):
        return [put_attachments(item, attachments) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("_placeholder") is True:
        number = value.get("num")
        if number.__class__ is not int or not 0 <= number < len(attachments):
            raise PacketError("a placeholder names no attachment")
        return attachments[number]
    return {key: put_attachments(item, attachments) for key, item in value.items()}


class Prepared:
    """A packet that was built once, for as many receivers as it has and on either transport."""

    __slots__ = ("_attachments", "_frame", "_payload", "_text")

    def __init__(self, text: bytes, attachments: Sequence[bytes] = ()) -> None:
        self._text = text
        self._attachments = attachments
        self._frame: bytes | None = None
        self._payload: bytes | None = None

    @property
    def frame(self) -> bytes:
        """Complete WebSocket frames: the packet's, then one of each attachment."""
        if self._frame is None:
            self._frame = text_frame(self._text)
            if self._attachments:
                self._frame = b"".join([self._frame, *map(binary_frame, self._attachments)])
        return self._frame

    @property
    def payload(self) -> bytes:
        """The same for polling."""
        if self._payload is None:
            self._payload = SEPARATOR.join([self._text, *map(encode_binary, self._attachments)])
        return self._payload


def encode(kind: str, namespace: str, arguments: Sequence[Any], packet_id: str = "") -> Prepared:
    """An event or an acknowledgement. Bytes among the arguments become attachments.

    Arguments are what JSON has, bytes, msgspec structs and dataclasses. Raises TypeError for anything else.
    """
    attachments: list[bytes] = []
    json = _encode_json(arguments, attachments)
    where = packet_id if namespace == "/" else f"{namespace},{packet_id}"
    if attachments:
        return Prepared(f"4{_WITH_ATTACHMENTS[kind]}{len(attachments)}-{where}".encode() + json, attachments)
    return Prepared(f"4{kind}{where}".encode() + json)


def encode_control(kind: str, namespace: str, content: object = None) -> bytes:
    """CONNECT, CONNECT_ERROR or DISCONNECT, with `content` as its JSON where it is given."""
    text = f"4{kind}" if namespace == "/" else f"4{kind}{namespace},"
    return text.encode() + (b"" if content is None else msgspec.json.encode(content))


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal()


def _encode_json(arguments: Sequence[Any], attachments: list[bytes]) -> bytes:
    def default(value: Any) -> Any:
        return _replace(value, attachments)

    try:
        return orjson.dumps(arguments, default=default)
    except orjson.JSONEncodeError:
        # Integers beyond 64 bits and keys that are no strings: rare enough to be walked.
        attachments.clear()
        return msgspec.json.encode(_walk(arguments, default))


def _replace(value: Any, attachments: list[bytes]) -> Any:
    """What JSON can carry in place of a value that it cannot."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        attachments.append(bytes(value))
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value, builtin_types=(bytes, bytearray, memoryview))
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _walk(value: Any, default: Callable[[Any], Any]) -> Any:
    if isinstance(value, (list, tuple)):
        return [_walk(item, default) for item in value]
    if isinstance(value, dict):
        return {key: _walk(item, default) for key, item in value.items()}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return default(value)
    return value
