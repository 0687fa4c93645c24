"""Going on whatever happens to the model: the guided engine takes over, for this reply or for a while."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Final

import structlog

from vivavoce.engines.interviewer.contract import EngineUnavailable, Interviewer, ReplyRequest, Restart

log: Final = structlog.get_logger(__name__)

#: Called with the engine that words the reply from here on; where it took over, with the name of the one before it and
#: why that one could not go on (the reason of EngineUnavailable), otherwise with two empty strings.
OnEngine = Callable[[Interviewer, str, str], None]


class CircuitBreaker:
    """After `failures` in a row it stays open for `rest_s`, then lets one try through at a time until one succeeds."""

    def __init__(self, *, failures: int = 3, rest_s: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = failures
        self._rest_s = rest_s
        self._clock = clock
        self._failed = 0
        self._closed_until = 0.0
        self._probing = False

    def admits(self) -> bool:
        """Say whether a try may be made now; a try after the rest is a probe, and only one goes at a time."""
        if self._failed < self._most:
            return True
        if self._probing or self._clock() < self._closed_until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failed = 0
        self._probing = False

    def failed(self) -> None:
        self._failed += 1
        self._probing = False
        if self._failed >= self._most:
            self._closed_until = self._clock() + self._rest_s

    def abandoned(self) -> None:
        """The try was given up by its caller and says nothing about the engine."""
        self._probing = False


class SingleInterviewer:
    """One engine that never fails, in the shape of `FallbackInterviewer`."""

    def __init__(self, engine: Interviewer) -> None:
        self._engine = engine

    async def reply(self, request: ReplyRequest, on_engine: OnEngine | None = None) -> AsyncIterator[str]:
        (on_engine or _untold)(self._engine, "", "")
        async for delta in self._engine.reply(request):
            yield delta


class FallbackInterviewer:
    """Words replies with `first`, and with `second` when `first` cannot.

    Where `first` fails after it had begun, a `Restart` goes before the second engine's text. Goodbyes, patience and
    notices are fixed speech acts: `second` always words them, and that is no fallback. `second` must not fail.
    """

    name = "fallback"

    def __init__(self, first: Interviewer, second: Interviewer, breaker: CircuitBreaker | None = None) -> None:
        self._first = first
        self._second = second
        self._breaker = breaker or CircuitBreaker()
        self.version = f"{first.name} {first.version}, {second.name} {second.version}"
        self.model = first.model

    async def reply(self, request: ReplyRequest, on_engine: OnEngine | None = None) -> AsyncIterator[str]:
        """Yield the reply; `on_engine` hears who words it, before the first word."""
        told = on_engine or _untold
        if not _worth_a_model(request):
            told(self._second, "", "")
            async for delta in self._second.reply(request):
                yield delta
            return
        reason, begun = "circuit_open", False
        if self._breaker.admits():
            finished = False
            told(self._first, "", "")
            try:
                async with aclosing(_generator(self._first.reply(request))) as deltas:
                    async for delta in deltas:
                        begun = True
                        yield delta
                self._breaker.succeeded()
                finished = True
                return
            except EngineUnavailable as failure:
                reason, finished = failure.reason, True
                self._note(reason, failure.details)
            except Exception as failure:
                # A defect in the first engine must not end an interview either.
                reason, finished = "failed", True
                self._note(reason, type(failure).__name__)
            finally:
                if not finished:
                    self._breaker.abandoned()
        told(self._second, self._first.name, reason)
        if begun:
            yield Restart()
        async for delta in self._second.reply(request):
            yield delta

    def _note(self, reason: str, details: str) -> None:
        """A full queue says nothing about the endpoint's health; everything else counts."""
        if reason == "busy":
            self._breaker.abandoned()
        else:
            self._breaker.failed()
        log.warning("interviewer_fallback", reason=reason, details=details, engine=self._first.name)


def _untold(_engine: Interviewer, _before: str, _reason: str) -> None:
    """Nobody wants to know."""


async def _generator(deltas: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    async for delta in deltas:
        yield delta


def _worth_a_model(request: ReplyRequest) -> bool:
    move = request.move
    asks = move.response_type in {"greeting", "question", "follow_up"}
    return asks and not move.closes and move.strategy != "wrap_up"
