"""The interviewer at work: whenever a session owes a reply, make it once, under a lease, and store it.

Nothing here is remembered that matters: what is owed is in the session's state, so a crash at any point is mended by
looking at the state again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from vivavoce.dialogue.memory import remember
from vivavoce.dialogue.planner import next_move
from vivavoce.dialogue.quality import assess
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.interview import InterviewPlan, Language, Move
from vivavoce.domain.question_bank import QuestionBank
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import Input, SessionState
from vivavoce.engines.interviewer.contract import Interviewer, ReplyRequest, Restart
from vivavoce.ports import Clock, Leases

_LOG: Final = logging.getLogger(__name__)
_LEASE_MS: Final = 60_000
_LEASES_REMEMBERED: Final = 4096
_DELTA_EVERY_S: Final = 0.08
_DELTA_LENGTH: Final = 48
_PAUSES_S: Final = (0.2, 1.0, 5.0, 15.0)


class Session(Protocol):
    """What the interviewer needs of a running session."""

    session_id: str

    @property
    def state(self) -> SessionState: ...

    def submit(self, command: c.AnyCommand, actor: str, client_id: str | None = None) -> asyncio.Future[Any]: ...

    def tell(self, message: object) -> None: ...


class ReplyStarted(msgspec.Struct, frozen=True):
    """Not stored: the interviewer begins to think about the inputs up to `input_seq` (0: the opening)."""

    input_seq: int
    turn_id: str


class ReplyDelta(msgspec.Struct, frozen=True):
    """Not stored: a part of a reply. `restart`: forget the parts of this turn so far."""

    turn_id: str
    text: str
    restart: bool = False


class ReplyInterrupted(msgspec.Struct, frozen=True):
    """Not stored: this turn's reply was given up for a newer input."""

    turn_id: str


class Wording(Protocol):
    """Interviewers that together never fail. `on_engine` hears who words a reply: the engine and, where it took over,
    the name of the one before it and why that one could not go on."""

    def reply(
        self, request: ReplyRequest, on_engine: Callable[[Interviewer, str, str], None] | None = None
    ) -> AsyncIterator[str]: ...


