"""The open sockets in true figures, for the administrators' API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from vivavoce.gateway.gateway import Gateway
from vivavoce.protocols.times import iso


class Visitor(NamedTuple):
    """A socket in a session; `since` is epoch ms."""

    session_id: str
    user_id: str
    role: str
    since: int


class LiveDoor(Protocol):
    """What a door tells of its sockets."""

    errors: int
    """Messages and clients refused."""

    def visitors(self) -> Iterator[Visitor]: ...

    def notice(self, session_id: str | None, kind: str, message: str) -> int:
        """Give a message to everybody in a session, or to all; how many sockets got it."""
        ...


class OpenSockets:
    def __init__(self, gateway: Gateway, doors: Sequence[LiveDoor]) -> None:
        self._gateway = gateway
        self._doors = doors

    def stats(self) -> Mapping[str, float]:
        """total_connections, active_connections, messages_sent, messages_received, errors_count, uptime_seconds."""
        stats = self._gateway.stats
        return {
            "total_connections": stats.total_connections,
            "active_connections": stats.active_connections,
            "messages_sent": stats.messages_sent,
            "messages_received": stats.messages_received,
            "errors_count": stats.errors_count + sum(door.errors for door in self._doors),
            "uptime_seconds": round(stats.uptime_seconds, 3),
        }

    def sessions(self) -> Sequence[Mapping[str, Any]]:
        """Sessions somebody is connected to: `{session_id, connections, users: [{user_id, role, connected_at}]}`."""
        found: dict[str, dict[str, Any]] = {}
        for door in self._doors:
            for visitor in door.visitors():
                session_id = visitor.session_id
                entry = found.setdefault(session_id, {"session_id": session_id, "connections": 0, "users": []})
                entry["connections"] += 1
                entry["users"].append(
                    {"user_id": visitor.user_id, "role": visitor.role, "connected_at": iso(visitor.since)}
                )
        return list(found.values())

    def send(self, session_id: str, message: str, kind: str) -> int:
        """Give a message to everybody connected to a session; how many sockets got it."""
        return sum(door.notice(session_id, kind, message) for door in self._doors)

    def broadcast(self, message: str, kind: str) -> int:
        """Give a message to every socket; how many got it."""
        return sum(door.notice(None, kind, message) for door in self._doors)
