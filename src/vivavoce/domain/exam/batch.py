"""A batch: the grading of many responses, and how far it has come. Its stream is `batch:{id}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypedDict

import msgspec

from vivavoce.domain.errors import conflict
from vivavoce.domain.log_page import page_decoder

BatchStatus = Literal["queued", "running", "paused", "cancelled", "completed"]
OVER: Final[frozenset[BatchStatus]] = frozenset({"cancelled", "completed"})
#: `trial`: a sample, to see what the grader makes of it; `regrade`: after a key or rubric was changed.
BatchPurpose = Literal["full", "trial", "regrade"]


class BatchEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """Base of all events of a batch; nothing in them is personal. `completed`, `failed` and `active_ms` (the time it
    has been running) are what they are after the event."""

    redacted: bool = False
    completed: int = 0
    failed: int = 0
    active_ms: int = 0


class BatchCreated(BatchEvent, frozen=True, tag=True):
    batch_id: str = ""
    exam_id: str = ""
    purpose: BatchPurpose = "full"
    question_ids: tuple[str, ...] = ()
    total: int = 0
    created_by: str = ""


class BatchPaused(BatchEvent, frozen=True, tag=True):
    reason: str = ""


class BatchResumed(BatchEvent, frozen=True, tag=True):
    pass


class BatchCancelled(BatchEvent, frozen=True, tag=True):
    pass


class BatchRetried(BatchEvent, frozen=True, tag=True):
    """What had failed is tried again."""

    retried: int = 0


class ItemsGraded(BatchEvent, frozen=True, tag=True):
    """Results of some responses are stored."""

    graded: int = 0
    newly_failed: int = 0


class BatchCompleted(BatchEvent, frozen=True, tag=True):
    pass


AnyBatchEvent = BatchCreated | BatchPaused | BatchResumed | BatchCancelled | BatchRetried | ItemsGraded | BatchCompleted


class RecordedBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event of a batch with its place in the log."""

    seq: int
    event_id: str
    at: int
    actor: str
    client_id: str | None
    data: AnyBatchEvent


decode_page = page_decoder(RecordedBatch, AnyBatchEvent)


class BatchState(msgspec.Struct, kw_only=True):
    """`round` counts how often its work was handed out (start, resume, retry); times are epoch ms, 0: not yet."""

    batch_id: str = ""
    exam_id: str = ""
    purpose: BatchPurpose = "full"
    question_ids: tuple[str, ...] = ()
    created_by: str = ""
    created_at: int = 0
    status: BatchStatus = "queued"
    total: int = 0
    completed: int = 0
    failed: int = 0
    round: int = 0
    active_ms: int = 0
    running_since: int = 0
    ended_at: int = 0
    updated_at: int = 0
    seq: int = 0

    @property
    def exists(self) -> bool:
        return bool(self.exam_id)

    @property
    def left(self) -> int:
        return self.total - self.completed - self.failed

    def active_at(self, now: int) -> int:
        """Milliseconds it has been running in all."""
        return self.active_ms + (max(0, now - self.running_since) if self.running_since else 0)


def create(
    state: BatchState,
    *,
    batch_id: str,
    exam_id: str,
    purpose: BatchPurpose,
    question_ids: Sequence[str],
    total: int,
    by: str,
) -> list[AnyBatchEvent]:
    if state.exists:
        raise conflict("a batch with this id exists", reason="batch_exists")
    created = BatchCreated(
        batch_id=batch_id,
        exam_id=exam_id,
        purpose=purpose,
        question_ids=tuple(question_ids),
        total=total,
        created_by=by,
    )
    return [created] if total else [created, BatchCompleted()]


def pause(state: BatchState, now: int, reason: str = "") -> list[AnyBatchEvent]:
    if state.status == "paused":
        return []
    _require(state, "running")
    return [BatchPaused(reason=reason, **_figures(state, now))]


def resume(state: BatchState, now: int) -> list[AnyBatchEvent]:
    if state.status == "running":
        return []
    _require(state, "paused")
    return [BatchResumed(**_figures(state, now))]


def cancel(state: BatchState, now: int) -> list[AnyBatchEvent]:
    """What was done stays."""
    if state.status == "cancelled":
        return []
    _require(state, "running", "paused")
    return [BatchCancelled(**_figures(state, now))]


def retry_failed(state: BatchState, failed: int, now: int) -> list[AnyBatchEvent]:
    """Try again what failed; a batch that was complete runs again. `failed`: how many items are failed in the store."""
    _require(state, "running", "paused", "completed")
    if not failed:
        raise conflict("nothing has failed", reason="nothing_failed")
    figures = _figures(state, now)
    figures["failed"] = max(0, state.failed - failed)
    return [BatchRetried(retried=failed, **figures)]


def record(state: BatchState, *, graded: int, failed: int, now: int) -> list[AnyBatchEvent]:
    """Results were stored; the last ones complete the batch. What was under way counts after a pause too."""
    if not graded and not failed:
        return []
    figures = _figures(state, now)
    figures["completed"] += graded
    figures["failed"] += failed
    events: list[AnyBatchEvent] = [ItemsGraded(graded=graded, newly_failed=failed, **figures)]
    if figures["completed"] + figures["failed"] >= state.total and state.status != "cancelled":
        events.append(BatchCompleted(**figures))
    return events


class _Figures(TypedDict):
    completed: int
    failed: int
    active_ms: int


def _figures(state: BatchState, now: int) -> _Figures:
    return {"completed": state.completed, "failed": state.failed, "active_ms": state.active_at(now)}


def _require(state: BatchState, *allowed: BatchStatus) -> None:
    if state.status not in allowed:
        raise conflict(f"the batch is {state.status}", reason="batch_state", status=state.status)


def evolve(state: BatchState, event: AnyBatchEvent, *, seq: int, at: int) -> None:
    """Apply one event to the state."""
    state.seq, state.updated_at = seq, at
    state.completed, state.failed, state.active_ms = event.completed, event.failed, event.active_ms
    match event:
        case BatchCreated():
            state.batch_id, state.exam_id, state.purpose = event.batch_id, event.exam_id, event.purpose
            state.question_ids, state.total = event.question_ids, event.total
            state.created_by, state.created_at = event.created_by, at
            _run(state, at)
        case BatchResumed():
            _run(state, at)
        case BatchRetried():
            if state.status != "paused":
                _run(state, at)
        case BatchPaused():
            state.status, state.running_since = "paused", 0
        case BatchCancelled():
            state.status, state.running_since, state.ended_at = "cancelled", 0, at
        case BatchCompleted():
            state.status, state.running_since, state.ended_at = "completed", 0, at
        case ItemsGraded():
            if state.running_since:
                state.running_since = at


def _run(state: BatchState, at: int) -> None:
    state.status, state.running_since, state.ended_at = "running", at, 0
    state.round += 1
