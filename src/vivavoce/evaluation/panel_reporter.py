"""Making the report of an ended panel, and showing it to those who may see it, as much as they may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import uuid_utils

from vivavoce.domain.errors import conflict, not_found
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.scorecard import OwnMark, OwnScorecard, Recommendation
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.private import Adjudicated, adjudicate, submit_scorecard
from vivavoce.domain.session.state import SessionState
from vivavoce.evaluation.panel import PanelEvaluations
from vivavoce.evaluation.panel_report import PanelReport, as_seen, build_panel_report
from vivavoce.evaluation.records import PrivateRecords
from vivavoce.ports import Clock, Reports


class Sessions(Protocol):
    async def state(self, session_id: str) -> SessionState: ...

    async def submit(
        self, session_id: str, command: c.AnyCommand, actor: str, *, client_id: str | None = None
    ) -> Any: ...


class PanelReporter:
    """Reports of panels, and what people judge of their candidates themselves."""

    def __init__(
        self,
        sessions: Sessions,
        records: PrivateRecords,
        reports: Reports,
        evaluations: PanelEvaluations,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._records = records
        self._reports = reports
        self._evaluations = evaluations
        self._clock = clock

    async def produce(self, state: SessionState) -> None:
        """Judge everybody, report, store, say so. Called again after a crash it ends with the same one report. Raises
        unavailable while the engine is away."""
        session_id = state.session_id
        await self._evaluations.evaluate(session_id, final=True)
        private = await self._records.state(session_id)
        now = self._clock.now_ms()
        report = build_panel_report(
            state,
            private,
            self._evaluations.rubric_of(state),
            generated_at=_iso(now),
            started_at=_iso(state.began_at) if state.began_at else None,
            ended_at=_iso(state.ended_at),
        )
        await self._reports.put(session_id, msgspec.json.encode(report), now)
        await self._sessions.submit(session_id, c.RecordReport(), SYSTEM, client_id="report")

    async def report_for(self, state: SessionState, viewer_id: str) -> PanelReport:
        """The report as this person may see it. Raises not_found, conflict while there is none."""
        document = await self._reports.get(state.session_id) if state.report == "ready" else None
        if document is None:
            if state.report in ("none", "ready"):  # never asked for, or erased
                raise not_found("there is no report of this session", reason="no_report")
            raise conflict("the report is not ready yet", reason="report_not_ready", report=state.report)
        report = msgspec.json.decode(document, type=PanelReport)
        return as_seen(report, state, await self._records.state(state.session_id), viewer_id)

    async def submit_scorecard(
        self,
        state: SessionState,
        *,
        subject: str,
        author_id: str,
        author_name: str,
        criteria: Sequence[OwnMark],
        recommendation: Recommendation,
        comment: str,
    ) -> OwnScorecard:
        """Store a person's own scorecard of a candidate, once; from then on they see the AI's of them. It may be given
        while the interview goes on. Raises VivavoceError."""
        candidate = _candidate(state, subject)
        own = OwnScorecard(
            scorecard_id=str(uuid_utils.uuid7()),
            author_id=author_id,
            author_name=author_name,
            criteria=tuple(criteria),
            recommendation=recommendation,
            comment=comment,
            submitted_at=_iso(self._clock.now_ms()),
            subject=candidate,
        )
        rubric = self._evaluations.rubric_of(state)
        await self._records.change(
            state.session_id, author_id, lambda known: submit_scorecard(known, own, rubric, after=state.head)
        )
        return own

    async def scorecards_for(self, state: SessionState, viewer_id: str) -> list[OwnScorecard]:
        """People's scorecards that this person may see: of a candidate only after an own one, where sealed."""
        private = await self._records.state(state.session_id)
        return [own for own in private.own if state.visibility == "live" or private.has_judged(viewer_id, own.subject)]

    async def adjudicate(
        self,
        state: SessionState,
        *,
        subject: str,
        by: str,
        by_name: str,
        criteria: Sequence[OwnMark],
        recommendation: Recommendation,
        comment: str,
    ) -> Adjudicated:
        """Store what the interviewers agree on, by one who has judged. Raises VivavoceError."""
        decision = Adjudicated(
            subject=_candidate(state, subject),
            by=by,
            by_name=by_name,
            criteria=tuple(criteria),
            recommendation=recommendation,
            comment=comment,
            after=state.head,
        )
        rubric = self._evaluations.rubric_of(state)
        await self._records.change(state.session_id, by, lambda known: adjudicate(known, decision, rubric))
        return decision


def _candidate(state: SessionState, subject: str) -> str:
    """The candidate that is meant; without a name, the only one there is."""
    candidates = state.panel.candidates()
    if not subject and len(candidates) == 1:
        return candidates[0].speaker_id
    known = state.panel.find(subject)
    if known is None or known.role != "candidate" or known.withdrew:
        raise not_found("there is no such candidate in this panel", reason="speaker_not_found")
    return known.speaker_id


def _iso(epoch_ms: int) -> str:
    moment = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
