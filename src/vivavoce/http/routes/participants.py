"""`/sessions/{id}/participants`, `/invitations` and `/consents`: who belongs to an interview."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from vivavoce.domain.errors import conflict, not_found
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.state import Member, SessionState
from vivavoce.http.caller import AtSession, Visit, public_url
from vivavoce.http.idempotency import idempotent
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import interviews, people
from vivavoce.http.shapes.base import refusals
from vivavoce.ports import Invitation
from vivavoce.protocols.times import iso

router = APIRouter(
    route_class=ApiRoute, tags=["participants"], responses=refusals(401, 403, 404, 409, 413, 415, 422, 503)
)


@router.post("/sessions/{session_id}/invitations", status_code=201, response_model=people.NewInvitationShape)
@idempotent
async def invite(body: people.InvitationBody, visit: AtSession, request: Request) -> Any:
    """Make a link that lets one person into this interview. Its token is shown only in this answer."""
    visit.require("invite")
    if (await visit.state()).over:
        raise conflict("the interview is over", reason="session_over")
    invitation, token = await visit.services.invitations.invite(
        visit.session.session_id,
        body.name,
        role=body.role,
        ttl_hours=body.expires_in_hours,
        by=visit.viewer.user_id,
    )
    return {**_invitation(visit, invitation), "url": f"{public_url(request)}/i/{token}", "token": token}


@router.get("/sessions/{session_id}/invitations", response_model=people.InvitationsShape)
async def list_invitations(visit: AtSession) -> Any:
    """The invitations of an interview, newest first, without their tokens."""
    visit.require("invite")
    invitations = await visit.services.invitations.of_session(visit.session.session_id)
    return {"items": [_invitation(visit, invitation) for invitation in invitations]}


@router.delete("/sessions/{session_id}/invitations/{invitation_id}", status_code=204)
async def revoke_invitation(visit: AtSession, invitation_id: Annotated[str, Path(max_length=128)]) -> None:
    """Revoke a link. It and the membership it gave stop working at once, also on open sockets."""
    visit.require("invite")
    await visit.services.invitations.revoke(visit.session.session_id, invitation_id, by=visit.viewer.user_id)


@router.get("/sessions/{session_id}/participants", response_model=interviews.ParticipantsShape)
async def list_participants(visit: AtSession) -> Any:
    """Who belongs to an interview, and who was removed from it."""
    visit.require("members")
    state = await visit.state()
    return {"items": [_participant(state, member) for member in state.members.values()]}


@router.post("/sessions/{session_id}/participants", status_code=201, response_model=interviews.ParticipantShape)
@idempotent
async def add_participant(body: interviews.ParticipantBody, visit: AtSession) -> Any:
    """Make somebody a member. This is how a membership that was taken away comes back."""
    visit.require("members")
    member = c.AddMember(user_id=body.user_id, role=body.role, name=body.name, restore=True)
    await visit.session.submit(member, visit.viewer.user_id)
    state = await visit.state()
    return _participant(state, state.members[body.user_id])


@router.delete("/sessions/{session_id}/participants/{user_id}", status_code=204)
async def remove_participant(visit: AtSession, user_id: Annotated[str, Path(max_length=200)]) -> None:
    """Take a membership away, at once; no token brings it back."""
    visit.require("members")
    state = await visit.state()
    if user_id not in state.members:
        raise not_found("this person does not take part", reason="participant_not_found")
    await visit.session.submit(c.RemoveMember(user_id=user_id), visit.viewer.user_id)


@router.post("/sessions/{session_id}/consents", response_model=interviews.SessionShape)
@idempotent
async def consent(body: interviews.ConsentBody, visit: AtSession) -> Any:
    """Agree to purposes, or take the agreement back. One speaks only for oneself."""
    visit.require("consent")
    visit.speaks_as(body.user_id)
    command = c.RecordConsent(
        user_id=visit.viewer.user_id, purposes=tuple(dict.fromkeys(body.purposes)), agreed=body.agreed
    )
    await visit.session.submit(command, visit.viewer.user_id)
    return await visit.view()


def _invitation(visit: Visit, invitation: Invitation) -> dict[str, Any]:
    return {
        "invitation_id": invitation.invitation_id,
        "name": invitation.name,
        "role": invitation.role,
        "user_id": invitation.user_id,
        "created_at": iso(invitation.created_at),
        "expires_at": iso(invitation.expires_at),
        "status": visit.services.invitations.status(invitation),
    }


def _participant(state: SessionState, member: Member) -> dict[str, Any]:
    return {
        "user_id": member.user_id,
        "name": member.name,
        "role": member.role,
        "status": "removed" if member.removed else "active",
        "connected": member.user_id in state.present,
        "invitation_id": member.invitation_id or None,
    }
