"""`/api/websocket`: the sockets over time, for administrators (SPEC.md 4)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from vivavoce.domain.errors import not_found
from vivavoce.http.caller import Admin, Ours
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import monitoring as shapes
from vivavoce.http.shapes.base import refusals

router = APIRouter(
    prefix="/websocket", route_class=ApiRoute, tags=["monitoring"], responses=refusals(401, 403, 413, 415, 422, 503)
)


@router.get("/metrics", response_model=shapes.SocketMetricsShape)
async def socket_metrics(services: Ours, _: Admin) -> Any:
    """The figures of this moment."""
    return dict(services.monitor.now())


@router.get("/metrics/history", response_model=shapes.SocketHistoryShape)
async def socket_history(services: Ours, _: Admin, hours: Annotated[float, Query(gt=0, le=6)] = 1.0) -> Any:
    """A sample for every half minute of the last hours, from old to new; six hours are kept."""
    return {"items": [dict(sample) for sample in services.monitor.history(hours)]}


@router.get("/connections", response_model=shapes.ConnectionsShape)
async def socket_connections(services: Ours, _: Admin) -> Any:
    """Every socket that is open now."""
    return {"items": [dict(connection) for connection in services.monitor.connections()]}


@router.post("/connections/{connection_id}/disconnect", status_code=204, responses=refusals(404))
async def disconnect_socket(
    services: Ours, admin: Admin, connection_id: Annotated[str, Path(min_length=1, max_length=128)]
) -> None:
    """Close a socket."""
    if not services.monitor.disconnect(connection_id):
        raise not_found("there is no such connection", reason="connection_not_found")
    await services.audit.record(
        services.clock.now_ms(), admin.user_id, "socket_disconnected", f"socket:{connection_id}", {}
    )


@router.post("/cleanup/stale-connections", response_model=shapes.ClosedShape)
async def clean_up_sockets(
    services: Ours, admin: Admin, timeout_minutes: Annotated[float, Query(gt=0, le=1440)] = 5.0
) -> Any:
    """Close the sockets from which nothing came for so long."""
    closed = services.monitor.clean_up(timeout_minutes)
    await services.audit.record(
        services.clock.now_ms(), admin.user_id, "sockets_cleaned_up", "sockets", {"closed": closed}
    )
    return {"closed": closed}


@router.get("/health", response_model=shapes.SocketHealthShape)
async def socket_health(services: Ours, _: Admin) -> Any:
    """Whether anything about the sockets is out of the ordinary."""
    now = services.monitor.now()
    return {
        "status": "degraded" if now["anomalies"] else "ok",
        "anomalies": list(now["anomalies"]),
        "connections": now["connections"],
        "uptime_seconds": now["uptime_seconds"],
    }
