"""`/exams`: what is asked and what it is worth, who takes part, and how it is marked."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request

from vivavoce.domain.access import Identity, Role
from vivavoce.domain.errors import forbidden, invalid
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.exam.questions import ExamHead, ExamSettings, Question
from vivavoce.exam_ports import ExamFilter, ExamRow
from vivavoce.grading.exams import new_exam_id
from vivavoce.grading.results import max_points
from vivavoce.grading.rows import exam_row
from vivavoce.http import idempotency
from vivavoce.http.caller import Caller, Ours
from vivavoce.http.exam_caller import TEACHERS, AtExam, ExamVisit, QuestionPath, once_of
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import exams as shapes
from vivavoce.http.shapes.base import Empty, refusals
from vivavoce.protocols.times import iso

router = APIRouter(
    prefix="/exams", route_class=ApiRoute, tags=["exams"], responses=refusals(401, 403, 413, 415, 422, 503)
)
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
UserId = Annotated[str, Path(min_length=1, max_length=128)]
_MAY_CREATE: frozenset[Role] = frozenset({"admin", "teacher"})
_STAFF: frozenset[Role] = frozenset({"teacher", "grader", "reviewer"})
#: Events looked through for one page of versions.
_EVENTS_A_PAGE = 200


@router.post("", status_code=201, response_model=shapes.ExamShape, responses=refusals(409))
@idempotent
async def create_exam(body: shapes.NewExamBody, request: Request, services: Ours, identity: Caller) -> Any:
    """Write an exam, with its questions or without; also what was exported from another server."""
    if identity.guest or identity.role not in _MAY_CREATE:
        raise forbidden("teachers and administrators write exams", reason="role_forbids")
    once = idempotency.of(request)
    exam_id = body.exam_id or (once.new_id if once is not None else new_exam_id())
    head = ExamHead(title=body.title, subject=body.subject, language=body.language, settings=_settings(body.settings))
    questions = [_question(question.model_dump(), f"questions[{n}]") for n, question in enumerate(body.questions)]
    exam = await services.grading.exams.open(exam_id)
    await exam.submit(
        lambda state: rules.create(state, exam_id, head, questions, identity.user_id),
        identity.user_id,
        client_id=once_of(request),
    )
    return _whole(exam.state, "admin" if identity.is_admin else "teacher")


@router.get("", response_model=shapes.ExamsShape)
async def list_exams(
    services: Ours,
    identity: Caller,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    q: Annotated[str, Query(max_length=200, description="Part of a title")] = "",
) -> Any:
    """The exams the caller has a part in, newest first; administrators see all."""
    wanted = ExamFilter(
        user_id=None if identity.is_admin else identity.user_id,
        exam_ids=_named(identity),
        query=q.replace("\x00", ""),
        before=place_of(cursor),
        limit=limit + 1,
    )
    rows = await services.grading.exams.store.exams(wanted)
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [_line(row) for row in rows[:limit]],
        "next_cursor": cursor_after(last.created_at, last.exam_id) if last is not None else None,
    }


def _named(identity: Identity) -> tuple[str, ...]:
    """The exams that a token of somebody who marks names."""
    return identity.exams if identity.role in _STAFF and not identity.guest else ()


@router.get("/{exam_id}", response_model=shapes.ExamShape, responses=refusals(404))
async def show_exam(visit: AtExam) -> Any:
    """An exam in full, for its staff."""
    return _shown(visit)


@router.patch("/{exam_id}", response_model=shapes.ExamShape, responses=refusals(404, 409))
async def change_exam(body: shapes.ChangeExamBody, visit: AtExam) -> Any:
    """Change what an exam is called or how it is marked. Marks that were given stay as they are."""
    visit.require(*TEACHERS)
    changes: dict[str, Any] = {
        name: value for name in ("title", "subject", "language") if (value := getattr(body, name)) is not None
    }
    if body.settings is not None:
        changes["settings"] = _settings(body.settings)
    await visit.exam.submit(
        lambda state: rules.change_head(state, msgspec.structs.replace(state.head, **changes)),
        visit.identity.user_id,
        client_id=visit.client_id,
    )
    return _shown(visit)


@router.put("/{exam_id}/questions/{question_id}", response_model=shapes.ExamShape, responses=refusals(404, 409))
async def put_question(body: shapes.ExamQuestionFields, visit: AtExam, question_id: QuestionPath) -> Any:
    """Add a question (at the end), or change one. A change that touches grading makes a new version of it; what was
    graded by an earlier one is graded again by a batch of the purpose `regrade`."""
    visit.require(*TEACHERS)
    question = _question({**body.model_dump(), "question_id": question_id}, "question")
    await visit.exam.submit(lambda state: rules.set_question(state, question), visit.identity.user_id)
    return _shown(visit)


@router.delete("/{exam_id}/questions/{question_id}", response_model=shapes.ExamShape, responses=refusals(404, 409))
async def remove_question(visit: AtExam, question_id: QuestionPath) -> Any:
    """Take a question out of an exam that nobody has answered yet."""
    visit.require(*TEACHERS)
    await visit.exam.submit(lambda state: rules.remove_question(state, question_id), visit.identity.user_id)
    return _shown(visit)


@router.get("/{exam_id}/versions", response_model=shapes.QuestionVersionsShape, responses=refusals(404))
async def list_versions(visit: AtExam, cursor: Cursor = None) -> Any:
    """What was changed in the exam's definition, from the first change on. A page may be short, or empty, while there
    are more: `next_cursor` says so."""
    after = (place_of(cursor) or (0, ""))[0]
    page = await visit.exam.history(after, _EVENTS_A_PAGE)
    more = len(page) == _EVENTS_A_PAGE
    return {
        "items": [version for recorded in page if (version := _version(recorded)) is not None],
        "next_cursor": cursor_after(page[-1].seq, "") if more else None,
    }


@router.get("/{exam_id}/export", response_model=shapes.ExamExportShape, responses=refusals(404))
async def export_exam(visit: AtExam) -> Any:
    """The exam without its answers, as `POST /exams` takes it."""
    state = visit.exam.state
    return {**_head(state), "questions": [_question_view(question) for question in state.questions.values()]}


@router.put("/{exam_id}/members/{user_id}", response_model=shapes.ExamShape, responses=refusals(404, 409))
async def put_exam_member(body: shapes.ExamMemberBody, visit: AtExam, user_id: UserId) -> Any:
    """Give somebody a part in the exam: `teacher`, `reviewer` (moderates) or `grader`."""
    visit.require(*TEACHERS)
    await visit.exam.submit(lambda state: rules.add_member(state, user_id, body.role), visit.identity.user_id)
    return _shown(visit)


@router.delete("/{exam_id}/members/{user_id}", response_model=shapes.ExamShape, responses=refusals(404, 409))
async def remove_exam_member(visit: AtExam, user_id: UserId) -> Any:
    """Take somebody's part in the exam away; whoever made it stays."""
    visit.require(*TEACHERS)
    await visit.exam.submit(lambda state: rules.remove_member(state, user_id), visit.identity.user_id)
    return _shown(visit)


