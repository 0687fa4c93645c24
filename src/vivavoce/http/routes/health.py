"""Health and metrics."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from vivavoce.http.caller import Ours
from vivavoce.http.route import ApiRoute, open_to_all, unlimited
from vivavoce.http.shapes.base import Shape

router = APIRouter(route_class=ApiRoute, tags=["operation"])

#: Without these no text can be served.
_NEEDED = ("database", "migrations")


class HealthShape(Shape):
    status: Literal["ok"]
    version: str


class ReadinessShape(Shape):
    ready: bool
    parts: dict[str, str]


@router.get("/healthz", response_model=HealthShape)
@open_to_all
@unlimited
async def health(services: Ours) -> Any:
    """The process lives."""
    return {"status": "ok", "version": services.version}


@router.get(
    "/readyz",
    response_model=ReadinessShape,
    responses={503: {"model": ReadinessShape, "description": "Text cannot be served yet"}},
)
@open_to_all
@unlimited
async def readiness(services: Ours) -> Any:
    """Whether text can be served, and how each part is: `ready`, `fetching`, `off` …"""
    parts = dict(await services.parts())
    ready = all(parts.get(name) == "ready" for name in _NEEDED)
    return JSONResponse({"ready": ready, "parts": parts}, status_code=200 if ready else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text"}},
)
@open_to_all
@unlimited
async def metrics(services: Ours) -> Response:
    """Figures for Prometheus; no names, no texts."""
    return Response(generate_latest(services.metrics), media_type=CONTENT_TYPE_LATEST)
