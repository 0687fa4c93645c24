"""Bytes ↔ messages of document D's sockets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from vivavoce.domain.errors import VivavoceError, invalid, too_large
from vivavoce.protocols.grading.messages import SERVER_TYPES, ClientMessage, Error, EventData, GradingTask, ServerData
from vivavoce.protocols.times import iso

TEXT_BYTES: Final = 64 * 1024
_ENCODER: Final = msgspec.json.Encoder()


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    timestamp: str
    connection_id: str
    data: msgspec.Raw
    error: str | None
    message_id: str


def decode(value: object, size: int, messages: Mapping[str, type[ClientMessage]]) -> ClientMessage:
    """The message in an already parsed JSON value that came as `size` bytes.

    Raises VivavoceError: invalid_payload with `info.field`, too_large with `info.limit`.
    """
    if not isinstance(value, dict):
        raise invalid("a message is a JSON object", field="")
    kind = value.get("type")
    if not isinstance(kind, str):
        raise invalid("a message has a type, a string", field="type")
    model = messages.get(kind)
    if model is None:
        raise invalid(f"the type {kind[:64]!r} is not known here", field="type", reason="unknown_type")
    if size > TEXT_BYTES:
        raise too_large(f"a {kind} message has at most {TEXT_BYTES} bytes", TEXT_BYTES)
    try:
        return msgspec.convert(_fields(value), model)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise invalid(what, field=path.rstrip("`").removeprefix(".")) from error


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the type and what stands in `data`, which may be a bare text (`report_issue`)."""
    data = value.get("data")
    if isinstance(data, str):
        data = {"text": data}
    return {**value, **(data if isinstance(data, dict) else {})}


def encode(kind: str, data: ServerData | None, *, connection_id: str, message_id: str, now_ms: int) -> str:
    """A message in its envelope."""
    envelope = Envelope(
        type=kind,
        timestamp=iso(now_ms),
        connection_id=connection_id,
        data=msgspec.Raw(_ENCODER.encode(data)),
        error=data.error if isinstance(data, Error) else None,
        message_id=message_id,
    )
    return _ENCODER.encode(envelope).decode()


def kind_of(data: ServerData | None) -> str:
    """The type on the wire; nothing at all is the task that is not there."""
    return SERVER_TYPES[GradingTask if data is None else type(data)]


def repeatable_id(data: ServerData | None) -> str:
    """The id by which a client drops repeats of what an event made; empty for what is not replayed."""
    return data.event_id if isinstance(data, EventData) else ""


def error_data(error: VivavoceError, sentence: str) -> Error:
    return msgspec.convert(error.shape(sentence), Error)
