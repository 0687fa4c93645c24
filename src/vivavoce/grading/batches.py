"""Batches: made, watched, paused and resumed here; their items are handed to workers and their results come back.

A worker asks for the next few responses of a chunk and hands in their grades. It has no database and holds nothing
that matters: what it had not handed in when it died is handed out again, what it had is there once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import uuid_utils

from vivavoce.domain.errors import conflict, invalid, not_found
from vivavoce.domain.exam import batch as rules
from vivavoce.domain.exam import exam as exam_rules
from vivavoce.domain.exam.batch import AnyBatchEvent, BatchPurpose, BatchState, RecordedBatch
from vivavoce.domain.exam.events import AnyExamEvent
from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.exam.marks import Mark
from vivavoce.domain.ids import SYSTEM, check_session_id
from vivavoce.exam_ports import BatchStore, ItemDone, ItemsAgain, ItemsWanted, Job, Jobs
from vivavoce.grading.exams import Exams
from vivavoce.grading.progress import Pace, progress
from vivavoce.grading.rows import batch_rows
from vivavoce.grading.running import Running
from vivavoce.grading.work import Results, Slice, mark_of, scheme_of, slice_of
from vivavoce.grading.worker import MODEL_QUEUE
from vivavoce.ports import Clock, EventLog, OutboxItem

_LOG: Final = logging.getLogger(__name__)
_RUNNING_LIMIT: Final = 1000
#: Responses of one workflow.
CHUNK: Final = 200
SAMPLE: Final = 20
#: Why a response could not be graded: its student was erased meanwhile.
_ERASED: Final = "erased"
_MARKS_LEARNED: Final = 400
#: So many of each other question are learned from beside them.
_MARKS_BESIDE: Final = 200
_decode_state: Final = msgspec.json.Decoder(BatchState).decode

Committed = Callable[["RunningBatch", Sequence[RecordedBatch]], None]


def batch_stream(batch_id: str) -> str:
    return f"batch:{batch_id}"


class RunningBatch(Running[BatchState, AnyBatchEvent, RecordedBatch]):
    def __init__(self, batch_id: str, log: EventLog, store: BatchStore, clock: Clock, committed: Committed) -> None:
        super().__init__(batch_stream(batch_id), log, clock)
        self.batch_id = batch_id
        self.under_way: dict[int, int] = {}
        """Responses that a worker has now, by chunk."""
        self.pace = Pace()
        self.settled = self.state
        """The state as it is on disk; `state` is ahead of it while something is being stored."""
        self.counted = False
        """Whether its progress was compared with what is stored, in this process."""
        self._store = store
        self._tell = committed

    def _empty(self) -> BatchState:
        return BatchState()

    async def _load(self) -> BatchState:
        document = await self._store.batch(self.batch_id)
        state = BatchState() if document is None else _decode_state(document)
        self.settled = msgspec.structs.replace(state)
        return state

    def _evolve(self, state: BatchState, recorded: RecordedBatch) -> None:
        rules.evolve(state, recorded.data, seq=recorded.seq, at=recorded.at)

    def _rows(self, state: BatchState, events: Sequence[RecordedBatch]) -> list[msgspec.Struct]:
        return batch_rows(state, events)

    def _recorded(
        self, seq: int, event_id: str, at: int, actor: str, client_id: str | None, data: AnyBatchEvent
    ) -> RecordedBatch:
        return RecordedBatch(seq, event_id, at, actor, client_id, data)

    def _decoded(self, page: bytes) -> list[RecordedBatch]:
        return rules.decode_page(page)

    def _settle(self, events: Sequence[RecordedBatch]) -> None:
        self.settled = msgspec.structs.replace(self.state)
        for recorded in events:
            self.pace.note(recorded.at, recorded.data.completed + recorded.data.failed)

    def _committed(self, events: Sequence[RecordedBatch]) -> None:
        self._tell(self, events)

    def progress(self) -> dict[str, Any]:
        """How far it has come, now."""
        return progress(self.settled, self.pace, sum(self.under_way.values()), self.clock.now_ms())


class Batches:
    """`queue_of` names the queue that a question's responses are graded in (the provider whose rate is limited)."""

    def __init__(
        self,
        exams: Exams,
        log: EventLog,
        store: BatchStore,
        jobs: Jobs,
        clock: Clock,
        queue_of: Callable[[ExamState, str], str],
    ) -> None:
        self.store = store
        self.committed: list[Committed] = []
        """Called after each commit, on the event loop; must not block."""
        self.wake: Callable[[], None] = lambda: None
        """Called when there is work in the outbox."""
        self._exams = exams
        self._log = log
        self._jobs = jobs
        self._clock = clock
        self._queue_of = queue_of
        self._running: dict[str, RunningBatch] = {}

    @property
    def jobs_state(self) -> str:
        return self._jobs.state

    async def open(self, batch_id: str) -> RunningBatch:
        batch = self._running.get(batch_id)
        if batch is None:
            self._make_room()
            batch = self._running[batch_id] = RunningBatch(batch_id, self._log, self.store, self._clock, self._publish)
        await batch.ready()
        return batch

    async def existing(self, batch_id: str) -> RunningBatch:
        """Raises not_found."""
        batch = await self.open(batch_id)
        if not batch.state.exists:
            raise not_found("there is no such batch", reason="batch_not_found")
        return batch

    # --- what people do -----------------------------------------------------------------------------------------

    async def create(
        self,
        exam_id: str,
        by: str,
        *,
        purpose: BatchPurpose = "full",
        question_ids: Sequence[str] = (),
        sample: int = SAMPLE,
        batch_id: str | None = None,
        client_id: str | None = None,
    ) -> RunningBatch:
        """Start grading: what was never graded (`full`), a sample of it (`trial`), or everything again (`regrade`)."""
        if self._jobs.state == "off":
            raise conflict("this server has no workflow engine: install the extra `grading`", reason="jobs_missing")
        exam = await self._exams.existing(exam_id)
        for question_id in question_ids:
            exam.state.question(question_id)
        if not exam.state.questions:
            raise invalid("the exam has no questions", field="question_ids")
        batch = await self.open(check_session_id(batch_id or f"batch_{uuid_utils.uuid7().hex}"))
        wanted = ItemsWanted(
            batch_id=batch.batch_id,
            exam_id=exam_id,
            question_ids=tuple(question_ids) or tuple(exam.state.questions),
            again=purpose == "regrade",
            sample=max(1, sample) if purpose == "trial" else 0,
            chunk=CHUNK,
        )

        async def decide(state: BatchState) -> list[AnyBatchEvent]:
            counts = await self.store.count_wanted(wanted)
            return rules.create(
                state,
                batch_id=batch.batch_id,
                exam_id=exam_id,
                purpose=purpose,
                question_ids=wanted.question_ids,
                total=sum(counts.values()),
                by=by,
            )

        await batch.submit(decide, by, client_id=client_id, rows=lambda _: [wanted], outbox=_work)
        self.wake()
        return batch

    def asks_model(self, state: ExamState, question_id: str) -> bool:
        """Whether a question's responses would be graded by a language model."""
        return self._queue_of(state, question_id) == MODEL_QUEUE

    async def estimate(self, exam_id: str, question_ids: Sequence[str], *, again: bool) -> dict[str, int]:
        """How many responses a batch would grade, by question."""
        exam = await self._exams.existing(exam_id)
        wanted = ItemsWanted(
            batch_id="",
            exam_id=exam_id,
            question_ids=tuple(question_ids) or tuple(exam.state.questions),
            again=again,
            sample=0,
            chunk=CHUNK,
        )
        return await self.store.count_wanted(wanted)

    async def pause(self, batch_id: str, by: str, *, reason: str = "", client_id: str | None = None) -> RunningBatch:
        """From the next few responses on nothing more is handed out."""
        batch = await self.existing(batch_id)
        await batch.submit(lambda s: rules.pause(s, self._clock.now_ms(), reason), by, client_id=client_id)
        await self._jobs.cancel_waiting(batch_id)
        return batch

    async def resume(self, batch_id: str, by: str, *, client_id: str | None = None) -> RunningBatch:
        batch = await self.existing(batch_id)
        await batch.submit(lambda s: rules.resume(s, self._clock.now_ms()), by, client_id=client_id, outbox=_work)
        self.wake()
        return batch

    async def cancel(self, batch_id: str, by: str, *, client_id: str | None = None) -> RunningBatch:
        batch = await self.existing(batch_id)
        await batch.submit(lambda s: rules.cancel(s, self._clock.now_ms()), by, client_id=client_id)
        await self._jobs.cancel_waiting(batch_id)
        return batch

    async def retry_failed(self, batch_id: str, by: str, *, client_id: str | None = None) -> RunningBatch:
        batch = await self.existing(batch_id)

        async def decide(state: BatchState) -> list[AnyBatchEvent]:
            failed = (await self.store.item_counts(batch_id)).get("failed", 0)
            return rules.retry_failed(state, failed, self._clock.now_ms())

        again = ItemsAgain(batch_id=batch_id, updated_at=self._clock.now_ms())
        await batch.submit(decide, by, client_id=client_id, rows=lambda _: [again], outbox=_work)
        self.wake()
        return batch

    # --- what the outbox does -----------------------------------------------------------------------------------

    async def hand_out(self, subject: str) -> None:
        """Enqueue the chunks of a batch's round that have something left to do (`batch_id:round`)."""
        batch_id, _, number = subject.rpartition(":")
        batch = await self.open(batch_id)
        if batch.state.round != int(number) or batch.state.status != "running":
            return  # a later round hands out what is left
        exam = await self._exams.existing(batch.state.exam_id)
        chunks = await self.store.open_chunks(batch_id)
        await self._jobs.enqueue(
            [
                Job(batch_id, batch.state.round, chunk, self._queue_of(exam.state, question_id))
                for chunk, question_id in chunks
            ]
        )

    async def take_up(self) -> None:
        """Hand out again whatever was running when the server stopped; jobs that are there already stay as they are."""
        for row in await self.store.batches(None, status="running", before=None, limit=_RUNNING_LIMIT):
            await self.hand_out(f"{row.batch_id}:{row.round}")

    # --- what workers do ----------------------------------------------------------------------------------------

    async def next_slice(self, batch_id: str, number: int, chunk: int, limit: int) -> Slice | None:
        """The next responses of a chunk to be graded; None when it is done, or the batch does not run (any more)."""
        batch = await self.open(batch_id)
        state = batch.state
        if not state.exists or state.status != "running" or state.round != number:
            batch.under_way.pop(chunk, None)
            return None
        if not batch.counted:
            await self._count(batch)
        items = await self.store.chunk(batch_id, chunk, limit)
        if not items.response_ids:
            batch.under_way.pop(chunk, None)
            return None
        batch.under_way[chunk] = len(items.response_ids)
        exam = await self._exams.existing(state.exam_id)
        question = exam.state.questions.get(items.question_id)
        if question is None:
            await self._progress(batch, 0, [(response_id, "question_removed") for response_id in items.response_ids])
            return await self.next_slice(batch_id, number, chunk, limit)
        given = await self._exams.store.given(items.response_ids)
        erased = [entry.response.response_id for entry in given if entry.response.is_gone]
        if erased:
            await self._progress(batch, 0, [(response_id, _ERASED) for response_id in erased])
            return await self.next_slice(batch_id, number, chunk, limit)
        if question.is_exact:
            return slice_of(exam.state, scheme_of(exam.state, question), given, (), {})
        store = self._exams.store
        marks = await store.human_marks(state.exam_id, question.question_id, _MARKS_LEARNED)
        # Beside no marks of its own, a question learns nothing from those of others.
        others = [
            item.question_id for item in exam.state.questions.values() if item is not question and not item.is_exact
        ]
        beside = await store.human_marks_beside(state.exam_id, others, _MARKS_BESIDE) if marks else {}
        return slice_of(exam.state, scheme_of(exam.state, question), given, marks, beside)

    async def record(self, batch_id: str, chunk: int, results: Results) -> None:
        """Store what a worker made of a slice. Twice the same changes nothing the second time."""
        batch = await self.open(batch_id)
        if not batch.state.exists:
            return
        batch.under_way.pop(chunk, None)
        if results.pending:
            await self.store.keep_pending(batch_id, results.pending, self._clock.now_ms())
        marks = {grade.response_id: mark_of(grade, results.question_version, batch_id) for grade in results.grades}
        await self._grade(batch, results, marks)

    async def _grade(self, batch: RunningBatch, results: Results, marks: dict[str, Mark]) -> None:
        """First the grades, in the exam's stream; then the progress, in the batch's. What a crash between the two
        leaves is counted when the batch is taken up again."""
        exam = await self._exams.existing(batch.state.exam_id)
        graded = 0
        failed = list(results.failed)
        if marks:
            now = self._clock.now_ms()

            async def decide(state: ExamState) -> list[AnyExamEvent]:
                known = await self._exams.store.responses(list(marks))
                failed[:] = [
                    *results.failed,
                    *((response_id, _ERASED) for response_id, response in known.items() if response.is_gone),
                ]
                due = [
                    (response, msgspec.structs.replace(marks[response_id], at=now))
                    for response_id, response in known.items()
                    if not any(mark.batch_id == batch.batch_id for mark in response.marks)
                ]
                return exam_rules.record_grades(state, batch.batch_id, due)

            receipt = await exam.submit(decide, SYSTEM)
            graded = sum(len(recorded.data.grades) for recorded in receipt.events)
        await self._progress(batch, graded, failed)

    async def _progress(self, batch: RunningBatch, graded: int, failed: Sequence[tuple[str, str]]) -> None:
        now = self._clock.now_ms()
        rows = [
            ItemDone(batch_id=batch.batch_id, response_id=response_id, status="failed", reason=reason, updated_at=now)
            for response_id, reason in failed
        ]
        await batch.submit(
            lambda state: rules.record(state, graded=graded, failed=len(rows), now=now), SYSTEM, rows=lambda _: rows
        )

    async def _count(self, batch: RunningBatch) -> None:
        """Grades may be stored whose progress a crash swallowed."""
        batch.counted = True
        now = self._clock.now_ms()

        async def decide(state: BatchState) -> list[AnyBatchEvent]:
            counts = await self.store.item_counts(batch.batch_id)
            graded = max(0, counts.get("done", 0) - state.completed)
            failed = max(0, counts.get("failed", 0) - state.failed)
            return rules.record(state, graded=graded, failed=failed, now=now)

        await batch.submit(decide, SYSTEM)

    # --- watching -----------------------------------------------------------------------------------------------

    async def sweep(self, silent_ms: int, not_before: int) -> None:
        """Take over from workers that were not heard of for `silent_ms`; before `not_before` nobody could be heard."""
        now = self._clock.now_ms()
        if now < not_before:
            return
        for worker_id, beat_at in (await self.store.workers()).items():
            if now - beat_at > silent_ms:
                count = await self._jobs.take_over(worker_id)
                _LOG.warning("worker %s is gone; %d of its chunks are handed out again", worker_id, count)
                await self.store.forget_worker(worker_id)

    def _publish(self, batch: RunningBatch, events: Sequence[RecordedBatch]) -> None:
        for listener in self.committed:
            listener(batch, events)

    def _make_room(self) -> None:
        if len(self._running) < _RUNNING_LIMIT:
            return
        over = [
            batch_id
            for batch_id, batch in self._running.items()
            if batch.idle and (batch.state.status in rules.OVER or not batch.state.exists)
        ]
        for batch_id in over[: _RUNNING_LIMIT // 2]:
            del self._running[batch_id]


def _work(state: BatchState) -> list[OutboxItem]:
    subject = f"{state.batch_id}:{state.round}"
    return [OutboxItem(f"batch:{subject}", "batch", subject)]


class Watch:
    """Looks every few seconds for workers that died."""

    def __init__(self, batches: Batches, clock: Clock, *, silent_s: float = 15.0, every_s: float = 5.0) -> None:
        self._batches = batches
        self._clock = clock
        self._silent_ms = int(silent_s * 1000)
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        not_before = self._clock.now_ms() + self._silent_ms
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self._batches.sweep(self._silent_ms, not_before)
            except Exception:
                _LOG.exception("dead workers could not be looked for and will be again")
