"""Rooms over HTTP: configured and scheduled, looked at, stopped, and the calls of integrators (SPEC.md 1)."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import conflict, invalid
from vivavoce.domain.ids import check_client_id
from vivavoce.domain.interview import InterviewConfig, checked_config
from vivavoce.domain.question_sets import QuestionSet
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import room as r
from vivavoce.http import idempotency
from vivavoce.http.caller import AtSession, Visit
from vivavoce.http.idempotency import idempotent
from vivavoce.http.kind_views import pinned_view
from vivavoce.http.preparation import OF_ROOMS, Prepared
from vivavoce.http.route import ApiRoute
from vivavoce.http.services import Services
from vivavoce.http.shapes import rooms as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.http.shapes.interviews import InterviewBody, SessionShape
from vivavoce.identity.membership import creator_role
from vivavoce.protocols.times import from_iso

router = APIRouter(route_class=ApiRoute, tags=["rooms"], responses=refusals(401, 403, 404, 409, 413, 415, 422, 503))
#: As many as a configuration may name.
_COMPETENCIES: Final = 8
_OF_CONFIG: Final = frozenset(InterviewConfig.__struct_fields__)


async def prepared(body: InterviewBody, services: Services, identity: Identity) -> Prepared:
    """What the creation of a room asks for besides the session itself. The language and the competencies are those of
    the question set where none are named. Raises VivavoceError."""
    chosen = await _chosen(services, identity, body.question_set_id, body.question_set_version)
    scheduled_for = from_iso(body.scheduled_at) if body.scheduled_at is not None else 0
    config: dict[str, Any] = {}
    if chosen is not None and "language" not in body.model_fields_set:
        config["language"] = chosen.language
    if chosen is not None and not body.competencies:
        asked = dict.fromkeys(question.competency for question in chosen.questions if question.competency)
        config["competencies"] = tuple(asked)[:_COMPETENCIES]
    configure = r.ConfigureRoom(
        by=identity.user_id,
        role=creator_role(identity),
        questions=chosen.pinned() if chosen is not None else None,
        scheduled_for=scheduled_for,
    )
    return Prepared(commands=(configure,), config=config)


@router.patch("/sessions/{session_id}", response_model=SessionShape)
@idempotent
async def configure_session(body: shapes.ConfigureBody, visit: AtSession) -> Any:
    """Configure an interview before it begins: what it is about; of a room also its questions and its time."""
    visit.require("configure")
    state = await visit.state()
    given = body.model_fields_set
    if state.kind != "room" and given & OF_ROOMS:
        raise conflict("only rooms have prepared questions and a time", reason="not_a_room")
    if state.status not in ("scheduled", "waiting"):
        raise conflict("the interview has begun already", reason="room_started")
    if given & OF_ROOMS:
        await visit.session.submit(await _configured_room(body, visit, state.room), visit.viewer.user_id)
    changes = {name: value for name in given & _OF_CONFIG if (value := getattr(body, name)) is not None}
    if "competencies" in changes:
        changes["competencies"] = tuple(changes["competencies"])
    config = checked_config(msgspec.structs.replace(state.config, **changes))
    await visit.session.submit(c.ConfigureSession(config=config, title=body.title), visit.viewer.user_id)
    return await visit.view()


@router.get("/sessions/{session_id}/questions", response_model=shapes.PreparedQuestionsShape)
async def prepared_questions(visit: AtSession) -> Any:
    """The questions that were prepared for a room, with how answers are judged: for those who lead it."""
    visit.require("lead")
    pinned = (await visit.state()).room.questions
    questions = msgspec.to_builtins(pinned.questions) if pinned is not None else []
    return {"question_set": pinned_view(pinned), "questions": questions}


@router.get("/sessions/{session_id}/status", response_model=shapes.RoomStatusShape)
async def interview_status(visit: AtSession) -> Any:
    """How an interview is right now: who is there, which question is open, for how long it has been running."""
    visit.require("read")
    return msgspec.to_builtins(await visit.services.rooms.status(visit.session.session_id))


@router.post("/sessions/{session_id}/emergency-stop", response_model=SessionShape)
@idempotent
async def emergency_stop(visit: AtSession, body: shapes.StopBody | None = None) -> Any:
    """Stop a room at once; nothing goes on after it, and everybody in it is told."""
    visit.require("lead")
    reason = body.reason if body is not None else ""
    viewer = visit.viewer
    await visit.session.submit(r.StopRoom(by=viewer.user_id, role=viewer.role, reason=reason), viewer.user_id)
    return await visit.view()


@router.post("/sessions/{session_id}/events", status_code=201, response_model=shapes.RoomEventShape)
@idempotent
async def emit_event(body: shapes.RoomEventBody, visit: AtSession, request: Request) -> Any:
    """Tell a room something under a name of one's own. It is an event of the interview like any other: stored, seen
    once, and seen again by those who come back."""
    visit.require("lead")
    once = idempotency.of(request)
    acknowledged = await visit.services.rooms.emit(
        visit.session.session_id,
        body.event,
        body.data,
        by=visit.viewer.user_id,
        to_staff=body.to_staff,
        client_id=check_client_id(body.client_id) or (once.client_id if once is not None else None),
    )
    return msgspec.to_builtins(msgspec.structs.replace(acknowledged, client_id=body.client_id))


@router.post("/sessions/{session_id}/analysis", response_model=shapes.AnalysisShape)
async def analyze_answer(body: shapes.AnalysisBody, visit: AtSession) -> Any:
    """How an answer stands to its question: what it covers, word for word where, and what one could ask next. Nothing
    is stored."""
    visit.require("lead")
    analysis = await visit.services.rooms.analyze(
        body.answer_text, body.question_id, body.user_id, interview_id=visit.session.session_id
    )
    return msgspec.to_builtins(analysis)


async def _chosen(
    services: Services, identity: Identity, set_id: str | None, version: int | None
) -> QuestionSet | None:
    """The set for a room to take. Raises forbidden, not_found, conflict for an archived one."""
    if set_id is None:
        if version is not None:
            raise invalid("a version is one of a question set", field="question_set_version")
        return None
    chosen = await services.question_sets.show(identity, set_id, version)
    if chosen.archived_at:
        raise conflict("this question set is archived", reason="question_set_archived")
    return chosen


async def _configured_room(body: shapes.ConfigureBody, visit: Visit, room: r.RoomState) -> r.ConfigureRoom:
    questions, scheduled_for = room.questions, room.scheduled_for
    if {"question_set_id", "question_set_version"} & body.model_fields_set:
        known = room.questions.question_set_id if room.questions is not None else None
        set_id = body.question_set_id if "question_set_id" in body.model_fields_set else known
        chosen = await _chosen(visit.services, visit.identity, set_id, body.question_set_version)
        questions = chosen.pinned() if chosen is not None else None
    if "scheduled_at" in body.model_fields_set:
        scheduled_for = from_iso(body.scheduled_at) if body.scheduled_at is not None else 0
    viewer = visit.viewer
    return r.ConfigureRoom(by=viewer.user_id, role=viewer.role, questions=questions, scheduled_for=scheduled_for)
