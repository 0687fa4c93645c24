"""The bounded queue of recognition jobs: by priority, then by age. Shared between threads."""

from __future__ import annotations

import heapq
import threading
from concurrent.futures import Future
from enum import IntEnum
from typing import Any

import msgspec

from vivavoce.domain.speech import Recognition, RecognitionRequest, Samples


class Priority(IntEnum):
    """What is recognised first. Only partials may be thrown away. First words cost little and are shown at once; they
    wait for nobody's second opinion."""

    FIRST_WORDS = 0
    FINAL = 1
    SPECULATIVE = 2
    PARTIAL = 3
    RECORDING = 4


class Outcome(msgspec.Struct, frozen=True):
    """A recognition and its cost in seconds of one worker."""

    recognition: Recognition
    cost_s: float


class QueuedJob:
    """A job from its submission to its outcome; `tries` counts the workers it was given to."""

    __slots__ = ("future", "number", "priority", "request", "samples", "tries")

    def __init__(self, number: int, samples: Samples, request: RecognitionRequest, priority: Priority) -> None:
        self.number = number
        self.samples = samples
        self.request = request
        self.priority = priority
        self.tries = 0
        self.future: Future[Outcome] = Future()


class JobQueue:
    """Jobs waiting for a worker. Every method may be called from any thread."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[tuple[int, int, QueuedJob]] = []
        self._changed = threading.Condition()
        self._closed = False

    def put(self, job: QueuedJob) -> bool:
        """Queues a job. False when the queue is full: for a partial always, for others when no partial can yield."""
        with self._changed:
            self._forget_cancelled()
            if len(self._heap) >= self._limit and not (job.priority is not Priority.PARTIAL and self._drop_partial()):
                return False
            heapq.heappush(self._heap, (job.priority, job.number, job))
            self._changed.notify()
            return True

    def put_back(self, job: QueuedJob) -> None:
        """Queues a job again whose worker died, before everything else and whatever the limit."""
        with self._changed:
            heapq.heappush(self._heap, (-1, job.number, job))
            self._changed.notify()

    def take(self, timeout_s: float) -> QueuedJob | None:
        """The next job, None when none came in time or the queue is closed."""
        with self._changed:
            if not self._heap and not self._closed:
                self._changed.wait(timeout_s)
            while self._heap:
                job = heapq.heappop(self._heap)[2]
                if not job.future.cancelled():
                    return job
            return None

    def promote(self, job: QueuedJob, priority: Priority) -> None:
        """Moves a job that still waits forward."""
        with self._changed:
            if priority < job.priority and any(entry[2] is job for entry in self._heap):
                job.priority = priority
                self._heap = [(priority if entry[2] is job else entry[0], *entry[1:]) for entry in self._heap]
                heapq.heapify(self._heap)

    def urgent(self) -> int:
        """How many finals are waiting."""
        with self._changed:
            return sum(
                1
                for priority, _, job in self._heap
                if priority <= Priority.FINAL
                and job.priority is not Priority.FIRST_WORDS
                and not job.future.cancelled()
            )

    def __len__(self) -> int:
        with self._changed:
            return sum(1 for _, _, job in self._heap if not job.future.cancelled())

    def close(self) -> list[QueuedJob]:
        """Closes the queue and returns what was in it."""
        with self._changed:
            self._closed = True
            left = [job for _, _, job in self._heap]
            self._heap.clear()
            self._changed.notify_all()
            return left

    def _forget_cancelled(self) -> None:
        kept = [entry for entry in self._heap if not entry[2].future.cancelled()]
        if len(kept) != len(self._heap):
            self._heap = kept
            heapq.heapify(self._heap)

    def _drop_partial(self) -> bool:
        for entry in self._heap:
            if entry[2].priority is Priority.PARTIAL:
                entry[2].future.cancel()
                self._forget_cancelled()
                return True
        return False


def settle(job: QueuedJob, value: Outcome | None = None, error: BaseException | None = None) -> None:
    """Gives a job its end, unless it was given up meanwhile."""
    future: Future[Any] = job.future
    if future.cancelled() or future.done():
        return
    if not future.running() and not future.set_running_or_notify_cancel():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)
