"""Marking by people: tasks, moderation, changed grades, seed items, reported issues."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from vivavoce.domain.exam.exam import Wish
from vivavoce.exam_ports import TaskRow
from vivavoce.grading.marking import Task
from vivavoce.grading.running import Receipt
from vivavoce.http.exam_caller import DECIDERS, TEACHERS, AtExam, ExamVisit, ResponseId
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import marking as shapes
from vivavoce.http.shapes.base import Empty, refusals
from vivavoce.protocols.grading.tasks import task_message
from vivavoce.protocols.times import iso, iso_or_none

router = APIRouter(
    prefix="/exams/{exam_id}",
    route_class=ApiRoute,
    tags=["marking"],
    responses=refusals(401, 403, 404, 413, 415, 422, 503),
)
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
TaskId = Annotated[str, Path(min_length=1, max_length=128)]
#: The marking session of whoever marks over HTTP.
_SESSION = "http"


@router.post("/tasks/next", response_model=shapes.NextTaskShape)
async def next_task(visit: AtExam, body: shapes.NextTaskBody | None = None) -> Any:
    """The task one has already, or the next: what the AI was least sure of first. Nobody else gets it meanwhile; one
    that is left lying goes to another marker."""
    task = await visit.grading.marking.next_task(
        visit.exam,
        visit.identity.user_id,
        visit.role,
        _SESSION,
        question_id=None if body is None else body.question_id,
    )
    return {"task": None if task is None else _shown(visit, task), "waiting": visit.exam.state.waiting}


@router.get("/tasks", response_model=shapes.TasksShape)
async def list_tasks(
    visit: AtExam,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    status: Literal["open", "leased", "done"] | None = None,
) -> Any:
    """What waits for people and who has it, newest first."""
    visit.require(*DECIDERS)
    rows = await visit.grading.marking.store.tasks(
        visit.exam.exam_id, status=status, before=place_of(cursor), limit=limit + 1
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [_line(row) for row in rows[:limit]],
        "next_cursor": cursor_after(last.created_at, last.task_id) if last is not None else None,
    }


@router.get("/tasks/{task_id}", response_model=shapes.TaskShape)
async def show_task(visit: AtExam, task_id: TaskId) -> Any:
    """A task that one has."""
    return _shown(visit, await visit.grading.marking.task(visit.exam, task_id, visit.identity.user_id, visit.role))


@router.post("/tasks/{task_id}/keep", response_model=shapes.LeaseShape, responses=refusals(409))
async def keep_task(visit: AtExam, task_id: TaskId, body: Empty | None = None) -> Any:
    """Say that one is still at it."""
    await visit.grading.marking.keep(visit.exam, task_id, visit.identity.user_id)
    task = await visit.grading.marking.task(visit.exam, task_id, visit.identity.user_id, visit.role)
    return {"lease_until": iso(task.row.lease_until)}


@router.post("/tasks/{task_id}/give-back", status_code=204)
async def give_task_back(visit: AtExam, task_id: TaskId, body: Empty | None = None) -> None:
    """Leave a task to others."""
    await visit.grading.marking.give_back(visit.exam, task_id, visit.identity.user_id)


@router.post("/tasks/{task_id}/grade", response_model=shapes.GradedShape, responses=refusals(409))
@idempotent
async def submit_grade(body: shapes.GradeBody, visit: AtExam, task_id: TaskId) -> Any:
    """Mark a task's response."""
    receipt = await visit.grading.marking.submit(
        visit.exam, task_id, _wish(body), visit.identity, visit.role, client_id=visit.client_id
    )
    return _graded(receipt)


@router.post("/responses/{response_id}/moderate", response_model=shapes.GradedShape, responses=refusals(409))
@idempotent
async def moderate_response(body: shapes.GradeBody, visit: AtExam, response_id: ResponseId) -> Any:
    """Decide where two marks disagree."""
    visit.require(*DECIDERS)
    receipt = await visit.grading.marking.moderate(
        visit.exam, response_id, _wish(body), visit.identity, visit.role, client_id=visit.client_id
    )
    return _graded(receipt)


