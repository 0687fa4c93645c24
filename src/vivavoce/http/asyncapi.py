"""`/asyncapi.json`: the description of the sockets, beside `/openapi.json`."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vivavoce.http.caller import public_url
from vivavoce.http.route import services_of
from vivavoce.protocols.asyncapi.document import asyncapi
from vivavoce.protocols.asyncapi.doors import DOORS

_PATH: Final = "/asyncapi.json"


def route() -> Route:
    return Route(_PATH, _show, methods=["GET"], name="asyncapi")


async def _show(request: Request) -> Response:
    """The document names the server as this request, or the setting, does."""
    document = asyncapi(DOORS, version=services_of(request).version, url=public_url(request))
    return Response(msgspec.json.encode(document), media_type="application/json", headers={"Cache-Control": "no-cache"})
