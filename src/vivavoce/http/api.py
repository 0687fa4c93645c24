"""Puts the HTTP API together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from vivavoce.http import asyncapi, docs
from vivavoce.http.errors import add_error_handlers
from vivavoce.http.measure import API, MeasureRequests
from vivavoce.http.routes import (
    api_keys,
    audio,
    auth,
    batches,
    confirmation,
    conversation,
    exams,
    health,
    marking,
    monitoring,
    panel,
    participants,
    quality,
    question_sets,
    reports,
    results,
    rights,
    rooms,
    roster,
    rubrics,
    scans,
    sessions,
    sockets,
    submissions,
    users,
)
from vivavoce.http.security import SecurityHeaders
from vivavoce.http.services import Services
from vivavoce.http.shapes.base import refusals
from vivavoce.http.static import WebApp

_ROUTERS: Final = (
    auth,
    sessions,
    participants,
    conversation,
    confirmation,
    audio,
    reports,
    rights,
    rooms,
    question_sets,
    rubrics,
    panel,
    exams,
    submissions,
    scans,
    batches,
    marking,
    results,
    quality,
    roster,
    users,
    api_keys,
    sockets,
)
_DESCRIPTION: Final = """\
Interviews with an AI interviewer, from invitation to report.

Send `Authorization: Bearer <access token>`. Refusals all have one shape: `error`, `message`, `details`, `info`. Lists
come in pages: `next_cursor` goes into `cursor`. A POST that carries an `Idempotency-Key` happens once, and a repetition
gets the same answer. Times are ISO 8601 in UTC.
"""
#: Pages of the loopback host may call a development server, as they may open its sockets.
_LOOPBACK: Final = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?"


@cache
def _routes() -> Sequence[BaseRoute]:
    """Built once a process, however many applications it makes: each route's models take milliseconds."""
    router = APIRouter(generate_unique_id_function=lambda route: route.name)
    for module in _ROUTERS:
        router.include_router(module.router, prefix=API, responses=refusals(429))
    router.include_router(monitoring.router, prefix="/api", responses=refusals(429))
    router.include_router(health.router)
    return router.routes


def create_api(services: Services) -> FastAPI:
    """The application: API, health, metrics, documentation, and the web app for every other address."""
    app = FastAPI(
        title="Vivavoce",
        version=services.version,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url="/openapi.json",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.services = services
    add_error_handlers(app)
    app.router.routes.extend([*_routes(), *docs.routes(), asyncapi.route()])
    app.router.default = WebApp(services.web_app)
    if services.allowed_origins or services.mode == "development":
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(services.allowed_origins),
            allow_origin_regex=_LOOPBACK if services.mode == "development" else None,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Accept-Language"],
            expose_headers=["Retry-After", "Idempotent-Replayed", "Content-Disposition"],
        )
    app.add_middleware(SecurityHeaders, strict_transport=services.mode == "production")
    app.add_middleware(MeasureRequests, registry=services.metrics)
    return app
