"""What events of batches and exams look like to who watches them. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam.alerts import Alert
from vivavoce.domain.exam.batch import BatchState
from vivavoce.domain.exam.exam import ExamState
from vivavoce.grading.marking import Task
from vivavoce.grading.quality import Metrics
from vivavoce.protocols.grading import messages as m
from vivavoce.protocols.grading.tasks import task_message
from vivavoce.protocols.times import iso, iso_or_none

#: Who sees what others marked.
_SEES_ALL: Final[frozenset[Role]] = frozenset({"admin", "teacher", "reviewer"})


def progress(
    state: BatchState, figures: dict[str, Any], *, event_id: str = "", client_id: str | None = None
) -> m.GradingProgress:
    """A batch as it stands in `state`; `figures` are those of `grading.progress`."""
    return m.GradingProgress(
        seq=state.seq,
        event_id=event_id,
        client_id=client_id,
        batch_id=state.batch_id,
        exam_id=state.exam_id,
        total_tasks=state.total,
        completed_tasks=state.completed,
        processing_tasks=figures["processing"],
        failed_tasks=state.failed,
        status=state.status,
        start_time=iso_or_none(state.created_at),
        estimated_completion=iso_or_none(figures["estimated_completion"] or 0),
        throughput=figures["throughput"],
    )


def metrics(now: Metrics) -> m.QualityMetrics:
    return m.QualityMetrics(
        metrics=m.MetricsNow(
            accuracy_rate=now.accuracyRate,
            consistency_score=now.consistencyScore,
            processing_speed=now.processingSpeed,
            error_rate=now.errorRate,
            last_updated=iso(now.lastUpdated),
            double_marked=now.doubleMarked,
        )
    )


def alert(found: Alert, *, seq: int, event_id: str = "", client_id: str | None = None) -> m.QualityAlert:
    return m.QualityAlert(
        seq=seq,
        event_id=event_id,
        client_id=client_id,
        alert_id=found.alert_id,
        metric=found.metric,
        about=found.about,
        value=found.value,
        threshold=found.threshold,
        level=found.level,
        raised_at=iso(found.raised_at),
        acknowledged_by=found.acknowledged_by or None,
    )


def quality_event(recorded: e.RecordedExam, alerts: dict[str, Alert]) -> m.EventData | None:
    """What an event of an exam says about its quality. `alerts` are those the viewer may hear more about, by id; it is
    kept up. An acknowledgement of an alert that is resolved by now is not told: its resolution is."""
    data, event_id, client_id = recorded.data, recorded.event_id, recorded.client_id
    match data:
        case e.AlertRaised():
            alerts[data.alert.alert_id] = data.alert
            return alert(data.alert, seq=recorded.seq, event_id=event_id)
        case e.AlertAcknowledged():
            known = alerts.get(data.alert_id)
            if known is None:
                return None
            seen = msgspec.structs.replace(known, acknowledged_by=recorded.actor, acknowledged_at=recorded.at)
            alerts[data.alert_id] = seen
            return alert(seen, seq=recorded.seq, event_id=event_id, client_id=client_id)
        case e.AlertResolved():
            alerts.pop(data.alert_id, None)
            return m.AlertResolved(seq=recorded.seq, event_id=event_id, alert_id=data.alert_id)
    return None


def marking_event(recorded: e.RecordedExam, state: ExamState, user_id: str, role: Role) -> m.GradingResult | None:
    """What somebody marked: one's own marks, and everybody's to those who decide between them. A hidden seed item looks
    like any other."""
    data = recorded.data
    if not isinstance(data, e.ResponseMarked) or (recorded.actor != user_id and role not in _SEES_ALL):
        return None
    hidden = data.grade.mark.kind == "seed"
    outcome = data.grade.outcome
    return m.GradingResult(
        seq=recorded.seq,
        event_id=recorded.event_id,
        client_id=recorded.client_id,
        task_id=data.task_id,
        exam_id=state.exam_id,
        points=data.grade.mark.points if hidden else outcome.points,
        status="marked" if hidden else outcome.status,
        timestamp=iso(recorded.at),
    )


def status(state: ExamState, markers: list[str], seq: int) -> m.GradingStatus:
    return m.GradingStatus(
        exam_id=state.exam_id,
        status="released" if state.released else "open",
        participants=markers,
        remaining=state.waiting,
        marked=state.by_status.get("marked", 0),
        seq=seq,
    )


def task(state: ExamState, found: Task) -> m.GradingTask:
    return msgspec.convert(task_message(state, found), m.GradingTask)