class Responder:
    """Listens to sessions (`committed`, `woken`) and replies."""

    def __init__(
        self,
        leases: Leases,
        clock: Clock,
        interviewer: Wording,
        bank: Callable[[Language], QuestionBank],
        *,
        holder: str,
        lease_ms: int = _LEASE_MS,
        floor: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`floor` waits until nobody speaks in a session: a reply is not given while the candidate talks on."""
        self._leases = leases
        self._clock = clock
        self._interviewer = interviewer
        self._bank = bank
        self._holder = holder
        self._lease_ms = lease_ms
        self._floor = floor
        self._tasks: dict[str, tuple[tuple[int, ...], asyncio.Task[None]]] = {}
        self._held: dict[str, tuple[int, int]] = {}
        """Leases of ours by session: (token, until when it is used without asking, epoch ms)."""

    @property
    def under_way(self) -> int:
        """Replies being made now."""
        return len(self._tasks)

    def committed(self, session: Session, events: Sequence[e.Recorded]) -> None:
        if any(isinstance(event.data, (e.InputSubmitted, e.InterviewBegan, e.SessionEnded)) for event in events):
            self.woken(session)

    def woken(self, session: Session) -> None:
        """Start the reply that is due; give up one that is under way for inputs that are not the due ones any more."""
        due = _due(session.state)
        working = self._tasks.get(session.session_id)
        if working is not None:
            if working[0] == due:
                return
            working[1].cancel()
        if due is not None:
            self._start(session, due)

    async def stop(self) -> None:
        tasks = [task for _, task in self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, session: Session, due: tuple[int, ...]) -> None:
        task = asyncio.get_running_loop().create_task(self._until_done(session, due))
        self._tasks[session.session_id] = (due, task)

        def finished(ended: asyncio.Task[None]) -> None:
            if self._tasks.get(session.session_id, (None, None))[1] is ended:
                del self._tasks[session.session_id]
                if not ended.cancelled():
                    self.woken(session)

        task.add_done_callback(finished)

    async def _until_done(self, session: Session, due: tuple[int, ...]) -> None:
        for attempt in range(1_000_000):
            try:
                if await self._reply(session, due):
                    return
            except VivavoceError as error:
                if error.reason == "reply_superseded":
                    return
                _LOG.warning("a reply was not stored (%s) and will be tried again", error.code)
            except Exception:
                _LOG.exception("a reply failed and will be tried again")
            await asyncio.sleep(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)])
            if _due(session.state) != due:
                return

    async def _reply(self, session: Session, due: tuple[int, ...]) -> bool:
        """Make and store one reply; False when somebody else holds the lease."""
        fence = await self._fence(session.session_id)
        if fence is None:
            return False
        started = self._clock.monotonic()
        state = session.state
        if _due(state) != due:
            return True
        request, quality = self._prepare(state, state.pending())
        turn_id = f"{session.session_id}:{len(state.turns) + 1}"
        session.tell(ReplyStarted(max(due, default=0), turn_id))
        interrupted = True
        try:
            wording = await self._word(session, request, turn_id)
            if self._floor is not None:
                await self._floor(session.session_id)
            interrupted = False
        finally:
            if interrupted:
                session.tell(ReplyInterrupted(turn_id))
        engine = wording.engine
        await session.submit(
            c.RecordReply(
                fence=fence,
                input_seqs=due,
                text=wording.text,
                move=request.move,
                engine=engine.name,
                engine_version=engine.version,
                model=engine.model,
                processing_s=round(self._clock.monotonic() - started, 4),
                answer_quality=quality,
                switched_from=wording.switched_from,
                switch_reason=wording.reason,
            ),
            SYSTEM,
            f"reply:{max(due, default=0)}:{len(due)}",
        )
        return True

    async def _fence(self, session_id: str) -> int | None:
        """The token of the lease on this session's replies, taken anew when half its time is over; None while somebody
        else holds it."""
        now = self._clock.now_ms()
        held = self._held.get(session_id)
        if held is not None and now < held[1]:
            return held[0]
        if len(self._held) >= _LEASES_REMEMBERED:
            self._held = {name: lease for name, lease in self._held.items() if now < lease[1]}
        token = await self._leases.acquire(f"reply:{session_id}", self._holder, now, self._lease_ms)
        if token is not None:
            self._held[session_id] = (token, now + self._lease_ms // 2)
        return token

    def _prepare(self, state: SessionState, pending: list[Input]) -> tuple[ReplyRequest, float | None]:
        """Plan the move (pure, quick) and gather what the wording engine may know."""
        config = state.config
        plan = state.plan or InterviewPlan(competencies=(), bank_version="")
        bank = self._bank(config.language)
        text = "\n".join(entry.text for entry in pending)
        now = self._clock.now_ms()
        turns = tuple(state.turns)
        move: Move = next_move(
            config=config,
            plan=plan,
            bank=bank,
            turns=turns,
            input_text=text,
            elapsed_s=state.elapsed_s(now),
            remaining_s=state.remaining_s(now),
        )
        asked = remember(turns).pending
        quality = assess(text, config.language, bank.question(asked)).overall if asked and text else None
        request = ReplyRequest(
            config=config,
            plan=plan,
            turns=turns,
            input_text=text,
            move=move,
            language=config.language,
            remaining_s=state.remaining_s(now),
            candidate_name=config.candidate_name,
        )
        return request, quality

    async def _word(self, session: Session, request: ReplyRequest, turn_id: str) -> _Wording:
        """The reply in words, told as it comes, gathered to at least a few words: engines yield single tokens, and
        each message has a price."""
        wording = _Wording()
        parts: list[str] = []
        untold: list[str] = []
        told_at = self._clock.monotonic()
        async for delta in self._interviewer.reply(request, wording.by):
            if isinstance(delta, Restart):
                parts.clear()
                untold.clear()
                session.tell(ReplyDelta(turn_id, "", restart=True))
                continue
            parts.append(delta)
            untold.append(delta)
            now = self._clock.monotonic()
            if now - told_at >= _DELTA_EVERY_S or sum(map(len, untold)) >= _DELTA_LENGTH:
                session.tell(ReplyDelta(turn_id, "".join(untold)))
                untold.clear()
                told_at = now
        if untold:
            session.tell(ReplyDelta(turn_id, "".join(untold)))
        wording.text = "".join(parts)
        return wording


class _Wording:
    """A reply's text, and who worded it in the end."""

    def __init__(self) -> None:
        self.text = ""
        self.engine: Interviewer
        self.switched_from = ""
        self.reason = ""

    def by(self, engine: Interviewer, before: str, reason: str) -> None:
        self.engine, self.switched_from, self.reason = engine, before, reason


def _due(state: SessionState) -> tuple[int, ...] | None:
    """The inputs that the due reply answers (empty: the opening), None when none is due."""
    if not state.reply_due:
        return None
    return tuple(entry.seq for entry in state.pending())