@router.post("/{exam_id}/release", response_model=shapes.ExamShape, responses=refusals(404))
@idempotent
async def release_results(visit: AtExam, body: Empty | None = None) -> Any:
    """Let every student see their own result."""
    return await _release(visit, released=True)


@router.post("/{exam_id}/withhold", response_model=shapes.ExamShape, responses=refusals(404))
@idempotent
async def withhold_results(visit: AtExam, body: Empty | None = None) -> Any:
    """Take the release back."""
    return await _release(visit, released=False)


async def _release(visit: ExamVisit, *, released: bool) -> dict[str, Any]:
    visit.require(*TEACHERS)
    await visit.exam.submit(
        lambda state: rules.release(state, released), visit.identity.user_id, client_id=visit.client_id
    )
    return _shown(visit)


def _settings(body: shapes.ExamSettingsBody) -> ExamSettings:
    return ExamSettings(**body.model_dump())


def _question(given: dict[str, Any], field: str) -> Question:
    try:
        return msgspec.convert(given, Question)
    except msgspec.ValidationError as error:
        raise invalid(str(error), field=field) from error


def _shown(visit: ExamVisit) -> dict[str, Any]:
    return _whole(visit.exam.state, visit.role)


def _whole(state: ExamState, role: Role) -> dict[str, Any]:
    return {
        **_line(exam_row(state)),
        **_head(state),
        "questions": [_question_view(question) for question in state.questions.values()],
        "members": [{"user_id": user_id, "role": role} for user_id, role in state.members.items()],
        "my_role": role,
        "by_status": dict(state.by_status),
        "marks_by_people": state.marks_by_people,
        "appeals_open": state.appeals_open,
        "issues": state.issues,
        "open_alerts": len(state.open_alerts),
        "max_points": max_points(state),
        "seq": state.seq,
    }


def _head(state: ExamState) -> dict[str, Any]:
    head = state.head
    return {
        "title": head.title,
        "subject": head.subject,
        "language": head.language,
        "settings": msgspec.structs.asdict(head.settings),
    }


def _line(row: ExamRow) -> dict[str, Any]:
    return {
        "exam_id": row.exam_id,
        "title": row.title,
        "created_by": row.created_by,
        "created_at": iso(row.created_at),
        "released": bool(row.released),
        "question_count": row.questions,
        "submissions": row.submissions,
        "responses": row.responses,
        "waiting": row.waiting,
        "marked": row.marked,
    }


def _question_view(question: Question) -> dict[str, Any]:
    """With every field, whether it is what it is by default or not."""
    return {
        **msgspec.structs.asdict(question),
        "key": _as_json(question.key),
        "model_answers": list(question.model_answers),
        "rubric": _as_json(question.rubric),
        "place": _as_json(question.place),
    }


def _as_json(value: Any) -> Any:
    """Lists as lists: the shapes are strict."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _version(recorded: e.RecordedExam) -> dict[str, Any] | None:
    data = recorded.data
    found: dict[str, Any] = {
        "seq": recorded.seq,
        "at": iso(recorded.at),
        "by": recorded.actor,
        "question_id": "",
        "regrades": False,
        "question": None,
    }
    match data:
        case e.ExamCreated():
            return {**found, "change": "created"}
        case e.ExamChanged():
            return {**found, "change": "changed"}
        case e.QuestionSet():
            return {
                **found,
                "change": "question_set",
                "question_id": data.question.question_id,
                "regrades": data.regrades,
                "question": _question_view(data.question),
            }
        case e.QuestionRemoved():
            return {**found, "change": "question_removed", "question_id": data.question_id}
    return None
