"""Grading batches: started from an exam, watched, paused, resumed, cancelled, tried again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request

from vivavoce.domain.exam.batch import BatchState
from vivavoce.grading.batches import RunningBatch
from vivavoce.grading.progress import Pace, progress
from vivavoce.http import idempotency
from vivavoce.http.exam_caller import TEACHERS, AtBatch, AtExam
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import batches as shapes
from vivavoce.http.shapes.base import Empty, refusals
from vivavoce.protocols.times import iso, iso_or_none

router = APIRouter(route_class=ApiRoute, tags=["grading"], responses=refusals(401, 403, 404, 413, 415, 422, 503))
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
_decode: Any = msgspec.json.Decoder(BatchState).decode


@router.post("/exams/{exam_id}/batches", status_code=201, response_model=shapes.BatchShape, responses=refusals(409))
@idempotent
async def start_batch(body: shapes.NewBatchBody, request: Request, visit: AtExam) -> Any:
    """Start grading. The batch runs on by itself, whatever happens to the server."""
    visit.require(*TEACHERS)
    once = idempotency.of(request)
    batch = await visit.grading.batches.create(
        visit.exam.exam_id,
        visit.identity.user_id,
        purpose=body.purpose,
        question_ids=body.question_ids,
        sample=body.sample,
        batch_id=body.batch_id or (f"batch_{once.new_id}" if once is not None else None),
        client_id=visit.client_id,
    )
    return _running(batch)


@router.post("/exams/{exam_id}/batches/estimate", response_model=shapes.EstimateShape)
async def estimate_batch(body: shapes.EstimateBody, visit: AtExam) -> Any:
    """What a batch would have to grade, and how often a language model would be asked."""
    visit.require(*TEACHERS)
    state = visit.exam.state
    for question_id in body.question_ids:
        state.question(question_id)
    batches = visit.grading.batches
    counts = await batches.estimate(visit.exam.exam_id, body.question_ids, again=body.again)
    questions = [
        {
            "question_id": question_id,
            "responses": counts.get(question_id, 0),
            "by_model": batches.asks_model(state, question_id),
        }
        for question_id in (body.question_ids or state.questions)
    ]
    return {
        "responses": sum(counts.values()),
        "model_calls": sum(entry["responses"] for entry in questions if entry["by_model"]),
        "questions": questions,
    }


@router.get("/exams/{exam_id}/batches", response_model=shapes.BatchesShape)
async def list_batches(
    visit: AtExam,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    status: Literal["running", "paused", "cancelled", "completed"] | None = None,
) -> Any:
    """The exam's batches, newest first."""
    rows = await visit.grading.batches.store.batches(
        visit.exam.exam_id, status=status, before=place_of(cursor), limit=limit + 1
    )
    last = rows[limit - 1] if len(rows) > limit else None
    now = visit.services.clock.now_ms()
    states = [_decode(row.document) for row in rows[:limit]]
    return {
        "items": [_shape(state, progress(state, Pace(), 0, now)) for state in states],
        "next_cursor": cursor_after(last.created_at, last.batch_id) if last is not None else None,
    }


@router.get("/batches/{batch_id}", response_model=shapes.BatchShape)
async def show_batch(visit: AtBatch) -> Any:
    """A batch as it is now."""
    return _running(visit.batch)


@router.post("/batches/{batch_id}/pause", response_model=shapes.BatchShape, responses=refusals(409))
@idempotent
async def pause_batch(visit: AtBatch, body: Empty | None = None) -> Any:
    """Hand nothing more out; what is under way is finished."""
    visit.at_exam.require(*TEACHERS)
    batches = visit.at_exam.grading.batches
    return _running(
        await batches.pause(visit.batch.batch_id, visit.at_exam.identity.user_id, client_id=visit.at_exam.client_id)
    )


@router.post("/batches/{batch_id}/resume", response_model=shapes.BatchShape, responses=refusals(409))
@idempotent
async def resume_batch(visit: AtBatch, body: Empty | None = None) -> Any:
    """Go on with a paused batch."""
    visit.at_exam.require(*TEACHERS)
    batches = visit.at_exam.grading.batches
    return _running(
        await batches.resume(visit.batch.batch_id, visit.at_exam.identity.user_id, client_id=visit.at_exam.client_id)
    )


@router.post("/batches/{batch_id}/cancel", response_model=shapes.BatchShape, responses=refusals(409))
@idempotent
async def cancel_batch(visit: AtBatch, body: Empty | None = None) -> Any:
    """End a batch; what was graded stays."""
    visit.at_exam.require(*TEACHERS)
    batches = visit.at_exam.grading.batches
    return _running(
        await batches.cancel(visit.batch.batch_id, visit.at_exam.identity.user_id, client_id=visit.at_exam.client_id)
    )


@router.post("/batches/{batch_id}/retry-failed", response_model=shapes.BatchShape, responses=refusals(409))
@idempotent
async def retry_failed(visit: AtBatch, body: Empty | None = None) -> Any:
    """Grade what failed once more; a batch that was complete runs again."""
    visit.at_exam.require(*TEACHERS)
    batches = visit.at_exam.grading.batches
    return _running(
        await batches.retry_failed(
            visit.batch.batch_id, visit.at_exam.identity.user_id, client_id=visit.at_exam.client_id
        )
    )


@router.get("/batches/{batch_id}/failures", response_model=shapes.FailuresShape)
async def list_failures(visit: AtBatch, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Any:
    """The responses that could not be graded, and why."""
    after = (place_of(cursor) or (0, ""))[1]
    found = await visit.at_exam.grading.batches.store.failures(visit.batch.batch_id, after, limit + 1)
    return {
        "items": [{"response_id": response_id, "reason": reason} for response_id, reason in found[:limit]],
        "next_cursor": cursor_after(0, found[limit - 1][0]) if len(found) > limit else None,
    }


def _running(batch: RunningBatch) -> dict[str, Any]:
    return _shape(batch.settled, batch.progress())


def _shape(state: BatchState, now: dict[str, Any]) -> dict[str, Any]:
    return {
        **now,
        "batch_id": state.batch_id,
        "exam_id": state.exam_id,
        "purpose": state.purpose,
        "status": state.status,
        "question_ids": list(state.question_ids),
        "created_by": state.created_by,
        "created_at": iso(state.created_at),
        "started_at": iso_or_none(now["started_at"] or 0),
        "estimated_completion": iso_or_none(now["estimated_completion"] or 0),
        "ended_at": iso_or_none(state.ended_at),
        "active_s": round(state.active_ms / 1000, 3),
        "seq": state.seq,
    }
