"""Hands on the work that events asked for. At least once: a handler must bear being called again after a crash."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from vivavoce.ports import Clock, Outbox, OutboxItem

_LOG: Final = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 5.0
_AT_ONCE: Final = 20
_FIRST_PAUSE_MS: Final = 2_000
_LONGEST_PAUSE_MS: Final = 300_000

Handler = Callable[[str], Awaitable[None]]


class Relay:
    """One task that works through the outbox; `wake` when something was put into it."""

    def __init__(self, outbox: Outbox, clock: Clock, handlers: Mapping[str, Handler]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._handlers = handlers
        self._failures: dict[str, int] = {}
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def wake(self) -> None:
        self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                for item in await self._outbox.waiting(self._clock.now_ms(), _AT_ONCE):
                    await self._hand_on(item)
            except Exception:
                _LOG.exception("the outbox could not be worked through and will be looked at again")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _LOOK_EVERY_S)

    async def _hand_on(self, item: OutboxItem) -> None:
        try:
            await self._handlers[item.kind](item.subject)
        except Exception as error:
            count = self._failures[item.key] = self._failures.get(item.key, 0) + 1
            pause = min(_FIRST_PAUSE_MS * 2 ** (count - 1), _LONGEST_PAUSE_MS)
            _LOG.warning(
                "%s failed (%s) and will be tried again in %d s", item.kind, type(error).__name__, pause // 1000
            )
            await self._outbox.postpone(item.key, self._clock.now_ms() + pause)
        else:
            self._failures.pop(item.key, None)
            await self._outbox.done(item.key)
