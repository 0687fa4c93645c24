"""Sharing one model endpoint fairly: a bounded queue, a rate limit, and the account of what was used."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from vivavoce.engines.interviewer.contract import EngineUnavailable


class ModelUse(msgspec.Struct, frozen=True, kw_only=True):
    """What one reply took. `cost` is in the currency of the configured prices; `tries` counts requests sent."""

    model: str
    input_tokens: int
    output_tokens: int
    cost: float
    seconds: float
    tries: int
    failed: str = ""


class Account(msgspec.Struct, kw_only=True):
    """Running totals of an endpoint since the process started."""

    requests: int = 0
    failures: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0

    def add(self, use: ModelUse) -> None:
        self.requests += use.tries
        self.failures += bool(use.failed)
        self.input_tokens += use.input_tokens
        self.output_tokens += use.output_tokens
        self.cost += use.cost


class ProviderQueue:
    """Lets at most `concurrent` requests run and `waiting` wait, and starts at most `per_minute` in a minute.

    Whoever finds the queue full, or would wait longer than `patience_s`, is refused at once with `busy`: an interview
    has a guided engine to go on with, so nobody stands in line for long.
    """

    def __init__(
        self,
        *,
        concurrent: int = 4,
        waiting: int = 16,
        per_minute: float = 120.0,
        patience_s: float = 4.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slots = asyncio.Semaphore(concurrent)
        self._most_waiting = waiting
        self._waiting = 0
        self._per_second = per_minute / 60
        self._burst = max(1.0, per_minute / 6)
        self._tokens = self._burst
        self._refilled_at = clock()
        self._patience_s = patience_s
        self._clock = clock

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a place while a request runs. Raises EngineUnavailable `busy`."""
        if self._waiting >= self._most_waiting:
            raise EngineUnavailable("busy", "too many requests are waiting for the model")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience_s):
                await self._slots.acquire()
        except TimeoutError:
            raise EngineUnavailable("busy", "no free place at the model in time") from None
        finally:
            self._waiting -= 1
        try:
            self._take_token()
            yield
        finally:
            self._slots.release()

    def _take_token(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._refilled_at) * self._per_second)
        self._refilled_at = now
        if self._tokens < 1.0:
            raise EngineUnavailable("busy", "the rate limit of the model is used up")
        self._tokens -= 1.0
