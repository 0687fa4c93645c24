"""`/docs`: the API's description as a page, without anything from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

_FOLDER: Final = Path(__file__).parent
_FILES: Final = {"/docs": "index.html", "/docs/docs.js": "docs.js", "/docs/docs.css": "docs.css"}


def routes() -> list[Route]:
    return [Route(path, _show, methods=["GET"], name=name) for path, name in _FILES.items()]


async def _show(request: Request) -> Response:
    return FileResponse(_FOLDER / _FILES[request.url.path.rstrip("/")], headers={"Cache-Control": "no-cache"})
