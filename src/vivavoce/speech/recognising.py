"""Recognitions on their way, and the segments of an utterance they belong to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import Quality, Recognition, RecognitionRequest, Samples
from vivavoce.speech.endpointing import Ended
from vivavoce.speech.filtering import Sound
from vivavoce.speech.jobs import Priority
from vivavoce.speech.joining import Piece
from vivavoce.speech.pool import RecogniserPool, Submission

_BUSY_WAIT_S: Final = 0.1


class Recognising:
    """One recognition: queued with patience while the pool is full, without a result when the recogniser failed."""

    def __init__(self, pool: RecogniserPool, samples: Samples, request: RecognitionRequest, priority: Priority) -> None:
        self.result: Recognition | None = None
        self._cost_s = 0.0
        self._submission: Submission | None = None
        self._promoted = False
        self._task = asyncio.create_task(self._run(pool, samples, request, priority))

    async def recognition(self) -> Recognition | None:
        """Waits for the result."""
        await asyncio.wait([self._task])
        return self.result

    def promote(self) -> None:
        """Somebody waits for it now."""
        self._promoted = True
        if self._submission is not None:
            self._submission.promote()

    def cancel(self) -> None:
        """Nobody waits for it any more. What a worker has begun is finished all the same, and called back."""
        if self._submission is None or self._submission.cancel():
            self._task.cancel()

    def then(self, on_result: Callable[[Recognition], None]) -> None:
        """Calls back with the result, if there is one."""
        self._task.add_done_callback(lambda _: on_result(self.result) if self.result is not None else None)

    def afterwards(self, on_end: Callable[[float], None]) -> None:
        """Calls back when it is over, however it ended, with the worker seconds it cost."""
        self._task.add_done_callback(lambda _: on_end(self._cost_s))

    async def _run(
        self, pool: RecogniserPool, samples: Samples, request: RecognitionRequest, priority: Priority
    ) -> None:
        while True:
            try:
                self._submission = pool.submit(samples, request, Priority.FINAL if self._promoted else priority)
                outcome = await self._submission.outcome()
            except VivavoceError as error:
                if error.reason != "speech_busy" or priority in (Priority.PARTIAL, Priority.FIRST_WORDS):
                    return
                # What somebody said is not dropped because others speak too: it waits outside the queue.
                await asyncio.sleep(_BUSY_WAIT_S)
            else:
                self.result, self._cost_s = outcome.recognition, outcome.cost_s
                return


class Spending:
    """What the finals of a stream have cost. Beyond `at_once_s` seconds of a core and `share` of the stream's duration
    only what makes hardly any sense gets a second opinion: hard English may go on for hours."""

    def __init__(self, at_once_s: float = 6.0, share: float = 0.08) -> None:
        self._at_once_s = at_once_s
        self._share = share
        self._paid_s = 0.0

    def pay(self, cost_s: float) -> None:
        """A recognition has cost so many seconds of a core."""
        self._paid_s += cost_s

    def quality(self, duration_s: float) -> Quality:
        """What can be afforded once the stream has lasted so long."""
        return "final" if self._paid_s <= self._at_once_s + self._share * duration_s else "quick"


class Segment:
    """A stretch of an utterance that has been given to the recogniser; `key` is its frames [start, end)."""

    def __init__(self, key: tuple[int, int], start_s: float, end_s: float, sound: Sound, work: Recognising) -> None:
        self.key = key
        self.work = work
        self._start_s = start_s
        self._end_s = end_s
        self._sound = sound

    def piece(self) -> Piece:
        """What is known of it now."""
        return Piece(self._start_s, self._end_s, self.work.result, self._sound)

    async def recognised(self) -> Piece:
        """Waits for its recognition."""
        await self.work.recognition()
        return self.piece()


class Utterance:
    """An utterance while it is open and until its final is sent; `guess` is the recognition made at a pause."""

    def __init__(self, number: int, start_s: float) -> None:
        self.number = number
        self.start_s = start_s
        self.end_s = start_s
        self.segments: list[Segment] = []
        self.guess: Segment | None = None
        self.shown_s = start_s
        """Up to here its words were shown in partials."""
        self.ended: Ended | None = None

    def is_open_from(self, start: int) -> bool:
        """Whether the open segment still begins at this frame."""
        return all(segment.key[1] <= start for segment in self.segments)

    def awaits(self, start: int, end: int) -> bool:
        """Whether of the words of frames [start, end), all of which are in it, no more is recognised yet."""
        if self.ended is not None and end > self.ended.end:
            return False
        guess = self.guess
        if guess is not None and guess.work.result is not None and guess.key[1] >= end:
            return False
        return all(segment.key[1] <= start or segment.work.result is None for segment in self.segments)
