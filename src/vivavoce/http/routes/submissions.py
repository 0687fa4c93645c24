"""`/exams/{exam_id}/submissions` and `/responses`: what students answered, and the marks it got."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request

from vivavoce.domain.errors import VivavoceError, invalid
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam.marks import ResponseStatus
from vivavoce.exam_ports import GivenResponse, ListedSubmission
from vivavoce.grading import intake
from vivavoce.grading.intake import Intake
from vivavoce.grading.results import response_view
from vivavoce.http.exam_caller import DECIDERS, TEACHERS, AtExam, ExamVisit
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute, takes_stream
from vivavoce.http.shapes import exams as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.http.whole_body import whole_body
from vivavoce.protocols.times import iso, iso_or_none

router = APIRouter(
    prefix="/exams/{exam_id}",
    route_class=ApiRoute,
    tags=["submissions"],
    responses=refusals(401, 403, 404, 413, 415, 422, 503),
)
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
_CSV_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.post("/submissions", response_model=shapes.ImportShape, responses=refusals(409))
@idempotent
async def give_submissions(body: shapes.SubmissionsBody, visit: AtExam) -> Any:
    """Hand in students' answers. A student hands in once."""
    visit.require(*TEACHERS)
    items = [item.model_dump() for item in body.submissions]
    return await _imported(visit, intake.from_json(visit.exam.state, items), body.mode)


@router.post("/submissions/csv", response_model=shapes.ImportShape, responses=refusals(409), openapi_extra=_CSV_BODY)
@takes_stream
async def import_submissions(visit: AtExam, request: Request, mode: shapes.ImportMode = "preview") -> Any:
    """Import a CSV file (UTF-8), sent as the body: a header with `student_id`, optionally `student_name` and
    `class_id`, and a column for each question by its id. Options and gaps stand in one cell, apart by semicolons."""
    visit.require(*TEACHERS)
    text = await _text(request, visit.services.import_limit)
    return await _imported(visit, await asyncio.to_thread(intake.from_csv, visit.exam.state, text), mode)


@router.get("/submissions", response_model=shapes.SubmissionsShape)
async def list_submissions(
    visit: AtExam,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    student_id: Annotated[str | None, Query(max_length=128)] = None,
) -> Any:
    """The exam's submissions, newest first."""
    listed = await visit.grading.exams.store.submissions(
        visit.exam.exam_id, student_id=student_id, before=place_of(cursor), limit=limit + 1
    )
    return submissions_page(listed, limit)


@router.get("/submissions/{submission_id}", response_model=shapes.SubmissionShape)
async def show_submission(visit: AtExam, submission_id: Annotated[str, Path(min_length=1, max_length=128)]) -> Any:
    """A submission in full, with every mark it got. Under blind marking graders are shown what they mark by their
    tasks only."""
    visit.require(*DECIDERS)
    return await _in_full(visit, submission_id)


async def _in_full(visit: ExamVisit, submission_id: str) -> dict[str, Any]:
    found = await visit.grading.results.of_submission(visit.exam, submission_id)
    return {
        **found,
        "created_at": iso(found["created_at"]),
        "responses": [_timed(response) for response in found["responses"]],
    }


@router.get("/responses", response_model=shapes.ExamResponsesShape)
async def list_responses(
    visit: AtExam,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    status: ResponseStatus | None = None,
    question_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Any:
    """The exam's responses with their marks, by id; `status=to_moderate` are those whose marks disagree."""
    visit.require(*DECIDERS)
    after = (place_of(cursor) or (0, ""))[1]
    found = await visit.grading.exams.store.responses_page(
        visit.exam.exam_id, status=status, question_id=question_id, after=after, limit=limit + 1
    )
    more = len(found) > limit
    return {
        "items": [response_shape(visit, given) for given in found[:limit]],
        "next_cursor": cursor_after(0, found[limit - 1].response.response_id) if more else None,
    }


def response_shape(visit: ExamVisit, given: GivenResponse) -> dict[str, Any]:
    """A response as staff see it."""
    return _timed(response_view(visit.exam.state, given, for_student=False))


def submissions_page(listed: list[ListedSubmission], limit: int) -> dict[str, Any]:
    last = listed[limit - 1].row if len(listed) > limit else None
    return {
        "items": [
            {
                **msgspec.structs.asdict(entry.row),
                "created_at": iso(entry.row.created_at),
                "marked": entry.marked,
                "points": entry.points,
            }
            for entry in listed[:limit]
        ],
        "next_cursor": cursor_after(last.created_at, last.submission_id) if last is not None else None,
    }


def _timed(response: dict[str, Any]) -> dict[str, Any]:
    """Marks with every field, and times as they are told."""
    return {
        **response,
        "marks": [{**_MARK, **mark, "at": iso_or_none(mark.get("at", 0))} for mark in response["marks"]],
    }


_MARK: Final[dict[str, Any]] = {
    "kind": "ai",
    "rater": "ai",
    "points": None,
    "points_by": {},
    "comment": "",
    "reason": "",
    "ai_status": "graded",
    "confidence": None,
    "evidence": [],
    "rationale": "",
    "feedback": "",
    "stamp": None,
    "question_version": 1,
    "batch_id": "",
}


async def _imported(visit: ExamVisit, taken: Intake, mode: shapes.ImportMode) -> dict[str, Any]:
    stored = 0
    if mode == "all" and taken.errors:
        raise VivavoceError(
            "invalid_payload",
            "some rows have mistakes, and nothing was stored",
            reason="rows_invalid",
            info={"field": "submissions", "errors": msgspec.to_builtins(taken.errors)},
        )
    if mode != "preview" and taken.submissions:
        stored = await intake.receive(visit.exam, taken.submissions, visit.identity.user_id, client_id=visit.client_id)
    return {
        "rows": taken.rows,
        "valid": len(taken.submissions),
        "stored": stored,
        "errors": [msgspec.to_builtins(error) for error in taken.errors],
        "preview": [_preview(submission) for submission in taken.shown],
    }


def _preview(submission: e.SubmissionGiven) -> dict[str, Any]:
    return {
        "student_id": submission.student_id,
        "student_name": submission.student_name,
        "class_id": submission.class_id,
        "answers": {
            response.question_id: response.text or "; ".join(response.chosen or response.filled)
            for response in submission.responses
        },
    }


async def _text(request: Request, limit: int) -> str:
    try:
        return (await whole_body(request, limit)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid("the file is not UTF-8", field="csv", reason="csv_invalid") from None
