"""What a connection wishes that waits for a store or an engine: one after the other, in the order it came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Generic, Protocol, TypeVar

from vivavoce.domain.errors import VivavoceError

MessageT = TypeVar("MessageT")
#: Messages that may wait before nothing more is read.
BACKLOG: Final = 64


class Spawn(Protocol):
    """As `PlainDoor.spawn`."""

    def __call__(
        self, work: Coroutine[Any, Any, None], then: Callable[[], None] | None = None
    ) -> asyncio.Task[None]: ...


class Reading(Protocol):
    """The socket, as far as its reading can be stopped."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class InOrder(Generic[MessageT]):
    """One task for all of a connection's work, which ends when nothing is left; `refuse` answers what may not be."""

    __slots__ = ("_backlog", "_reading", "_refuse", "_spawn", "_task")

    def __init__(self, spawn: Spawn, reading: Reading, refuse: Callable[[VivavoceError, MessageT], None]) -> None:
        self._spawn = spawn
        self._reading = reading
        self._refuse = refuse
        self._backlog: deque[tuple[Callable[[MessageT], Awaitable[object]], MessageT]] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether something that came before is not done yet."""
        return self._task is not None

    def add(self, work: Callable[[MessageT], Awaitable[object]], message: MessageT) -> None:
        """`work` on `message`, after what came before it and before what comes after."""
        self._backlog.append((work, message))
        if len(self._backlog) >= BACKLOG:
            self._reading.pause_reading()
        if self._task is None:
            self._start()

    def _start(self) -> None:
        self._task = self._spawn(self._work(), then=self._ended)

    async def _work(self) -> None:
        while self._backlog:
            work, message = self._backlog.popleft()
            if len(self._backlog) == BACKLOG // 2:
                self._reading.resume_reading()
            try:
                await work(message)
            except VivavoceError as error:
                self._refuse(error, message)

    def _ended(self) -> None:
        self._task = None
        self._reading.resume_reading()
        if self._backlog:  # came after the last look, or after something broke
            self._start()
