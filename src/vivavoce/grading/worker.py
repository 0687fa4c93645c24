"""Grading a chunk: ask for the next responses, grade them, hand the grades in, until none is left."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, Protocol

from vivavoce.engines.grader.contract import Grader, MarkScheme
from vivavoce.grading.work import Results, Slice

_LOG: Final = logging.getLogger(__name__)
#: Responses asked for at once: by a model few, so that a pause need not wait for many.
_AT_ONCE: Final = 100
_AT_ONCE_BY_MODEL: Final = 4

#: `later`: something could not be had (a provider, the server); the chunk must be run again.
Outcome = Literal["done", "later"]
#: The queue whose rate is limited.
MODEL_QUEUE: Final = "grading-model"
LOCAL_QUEUE: Final = "grading-local"


class Desk(Protocol):
    """Where workers get work and hand in results."""

    async def next_slice(self, batch_id: str, number: int, chunk: int, limit: int) -> Slice | None: ...

    async def record(self, batch_id: str, chunk: int, results: Results) -> None: ...


#: Who grades a question, given the exam's wish; None where nobody can.
Choose = Callable[[MarkScheme, str], Grader | None]


class RateLimit:
    """At most `per_minute` responses a minute go to a model; 0 is without a limit."""

    def __init__(self, per_minute: int) -> None:
        self._interval_s = 60.0 / per_minute if per_minute else 0.0
        self._free_at = 0.0

    async def take(self, count: int) -> None:
        if not self._interval_s:
            return
        now = time.monotonic()
        wait_s = max(0.0, self._free_at - now)
        self._free_at = max(now, self._free_at) + count * self._interval_s
        await asyncio.sleep(wait_s)


class ChunkRunner:
    """`at_once` are how many slices of each queue are under way at a time."""

    def __init__(self, desk: Desk, choose: Choose, rate: RateLimit, at_once: Mapping[str, int]) -> None:
        self._turns = {queue: asyncio.Semaphore(count) for queue, count in at_once.items()}
        self._desk = desk
        self._choose = choose
        self._rate = rate

    async def run(self, batch_id: str, number: int, chunk: int, queue: str) -> Outcome:
        """Grade what is left of a chunk. Never raises: what could not be done is done later."""
        limit = _AT_ONCE_BY_MODEL if queue == MODEL_QUEUE else _AT_ONCE
        turn = self._turns[queue]
        try:
            while True:
                async with turn:
                    work = await self._desk.next_slice(batch_id, number, chunk, limit)
                    if work is None:
                        return "done"
                    results = await self._graded(work)
                    await self._desk.record(batch_id, chunk, results)
                if results.pending:
                    return "later"
        except Exception:
            _LOG.exception("chunk %s of batch %s was broken off and will be run again", chunk, batch_id)
            return "later"

    async def _graded(self, work: Slice) -> Results:
        request = work.request
        grader = self._choose(request.scheme, work.grader)
        if grader is None:
            return _failed(work, "no_grader")
        if grader.model:
            await self._rate.take(len(request.answers))
        try:
            grades = await grader.grade(request)
        except Exception as error:  # a defect of an engine must not stop the batch: the items are failed, with a reason
            _LOG.exception("%s could not grade question %s", grader.name, request.scheme.question_id)
            return _failed(work, type(error).__name__)
        return Results(
            question_version=work.question_version,
            grades=tuple(grade for grade in grades if grade.status != "pending"),
            pending=tuple(grade.response_id for grade in grades if grade.status == "pending"),
        )


def _failed(work: Slice, reason: str) -> Results:
    failed = tuple((answer.response_id, reason) for answer in work.request.answers)
    return Results(question_version=work.question_version, failed=failed)


def chooser(graders: Sequence[Grader]) -> Choose:
    """The first grader of the wished kind that is meant for the question; where there is none, the first that is."""

    def choose(scheme: MarkScheme, wish: str) -> Grader | None:
        fit = [grader for grader in graders if grader.can_grade(scheme)]
        wished = (grader for grader in fit if wish != "auto" and scheme.key is None and grader.name == wish)
        return next(wished, fit[0] if fit else None)

    return choose
