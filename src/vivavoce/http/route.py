"""What every route of the API does before its own work: ask who it is, read the body under limits, answer a repeated
request with the first one's answer. A route is closed unless it is marked open."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError
from vivavoce.http import idempotency
from vivavoce.http.errors import CarriedError
from vivavoce.http.services import Services
from vivavoce.http.whole_body import whole_body

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_BODY_DEADLINE_S: Final = 60
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def open_to_all(endpoint: _Endpoint) -> _Endpoint:
    """Mark an endpoint that needs no identity: what one does in order to get one, health, metrics."""
    endpoint.__dict__["open_to_all"] = True
    return endpoint


def is_open(endpoint: Callable[..., Any]) -> bool:
    return bool(getattr(endpoint, "open_to_all", False))


def unlimited(endpoint: _Endpoint) -> _Endpoint:
    """Mark an endpoint that may be asked at any rate: what watches the server."""
    endpoint.__dict__["unlimited"] = True
    return endpoint


def takes_stream(endpoint: _Endpoint) -> _Endpoint:
    """Mark an endpoint that reads its body itself, as it comes."""
    endpoint.__dict__["takes_stream"] = True
    return endpoint


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def identify(request: Request) -> Identity:
    """Who is asking, by `Authorization: Bearer` or `?token=` (a guest may name itself by `?user_id=`); asked once a
    request. Raises unauthorized."""
    known: Identity | None = getattr(request.state, "identity", None)
    if known is None:
        services = services_of(request)
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        token = credentials.strip() if scheme.lower() == "bearer" else request.query_params.get("token")
        known = await services.doorman.identify(
            token=token,
            is_local_request=services.peer(request).is_local,
            named=request.query_params.get("user_id"),
        )
        request.state.identity = known
    return known


async def _identify_counted(request: Request) -> None:
    """Who is there counts against that person; who cannot say so, against the address."""
    try:
        identity = await identify(request)
    except VivavoceError:
        _count_address(request)
        raise
    rate = services_of(request).rate
    if rate is not None and not identity.guest:
        rate.count(f"user {identity.user_id}")


def _count_address(request: Request) -> None:
    """Loopback is exempt: a proxy on this machine that was not declared trusted is all clients at once."""
    services = services_of(request)
    if services.rate is None:
        return
    peer = services.peer(request)
    if not peer.is_loopback:
        services.rate.count(f"address {peer.address}")


class ApiRequest(Request):
    """A request whose JSON is decoded under our limits."""

    async def json(self) -> Any:
        try:
            return services_of(self).decode_json(await self.body())
        except VivavoceError as error:
            raise CarriedError(error) from None


class ApiRoute(APIRoute):
    """A route of the API."""

    def get_route_handler(self) -> _Handler:
        handler = super().get_route_handler()
        opened = is_open(self.endpoint)
        streams = bool(getattr(self.endpoint, "takes_stream", False))
        repeatable = bool(getattr(self.endpoint, "idempotent", False))
        counted = not getattr(self.endpoint, "unlimited", False)

        async def handle(request: Request) -> Response:
            if not opened:
                await _identify_counted(request)
            elif counted:
                _count_address(request)
            if request.method in _WITH_BODY and not streams:
                request = await _with_body(request)
            key = request.headers.get("idempotency-key")
            if key is None or not repeatable:
                return await handler(request)
            return await idempotency.once(services_of(request), await identify(request), request, key, handler)

        return handle


async def _with_body(request: Request) -> ApiRequest:
    """The request with its whole body read, if that is small enough and JSON."""
    limit = services_of(request).body_limit
    body = await whole_body(request, limit, what="request body", deadline_s=_BODY_DEADLINE_S)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise VivavoceError("unsupported_media", "the body is not application/json", reason="not_json_type")
    return ApiRequest(request.scope, _replay(body, request.receive))


def _replay(body: bytes, receive: Receive) -> Receive:
    first = True

    async def replay() -> Message:
        nonlocal first
        if not first:
            return await receive()
        first = False
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