@router.post("/responses/{response_id}/override", response_model=shapes.GradedShape, responses=refusals(409))
@idempotent
async def override_grade(body: shapes.OverrideBody, visit: AtExam, response_id: ResponseId) -> Any:
    """Change a grade, with a reason; all marks that were given stay on record."""
    visit.require(*DECIDERS)
    receipt = await visit.grading.marking.override(
        visit.exam, response_id, _wish(body), visit.identity.user_id, client_id=visit.client_id
    )
    return _graded(receipt)


@router.post("/responses/{response_id}/seed", status_code=204, responses=refusals(409))
async def choose_seed(body: shapes.SeedBody, visit: AtExam, response_id: ResponseId) -> None:
    """Hide a response whose mark is agreed among markers' tasks, to see how they mark; or stop doing so."""
    visit.require(*TEACHERS)
    await visit.grading.marking.choose_seed(visit.exam, response_id, body.chosen, visit.identity.user_id)


@router.post("/issues", status_code=201, response_model=shapes.IssueMadeShape)
@idempotent
async def report_issue(body: shapes.IssueBody, visit: AtExam) -> Any:
    """Tell the exam's people that something is wrong."""
    issue_id = await visit.grading.marking.report_issue(
        visit.exam, body.task_id, body.text, visit.identity.user_id, client_id=visit.client_id
    )
    return {"issue_id": issue_id}


@router.get("/issues", response_model=shapes.IssuesShape)
async def list_issues(visit: AtExam, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Any:
    """What markers reported, newest first."""
    visit.require(*DECIDERS)
    rows = await visit.grading.exams.store.appeals(
        exam_id=visit.exam.exam_id,
        student_id=None,
        kind="issue",
        status=None,
        before=place_of(cursor),
        limit=limit + 1,
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [
            {
                "issue_id": row.appeal_id,
                "task_id": row.response_id,
                "submission_id": row.submission_id,
                "reported_by": row.student_id,
                "text": row.text,
                "created_at": iso(row.created_at),
            }
            for row in rows[:limit]
        ],
        "next_cursor": cursor_after(last.created_at, last.appeal_id) if last is not None else None,
    }


def _wish(body: shapes.GradeBody) -> Wish:
    return Wish(points=body.points, points_by=body.criteria, comment=body.comment, reason=body.reason)


def _graded(receipt: Receipt) -> dict[str, Any]:
    grade = receipt.events[-1].data.grade
    hidden = grade.mark.kind == "seed"
    return {
        "response_id": grade.outcome.response_id,
        "status": "marked" if hidden else grade.outcome.status,
        "points": grade.mark.points if hidden else grade.outcome.points,
        "seq": receipt.last_seq,
    }


def _shown(visit: ExamVisit, task: Task) -> dict[str, Any]:
    message = task_message(visit.exam.state, task)
    return {
        "task_id": message["taskId"],
        "exam_id": message["examId"],
        "question_id": message["questionId"],
        "question_type": message["questionType"],
        "question_text": message["questionText"],
        "response": message["response"],
        "image_url": message["imageUrl"],
        "rubric": message["rubric"],
        "max_points": message["maxPoints"],
        "step": message["step"],
        "model_answers": message["modelAnswers"],
        "guidance": message["guidance"],
        "kind": message["kind"],
        "quality": message["quality"],
        "lease_until": message["leaseUntil"],
        "marks": message["marks"],
    }


def _line(row: TaskRow) -> dict[str, Any]:
    return {
        "task_id": row.task_id,
        "response_id": row.response_id,
        "question_id": row.question_id,
        "kind": row.kind,
        "status": row.status,
        "assigned_to": row.assigned_to,
        "lease_until": iso_or_none(row.lease_until),
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }
