"""`/auth` and `/invitations/accept`: how somebody gets tokens."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from vivavoce.http.caller import Caller, FromPeer, Ours
from vivavoce.http.route import ApiRoute, open_to_all
from vivavoce.http.shapes import people as shapes
from vivavoce.http.shapes.base import Empty, refusals
from vivavoce.identity.grants import Granted, role_of
from vivavoce.identity.tickets import TICKET_TTL_S
from vivavoce.ports import Account

router = APIRouter(route_class=ApiRoute, tags=["auth"], responses=refusals(413, 415, 422, 503))


@router.post("/auth/sign-in", response_model=shapes.TokensShape, responses=refusals(401, 429))
@open_to_all
async def sign_in(body: shapes.SignInBody, services: Ours, peer: FromPeer) -> Any:
    """Sign in with an e-mail address and a password."""
    return tokens_of(await services.sign_in.with_password(body.email, body.password, peer.address))


@router.post("/auth/links", response_model=shapes.TokensShape, responses=refusals(401))
@open_to_all
async def sign_in_by_link(body: shapes.LinkBody, services: Ours, peer: FromPeer) -> Any:
    """Sign in with the token of a one-time link."""
    return tokens_of(await services.sign_in.with_link(body.token, peer.address))


@router.post("/auth/refresh", response_model=shapes.TokensShape, responses=refusals(401))
@open_to_all
async def refresh(body: shapes.RefreshBody, services: Ours, peer: FromPeer) -> Any:
    """Get new tokens for a refresh token, which is spent by it. One that was spent before ends the whole sign-in."""
    return tokens_of(await services.sign_in.refresh(body.refresh_token, peer.address))


@router.post("/auth/sign-out", status_code=204, responses=refusals(401))
@open_to_all
async def sign_out(body: shapes.RefreshBody, services: Ours, peer: FromPeer) -> None:
    """End what began with one sign-in. An unknown refresh token is no error: its holder is signed out."""
    await services.sign_in.sign_out(body.refresh_token, peer.address)


@router.get("/auth/me", response_model=shapes.UserShape, responses=refusals(401))
async def me(services: Ours, identity: Caller) -> Any:
    """Who the token speaks for."""
    account = None if identity.guest else await services.users.by_id(identity.user_id)
    if account is not None:
        return user_of(account)
    return {
        "user_id": identity.user_id,
        "name": identity.name,
        "email": "",
        "role": identity.role,
        "language": identity.language,
    }


@router.post("/auth/tickets", response_model=shapes.TicketShape, responses=refusals(401))
async def ticket(services: Ours, identity: Caller, body: Empty | None = None) -> Any:
    """A ticket for `?ticket=` of a WebSocket: single use, 30 seconds."""
    return {"ticket": await services.tickets.issue(identity), "expires_in": TICKET_TTL_S}


@router.post("/invitations/accept", response_model=shapes.AcceptedShape, responses=refusals(403, 404, 409))
@open_to_all
async def accept_invitation(body: shapes.AcceptBody, services: Ours) -> Any:
    """Come in by an invitation link. The same link opened again is the same person."""
    accepted = await services.invitations.accept(body.token, body.name)
    return {**tokens_of(accepted.granted), "session_id": accepted.session_id}


def tokens_of(granted: Granted) -> dict[str, Any]:
    return {
        "access_token": granted.access_token,
        "refresh_token": granted.refresh_token,
        "expires_in": granted.expires_in,
        "user": user_of(granted.account),
    }


def user_of(account: Account) -> dict[str, Any]:
    return {
        "user_id": account.user_id,
        "name": account.name,
        "email": account.email,
        "role": role_of(account),
        "language": account.language,
    }
