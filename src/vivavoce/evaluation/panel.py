"""Judging the candidates of panels while they are interviewed: every half minute of session time, on request, and at
the end. What was scored already is not scored again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.interview import Language
from vivavoce.domain.scorecard import Rubric
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.panel_people import may_be_judged
from vivavoce.domain.session.private import CandidateEvaluated, record_candidate
from vivavoce.domain.session.state import SessionState
from vivavoce.engines.evaluator.contract import EvaluationRequest, Evaluator
from vivavoce.evaluation.panel_transcript import for_evaluation, language_of, newest_of
from vivavoce.evaluation.records import PrivateRecords
from vivavoce.evaluation.transcript import citable
from vivavoce.ports import Clock

_LOG: Final = logging.getLogger(__name__)
EVERY_S: Final = 30.0
_TICK_S: Final = 1.0
#: After these there is something to judge.
_SAID_ANEW: Final = (p.UtteranceHeard, p.UtterancesReassigned, p.UtteranceDivided)


class Running(Protocol):
    """A session as this needs it."""

    @property
    def session_id(self) -> str: ...

    @property
    def state(self) -> SessionState: ...


class Sessions(Protocol):
    async def state(self, session_id: str) -> SessionState: ...


class PanelEvaluations:
    """Register `committed` and `woken` with the sessions."""

    def __init__(
        self,
        sessions: Sessions,
        records: PrivateRecords,
        clock: Clock,
        evaluator: Evaluator,
        rubric: Callable[[Language], Rubric],
    ) -> None:
        self._sessions = sessions
        self._records = records
        self._clock = clock
        self._evaluator = evaluator
        self._rubric = rubric
        self._live: dict[str, Running] = {}
        self._judged_s: dict[str, float] = {}
        """Session time of the last round, by session."""
        self._locks: dict[str, asyncio.Lock] = {}
        self._rounds: set[asyncio.Task[None]] = set()
        self._ticker: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._ticker = asyncio.get_running_loop().create_task(self._tick_forever())

    async def stop(self) -> None:
        tasks = [*self._rounds, *([self._ticker] if self._ticker is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def rubric_of(self, state: SessionState) -> Rubric:
        """What the candidates of a session are judged by: what it pinned, or the panel's own."""
        language = language_of(state)
        return state.rubric.in_language(language) if state.rubric is not None else self._rubric(language)

    # --- calls of the sessions ----------------------------------------------------------------------------------

    def committed(self, session: Running, events: Sequence[e.Recorded]) -> None:
        if session.state.kind != "panel":
            return
        if any(isinstance(recorded.data, _SAID_ANEW) for recorded in events):
            self._live[session.session_id] = session
        if session.state.over:
            self._forget(session.session_id)

    def woken(self, session: Running) -> None:
        state = session.state
        if state.kind == "panel" and not state.over and state.panel.utterances:
            self._live[session.session_id] = session

    def _forget(self, session_id: str) -> None:
        self._live.pop(session_id, None)
        self._judged_s.pop(session_id, None)

    # --- time ---------------------------------------------------------------------------------------------------

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self.look()

    def look(self) -> None:
        """Begin a round in each session whose half minute is over."""
        for session_id, session in tuple(self._live.items()):
            now_s = session_time(session.state, self._clock.now_ms())
            if now_s // EVERY_S > self._judged_s.get(session_id, 0.0) // EVERY_S:
                self._judged_s[session_id] = now_s
                task = asyncio.get_running_loop().create_task(self._round(session_id))
                self._rounds.add(task)
                task.add_done_callback(self._rounds.discard)

    async def _round(self, session_id: str) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await self.evaluate(session_id)
            except VivavoceError as error:
                _LOG.warning("a panel was not judged now (%s) and will be again", error.code)
            except Exception:
                _LOG.exception("a panel was not judged now and will be again")

    # --- judging ------------------------------------------------------------------------------------------------

    async def evaluate(self, session_id: str, *, final: bool = False) -> None:
        """Judge every candidate of whom something new was heard; at the end, everybody. Raises VivavoceError
        unavailable where the engine is away: nothing is made up."""
        lock = self._locks.setdefault(session_id, asyncio.Lock())
        try:
            async with lock:
                state = await self._sessions.state(session_id)
                subjects = [one.speaker_id for one in state.panel.candidates() if may_be_judged(state, one)]
                await asyncio.gather(*(self._judge(state, subject, final=final) for subject in subjects))
        finally:
            if final or not lock.locked():
                self._locks.pop(session_id, None)

    async def _judge(self, state: SessionState, subject: str, *, final: bool) -> None:
        private = await self._records.state(state.session_id)
        newest = private.newest(subject)
        after, head = newest.after if newest is not None else 0, state.head
        fresh = newest_of(state, subject) > after
        if newest is not None and not fresh and (newest.final or not final):
            return
        if newest is None and not fresh and not final:
            return
        at_s = session_time(state, self._clock.now_ms())
        if newest is not None and not fresh:
            scorecard = newest.scorecard
        else:
            utterances = citable(for_evaluation(state))
            # Where words changed hands, what was scored before does not hold any more.
            revised = state.panel.revised.get(subject, 0) > after
            known = newest is not None and not revised
            seqs = {one.utterance_id: one.seq for one in state.panel.utterances}
            request = EvaluationRequest(
                rubric=self.rubric_of(state),
                utterances=utterances,
                subject=subject,
                language=language_of(state),
                previous=newest.scorecard if newest is not None and known else None,
                seen=tuple(one.utterance_id for one in utterances if seqs[one.utterance_id] <= after) if known else (),
                job_description=state.config.job_description,
            )
            scorecard = await self._evaluator.evaluate(request)
        evaluated = CandidateEvaluated(
            subject=subject, at_s=round(at_s, 3), after=head, final=final, scorecard=scorecard
        )
        await self._records.change(state.session_id, SYSTEM, lambda now: record_candidate(now, evaluated))


def session_time(state: SessionState, now: int) -> float:
    """Seconds since the panel began, or how far its audio goes where that came faster than it was spoken."""
    return max(state.elapsed_s(now), state.panel.heard_s)
