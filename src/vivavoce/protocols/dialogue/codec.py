"""Bytes ↔ messages of the dialogue door. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vivavoce.domain.errors import VivavoceError, invalid, too_large
from vivavoce.protocols.dialogue.messages import (
    CLIENT_MESSAGES,
    SERVER_MESSAGES,
    ClientMessage,
    ErrorData,
    ServerMessage,
)
from vivavoce.protocols.times import iso

#: A message with text may have this many bytes (SPEC.md 0.7); one with audio, 5 MiB decoded.
TEXT_BYTES: Final = 64 * 1024
AUDIO_BYTES: Final = 5 * 1024 * 1024
_AUDIO_TYPES: Final = frozenset({"audio_input"})
_ENCODER: Final = msgspec.json.Encoder()


class _Envelope(msgspec.Struct, frozen=True):
    type: str
    session_id: str
    timestamp: str
    data: Any


def decode(value: object, size: int) -> ClientMessage:
    """The message in an already parsed JSON value that came as `size` bytes.

    Raises VivavoceError: invalid_payload with `info.field`, too_large with `info.limit`.
    """
    if not isinstance(value, dict):
        raise invalid("a message is a JSON object", field="")
    kind = value.get("type")
    if not isinstance(kind, str):
        raise invalid("a message has a type, a string", field="type")
    model = CLIENT_MESSAGES.get(kind)
    if model is None:
        raise invalid(f"the type {kind[:64]!r} is not known", field="type", reason="unknown_type")
    if kind not in _AUDIO_TYPES and size > TEXT_BYTES:
        raise too_large(f"a {kind} message has at most {TEXT_BYTES} bytes", TEXT_BYTES)
    session_id = value.get("session_id")
    if session_id is not None and (isinstance(session_id, bool) or not isinstance(session_id, (str, int))):
        raise invalid("session_id is a string", field="session_id")
    data = value.get("data")
    try:
        typed = msgspec.convert({} if data is None else data, model)
    except msgspec.ValidationError as error:
        raise _invalid_field(error) from error
    named = None if session_id in (None, "") else str(session_id)
    return ClientMessage(kind, named, typed)  # type: ignore[arg-type]


def _invalid_field(error: msgspec.ValidationError) -> VivavoceError:
    text = str(error)
    what, _, path = text.partition(" - at `$")
    field = f"data{path.rstrip('`')}"
    return invalid(what, field=field)


def encode(message: ServerMessage, session_id: str, now_ms: int) -> str:
    """The envelope around `message`, as JSON text."""
    kind = SERVER_MESSAGES[type(message)]
    return _ENCODER.encode(_Envelope(kind, session_id, iso(now_ms), message)).decode()


def encode_notice(kind: str, message: str, session_id: str, now_ms: int) -> str:
    """An administrator's message under a type of their choice."""
    return _ENCODER.encode(_Envelope(kind, session_id, iso(now_ms), {"message": message})).decode()


def error_message(error: VivavoceError, sentence: str) -> ErrorData:
    return ErrorData(**error.shape(sentence))
