"""Who is connected: a person with several tabs is one, and a short absence is none (SPEC.md 1, grace 15 s)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from vivavoce.domain.access import Role
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.room import Id
from vivavoce.ports import Clock
from vivavoce.session.running import Receipt, RunningSession

if TYPE_CHECKING:
    from vivavoce.session.hub import Sessions

_LOG: Final = logging.getLogger(__name__)
_TOLD_TOGETHER: Final = 50


class Presence:
    """Counts connections by (session, person) and turns the first and the last into commands."""

    def __init__(self, sessions: Sessions, clock: Clock, grace_s: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._grace_ms = int(grace_s * 1000)
        self._connections: dict[tuple[str, str], int] = {}
        self._leaving: dict[str, dict[str, tuple[int, int]]] = {}
        """By session and person: when the last connection went, and when the grace is over, epoch ms."""
        self._telling: asyncio.Task[None] | None = None

    def arrived(
        self, session: RunningSession, user_id: str, role: Role, shown_as: Id | None = None
    ) -> asyncio.Future[Receipt] | None:
        """A connection of this person is here; where it is their first, what says so, which may still be refused: then
        it has to be taken back (`left`, for good). `shown_as` is their id as they write it themselves."""
        key = (session.session_id, user_id)
        self._connections[key] = self._connections.get(key, 0) + 1
        self._stay(session.session_id, user_id)
        if user_id in session.state.present:
            return None
        return self._note(session, c.NoteConnected(user_id=user_id, role=role, shown_as=shown_as))

    def left(self, session: RunningSession, user_id: str, *, for_good: bool = False) -> asyncio.Future[Receipt] | None:
        """A connection is gone. After the last one the grace runs, or, `for_good`, the person has left at once: then,
        what says so."""
        key = (session.session_id, user_id)
        count = self._connections.get(key, 0) - 1
        if count > 0:
            self._connections[key] = count
            return None
        self._connections.pop(key, None)
        if not self._connections:
            self._connections.clear()  # else it keeps the room that it once needed
        now = self._clock.now_ms()
        if for_good:
            return self._note(session, c.NoteDisconnected(user_id=user_id, since=now))
        self._leaving.setdefault(session.session_id, {})[user_id] = (now, now + self._grace_ms)
        return None

    def connected(self, session_id: str, user_id: str) -> bool:
        return (session_id, user_id) in self._connections

    def busy(self, session_id: str) -> bool:
        """Whether somebody's absence in this session is still to be decided."""
        return session_id in self._leaving

    def reconcile(self, session: RunningSession, alive_until: int) -> None:
        """A session read from the log may say that people are there whose process died: they get the usual grace,
        and their clock stops when that process was last known to live."""
        now = self._clock.now_ms()
        since = min(now, max(alive_until, session.state.last_activity))
        for user_id in session.state.present:
            if not self.connected(session.session_id, user_id):
                leaving = self._leaving.setdefault(session.session_id, {})
                leaving.setdefault(user_id, (since, now + self._grace_ms))

    def tick(self) -> None:
        """Note whose grace is over."""
        if not self._leaving or self._telling is not None:
            return
        now = self._clock.now_ms()
        gone = [
            (session_id, user_id, since)
            for session_id, people in self._leaving.items()
            for user_id, (since, until) in people.items()
            if until <= now
        ]
        if gone:
            self._telling = asyncio.create_task(self._tell_gone(gone))
            self._telling.add_done_callback(self._told)

    async def _tell_gone(self, gone: Sequence[tuple[str, str, int]]) -> None:
        """One after the other, so that thousands who go at once do not hold up the loop."""
        for number, (session_id, user_id, since) in enumerate(gone, 1):
            if user_id not in self._leaving.get(session_id, ()):
                continue  # came back in the meantime
            session = await self._sessions.open(session_id)
            if user_id in self._leaving.get(session_id, ()):
                self._stay(session_id, user_id)
                self._note(session, c.NoteDisconnected(user_id=user_id, since=since))
            if number % _TOLD_TOGETHER == 0:
                await asyncio.sleep(0)

    def _told(self, task: asyncio.Task[None]) -> None:
        self._telling = None
        _said(task)

    def _stay(self, session_id: str, user_id: str) -> None:
        people = self._leaving.get(session_id)
        if people is not None:
            people.pop(user_id, None)
            if not people:
                del self._leaving[session_id]

    def _note(self, session: RunningSession, command: c.AnyCommand) -> asyncio.Future[Receipt]:
        future = session.submit(command, SYSTEM)
        future.add_done_callback(_said)
        return future


def _said(future: asyncio.Future[Receipt] | asyncio.Task[None]) -> None:
    if future.cancelled():
        return
    error = future.exception()
    if error is not None and not isinstance(error, VivavoceError):
        _LOG.error("presence was not recorded: %r", error)
