"""`/exams/{exam_id}/submissions/scan`, `/scans` and the pictures of responses: printed sheets that were filled in."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final

import uuid_utils
from fastapi import APIRouter, Header, Path, Query, Request, Response

from vivavoce.domain.errors import invalid
from vivavoce.domain.exam.questions import PAGES_LIMIT
from vivavoce.exam_ports import ScanRow
from vivavoce.grading.scans import Sheet
from vivavoce.grading.sheets import outcome_of
from vivavoce.http.caller import Caller, Ours
from vivavoce.http.errors import error_body, language_of
from vivavoce.http.exam_caller import DECIDERS, TEACHERS, AtExam, ExamId, ExamVisit, ResponseId
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute, takes_stream
from vivavoce.http.shapes import scans as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.http.whole_body import whole_body
from vivavoce.protocols.times import iso

router = APIRouter(
    prefix="/exams/{exam_id}",
    route_class=ApiRoute,
    tags=["submissions"],
    responses=refusals(401, 403, 404, 413, 415, 422, 503),
)
ScanId = Annotated[str, Path(min_length=1, max_length=128, description="The scan's id")]
_SCAN_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            name: {"schema": {"type": "string", "format": "binary"}}
            for name in ("application/pdf", "image/png", "image/jpeg", "application/octet-stream")
        },
    }
}


@router.post(
    "/submissions/scan",
    status_code=202,
    response_model=shapes.ScanShape,
    responses=refusals(409),
    openapi_extra=_SCAN_BODY,
)
@takes_stream
async def hand_in_scan(
    visit: AtExam,
    request: Request,
    student_id: Annotated[str, Query(min_length=1, max_length=128)],
    student_name: Annotated[str, Query(max_length=200)] = "",
    class_id: Annotated[str, Query(max_length=128)] = "",
    file_name: Annotated[str, Query(max_length=200)] = "",
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Any:
    """Hand in a student's printed sheet, sent as the body: one PDF, PNG or JPEG file. It is on disk when this is
    answered, and read in the background: `/scans/{scan_id}` says how far that is. The same `Idempotency-Key` for the
    same student twice happens once."""
    visit.require(*TEACHERS)
    sheet = Sheet(
        student_id=_printable(student_id, "student_id"),
        student_name=student_name,
        class_id=class_id,
        file_name=file_name,
    )
    scans, exam = visit.grading.scans, visit.exam
    scan_id = _scan_id(visit, student_id, idempotency_key)
    with scans.turn():
        scan = await scans.known(exam, scan_id, student_id)
        if scan is None:
            data = await whole_body(request, visit.services.scan_limit)
            scan = await scans.hand_in(exam, scan_id, sheet, data, visit.identity.user_id)
    return _shape(visit, request, scan)


@router.get("/scans", response_model=shapes.ScansShape)
async def list_scans(
    visit: AtExam,
    request: Request,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Any:
    """The exam's scans and how far their reading is, newest first."""
    visit.require(*DECIDERS)
    found = await visit.grading.scans.page(visit.exam, place_of(cursor), limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return {
        "items": [_shape(visit, request, scan) for scan in found[:limit]],
        "next_cursor": None if last is None else cursor_after(last.created_at, last.scan_id),
    }


@router.get("/scans/{scan_id}", response_model=shapes.ScanShape)
async def show_scan(visit: AtExam, request: Request, scan_id: ScanId) -> Any:
    """A scan and how far its reading is."""
    visit.require(*DECIDERS)
    return _shape(visit, request, await visit.grading.scans.scan(visit.exam, scan_id))


@router.delete("/scans/{scan_id}", status_code=204, responses=refusals(409))
async def drop_scan(visit: AtExam, scan_id: ScanId) -> Response:
    """Take away a scan that waits to be read, or could not be."""
    visit.require(*TEACHERS)
    await visit.grading.scans.drop(visit.exam, scan_id)
    return Response(status_code=204)


@router.post(
    "/sheet-pages",
    response_class=Response,
    responses={
        200: {
            "content": {"image/png": {}},
            "description": "The page as it is read",
            "headers": {"X-Page-Count": {"schema": {"type": "integer"}, "description": "How many pages the file has"}},
        }
    },
    openapi_extra=_SCAN_BODY,
)
@takes_stream
async def draw_sheet_page(
    visit: AtExam, request: Request, page: Annotated[int, Query(ge=1, le=PAGES_LIMIT)] = 1
) -> Response:
    """A page of a sheet, sent as the body, straightened as it is before it is read: places of questions are shares of
    this picture's width and height. Nothing is stored."""
    visit.require(*TEACHERS)
    with visit.grading.scans.turn():
        data = await whole_body(request, visit.services.scan_limit)
        drawn = await visit.grading.scans.sample(data, page)
    return Response(drawn.picture, media_type="image/png", headers={"X-Page-Count": str(drawn.count)})


@router.get(
    "/responses/{response_id}/image",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "The picture of a scanned response"}},
)
async def show_picture(services: Ours, identity: Caller, exam_id: ExamId, response_id: ResponseId) -> Response:
    """What was scanned of a response: for those who decide in the exam, for the marker who has its task, and after the
    release for its student."""
    return Response(await services.grading.scans.picture(exam_id, response_id, identity), media_type="image/png")


def _shape(visit: ExamVisit, request: Request, scan: ScanRow) -> dict[str, Any]:
    outcome = outcome_of(scan)
    answers = len(visit.exam.state.questions)
    reading = visit.grading.scans.reading.answers_read
    error = outcome.error
    return {
        "scan_id": scan.scan_id,
        "exam_id": scan.exam_id,
        "student_id": scan.student_id,
        "student_name": scan.student_name,
        "class_id": scan.class_id,
        "file_name": scan.file_name,
        "status": scan.status,
        "answers": answers,
        "answers_read": answers if scan.status == "read" else reading.get(scan.scan_id, 0),
        "pages": list(outcome.pages),
        "missing_pages": list(outcome.missing_pages),
        "overall_quality": outcome.overall_quality,
        "poor": outcome.poor,
        "error": None if error is None else error_body(error, language_of(request)),
        "created_at": iso(scan.created_at),
    }


def _printable(value: str, field: str) -> str:
    if not value.isprintable():
        raise invalid(f"{field} is 1 to 128 printable characters", field=field)
    return value


def _scan_id(visit: ExamVisit, student_id: str, key: str | None) -> str:
    """A new id; the same one for a request that is repeated under its key."""
    if key is None:
        return f"sub_{uuid_utils.uuid7().hex}"
    parts = (visit.identity.user_id, visit.exam.exam_id, student_id, key)
    return f"sub_{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"
