"""`/api-keys`: what programs of integrators show; made by administrators."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from vivavoce.domain.access import KEY_PREFIX
from vivavoce.http import idempotency
from vivavoce.http.caller import Admin, Ours
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import api_keys as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.ports import ApiKey
from vivavoce.protocols.times import from_iso, iso, iso_or_none

router = APIRouter(
    prefix="/api-keys",
    route_class=ApiRoute,
    tags=["administration"],
    responses=refusals(401, 403, 413, 415, 422, 503),
)


@router.post("", status_code=201, response_model=shapes.NewApiKeyShape, responses=refusals(409))
@idempotent
async def create_api_key(body: shapes.NewApiKeyBody, request: Request, services: Ours, admin: Admin) -> Any:
    """Make a key. Its secret is shown only in this answer; programs send it as `Authorization: Bearer`, to HTTP and to
    the sockets, where they show it again (`token_refresh`) within the hour."""
    once = idempotency.of(request)
    key, secret = await services.api_keys.create(
        admin,
        body.name,
        body.role,
        sessions=body.sessions,
        exams=body.exams,
        expires_at=from_iso(body.expires_at) if body.expires_at is not None else 0,
        key_id=once.new_id if once is not None else "",
    )
    return {**_view(key, services.clock.now_ms()), "secret": secret}


@router.get("", response_model=shapes.ApiKeysShape)
async def list_api_keys(
    services: Ours,
    _: Admin,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Any:
    """All keys, newest first, revoked ones too; never their secrets."""
    keys = await services.api_keys.page(place_of(cursor), limit + 1)
    now = services.clock.now_ms()
    last = keys[limit - 1] if len(keys) > limit else None
    return {
        "items": [_view(key, now) for key in keys[:limit]],
        "next_cursor": cursor_after(last.created_at, last.key_id) if last is not None else None,
    }


@router.delete("/{key_id}", status_code=204, responses=refusals(404))
async def revoke_api_key(services: Ours, admin: Admin, key_id: Annotated[str, Path(max_length=128)]) -> None:
    """Revoke a key: requests are refused at once, sockets that are open are closed within the hour."""
    await services.api_keys.revoke(admin, key_id)


def _view(key: ApiKey, now: int) -> dict[str, Any]:
    status: Literal["active", "expired", "revoked"] = "active"
    if key.revoked_at:
        status = "revoked"
    elif 0 < key.expires_at <= now:
        status = "expired"
    return {
        "key_id": key.key_id,
        "user_id": KEY_PREFIX + key.key_id,
        "name": key.name,
        "role": key.role,
        "sessions": list(key.sessions),
        "exams": list(key.exams),
        "created_by": key.created_by,
        "created_at": iso(key.created_at),
        "expires_at": iso_or_none(key.expires_at),
        "used_at": iso_or_none(key.used_at),
        "status": status,
    }
