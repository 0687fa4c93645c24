"""`/sessions`: create, list, show, end; plans and competencies."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
import uuid_utils
from fastapi import APIRouter, Query, Request

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import conflict, forbidden
from vivavoce.domain.interview import InterviewConfig, Language, checked_config
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.state import Status
from vivavoce.http import idempotency
from vivavoce.http.caller import AtSession, Caller, Ours, Visit
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.preparation import Prepared, check_kind, members_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.routes import panel, rooms
from vivavoce.http.shapes import interviews as shapes
from vivavoce.http.shapes.base import Empty, refusals
from vivavoce.identity.membership import admit, may_create_named
from vivavoce.ports import SessionFilter
from vivavoce.protocols.dialogue.projector import listed_view

router = APIRouter(route_class=ApiRoute, tags=["sessions"], responses=refusals(401, 403, 413, 415, 422, 503))
#: So long what was said last is waited for.
_LAST_WORDS_S: Final = 10.0
#: What kinds of sessions take from elsewhere when they are created.
_PREPARE: Final = {"room": rooms.prepared, "panel": panel.prepared}


@router.post("/sessions", status_code=201, response_model=shapes.SessionShape, responses=refusals(404, 409))
@idempotent
async def create_session(body: shapes.InterviewBody, request: Request, services: Ours, identity: Caller) -> Any:
    """Create an interview. One with the AI interviewer begins when the candidate connects and has agreed to the
    notice; a room when somebody who leads it starts it; a panel with the first words. A room takes its questions, a
    panel its rubric as they are now."""
    if not may_create_named(identity):
        raise forbidden("this role may not create sessions", reason="may_not_create")
    check_kind(body)
    members = members_of(body)
    prepare = _PREPARE.get(body.kind)
    prepared = await prepare(body, services, identity) if prepare is not None else Prepared()
    config = checked_config(msgspec.structs.replace(_config(body), **prepared.config))
    once = idempotency.of(request)
    session_id = body.session_id or (once.new_id if once is not None else str(uuid_utils.uuid7()))
    client_id = once.client_id if once is not None else None
    session = await services.sessions.open(session_id)
    if session.state.exists and client_id is None:
        raise conflict("a session with this id exists", reason="session_exists")
    created = services.entry.create(
        session,
        identity,
        config,
        kind=body.kind,
        title=body.title,
        visibility=body.evaluation_visibility,
        rubric=prepared.rubric,
        client_id=client_id,
    )
    # Handed in together they are stored together.
    await asyncio.gather(
        created, *(session.submit(command, identity.user_id) for command in (*members, *prepared.commands))
    )
    return await Visit(services, identity, session, admit(identity, session.state).viewer).view()


@router.get("/sessions", response_model=shapes.SessionsShape)
async def list_sessions(
    services: Ours,
    identity: Caller,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    status: Status | None = None,
    q: Annotated[str, Query(max_length=200, description="Part of a title, role or candidate's name")] = "",
) -> Any:
    """The interviews one belongs to, newest first; an admin sees all."""
    wanted = SessionFilter(
        user_id=None if identity.is_admin else identity.user_id,
        guest_sessions=identity.guest,
        status=status,
        query=q.replace("\x00", ""),
        before=place_of(cursor),
        limit=limit + 1,
    )
    rows = await services.index.page(wanted)
    epoch = await services.sessions.epoch()
    now = services.clock.now_ms()
    last = rows[limit - 1].row if len(rows) > limit else None
    return {
        "items": [
            listed_view(
                found.row, my_role=_role(identity, found.my_role), last_seq=found.last_seq, epoch=epoch, now=now
            )
            for found in rows[:limit]
        ],
        "next_cursor": cursor_after(last.created_at, last.session_id) if last is not None else None,
    }


@router.get("/sessions/{session_id}", response_model=shapes.SessionShape, responses=refusals(404))
async def show_session(visit: AtSession) -> Any:
    """One interview."""
    return await visit.view()


@router.post("/sessions/{session_id}/end", response_model=shapes.SessionShape, responses=refusals(404, 409))
@idempotent
async def end_session(visit: AtSession, body: Empty | None = None) -> Any:
    """End the interview; its report is made. Ending it twice changes nothing."""
    visit.require("end")
    await visit.services.voice.settle(visit.session.session_id, _LAST_WORDS_S)
    await visit.session.submit(c.EndSession(by=visit.viewer.user_id, role=visit.viewer.role), visit.viewer.user_id)
    return await visit.view()


@router.post("/sessions/{session_id}/withdraw", response_model=shapes.SessionShape, responses=refusals(404, 409))
@idempotent
async def withdraw(visit: AtSession, body: Empty | None = None) -> Any:
    """Withdraw from the interview (the candidate): it ends and nothing is judged. A panel goes on without them: their
    membership and agreement end, and what they said is not judged."""
    visit.require("withdraw")
    await visit.session.submit(c.Withdraw(by=visit.viewer.user_id), visit.viewer.user_id)
    return await visit.view()


@router.post("/plan-previews", response_model=shapes.PlanShape)
async def preview_plan(body: shapes.InterviewBody, services: Ours, identity: Caller) -> Any:
    """The plan that an interview with this configuration would follow."""
    if not may_create_named(identity):
        raise forbidden("this role may not create sessions", reason="may_not_create")
    config = _config(body)
    plan = await asyncio.to_thread(services.plan, config)
    bank = services.bank(config.language)
    return {
        "competencies": [
            {
                "competency": planned.competency,
                "name": planned.name,
                "minutes": planned.minutes,
                "why": planned.why,
                "questions": [
                    {"question_id": question.question_id, "text": question.text}
                    for question in map(bank.question, planned.question_ids)
                    if question is not None
                ],
            }
            for planned in plan.competencies
        ]
    }


@router.get("/competencies", response_model=shapes.CompetenciesShape)
async def list_competencies(services: Ours, _: Caller, language: Language = "en") -> Any:
    """What the built-in question bank can ask about."""
    return {
        "items": [
            {"competency": info.competency, "name": info.name, "description": info.description}
            for info in services.bank(language).competencies
        ]
    }


def _role(identity: Identity, member_role: str) -> str:
    """The role in a listed session: an admin's everywhere, a guest's in what guests made, otherwise the member's."""
    if identity.is_admin:
        return "admin"
    return member_role or ("interviewer" if identity.guest else "")


def _config(body: shapes.InterviewBody) -> InterviewConfig:
    return checked_config(
        InterviewConfig(
            language=body.language,
            role=body.role,
            interview_style=body.interview_style,
            competencies=tuple(body.competencies),
            duration_minutes=body.duration_minutes,
            job_description=body.job_description,
            resume=body.resume,
            candidate_name=body.candidate_name,
        )
    )
