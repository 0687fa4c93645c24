"""`/exams/{exam_id}/quality`: how well AI and people agree, alerts, thresholds."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query

from vivavoce.domain.exam import exam as rules
from vivavoce.exam_ports import AlertRow
from vivavoce.grading.quality import thresholds_view
from vivavoce.http.exam_caller import DECIDERS, TEACHERS, AtExam
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import marking as shapes
from vivavoce.http.shapes.base import Empty, refusals
from vivavoce.protocols.times import iso, iso_or_none

router = APIRouter(
    prefix="/exams/{exam_id}",
    route_class=ApiRoute,
    tags=["quality"],
    responses=refusals(401, 403, 404, 413, 415, 422, 503),
)
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Metric = Annotated[str, Path(min_length=1, max_length=64)]
AlertId = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/quality", response_model=shapes.QualityShape)
async def show_quality(visit: AtExam) -> Any:
    """Figures of the exam, by question and by marker, from the stored marks."""
    visit.require(*DECIDERS)
    report = await visit.grading.quality.report(visit.exam)
    plain = msgspec.to_builtins(report)
    metrics = {**plain["metrics"], "lastUpdated": iso(report.metrics.lastUpdated)}
    return {"metrics": metrics, "questions": list(plain["questions"]), "raters": list(plain["raters"])}


@router.get("/quality/matrix", response_model=shapes.MatrixShape)
async def show_matrix(visit: AtExam, question_id: Annotated[str, Query(min_length=1, max_length=64)]) -> Any:
    """What people gave where the AI gave what, for one question."""
    visit.require(*DECIDERS)
    points, counts = await visit.grading.quality.matrix(visit.exam, question_id)
    return {"question_id": question_id, "points": points, "counts": counts}


@router.get("/alerts", response_model=shapes.AlertsShape)
async def list_alerts(
    visit: AtExam,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    only_open: Annotated[bool, Query(description="Only those that are not resolved")] = False,
) -> Any:
    """Figures that went out of bounds, newest first; they are kept when they are over."""
    visit.require(*DECIDERS)
    rows = await visit.grading.exams.store.alerts(
        visit.exam.exam_id, only_open=only_open, before=place_of(cursor), limit=limit + 1
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [_alert(row) for row in rows[:limit]],
        "next_cursor": cursor_after(last.raised_at, last.alert_id) if last is not None else None,
    }


@router.post("/alerts/{alert_id}/acknowledge", status_code=204)
async def acknowledge_alert(visit: AtExam, alert_id: AlertId, body: Empty | None = None) -> None:
    """Say that somebody looks after it. It resolves when its figure recovers."""
    visit.require(*DECIDERS)
    await visit.exam.submit(lambda state: rules.acknowledge(state, alert_id), visit.identity.user_id)


@router.get("/thresholds", response_model=shapes.ThresholdsShape)
async def list_thresholds(visit: AtExam) -> Any:
    """The bounds that alerts are judged by."""
    visit.require(*DECIDERS)
    return {"items": thresholds_view(visit.exam.state)}


@router.put("/thresholds/{metric}", response_model=shapes.ThresholdsShape)
async def adjust_threshold(body: shapes.ThresholdBody, visit: AtExam, metric: Metric) -> Any:
    """Move a bound; alerts are judged by it at once."""
    visit.require(*TEACHERS)
    await visit.exam.submit(lambda state: rules.adjust_threshold(state, metric, body.threshold), visit.identity.user_id)
    return {"items": thresholds_view(visit.exam.state)}


def _alert(row: AlertRow) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(row),
        "raised_at": iso(row.raised_at),
        "acknowledged_at": iso_or_none(row.acknowledged_at),
        "resolved_at": iso_or_none(row.resolved_at),
    }
