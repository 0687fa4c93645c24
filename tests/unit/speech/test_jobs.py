"""The queue of recognition jobs: bounded, by priority, then by age."""

from __future__ import annotations

from concurrent.futures import CancelledError

import numpy as np
import pytest

from vivavoce.domain.speech import Recognition, RecognitionRequest
from vivavoce.speech.jobs import JobQueue, Outcome, Priority, QueuedJob, settle


def job(number: int, priority: Priority) -> QueuedJob:
    return QueuedJob(number, np.zeros(1, np.float32), RecognitionRequest(), priority)


def taken(queue: JobQueue) -> list[int]:
    numbers = []
    while (found := queue.take(0.0)) is not None:
        numbers.append(found.number)
    return numbers


def test_finals_come_before_speculation_before_partials_before_recordings() -> None:
    queue = JobQueue(10)
    for number, priority in enumerate([Priority.RECORDING, Priority.PARTIAL, Priority.SPECULATIVE, Priority.FINAL]):
        assert queue.put(job(number, priority))
    assert taken(queue) == [3, 2, 1, 0]


def test_first_words_come_before_finals_and_are_no_reason_for_worse_ones() -> None:
    queue = JobQueue(10)
    queue.put(job(1, Priority.FINAL))
    queue.put(job(2, Priority.FIRST_WORDS))
    assert queue.urgent() == 1
    assert taken(queue) == [2, 1]


def test_equals_keep_their_order() -> None:
    queue = JobQueue(10)
    for number in range(5):
        queue.put(job(number, Priority.FINAL))
    assert taken(queue) == [0, 1, 2, 3, 4]


def test_a_full_queue_refuses_but_a_partial_makes_room_for_a_final() -> None:
    queue = JobQueue(2)
    partial = job(1, Priority.PARTIAL)
    assert queue.put(partial)
    assert queue.put(job(2, Priority.FINAL))
    assert not queue.put(job(3, Priority.PARTIAL))
    assert queue.put(job(4, Priority.FINAL))
    assert partial.future.cancelled()
    assert not queue.put(job(5, Priority.FINAL))
    assert taken(queue) == [2, 4]


def test_a_job_whose_worker_died_is_the_next_even_when_the_queue_is_full() -> None:
    queue = JobQueue(1)
    queue.put(job(2, Priority.FINAL))
    queue.put_back(job(1, Priority.RECORDING))
    assert taken(queue) == [1, 2]


def test_a_promoted_job_overtakes() -> None:
    queue = JobQueue(5)
    late = job(2, Priority.RECORDING)
    queue.put(job(1, Priority.SPECULATIVE))
    queue.put(late)
    queue.promote(late, Priority.FINAL)
    assert taken(queue) == [2, 1]


def test_a_job_that_was_given_up_is_not_taken_and_needs_no_room() -> None:
    queue = JobQueue(1)
    gone = job(1, Priority.FINAL)
    queue.put(gone)
    gone.future.cancel()
    assert len(queue) == 0
    assert queue.put(job(2, Priority.FINAL))
    assert taken(queue) == [2]


def test_closing_returns_what_waited() -> None:
    queue = JobQueue(5)
    queue.put(job(1, Priority.FINAL))
    assert [left.number for left in queue.close()] == [1]
    assert queue.take(10.0) is None


def test_a_job_is_settled_once() -> None:
    subject = job(1, Priority.FINAL)
    outcome = Outcome(Recognition(text="a", language="en"), 0.1)
    settle(subject, outcome)
    settle(subject, error=RuntimeError("late"))
    assert subject.future.result() is outcome


def test_settling_a_job_that_was_given_up_does_nothing() -> None:
    subject = job(1, Priority.FINAL)
    subject.future.cancel()
    settle(subject, error=RuntimeError("late"))
    with pytest.raises(CancelledError):
        subject.future.result(0)
