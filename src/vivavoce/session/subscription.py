"""Following a session from a place in its history: first what was missed, read from the log at the reader's pace,
then live, without a gap and without a repetition (SPEC.md 0.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.session import events as e
from vivavoce.session.running import PAGE, RunningSession


class Reader(Protocol):
    """The receiving end, on the event loop."""

    def show(self, events: Sequence[e.Recorded]) -> None:
        """Events in order, each once."""
        ...

    def ephemeral(self, message: object) -> None: ...

    def ready(self) -> bool:
        """Whether more of the history may be shown now (the socket has taken what it was given)."""
        ...

    def lost(self) -> None:
        """The history could not be read: the reader must come back and resume."""
        ...


class History(Protocol):
    async def history(self, session_id: str, after: int, limit: int) -> list[e.Recorded]: ...


class Subscription:
    """A cursor into the log, not a queue: a reader that catches up costs one page of memory.

    `caught_up` is set while the reader is live. Call `wake` when a reader that was not ready has room again.
    """

    def __init__(self, session: RunningSession, history: History, reader: Reader, after: int) -> None:
        self.session = session
        self.cursor = after
        self._history = history
        self._reader = reader
        self._room = asyncio.Event()
        self._closed = False
        self._task: asyncio.Task[None] | None = None
        session.followers.add(self)
        if after < session.published:
            self._task = asyncio.get_running_loop().create_task(self._catch_up())

    @property
    def live(self) -> bool:
        return self._task is None

    def close(self) -> None:
        self._closed = True
        self.session.followers.discard(self)
        if self._task is not None:
            self._task.cancel()

    def wake(self) -> None:
        self._room.set()

    async def caught_up(self) -> None:
        """Wait until the history has been shown."""
        if self._task is not None:
            await asyncio.wait({self._task})

    def events(self, events: Sequence[e.Recorded]) -> None:
        if self._task is None:
            self._reader.show(events)
            self.cursor = events[-1].seq

    def ephemeral(self, message: object) -> None:
        if self._task is None:
            self._reader.ephemeral(message)

    async def _catch_up(self) -> None:
        try:
            await self._read_on()
        except VivavoceError:
            self._reader.lost()

    async def _read_on(self) -> None:
        """Ends in the same step of the loop in which the cursor meets the published head, so nothing can slip by."""
        while self.cursor < self.session.published:
            while not self._reader.ready():
                self._room.clear()
                await self._room.wait()
            limit = min(PAGE, self.session.published - self.cursor)
            page = await self._history.history(self.session.session_id, self.cursor, limit)
            if self._closed:
                return
            if not page:
                self._reader.lost()
                return
            self._reader.show(page)
            self.cursor = page[-1].seq
        self._task = None
