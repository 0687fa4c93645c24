"""`/websocket`: the sockets that are open now, for administrators (SPEC.md 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import not_found
from vivavoce.http.caller import Admin, Ours
from vivavoce.http.route import ApiRoute
from vivavoce.http.services import Services
from vivavoce.http.shapes import people as shapes
from vivavoce.http.shapes.base import refusals

router = APIRouter(
    prefix="/websocket",
    route_class=ApiRoute,
    tags=["administration"],
    responses=refusals(401, 403, 413, 415, 422, 503),
)
SessionId = Annotated[str, Path(min_length=1, max_length=128)]


@router.get("/stats", response_model=shapes.SocketStatsShape)
async def stats(services: Ours, _: Admin) -> Any:
    """Figures of all sockets since the start, and the sessions somebody is connected to."""
    data = {"websocket_stats": dict(services.sockets.stats()), "active_sessions": _plain(services.sockets.sessions())}
    return {"success": True, "data": data}


@router.get("/sessions", response_model=shapes.SocketSessionsShape)
async def sessions(services: Ours, _: Admin) -> Any:
    """The sessions somebody is connected to."""
    return {"success": True, "data": _plain(services.sockets.sessions())}


@router.get("/sessions/{session_id}", response_model=shapes.SocketSessionShape, responses=refusals(404))
async def session(services: Ours, _: Admin, session_id: SessionId) -> Any:
    """Who is connected to a session."""
    return {"success": True, "data": _connected(services, session_id)}


@router.post("/sessions/{session_id}/message", response_model=shapes.DeliveredShape, responses=refusals(404))
async def message(body: shapes.SocketMessageBody, services: Ours, admin: Admin, session_id: SessionId) -> Any:
    """Send a message to everybody connected to a session."""
    _connected(services, session_id)
    delivered = services.sockets.send(session_id, body.message, body.type)
    await _note(services, admin, "socket_message", f"session:{session_id}", delivered)
    return {"success": True, "data": {"delivered": delivered}}


@router.post("/broadcast", response_model=shapes.DeliveredShape)
async def broadcast(body: shapes.SocketMessageBody, services: Ours, admin: Admin) -> Any:
    """Send a message to every socket."""
    delivered = services.sockets.broadcast(body.message, body.type)
    await _note(services, admin, "socket_broadcast", "sockets", delivered)
    return {"success": True, "data": {"delivered": delivered}}


def _connected(services: Services, session_id: str) -> dict[str, Any]:
    found = next((entry for entry in services.sockets.sessions() if entry["session_id"] == session_id), None)
    if found is None:
        raise not_found("nobody is connected to this session", reason="connection_not_found")
    return dict(found)


def _plain(entries: Any) -> list[Mapping[str, Any]]:
    return [dict(entry) for entry in entries]


async def _note(services: Services, admin: Identity, action: str, subject: str, delivered: int) -> None:
    await services.audit.record(services.clock.now_ms(), admin.user_id, action, subject, {"delivered": delivered})
