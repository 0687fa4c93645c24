"""Bytes ↔ messages of the panel door. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from vivavoce.domain.errors import VivavoceError, invalid, too_large
from vivavoce.protocols.panel.messages import CLIENT_MESSAGES, ClientMessage, ErrorMessage, ServerMessage, Timestamp

#: A message with text may have this many bytes (SPEC.md 0.7); one with audio, 5 MiB decoded.
TEXT_BYTES: Final = 64 * 1024
AUDIO_BYTES: Final = 5 * 1024 * 1024
_AUDIO_TYPES: Final = frozenset({"audio_chunk", "enrol_voice"})
_ENCODER: Final = msgspec.json.Encoder()
_MILLISECONDS_FROM: Final = 1e11


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
    try:
        return msgspec.convert(value, model)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise invalid(what, field=path.rstrip("`").removeprefix(".")) from error


def encode(message: ServerMessage) -> str:
    return _ENCODER.encode(message).decode()


def error_message(error: VivavoceError, sentence: str) -> ErrorMessage:
    info = {**error.info, "reason": error.reason}
    return ErrorMessage(error=sentence, code=error.code, details=error.details, info=info)


def seconds_of(timestamp: Timestamp) -> float | None:
    """A client's timestamp as epoch seconds, for putting chunks in order; None where it says nothing."""
    if timestamp is None or timestamp == "":
        return None
    if isinstance(timestamp, str):
        try:
            return float(timestamp)
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(timestamp)
        except ValueError:
            raise invalid("timestamp is a number or an ISO 8601 time", field="timestamp") from None
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    seconds = float(timestamp)
    return seconds / 1000 if seconds > _MILLISECONDS_FROM else seconds
