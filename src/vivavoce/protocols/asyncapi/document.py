"""The AsyncAPI 3 document of all doors. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from vivavoce.protocols.asyncapi.envelopes import Envelope
from vivavoce.protocols.asyncapi.schemas import Schema, Schemas

Transport = Literal["websocket", "socket.io"]

_DESCRIPTION: Final = """\
Every message of every socket, as the server's own types describe it. HTTP is described at `/openapi.json`.

What comes in may carry more than is described; unknown fields are ignored. Refusals have one shape: `error`, `message`,
`details`, `info`. A client that reconnects names the last `seq` and the `epoch` it was told, and gets what it missed.
"""
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_QUERY: Final[Mapping[str, str]] = {
    "token": "An access token, where the client cannot set a header",
    "ticket": "A single-use ticket of `POST /api/v1/auth/tickets`",
    "user_id": "How a guest calls itself (development only)",
}
_SECURITY: Final[Mapping[str, Schema]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "`Authorization: Bearer <access token or API key>`",
    },
    "token": {"type": "httpApiKey", "name": "token", "in": "query", "description": "The same token as `?token=`"},
    "ticket": {
        "type": "httpApiKey",
        "name": "ticket",
        "in": "query",
        "description": "A ticket for one connection, valid for half a minute",
    },
    "connectPayload": {
        "type": "apiKey",
        "in": "user",
        "description": "Socket.IO: the payload of CONNECT, `{token: <access token or API key>}`",
    },
}
_SECURED_BY: Final[Mapping[Transport, tuple[str, ...]]] = {
    "websocket": ("bearer", "token", "ticket"),
    "socket.io": ("connectPayload", "bearer"),
}
_SERVERS: Final[Mapping[Transport, str]] = {"websocket": "sockets", "socket.io": "rooms"}


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a door. `received` is the data of a client's message by its type on the wire; `sent` the server's
    types on the wire with their data (a type may have several). `answers` names the server's messages that answer a
    client's. `query` describes what may stand in the query beside the token; `binary` what binary frames of a client
    are, where they are taken."""

    name: str
    title: str
    description: str
    addresses: tuple[str, ...]
    received: Mapping[str, type]
    sent: tuple[tuple[str, type], ...]
    envelope: Envelope
    transport: Transport = "websocket"
    answers: Mapping[str, tuple[str, ...]] = {}
    query: Mapping[str, str] = {}
    binary: str = ""


def asyncapi(doors: Iterable[Door], *, version: str, url: str) -> dict[str, Any]:
    """The document for a server that people reach at `url` (`https://host[:port]`)."""
    doors = tuple(doors)
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vivavoce",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": door.name, "description": door.title} for door in doors],
        },
        "defaultContentType": "application/json",
        "servers": _servers(doors, url),
        "channels": {},
        "operations": {},
        "components": {"schemas": {}, "messages": {}, "securitySchemes": dict(_SECURITY)},
    }
    for door in doors:
        _describe(door, document)
    return document


def _servers(doors: tuple[Door, ...], url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    servers: dict[str, Any] = {}
    for transport in dict.fromkeys(door.transport for door in doors):
        server: Schema = {
            "host": parts.netloc,
            "protocol": "wss" if parts.scheme == "https" else "ws",
            "security": [_ref("components", "securitySchemes", name) for name in _SECURED_BY[transport]],
        }
        if transport == "socket.io":
            server["pathname"] = "/socket.io/"
            server["description"] = (
                "Socket.IO 5 on Engine.IO 4, by WebSocket or polling; an event's name is its message's"
            )
        servers[_SERVERS[transport]] = server
    return servers


def _describe(door: Door, document: dict[str, Any]) -> None:
    schemas = Schemas(door.name, door.received.values(), (data for _, data in door.sent))
    messages = {**_received(door, schemas), **_sent(door, schemas)}
    components = document["components"]
    components["schemas"].update(schemas.components)
    components["messages"].update({f"{door.name}.{name}": message for name, message in messages.items()})
    for address in door.addresses:
        parameters = _PARAMETER.findall(address)
        channel = "_".join((door.name, *parameters))
        document["channels"][channel] = _channel(door, address, parameters, messages)
        document["operations"].update(_operations(door, channel, messages))


def _received(door: Door, schemas: Schemas) -> dict[str, Schema]:
    messages = {
        f"client.{kind}": _message(
            kind, door.envelope(kind, schemas.of(data), True), schemas.description_of(data), door.name
        )
        for kind, data in door.received.items()
    }
    if door.binary:
        frame = _message("binary", {"type": "string", "format": "binary"}, door.binary, door.name)
        messages["client.binary"] = {**frame, "contentType": "application/octet-stream"}
    return messages


def _sent(door: Door, schemas: Schemas) -> dict[str, Schema]:
    by_kind: dict[str, list[type]] = {}
    for kind, data in door.sent:
        by_kind.setdefault(kind, []).append(data)
    messages = {}
    for kind, types in by_kind.items():
        payloads = [door.envelope(kind, schemas.of(data), False) for data in types]
        payload = payloads[0] if len(payloads) == 1 else {"oneOf": payloads}
        summary = " Or: ".join(filter(None, map(schemas.description_of, types)))
        messages[f"server.{kind}"] = _message(kind, payload, summary, door.name)
    return messages


def _message(kind: str, payload: Schema, description: str, tag: str) -> Schema:
    message: Schema = {"name": kind, "title": kind, "payload": payload, "tags": [{"name": tag}]}
    if description:
        message["description"] = description
    return message


def _channel(door: Door, address: str, parameters: list[str], messages: Iterable[str]) -> Schema:
    channel: Schema = {
        "address": address,
        "title": door.title,
        "description": door.description,
        "servers": [_ref("servers", _SERVERS[door.transport])],
        "messages": {name: _ref("components", "messages", f"{door.name}.{name}") for name in messages},
    }
    if parameters:
        channel["parameters"] = {name: {"description": f"The {name.replace('_', ' ')}"} for name in parameters}
    if door.transport == "websocket":
        query = {name: {"type": "string", "description": text} for name, text in {**_QUERY, **door.query}.items()}
        channel["bindings"] = {
            "ws": {"method": "GET", "query": {"type": "object", "properties": query}, "bindingVersion": "0.1.0"}
        }
    return channel


def _operations(door: Door, channel: str, messages: Iterable[str]) -> dict[str, Schema]:
    """The server receives each message of a client, and answers some; what it sends of its own accord is one
    operation."""
    operations: dict[str, Schema] = {}
    sent = []
    for name in messages:
        side, _, kind = name.partition(".")
        if side == "server":
            sent.append(name)
            continue
        operation: Schema = {
            "action": "receive",
            "title": kind,
            "channel": _ref("channels", channel),
            "messages": [_ref("channels", channel, "messages", name)],
        }
        if kind in door.answers:
            answers = [_ref("channels", channel, "messages", f"server.{answer}") for answer in door.answers[kind]]
            operation["reply"] = {"channel": _ref("channels", channel), "messages": answers}
        operations[f"{channel}.receive.{kind}"] = operation
    operations[f"{channel}.send"] = {
        "action": "send",
        "title": f"{door.title}: what the server sends",
        "channel": _ref("channels", channel),
        "messages": [_ref("channels", channel, "messages", name) for name in sent],
    }
    return operations


def _ref(*path: str) -> Schema:
    return {"$ref": "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)}
