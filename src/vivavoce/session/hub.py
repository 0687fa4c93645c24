"""All running sessions of this process: opened on use, dropped when idle, woken by their deadlines."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from vivavoce.domain.errors import VivavoceError, not_found
from vivavoce.domain.ids import SYSTEM, session_stream
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import Policy, SessionState
from vivavoce.ports import Clock, EventLog, Heartbeats, SessionIndex, StoreUnavailableError
from vivavoce.session.presence import Presence
from vivavoce.session.running import Committed, Receipt, RunningSession

_LOG: Final = logging.getLogger(__name__)
_TICK_S: Final = 1.0
_UNLOAD_AFTER_S: Final = 120.0
_SWEEP_LIMIT: Final = 200
_BEAT_EVERY_TICKS: Final = 5
#: Sessions with a reply due that are opened side by side after a restart.
_WAKE_TOGETHER: Final = 16


class Sessions:
    """The one way to a session: for the doors, HTTP, timers, the interviewer and the reporter alike."""

    def __init__(
        self,
        log: EventLog,
        index: SessionIndex,
        heartbeats: Heartbeats,
        clock: Clock,
        policy: Policy,
        *,
        process_id: str,
        grace_s: float = 15.0,
    ) -> None:
        self.policy = policy
        self.clock = clock
        self._log = log
        self._index = index
        self._heartbeats = heartbeats
        self._process_id = process_id
        self._running: dict[str, RunningSession] = {}
        self._opening: dict[str, asyncio.Task[RunningSession]] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._alive_until = 0
        self.presence = Presence(self, clock, grace_s)
        self.committed: list[Committed] = []
        """Called after each commit with the session and its new events, on the event loop; must not block."""
        self.woken: list[Callable[[RunningSession], None]] = []
        """Called when a session was read from the log: what was left undone can be taken up."""

    async def start(self) -> None:
        """Begin to tick, and take up every reply that a crash left undone."""
        self._alive_until = await self._heartbeats.last_beat()
        await self._heartbeats.beat(self._process_id, self.clock.now_ms())
        self._ticker = asyncio.create_task(self._tick_forever())

    async def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        for session in self._running.values():
            await session.settled()

    @property
    def loaded(self) -> int:
        return len(self._running)

    def running(self) -> Iterator[SessionState]:
        """The states of the sessions that are loaded here; not to be written to."""
        return (session.state for session in self._running.values())

    async def open(self, session_id: str) -> RunningSession:
        """The running session, read from the log if it is not running. One that does not exist yet can be opened:
        its state says so, and only CreateSession fits it. Raises VivavoceError unavailable."""
        session = self._running.get(session_id)
        if session is not None:
            return session
        task = self._opening.get(session_id)
        if task is None:
            task = self._opening[session_id] = asyncio.create_task(self._load(session_id))
            task.add_done_callback(lambda _: self._opening.pop(session_id, None))
        return await asyncio.shield(task)

    async def _load(self, session_id: str) -> RunningSession:
        session = RunningSession(session_id, self._log, self.clock, self.policy, self._publish)
        try:
            await session.load()
        except StoreUnavailableError as error:
            raise VivavoceError("unavailable", str(error), reason="store_unavailable") from error
        self._running[session_id] = session
        if session.state.exists:
            self.presence.reconcile(session, self._alive_until)
            for woken in self.woken:
                woken(session)
        return session

    def _publish(self, session: RunningSession, events: Sequence[e.Recorded]) -> None:
        for listener in self.committed:
            listener(session, events)

    async def submit(
        self, session_id: str, command: c.AnyCommand, actor: str, *, client_id: str | None = None
    ) -> Receipt:
        """Open and ask. Raises VivavoceError."""
        session = await self.open(session_id)
        return await session.submit(command, actor, client_id)

    async def state(self, session_id: str) -> SessionState:
        """The state with everything in it on disk; not to be written to. Raises not_found."""
        session = await self.open(session_id)
        state = await session.settled()
        if not state.exists:
            raise not_found("there is no such session", reason="session_not_found")
        return state

    async def reload(self, session_id: str) -> None:
        """Forget a running session and read it again; its line in the index is written anew (its words may be gone)."""
        known = self._running.get(session_id)
        if known is not None:
            await known.settled()
            await known.load()
        session = known or await self.open(session_id)
        session.refresh_row(always=True)
        await session.settled()

    async def epoch(self) -> str:
        """The name of the store's history."""
        return (await self._log.position("")).epoch

    async def history(self, session_id: str, after: int, limit: int) -> list[e.Recorded]:
        """Events with seq > `after`, at most `limit`, as stored (who may see what is the projectors' business)."""
        try:
            return e.decode_page(await self._log.read(session_stream(session_id), after, limit))
        except StoreUnavailableError as error:
            raise VivavoceError("unavailable", str(error), reason="store_unavailable") from error

    # --- time -------------------------------------------------------------------------------------------------

    async def _tick_forever(self) -> None:
        ticks = 0
        await self._guarded(self._take_up_replies())
        while True:
            await asyncio.sleep(_TICK_S)
            ticks += 1
            await self._guarded(self._tick())
            if ticks % _BEAT_EVERY_TICKS == 0:
                await self._guarded(self._heartbeats.beat(self._process_id, self.clock.now_ms()))

    async def _guarded(self, work: object) -> None:
        """A tick that fails (store away) must not be the last one."""
        try:
            await work  # type: ignore[misc]
        except (VivavoceError, StoreUnavailableError) as error:
            _LOG.warning("a sweep of the sessions failed and will be tried again: %s", error)
        except Exception:
            _LOG.exception("a sweep of the sessions failed")

    async def _tick(self) -> None:
        self.presence.tick()
        now = self.clock.now_ms()
        for session_id in await self._index.due(now, _SWEEP_LIMIT):
            session = await self.open(session_id)
            await self._fire(session, now)
        self._unload_idle()

    async def _fire(self, session: RunningSession, now: int) -> None:
        for kind, due, seq in session.state.deadlines(self.policy):
            if kind == "time_up" and self.presence.busy(session.session_id):
                continue  # whether the clock still runs is not known before the grace is over
            if due <= now:
                await session.submit(c.FireTimer(kind=kind, seq=seq), SYSTEM, f"timer:{kind}:{seq}")
        session.refresh_row()

    async def _take_up_replies(self) -> None:
        """Opening a session wakes whoever owes it a reply."""
        waiting = await self._index.awaiting_reply(10_000)
        for start in range(0, len(waiting), _WAKE_TOGETHER):
            await asyncio.gather(*(self.open(session_id) for session_id in waiting[start : start + _WAKE_TOGETHER]))

    def _unload_idle(self) -> None:
        limit = self.clock.monotonic() - _UNLOAD_AFTER_S
        unused = [
            session_id
            for session_id, session in self._running.items()
            if session.last_used < limit and session.idle and not self.presence.busy(session_id)
        ]
        for session_id in unused:
            del self._running[session_id]
