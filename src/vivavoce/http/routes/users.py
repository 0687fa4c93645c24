"""`/users` and `/audit`: for administrators."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request

from vivavoce.domain.errors import conflict, not_found
from vivavoce.http.caller import Admin, Ours, public_url
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.routes.auth import user_of
from vivavoce.http.shapes import people as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.ports import Account
from vivavoce.protocols.times import iso

router = APIRouter(route_class=ApiRoute, tags=["administration"], responses=refusals(401, 403, 413, 415, 422, 503))
_FIRST_LINK_TTL_S: Final = 3 * 24 * 3600


@router.get("/users", response_model=shapes.UsersShape)
async def list_users(
    services: Ours,
    _: Admin,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Any:
    """Everybody with an account, newest first; `q` is part of a name or an e-mail address."""
    accounts = await services.users.page(place_of(cursor), limit + 1, q.replace("\x00", ""))
    last = accounts[limit - 1] if len(accounts) > limit else None
    return {
        "items": [_admin_view(account) for account in accounts[:limit]],
        "next_cursor": cursor_after(last.created_at, last.user_id) if last is not None else None,
    }


@router.post("/users", status_code=201, response_model=shapes.NewUserShape, responses=refusals(409))
async def create_user(body: shapes.NewUserBody, services: Ours, admin: Admin, request: Request) -> Any:
    """Create an account. Without a password the answer has a one-time sign-in link for its owner."""
    account = await services.users.create(
        body.email, body.name, body.role, password=body.password, language=body.language, by=admin.user_id
    )
    url = None
    if body.password is None:
        token = await services.sign_in.make_link(account.user_id, _FIRST_LINK_TTL_S)
        url = f"{public_url(request)}/sign-in?link={token}"
    return {**_admin_view(account), "sign_in_url": url}


@router.patch("/users/{user_id}", response_model=shapes.AdminUserShape, responses=refusals(404, 409))
async def change_user(
    body: shapes.ChangeUserBody, services: Ours, admin: Admin, user_id: Annotated[str, Path(max_length=128)]
) -> Any:
    """Change a role or a password, or shut an account out. What it had open ends at once."""
    if user_id == admin.user_id and (body.disabled or body.role not in (None, "admin")):
        raise conflict("you cannot take your own rights away", reason="own_rights")
    if body.role is not None:
        await services.users.set_role(user_id, body.role, by=admin.user_id)
    if body.password is not None:
        await services.users.set_password(user_id, body.password, by=admin.user_id)
    if body.disabled:
        await services.users.disable(user_id, by=admin.user_id)
    account = await services.users.by_id(user_id)
    if account is None:
        raise not_found("there is no such user", reason="user_not_found")
    return _admin_view(account)


@router.get("/audit", response_model=shapes.AuditShape)
async def list_audit(
    services: Ours,
    _: Admin,
    subject: Annotated[
        str | None, Query(max_length=200, description="`session:<id>` or `user:<id>`", examples=["session:s1"])
    ] = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Any:
    """Who did or looked at what, newest first."""
    place = place_of(cursor)
    entries = await services.audit.page(subject, place[0] if place is not None else None, limit + 1)
    last = entries[limit - 1] if len(entries) > limit else None
    return {
        "items": [{**entry, "at": iso(entry["at"])} for entry in entries[:limit]],
        "next_cursor": cursor_after(last["id"], "") if last is not None else None,
    }


def _admin_view(account: Account) -> dict[str, Any]:
    return {**user_of(account), "created_at": iso(account.created_at), "disabled": account.disabled}
