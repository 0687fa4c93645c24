"""Counts and times requests by route, from outside. Labels are closed sets: routes as they are written, not paths."""

from __future__ import annotations

import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API: Final = "/api/v1"
_MONITORING: Final = "/api"
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class MeasureRequests:
    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry) -> None:
        self._app = app
        labels = ("method", "route", "status")
        self._requests = Counter("vivavoce_http_requests", "HTTP requests answered", labels, registry=registry)
        self._seconds = Histogram(
            "vivavoce_http_request_seconds",
            "Time to answer an HTTP request",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = _route(scope)
            self._requests.labels(method, route, str(status)).inc()
            self._seconds.labels(method, route).observe(time.perf_counter() - started)


def _route(scope: Scope) -> str:
    """The route as it is written; an included router's routes do not know their prefix."""
    path = getattr(scope.get("route"), "path", None)
    if not isinstance(path, str):
        return "none"
    prefix = next((prefix for prefix in (API, _MONITORING) if scope["path"].startswith(f"{prefix}/")), "")
    return prefix + path
