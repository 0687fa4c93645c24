"""How each protocol wraps its data, as schemas. An envelope takes the message's type on the wire, the schema of its
data, and whether it comes from a client."""

from __future__ import annotations

from collections.abc import Callable

from vivavoce.protocols.asyncapi.schemas import Schema

Envelope = Callable[[str, Schema, bool], Schema]

_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_ID: Schema = {"type": ["string", "integer"]}


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required}


def dialogue(kind: str, data: Schema, from_client: bool) -> Schema:
    """`{type, session_id, timestamp, data}`; of a client's, all but the type may be left out."""
    session_id = _ID if from_client else _TEXT
    properties = {"type": {"const": kind}, "session_id": session_id, "timestamp": _TIME, "data": data}
    return _object(properties, ["type"] if from_client else list(properties))


def panel(kind: str, data: Schema, from_client: bool) -> Schema:
    """No envelope: the type stands beside the fields; in what we send it is one of them."""
    if not from_client:
        return data
    return {"allOf": [_object({"type": {"const": kind}}, ["type"]), data]}


def grading(kind: str, data: Schema, from_client: bool) -> Schema:
    """`{type, timestamp, connection_id, data, error, message_id}`; a client's fields may stand in `data` or beside the
    type, and there is a task that is not there."""
    named = {"type": {"const": kind}}
    if from_client:
        return {"allOf": [_object(named, ["type"]), {"anyOf": [data, _object({"data": data}, ["data"])]}]}
    properties = {
        **named,
        "timestamp": _TIME,
        "connection_id": _TEXT,
        "data": {"anyOf": [data, {"type": "null"}]} if kind == "GRADING_TASK" else data,
        "error": {"type": ["string", "null"]},
        "message_id": _TEXT,
    }
    return _object(properties, list(properties))


def bare(_kind: str, data: Schema, _from_client: bool) -> Schema:
    """The data alone: the message's name is the name of a Socket.IO event, or stands in the data."""
    return data
