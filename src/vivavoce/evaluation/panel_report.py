"""The report of a panel: what a hiring team decides from, for each candidate, as plain data. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from vivavoce.domain.interview import InterviewStyle, Language
from vivavoce.domain.recordings import AudioSpan
from vivavoce.domain.scorecard import Dispute, EngineStamp, OwnMark, OwnScorecard, Recommendation, Rubric, Utterance
from vivavoce.domain.session.panel import SpeakerRole
from vivavoce.domain.session.panel_rules import is_question
from vivavoce.domain.session.private import CandidateEvaluated, NoteTaken, PrivateState
from vivavoce.domain.session.state import SessionState
from vivavoce.evaluation.panel_transcript import (
    SpeakerStats,
    for_evaluation,
    in_order,
    language_of,
    shown,
    statistics,
    word_count,
)
from vivavoce.evaluation.report import (
    Coverage,
    Difference,
    Report,
    ReportCriterion,
    ReportScorecard,
    ReportSummary,
    Visibility,
    differences,
    seal_scorecard,
    shown_scorecard,
)
from vivavoce.locales import catalogue

#: A candidate who said fewer words than this is judged on little.
FEW_WORDS: Final = 60


class PanelSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The panel at a glance. Times are ISO 8601 UTC, `duration_s` is session time."""

    role: str
    candidate_name: str
    interview_style: InterviewStyle
    started_at: str | None
    ended_at: str | None
    end_reason: str
    duration_s: float
    questions_asked: int
    answers: int
    words: int
    coverage: Coverage


class ReportSpeaker(msgspec.Struct, frozen=True, kw_only=True):
    speaker_id: str
    speaker: str
    role: SpeakerRole
    participant_id: str
    stats: SpeakerStats


