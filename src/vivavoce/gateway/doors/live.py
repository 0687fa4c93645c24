"""The open sockets in true figures, for the administrators' API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vivavoce.gateway.doors.dialogue import DialogueDoor
from vivavoce.gateway.gateway import Gateway
from vivavoce.protocols.times import iso


class OpenSockets:
    def __init__(self, gateway: Gateway, door: DialogueDoor) -> None:
        self._gateway = gateway
        self._door = door

    def stats(self) -> Mapping[str, float]:
        """total_connections, active_connections, messages_sent, messages_received, errors_count, uptime_seconds."""
        stats = self._gateway.stats
        return {
            "total_connections": stats.total_connections,
            "active_connections": stats.active_connections,
            "messages_sent": stats.messages_sent,
            "messages_received": stats.messages_received,
            "errors_count": stats.errors_count + self._door.errors,
            "uptime_seconds": round(stats.uptime_seconds, 3),
        }

    def sessions(self) -> Sequence[Mapping[str, Any]]:
        """Sessions somebody is connected to: `{session_id, connections, users: [{user_id, role, connected_at}]}`."""
        found: dict[str, dict[str, Any]] = {}
        for connection in self._door.connections:
            session_id = connection.session.session_id
            entry = found.setdefault(session_id, {"session_id": session_id, "connections": 0, "users": []})
            entry["connections"] += 1
            entry["users"].append(
                {
                    "user_id": connection.identity.user_id,
                    "role": connection.viewer.role,
                    "connected_at": iso(connection.opened_at),
                }
            )
        return list(found.values())

    def send(self, session_id: str, message: str, kind: str) -> int:
        """Give a message to everybody connected to a session; how many sockets got it."""
        return self._tell(message, kind, session_id)

    def broadcast(self, message: str, kind: str) -> int:
        """Give a message to every socket; how many got it."""
        return self._tell(message, kind, None)

    def _tell(self, message: str, kind: str, session_id: str | None) -> int:
        told = 0
        for connection in tuple(self._door.connections):
            if session_id in (None, connection.session.session_id):
                connection.notice(kind, message)
                told += 1
        return told
