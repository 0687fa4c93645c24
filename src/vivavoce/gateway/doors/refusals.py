"""The record of who was refused what at a door: one line each, without contents and without tokens."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any, Final

from vivavoce.domain.errors import VivavoceError
from vivavoce.ports import Audit, Clock

_LOG: Final = logging.getLogger(__name__)
#: Refusals for who somebody is; those for what a message looks like are the sender's business alone.
_RECORDED: Final = frozenset({"unauthorized", "forbidden", "not_found"})
#: Lines that may wait to be written; beyond that only their number is told.
_ROOM: Final = 10_000


class Refusals:
    """Writes in the background, one after the other, so that a flood of refusals costs its sender and nobody else."""

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._waiting: deque[tuple[int, str, str, str, dict[str, Any]]] = deque()
        self._unwritten = 0
        self._task: asyncio.Task[None] | None = None

    def note(self, actor: str, action: str, subject: str, error: VivavoceError, **details: str) -> None:
        """`actor` is empty for somebody unknown; `subject` what it was about (`session:…`, `door:…`)."""
        if error.code not in _RECORDED:
            return
        if len(self._waiting) >= _ROOM:
            self._unwritten += 1
            return
        line = {"code": error.code, "reason": error.reason, **details}
        self._waiting.append((self._clock.now_ms(), actor, action, subject, line))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def stop(self) -> None:
        """Write what waits."""
        if self._task is not None:
            await self._task

    async def _write(self) -> None:
        try:
            while self._waiting:
                await self._audit.record(*self._waiting.popleft())
        except Exception as error:
            _LOG.warning("a refusal could not be recorded: %s", type(error).__name__)
        finally:
            if self._unwritten:
                _LOG.warning("%d refusals more than could be recorded one by one", self._unwritten)
                self._unwritten = 0
            self._task = None
