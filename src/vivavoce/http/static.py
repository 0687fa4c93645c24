"""The web app's files: what Vite built, and `index.html` for every address that the app itself knows."""

from __future__ import annotations

import mimetypes
import stat
from pathlib import Path
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from vivavoce.catalogue import text
from vivavoce.domain.errors import not_found
from vivavoce.http.errors import error_response, language_of

#: Vite names what it builds by its content: it never changes.
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_NOT_THE_APPS: Final = ("api/", "socket.io/", "ws/", "openapi.json", "asyncapi.json", "docs", "metrics", "echo")


class WebApp:
    """Serves a folder; a build that comes later is served without a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that no route knows. Sockets have doors of their own."""
        if scope["type"] == "http":
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path.lstrip("/")
        if request.method not in ("GET", "HEAD") or path.startswith(_NOT_THE_APPS):
            return error_response(request, not_found("there is nothing at this address", reason="route_not_found"))
        file = await anyio.to_thread.run_sync(self._find, path)
        if file is not None:
            lasting = path.startswith("assets/")
            return _file(file, _FOREVER if lasting else _ASK_AGAIN)
        if path.startswith("assets/") or "." in path.rpartition("/")[2]:
            return error_response(request, not_found("there is no such file", reason="route_not_found"))
        index = await anyio.to_thread.run_sync(self._find, "index.html")
        if index is None:
            sentence = text(language_of(request), "errors.web_app_missing")
            return PlainTextResponse(f"{sentence}\n", status_code=503, headers={"Cache-Control": "no-store"})
        return _file(index, _ASK_AGAIN)

    def _find(self, path: str) -> Path | None:
        """The file at a path below the folder; nothing outside it, hidden, or no plain file."""
        if not path or "\\" in path or "\x00" in path or any(part.startswith(".") for part in path.split("/")):
            return None
        try:
            file = (self._folder / path).resolve()
            inside = file.is_relative_to(self._folder) and stat.S_ISREG(file.stat().st_mode)
        except (OSError, ValueError):
            return None
        return file if inside else None


def _file(file: Path, cache: str) -> FileResponse:
    kind = "text/javascript" if file.suffix in (".js", ".mjs") else mimetypes.guess_type(file.name)[0]
    return FileResponse(file, media_type=kind or "application/octet-stream", headers={"Cache-Control": cache})
