"""Making the report of an ended interview, and showing it to those who may see it, as much as they may."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec
import uuid_utils

from vivavoce.domain.errors import conflict, not_found
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.interview import COMPETENCIES, Language
from vivavoce.domain.scorecard import EngineStamp, OwnMark, OwnScorecard, Recommendation, Rubric, Utterance
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.private import PrivateState, record_evaluation, submit_scorecard
from vivavoce.domain.session.state import SessionState
from vivavoce.engines.evaluator.contract import EvaluationRequest, Evaluator
from vivavoce.evaluation.panel_reporter import PanelReporter
from vivavoce.evaluation.panel_transcript import as_said
from vivavoce.evaluation.records import PrivateRecords
from vivavoce.evaluation.report import Report, build_report, differences, seal
from vivavoce.evaluation.room_transcript import room_transcript
from vivavoce.evaluation.transcript import CANDIDATE, citable, disputed, transcript_of
from vivavoce.ports import Clock, Reports

_LOG: Final = logging.getLogger(__name__)


class Sessions(Protocol):
    async def state(self, session_id: str) -> SessionState: ...

    async def submit(
        self, session_id: str, command: c.AnyCommand, actor: str, *, client_id: str | None = None
    ) -> Any: ...


class Reporter:
    """`produce` is the outbox's handler of `report`; the rest is asked by HTTP."""

    def __init__(
        self,
        sessions: Sessions,
        records: PrivateRecords,
        reports: Reports,
        clock: Clock,
        evaluator: Evaluator,
        rubric: Callable[[Sequence[str], Language], Rubric],
        panels: PanelReporter | None = None,
    ) -> None:
        self._sessions = sessions
        self._records = records
        self._reports = reports
        self._clock = clock
        self._evaluator = evaluator
        self._rubric = rubric
        self._panels = panels

    async def produce(self, session_id: str) -> None:
        """Judge, report, store, say so. Called again after a crash it ends with the same one report."""
        state = await self._sessions.state(session_id)
        if state.report != "pending" or state.unconfirmed:
            return
        if state.kind == "panel" and self._panels is not None:
            await self._panels.produce(state)
            return
        rubric = self._rubric_of(state)
        utterances = transcript(state)
        private = await self._records.state(session_id)
        scorecard = private.evaluation
        if scorecard is None:
            scorecard = await self._evaluator.evaluate(
                EvaluationRequest(
                    rubric=rubric,
                    utterances=citable(utterances),
                    subject=CANDIDATE,
                    language=state.config.language,
                    job_description=state.config.job_description,
                )
            )
            judged = scorecard
            await self._records.change(session_id, SYSTEM, lambda known: record_evaluation(known, judged))
        now = self._clock.now_ms()
        report = build_report(
            session_id=session_id,
            generated_at=_iso(now),
            config=state.config,
            plan=state.plan,
            turns=state.turns,
            utterances=utterances,
            scorecard=scorecard,
            rubric=rubric,
            visibility=state.visibility,
            confirmation=state.confirmation,
            started_at=_iso(state.began_at),
            ended_at=_iso(state.ended_at),
            end_reason=state.end_reason or "",
            duration_s=state.elapsed_s(state.ended_at),
            answer_quality={
                turn.input_seq: quality for turn, quality in zip(state.turns, state.answer_qualities, strict=True)
            },
            engines=[EngineStamp(engine=name, version=version, model=model) for name, version, model in state.engines],
        )
        await self._reports.put(session_id, msgspec.json.encode(report), now)
        await self._sessions.submit(session_id, c.RecordReport(), SYSTEM, client_id="report")

    async def report_for(self, session_id: str, state: SessionState, viewer_id: str) -> Report:
        """The report as this person may see it: sealed until they have handed in an own scorecard, where that is so.

        Raises VivavoceError conflict while there is none.
        """
        report = await self._stored(session_id, state)
        private = await self._records.state(session_id)
        if state.visibility == "sealed" and not _has_judged(private, viewer_id):
            return seal(report)
        return msgspec.structs.replace(
            report,
            own_scorecards=tuple(private.own),
            differences=differences(private.own, report.scorecard) if private.own else (),
        )

    async def submit_scorecard(
        self,
        session_id: str,
        state: SessionState,
        *,
        author_id: str,
        author_name: str,
        criteria: Sequence[OwnMark],
        recommendation: Recommendation,
        comment: str,
    ) -> OwnScorecard:
        """Store a person's own scorecard, once; from then on they see the AI's. Raises VivavoceError."""
        if not state.over:
            raise conflict("the interview is still going on", reason="session_not_over")
        own = OwnScorecard(
            scorecard_id=str(uuid_utils.uuid7()),
            author_id=author_id,
            author_name=author_name,
            criteria=tuple(criteria),
            recommendation=recommendation,
            comment=comment,
            submitted_at=_iso(self._clock.now_ms()),
        )
        await self._stored(session_id, state)
        rubric = self._rubric_of(state)
        await self._records.change(session_id, author_id, lambda known: submit_scorecard(known, own, rubric))
        return own

    async def scorecards_for(self, session_id: str, state: SessionState, viewer_id: str) -> list[OwnScorecard]:
        """People's scorecards that this person may see: others' only after an own one, where sealed."""
        private = await self._records.state(session_id)
        if state.visibility == "sealed" and not _has_judged(private, viewer_id):
            return []
        return private.own

    async def _stored(self, session_id: str, state: SessionState) -> Report:
        document = await self._reports.get(session_id) if state.report == "ready" else None
        if document is None:
            if state.report in ("none", "ready"):  # never asked for, or erased
                raise not_found("there is no report of this session", reason="no_report")
            if state.unconfirmed:
                raise conflict(
                    "the candidate has not confirmed yet what was heard",
                    reason="report_unconfirmed",
                    confirm_by=_iso(state.confirm_by),
                )
            raise conflict("the report is not ready yet", reason="report_not_ready", report=state.report)
        return msgspec.json.decode(document, type=Report)

    def _rubric_of(self, state: SessionState) -> Rubric:
        """What the session pinned; else of what was planned; in a room, of what was asked about."""
        if state.rubric is not None:
            return state.rubric.in_language(state.config.language)
        planned = [item.competency for item in state.plan.competencies] if state.plan else []
        asked = dict.fromkeys(question.competency for question in state.room.asked if question.competency)
        chosen = planned or tuple(asked) or state.config.competencies or COMPETENCIES
        return self._rubric(chosen, state.config.language)


def transcript(state: SessionState) -> tuple[Utterance, ...]:
    """What was said so far. An utterance is named by the event that brought it."""
    if state.kind == "room":
        return room_transcript(state)
    if state.kind == "panel":
        return as_said(state)
    ids = {entry.seq: entry.event_id for entry in state.inputs}
    ids.update((turn.reply_seq, event_id) for turn, event_id in zip(state.turns, state.reply_event_ids, strict=True))
    said = transcript_of(state.turns, ids.__getitem__, state.inputs[state.first_pending :])
    return disputed(said, state.inputs)


def _has_judged(private: PrivateState, viewer_id: str) -> bool:
    return private.has_judged(viewer_id)


def _iso(epoch_ms: int) -> str:
    moment = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
