"""Panels over HTTP: the status that document B asks for, and notes, speakers and evaluations for everybody else."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import invalid, not_found
from vivavoce.domain.rubrics import PANEL_RUBRIC
from vivavoce.domain.session import panel as p
from vivavoce.http.caller import AtSession, Caller, Ours
from vivavoce.http.preparation import Prepared
from vivavoce.http.route import ApiRoute
from vivavoce.http.services import Services
from vivavoce.http.shapes import panel as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.http.shapes.interviews import InterviewBody
from vivavoce.identity.membership import creator_role
from vivavoce.protocols.panel import projector

router = APIRouter(route_class=ApiRoute, tags=["panels"], responses=refusals(401, 403, 404, 422, 503))


async def prepared(body: InterviewBody, services: Services, identity: Identity) -> Prepared:
    """What a panel's candidates are judged by, and who they are. Raises VivavoceError."""
    if body.rubric_id is None and body.rubric_version is not None:
        raise invalid("a version is one of a rubric", field="rubric_version")
    rubric = await services.rubrics.show(identity, body.rubric_id or PANEL_RUBRIC, body.rubric_version)
    expected = tuple(p.ExpectedCandidate(one.name, one.user_id or "") for one in body.candidates)
    expect = p.ExpectCandidates(by=identity.user_id, role=creator_role(identity), candidates=expected)
    return Prepared(commands=(expect,) if expected else (), rubric=rubric)


@router.get("/realtime-interview/interview/session/{session_id}/status", response_model=shapes.PanelStatusShape)
async def panel_status(session_id: Annotated[str, Path(max_length=128)], services: Ours, identity: Caller) -> Any:
    """Where a panel interview stands. One that is over is `not_found`: its report is at `/sessions/{id}/report`."""
    session, _ = await services.entry.enter(identity, session_id)
    state = await session.settled()
    if state.over:
        raise not_found("this session is over", reason="session_not_found")
    private = await services.records.state(session_id)
    return projector.status_view(state, private, services.clock.now_ms())


@router.get("/sessions/{session_id}/panel", response_model=shapes.PanelShape)
async def show_panel(visit: AtSession) -> Any:
    """The whole panel as this viewer may see it: speakers, transcript, evaluations over time, notes, figures."""
    visit.require("read")
    state = await visit.state()
    private = await visit.services.records.state(state.session_id)
    return projector.snapshot(state, private, visit.viewer, visit.services.clock.now_ms())


@router.get("/sessions/{session_id}/notes", response_model=shapes.NotesShape)
async def list_notes(visit: AtSession) -> Any:
    """The interviewers' notes, by speaker. Not for candidates."""
    visit.require("report")
    state = await visit.state()
    private = await visit.services.records.state(state.session_id)
    notes = projector.speaker_notes(state, private, visit.viewer)
    return {"items": [{"speaker": speaker, **note} for speaker, given in notes.items() for note in given]}
