"""When whom to ask for a sign of life: one wheel for all connections, no timer for any of them."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

C = TypeVar("C")

_STALL_TICKS = 2


class Judged(NamedTuple):
    """A round of questions whose time for answers is over; times are those given to `turn`."""

    asked_at: float
    bucket: int


class Heartbeats(Generic[C]):
    """Connections spread over buckets; each tick one bucket is asked, and one that was asked a time-out ago is judged.

    A new connection is asked for the first time after at least half the interval, so that a client has its greeting
    behind it; those that came together are spread over the other half.
    """

    __slots__ = ("_asked", "_buckets", "_last_turn", "_spread", "_tick_s", "_timeout_s", "_turn", "count")

    def __init__(self, interval_s: float, timeout_s: float, tick_s: float) -> None:
        size = max(2, round(interval_s / tick_s))
        self._buckets: list[set[C]] = [set() for _ in range(size)]
        self._asked: deque[Judged] = deque()
        self._timeout_s = timeout_s
        self._tick_s = tick_s
        self._spread = itertools.cycle(range((size + 1) // 2, size))
        self._turn = 0
        self._last_turn = 0.0
        self.count = 0

    def join(self, connection: C) -> set[C]:
        """The bucket that the connection is in from now on; hand it back to `leave`."""
        bucket = self._buckets[(self._turn + next(self._spread)) % len(self._buckets)]
        bucket.add(connection)
        self.count += 1
        return bucket

    def leave(self, connection: C, bucket: set[C]) -> None:
        """No more heartbeats for this one."""
        bucket.discard(connection)
        self.count -= 1

    def judged(self, now: float) -> Iterator[tuple[float, C]]:
        """Those whose time to answer is over, each with when it was asked; to be called before `asked`, each tick.

        After a stall of the process nobody is judged until the next tick: the answers may lie there unread.
        """
        stalled = now - self._last_turn > _STALL_TICKS * self._tick_s
        while not stalled and self._asked and self._asked[0].asked_at + self._timeout_s <= now:
            round_of = self._asked.popleft()
            for connection in list(self._buckets[round_of.bucket]):
                yield round_of.asked_at, connection

    def asked(self, now: float) -> list[C]:
        """Those to be asked now."""
        self._last_turn = now
        self._turn = (self._turn + 1) % len(self._buckets)
        bucket = self._buckets[self._turn]
        if bucket:
            self._asked.append(Judged(now, self._turn))
        return list(bucket)

    def __iter__(self) -> Iterator[C]:
        return itertools.chain.from_iterable(self._buckets)
