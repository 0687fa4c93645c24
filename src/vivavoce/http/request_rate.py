"""How often somebody may ask over HTTP. In memory and bounded: a restart forgives."""

from __future__ import annotations

import math
from typing import Final

from vivavoce.domain.errors import VivavoceError
from vivavoce.ports import Clock

_KEYS: Final = 20_000


class RequestRate:
    """For each key `per_s` requests a second on average and `burst` of them at once (0 `per_s`: no limit).

    A key is remembered as the time at which its bucket will be empty again, and forgotten once that has passed.
    """

    def __init__(self, clock: Clock, per_s: float, *, burst_s: float = 10.0, keys: int = _KEYS) -> None:
        """`burst_s` is for how many seconds' requests may come at once; of more than `keys` at a time, those that asked
        least recently are forgotten."""
        self._clock = clock
        self._interval_s = 1 / per_s if per_s else 0.0
        self._tolerance_s = burst_s
        self._keys = keys
        self._empty_at: dict[str, float] = {}

    def count(self, key: str) -> None:
        """Count one request. Raises rate_limited, with `retry_after` in seconds."""
        if not self._interval_s:
            return
        now = self._clock.monotonic()
        empty_at = max(self._empty_at.pop(key, now), now) + self._interval_s
        wait_s = empty_at - now - self._tolerance_s
        if wait_s > 0:
            self._empty_at[key] = empty_at - self._interval_s
            retry_after = math.ceil(wait_s)
            raise VivavoceError(
                "rate_limited", "too many requests in too short a time", info={"retry_after": retry_after}
            )
        self._empty_at[key] = empty_at
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Keys stand in the order in which they last asked: those at the front are the likeliest to be empty."""
        while self._empty_at:
            oldest = next(iter(self._empty_at))
            if len(self._empty_at) <= self._keys and self._empty_at[oldest] > now:
                return
            del self._empty_at[oldest]

    def __len__(self) -> int:
        return len(self._empty_at)
