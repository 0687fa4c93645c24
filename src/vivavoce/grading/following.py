"""Following an exam or a batch from a place in its history: first what was missed, at the reader's pace, then live,
without a gap and without a repetition (SPEC.md 0.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Protocol

from vivavoce.domain.errors import VivavoceError
from vivavoce.grading.running import Running

#: Events of an exam may be large.
_PAGE: Final = 50


class Reader(Protocol):
    """The receiving end, on the event loop."""

    def show(self, events: Sequence[Any]) -> None:
        """Events in order, each once."""
        ...

    def ready(self) -> bool:
        """Whether more of the history may be shown now."""
        ...

    def lost(self) -> None:
        """The history could not be read: the reader must come back and resume."""
        ...


class Following:
    """A cursor into the log. Call `wake` when a reader that was not ready has room again."""

    def __init__(self, stream: Running[Any, Any, Any], reader: Reader, after: int) -> None:
        self.cursor = after
        self._stream = stream
        self._reader = reader
        self._room = asyncio.Event()
        self._closed = False
        self._task: asyncio.Task[None] | None = None
        stream.followers.add(self)
        if after < stream.published:
            self._task = asyncio.get_running_loop().create_task(self._catch_up())

    def close(self) -> None:
        self._closed = True
        self._stream.followers.discard(self)
        if self._task is not None:
            self._task.cancel()

    def wake(self) -> None:
        self._room.set()

    async def caught_up(self) -> None:
        """Wait until the history has been shown."""
        if self._task is not None:
            await asyncio.wait({self._task})

    def show(self, events: Sequence[Any]) -> None:
        if self._task is None:
            self._reader.show(events)
            self.cursor = events[-1].seq

    async def _catch_up(self) -> None:
        try:
            await self._read_on()
        except VivavoceError:
            self._reader.lost()

    async def _read_on(self) -> None:
        """Ends in the same step of the loop in which the cursor meets the published head, so nothing can slip by."""
        while self.cursor < self._stream.published:
            while not self._reader.ready():
                self._room.clear()
                await self._room.wait()
            page = await self._stream.history(self.cursor, min(_PAGE, self._stream.published - self.cursor))
            if self._closed:
                return
            if not page:
                self._reader.lost()
                return
            self._reader.show(page)
            self.cursor = page[-1].seq
        self._task = None