class PanelLine(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance with who said it; `uncertain` ones were kept out of scores, and so was what of it its speaker
    flagged as misheard and did not correct (`disputes`)."""

    utterance_id: str
    speaker_id: str
    speaker: str
    role: SpeakerRole
    text: str
    start: float
    end: float
    confidence: float | None
    attribution: float | None
    uncertain: bool
    overlapped: bool
    audio: tuple[AudioSpan, ...]
    disputes: tuple[Dispute, ...] = ()


class AskedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question an interviewer asked, and which candidates answered it before the next."""

    utterance_id: str
    text: str
    at_s: float
    asked_by: str
    answered_by: tuple[str, ...]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """The scores at one time; null where they are sealed."""

    at_s: float
    final: bool
    overall: float | None
    scores: dict[str, float | None]


class Adjudication(msgspec.Struct, frozen=True, kw_only=True):
    by: str
    by_name: str
    criteria: tuple[OwnMark, ...]
    recommendation: Recommendation
    comment: str


class ReportCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate: the final scorecard with its evidence, how it came about, and what people think."""

    speaker_id: str
    speaker: str
    sealed: bool
    scorecard: ReportScorecard | None
    history: tuple[Moment, ...]
    own_scorecards: tuple[OwnScorecard, ...] = ()
    differences: tuple[Difference, ...] = ()
    adjudication: Adjudication | None = None


class ReportNote(msgspec.Struct, frozen=True, kw_only=True):
    note_id: str
    speaker: str
    speaker_id: str
    note: str
    author: str
    at_s: float
    timestamp: float | int | str | None


class PanelReport(msgspec.Struct, frozen=True, kw_only=True):
    """One panel, reported. `sealed`: there is a candidate whose scores this reader does not see yet."""

    kind: Literal["panel"] = "panel"
    session_id: str
    generated_at: str
    language: Language
    visibility: Visibility
    sealed: bool
    summary: PanelSummary
    rubric: Rubric
    speakers: tuple[ReportSpeaker, ...]
    candidates: tuple[ReportCandidate, ...]
    questions: tuple[AskedQuestion, ...]
    transcript: tuple[PanelLine, ...]
    notes: tuple[ReportNote, ...]
    notices: tuple[str, ...]
    engines: tuple[EngineStamp, ...]


def build_panel_report(
    state: SessionState,
    private: PrivateState,
    rubric: Rubric,
    *,
    generated_at: str,
    started_at: str | None,
    ended_at: str | None,
) -> PanelReport:
    """Everything, unsealed; `as_seen` takes out what a reader may not see."""
    language = language_of(state)
    lines = _lines(state)
    questions = _questions(state)
    candidates = tuple(_candidate(state, private, speaker.speaker_id) for speaker in state.panel.candidates())
    cards = [one.scorecard for one in candidates if one.scorecard is not None]
    answered = sum(1 for question in questions if question.answered_by)
    summary = PanelSummary(
        role=state.config.role,
        candidate_name=", ".join(one.speaker for one in candidates) or state.config.candidate_name,
        interview_style=state.config.interview_style,
        started_at=started_at,
        ended_at=ended_at,
        end_reason=state.end_reason or "",
        duration_s=max(state.elapsed_s(state.ended_at), state.panel.heard_s),
        questions_asked=len(questions),
        answers=sum(1 for line in lines if line.role == "candidate"),
        words=sum(word_count(line.text) for line in lines if line.role == "candidate"),
        coverage=Coverage(
            planned=len(questions),
            covered=answered,
            ratio=round(answered / len(questions), 3) if questions else None,
        ),
    )
    figures = statistics(state)
    return PanelReport(
        session_id=state.session_id,
        generated_at=generated_at,
        language=language,
        visibility=state.visibility,
        sealed=False,
        summary=summary,
        rubric=rubric,
        speakers=tuple(
            ReportSpeaker(
                speaker_id=speaker.speaker_id,
                speaker=speaker.shown,
                role=speaker.role,
                participant_id=speaker.user_id,
                stats=figures[speaker.speaker_id],
            )
            for speaker in state.panel.present()
        ),
        candidates=candidates,
        questions=questions,
        transcript=lines,
        notes=notes_of(state, private),
        notices=_notices(language, lines, candidates, figures, rubric),
        engines=tuple(dict.fromkeys(card.produced_by for card in cards)),
    )


def as_seen(report: PanelReport, state: SessionState, private: PrivateState, viewer_id: str) -> PanelReport:
    """The report as one of the interviewers may see it: newest notes, people's scorecards, and of each candidate the
    AI's scores, where they are sealed only after an own scorecard."""
    candidates = tuple(_as_seen(one, report, private, viewer_id) for one in report.candidates)
    return msgspec.structs.replace(
        report,
        candidates=candidates,
        notes=notes_of(state, private),
        sealed=any(one.sealed for one in candidates),
    )


def _as_seen(one: ReportCandidate, report: PanelReport, private: PrivateState, viewer_id: str) -> ReportCandidate:
    own = tuple(card for card in private.own if card.subject == one.speaker_id)
    if report.visibility == "sealed" and not private.has_judged(viewer_id, one.speaker_id):
        return msgspec.structs.replace(
            one,
            sealed=True,
            scorecard=seal_scorecard(one.scorecard) if one.scorecard is not None else None,
            history=tuple(
                msgspec.structs.replace(moment, overall=None, scores=dict.fromkeys(moment.scores))
                for moment in one.history
            ),
        )
    agreed = private.adjudicated.get(one.speaker_id)
    return msgspec.structs.replace(
        one,
        own_scorecards=own,
        differences=differences(own, one.scorecard) if own and one.scorecard is not None else (),
        adjudication=Adjudication(
            by=agreed.by,
            by_name=agreed.by_name,
            criteria=agreed.criteria,
            recommendation=agreed.recommendation,
            comment=agreed.comment,
        )
        if agreed is not None
        else None,
    )


def of_candidate(report: PanelReport, candidate: ReportCandidate) -> Report:
    """One candidate's part as a report of the kind that is typeset."""
    scorecard = candidate.scorecard or _nothing(report, candidate)
    summary = ReportSummary(**{**msgspec.structs.asdict(report.summary), "candidate_name": candidate.speaker})
    return Report(
        session_id=report.session_id,
        generated_at=report.generated_at,
        language=report.language,
        visibility=report.visibility,
        sealed=candidate.sealed,
        summary=summary,
        scorecard=msgspec.structs.replace(scorecard, subject=candidate.speaker),
        rubric=report.rubric,
        transcript=tuple(
            Utterance(
                utterance_id=line.utterance_id,
                speaker=line.speaker,
                text=line.text,
                start=line.start,
                end=line.end,
                confidence=line.confidence,
                audio=line.audio,
                disputes=line.disputes,
            )
            for line in report.transcript
        ),
        timeline=(),
        plan=None,
        notices=report.notices,
        engines=report.engines,
        own_scorecards=candidate.own_scorecards,
        differences=candidate.differences,
    )


def notes_of(state: SessionState, private: PrivateState) -> tuple[ReportNote, ...]:
    found: list[ReportNote] = []
    for recorded in private.notes:
        data = recorded.data
        if isinstance(data, NoteTaken):
            speaker_id = state.panel.final_id(data.speaker_id) if data.speaker_id else ""
            found.append(
                ReportNote(
                    note_id=recorded.event_id,
                    speaker=shown(state.panel.speakers.get(speaker_id), data.speaker) if speaker_id else data.speaker,
                    speaker_id=speaker_id,
                    note=data.note,
                    author=data.author_name,
                    at_s=data.at_s,
                    timestamp=data.timestamp,
                )
            )
    return tuple(found)


def _candidate(state: SessionState, private: PrivateState, subject: str) -> ReportCandidate:
    given = private.evaluations.get(subject, [])
    return ReportCandidate(
        speaker_id=subject,
        speaker=shown(state.panel.speakers.get(subject), subject),
        sealed=False,
        scorecard=shown_scorecard(given[-1].scorecard) if given else None,
        history=tuple(_moment(each) for each in given),
    )


def _moment(given: CandidateEvaluated) -> Moment:
    return Moment(
        at_s=given.at_s,
        final=given.final,
        overall=given.scorecard.overall,
        scores={criterion.criterion_id: criterion.score for criterion in given.scorecard.criteria},
    )


def _lines(state: SessionState) -> tuple[PanelLine, ...]:
    said = {utterance.utterance_id: utterance for utterance in for_evaluation(state)}
    speakers = state.panel.speakers
    return tuple(
        PanelLine(
            utterance_id=one.utterance_id,
            speaker_id=one.speaker_id,
            speaker=shown(speakers.get(one.speaker_id), one.speaker_id),
            role=speakers[one.speaker_id].role if one.speaker_id in speakers else "unknown",
            text=said[one.utterance_id].text,
            start=one.start_s,
            end=one.end_s,
            confidence=one.spoken.confidence if one.spoken is not None else None,
            attribution=one.attribution,
            uncertain=not one.sure,
            overlapped=one.overlapped,
            audio=said[one.utterance_id].audio,
            disputes=said[one.utterance_id].disputes,
        )
        for one in in_order(state)
    )


def _questions(state: SessionState) -> tuple[AskedQuestion, ...]:
    speakers = state.panel.speakers
    found: list[AskedQuestion] = []
    for one in in_order(state):
        speaker = speakers.get(one.speaker_id)
        if speaker is None:
            continue
        if speaker.role == "interviewer" and is_question(one.text):
            found.append(
                AskedQuestion(
                    utterance_id=one.utterance_id,
                    text=one.text,
                    at_s=one.start_s,
                    asked_by=speaker.shown,
                    answered_by=(),
                )
            )
        elif speaker.role == "candidate" and found and speaker.shown not in found[-1].answered_by:
            answered_by = (*found[-1].answered_by, speaker.shown)
            found[-1] = msgspec.structs.replace(found[-1], answered_by=answered_by)
    return tuple(found)


def _nothing(report: PanelReport, candidate: ReportCandidate) -> ReportScorecard:
    """The scorecard of somebody who was never judged."""
    return ReportScorecard(
        subject=candidate.speaker_id,
        language=report.language,
        criteria=tuple(
            ReportCriterion(
                criterion_id=criterion.criterion_id,
                name=criterion.name,
                verdict="insufficient_evidence",
                score=None,
                level=None,
                anchor="",
                confidence=0.0,
                rationale="",
                feedback="",
                keywords=(),
                evidence=(),
            )
            for criterion in report.rubric.criteria
        ),
        overall=None,
        strengths=(),
        gaps=(),
        produced_by=EngineStamp(engine="", version=""),
    )


def _notices(
    language: Language,
    lines: Sequence[PanelLine],
    candidates: Sequence[ReportCandidate],
    figures: Mapping[str, SpeakerStats],
    rubric: Rubric,
) -> tuple[str, ...]:
    texts = catalogue("report", language)
    notices: list[str] = []
    for stamp in dict.fromkeys(one.scorecard.produced_by for one in candidates if one.scorecard is not None):
        notices.append(
            texts["notice.made_by"].format(
                engine=stamp.engine, version=stamp.version, rubric=rubric.rubric_id, rubric_version=rubric.version
            )
        )
        if stamp.model:
            notices.append(texts["notice.made_by_model"].format(model=stamp.model, prompt_version=stamp.prompt_version))
    notices += [texts["notice.evidence"], texts["notice.human"], texts["notice.no_emotion"]]
    uncertain = sum(1 for line in lines if line.uncertain)
    if uncertain:
        notices.append(texts["notice.uncertain_speaker"].format(count=uncertain))
    few = [one.speaker for one in candidates if figures[one.speaker_id].words < FEW_WORDS]
    if few:
        notices.append(texts["notice.few_words"].format(names=texts["list.comma"].join(few)))
    return tuple(notices)
