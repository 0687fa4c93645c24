"""Results: tables and item analysis for staff, a student's own page, and appeals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from vivavoce.domain.errors import not_found
from vivavoce.exam_ports import AppealRow
from vivavoce.grading.exams import STAFF
from vivavoce.http.caller import Caller, Ours
from vivavoce.http.exam_caller import DECIDERS, AtExam, ExamId, ExamVisit, ResponseId, once_of
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.routes.submissions import response_shape
from vivavoce.http.shapes import exams as exam_shapes
from vivavoce.http.shapes import marking as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.protocols.times import iso, iso_or_none

router = APIRouter(route_class=ApiRoute, tags=["results"], responses=refusals(401, 403, 404, 413, 415, 422, 503))
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
AppealId = Annotated[str, Path(min_length=1, max_length=128)]
AppealStatus = Literal["open", "upheld", "rejected"]


@router.get("/exams/{exam_id}/results", response_model=shapes.ResultRowsShape)
async def list_results(visit: AtExam, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Any:
    """Points by student and question."""
    visit.require(*DECIDERS)
    lines, following = await visit.grading.results.page(visit.exam, place_of(cursor), limit)
    return {"items": lines, "next_cursor": None if following is None else cursor_after(*following)}


@router.get(
    "/exams/{exam_id}/results.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "A line for each student"}},
)
async def export_results(visit: AtExam) -> Response:
    """Points by student and question, as CSV."""
    visit.require(*DECIDERS)
    services = visit.services
    subject = f"exam:{visit.exam.exam_id}"
    await services.audit.record(services.clock.now_ms(), visit.identity.user_id, "results_exported", subject, {})
    # With a mark at the beginning, by which spreadsheets know that it is UTF-8.
    content = "\ufeff" + await visit.grading.results.csv(visit.exam)
    headers = {"Content-Disposition": 'attachment; filename="results.csv"'}
    return Response(content.encode(), media_type="text/csv", headers=headers)


@router.get("/exams/{exam_id}/items", response_model=shapes.ItemsShape)
async def analyse_items(visit: AtExam) -> Any:
    """How hard each question was, and how well it tells strong students from weak ones."""
    visit.require(*DECIDERS)
    return {"items": await visit.grading.results.items(visit.exam)}


@router.get("/my/results", response_model=shapes.MyResultsShape)
async def list_my_results(services: Ours, identity: Caller, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Any:
    """A student's own results that were released, newest first."""
    found = await services.grading.exams.store.submissions_of_student(identity.user_id, place_of(cursor), limit + 1)
    last = found[limit - 1].listed.row if len(found) > limit else None
    return {
        "items": [
            {
                "exam_id": own.listed.row.exam_id,
                "exam_title": own.exam_title,
                "submission_id": own.listed.row.submission_id,
                "points": own.listed.points,
                "max_points": own.max_points,
                "marked": own.listed.marked,
                "responses": own.listed.row.responses,
                "created_at": iso(own.listed.row.created_at),
            }
            for own in found[:limit]
        ],
        "next_cursor": cursor_after(last.created_at, last.submission_id) if last is not None else None,
    }


@router.get("/my/results/{exam_id}", response_model=exam_shapes.ResultShape, responses=refusals(409))
async def show_my_result(services: Ours, identity: Caller, exam_id: ExamId) -> Any:
    """A student's own result: each answer with its points, the words that carry them, and what was said about it."""
    exam = await services.grading.exams.open(exam_id)
    own = await services.grading.exams.store.submissions(exam_id, student_id=identity.user_id, before=None, limit=1)
    if identity.guest or not own:
        raise not_found("there is no submission of this student", reason="submission_not_found")
    found = await services.grading.results.of_student(exam, identity.user_id)
    return {**found, "created_at": iso(found["created_at"])}


@router.post(
    "/exams/{exam_id}/responses/{response_id}/appeals",
    status_code=201,
    response_model=shapes.AppealShape,
    responses=refusals(409),
)
@idempotent
async def open_appeal(
    body: shapes.AppealBody,
    request: Request,
    services: Ours,
    identity: Caller,
    exam_id: ExamId,
    response_id: ResponseId,
) -> Any:
    """A student says why a mark is wrong; a person answers."""
    exam = await services.grading.exams.existing(exam_id)
    return _appeal(
        await services.grading.appeals.open(exam, response_id, body.text, identity, client_id=once_of(request))
    )


@router.get("/my/appeals", response_model=shapes.AppealsShape)
async def list_my_appeals(
    services: Ours,
    identity: Caller,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    exam_id: Annotated[str | None, Query(max_length=128)] = None,
) -> Any:
    """A student's own appeals and their answers, newest first."""
    rows = await services.grading.exams.store.appeals(
        exam_id=exam_id,
        student_id=identity.user_id,
        kind="appeal",
        status=None,
        before=place_of(cursor),
        limit=limit + 1,
    )
    return _page(rows, limit)


@router.get("/exams/{exam_id}/appeals", response_model=shapes.AppealsShape)
async def list_appeals(
    visit: AtExam, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT, status: AppealStatus | None = None
) -> Any:
    """The exam's appeals, newest first."""
    visit.require(*DECIDERS)
    rows = await visit.grading.exams.store.appeals(
        exam_id=visit.exam.exam_id,
        student_id=None,
        kind="appeal",
        status=status,
        before=place_of(cursor),
        limit=limit + 1,
    )
    return _page(rows, limit)


@router.get("/appeals/{appeal_id}", response_model=shapes.AppealInFullShape)
async def show_appeal(request: Request, services: Ours, identity: Caller, appeal_id: AppealId) -> Any:
    """An appeal with the response it is about and all marks that it got, for whoever answers it."""
    visit, row = await _at_appeal(request, services, identity, appeal_id)
    given = await services.grading.exams.store.given([row.response_id])
    return {**_appeal(row), "given": response_shape(visit, given[0]) if given else None}


@router.post("/appeals/{appeal_id}/answer", response_model=shapes.AppealShape, responses=refusals(409))
@idempotent
async def answer_appeal(
    body: shapes.AnswerBody, request: Request, services: Ours, identity: Caller, appeal_id: AppealId
) -> Any:
    """Answer an appeal; with `points` the grade is changed."""
    visit, _ = await _at_appeal(request, services, identity, appeal_id)
    return _appeal(
        await services.grading.appeals.answer(
            appeal_id, body.answer, body.points, identity.user_id, client_id=visit.client_id
        )
    )


async def _at_appeal(request: Request, services: Ours, identity: Caller, appeal_id: str) -> tuple[ExamVisit, AppealRow]:
    row = await services.grading.appeals.existing(appeal_id)
    exam, role = await services.grading.exams.entered(identity, row.exam_id, *STAFF)
    visit = ExamVisit(services, services.grading, identity, exam, role, once_of(request))
    visit.require(*DECIDERS)
    return visit, row


def _page(rows: list[AppealRow], limit: int) -> dict[str, Any]:
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [_appeal(row) for row in rows[:limit]],
        "next_cursor": cursor_after(last.created_at, last.appeal_id) if last is not None else None,
    }


def _appeal(row: AppealRow) -> dict[str, Any]:
    return {
        "appeal_id": row.appeal_id,
        "exam_id": row.exam_id,
        "submission_id": row.submission_id,
        "response_id": row.response_id,
        "student_id": row.student_id,
        "text": row.text,
        "status": row.status,
        "answer": row.answer,
        "answered_by": row.answered_by,
        "answered_at": iso_or_none(row.answered_at),
        "created_at": iso(row.created_at),
    }
