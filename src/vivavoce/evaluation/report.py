"""The report of an interview: everything a hiring team decides from, as plain data. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final, Literal

import msgspec

from vivavoce.domain.evidence import locked
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, InterviewStyle, Language, Strategy, Turn
from vivavoce.domain.scorecard import (
    CriterionScore,
    EngineStamp,
    Evidence,
    OwnScorecard,
    Rubric,
    Scorecard,
    Utterance,
    Verdict,
)
from vivavoce.domain.session.state import Confirmation
from vivavoce.evaluation.transcript import CANDIDATE, word_count
from vivavoce.locales import catalogue

Visibility = Literal["sealed", "live"]

#: With fewer answers than this the report asks for care.
FEW_ANSWERS: Final = 5
#: Below this the recogniser is unsure of an answer.
UNSURE: Final = 0.6


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Planned competencies and those that got at least one answer; `ratio` is 0 to 1, None when nothing was planned."""

    planned: int
    covered: int
    ratio: float | None


class ReportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The interview at a glance. Times are ISO 8601 UTC, `duration_s` is session time."""

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


class ReportCriterion(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion's score as a report shows it; where the report is sealed everything but id and name is empty."""

    criterion_id: str
    name: str
    verdict: Verdict | None
    score: float | None
    level: int | None
    anchor: str | None
    confidence: float | None
    rationale: str | None
    feedback: str | None
    keywords: tuple[str, ...]
    evidence: tuple[Evidence, ...]


class ReportScorecard(msgspec.Struct, frozen=True, kw_only=True):
    """A scorecard as a report shows it: the fields of `Scorecard`, empty where sealed."""

    subject: str
    language: Language
    criteria: tuple[ReportCriterion, ...]
    overall: float | None
    strengths: tuple[str, ...]
    gaps: tuple[str, ...]
    produced_by: EngineStamp


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A move of the interviewer at `at_s` (seconds of session time) and the answer it got.

    `answer_words` is 0 where nothing was answered; `answer_quality` is 0 to 1, or None where nobody judged it.
    """

    at_s: float
    strategy: Strategy
    focus_area: str
    question_id: str | None
    reason: str
    answer_words: int
    answer_quality: float | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """AI and people on one criterion; `human` is the mean of those who scored it, `delta` is human minus AI."""

    criterion_id: str
    ai: float | None
    human: float | None
    delta: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One interview, reported. `engines` are all engines that took part, the evaluator first."""

    session_id: str
    generated_at: str
    language: Language
    visibility: Visibility
    sealed: bool
    summary: ReportSummary
    scorecard: ReportScorecard
    rubric: Rubric
    transcript: tuple[Utterance, ...]
    timeline: tuple[TimelineEntry, ...]
    plan: InterviewPlan | None
    notices: tuple[str, ...]
    engines: tuple[EngineStamp, ...]
    own_scorecards: tuple[OwnScorecard, ...]
    differences: tuple[Difference, ...]


def build_report(
    *,
    session_id: str,
    generated_at: str,
    config: InterviewConfig,
    plan: InterviewPlan | None,
    turns: Sequence[Turn],
    utterances: Sequence[Utterance],
    scorecard: Scorecard,
    rubric: Rubric,
    visibility: Visibility,
    started_at: str | None,
    ended_at: str | None,
    end_reason: str,
    duration_s: float,
    answer_quality: Mapping[int, float | None] | None = None,
    engines: Sequence[EngineStamp] = (),
    own_scorecards: Sequence[OwnScorecard] = (),
    confirmation: Confirmation = "none",
) -> Report:
    """Everything there is to report, unsealed; who may see it all is decided by whoever shows it (see `seal`).

    `utterances` is the transcript as it was judged; `answer_quality` is by the `seq` of the answer. The scorecard's
    evidence is verified once more against these very utterances, so no report can carry what the transcript does not.
    """
    weights = {criterion.criterion_id: criterion.weight for criterion in rubric.criteria}
    verified = locked(scorecard, utterances, weights=weights)
    summary = _summary(config, plan, turns, started_at, ended_at, end_reason, duration_s)
    return Report(
        session_id=session_id,
        generated_at=generated_at,
        language=config.language,
        visibility=visibility,
        sealed=False,
        summary=summary,
        scorecard=shown_scorecard(verified),
        rubric=rubric,
        transcript=tuple(utterances),
        timeline=_timeline(turns, answer_quality or {}),
        plan=plan,
        notices=_notices(config.language, verified, summary, plan, turns, utterances, confirmation),
        engines=(verified.produced_by, *engines),
        own_scorecards=tuple(own_scorecards),
        differences=differences(own_scorecards, verified) if own_scorecards else (),
    )


def seal(report: Report) -> Report:
    """The report as it is shown to somebody who has not yet submitted an own scorecard.

    Nothing of the AI's judgement is left, nor of other people's; criteria, rubric and transcript stay, for judging.
    """
    return msgspec.structs.replace(
        report,
        sealed=True,
        scorecard=seal_scorecard(report.scorecard),
        timeline=tuple(msgspec.structs.replace(entry, answer_quality=None, reason="") for entry in report.timeline),
        notices=(catalogue("report", report.language)["notice.sealed"], *report.notices),
        own_scorecards=(),
        differences=(),
    )


def seal_scorecard(scorecard: ReportScorecard) -> ReportScorecard:
    """The criteria without what was made of them."""
    return msgspec.structs.replace(
        scorecard,
        criteria=tuple(_sealed_criterion(criterion) for criterion in scorecard.criteria),
        overall=None,
        strengths=(),
        gaps=(),
    )


def differences(own: Sequence[OwnScorecard], ai: Scorecard | ReportScorecard) -> tuple[Difference, ...]:
    """AI beside people on every criterion of the AI's scorecard, in its order."""
    found: list[Difference] = []
    for criterion in ai.criteria:
        marks = [
            mark.score
            for scorecard in own
            for mark in scorecard.criteria
            if mark.criterion_id == criterion.criterion_id and mark.score is not None
        ]
        human = round(fmean(marks), 2) if marks else None
        delta = round(human - criterion.score, 2) if human is not None and criterion.score is not None else None
        found.append(Difference(criterion_id=criterion.criterion_id, ai=criterion.score, human=human, delta=delta))
    return tuple(found)


def _summary(
    config: InterviewConfig,
    plan: InterviewPlan | None,
    turns: Sequence[Turn],
    started_at: str | None,
    ended_at: str | None,
    end_reason: str,
    duration_s: float,
) -> ReportSummary:
    answers = [turn.input_text for turn in turns if turn.input_text.strip()]
    return ReportSummary(
        role=config.role,
        candidate_name=config.candidate_name,
        interview_style=config.interview_style,
        started_at=started_at,
        ended_at=ended_at,
        end_reason=end_reason,
        duration_s=round(duration_s, 3),
        questions_asked=sum(1 for turn in turns if turn.move.response_type in ("question", "follow_up")),
        answers=len(answers),
        words=sum(word_count(answer) for answer in answers),
        coverage=_coverage(plan, turns),
    )


def _coverage(plan: InterviewPlan | None, turns: Sequence[Turn]) -> Coverage:
    planned = _planned(plan)
    covered = _answered(turns) & planned.keys()
    ratio = round(len(covered) / len(planned), 3) if planned else None
    return Coverage(planned=len(planned), covered=len(covered), ratio=ratio)


def _planned(plan: InterviewPlan | None) -> dict[str, str]:
    return {item.competency: item.name for item in plan.competencies} if plan else {}


def _answered(turns: Sequence[Turn]) -> set[str]:
    return {
        before.move.focus_area
        for before, after in pairwise(turns)
        if before.move.focus_area and after.input_text.strip()
    }


def _timeline(turns: Sequence[Turn], quality: Mapping[int, float | None]) -> tuple[TimelineEntry, ...]:
    entries: list[TimelineEntry] = []
    for index, turn in enumerate(turns):
        after = turns[index + 1] if index + 1 < len(turns) else None
        answered = after is not None and bool(after.input_text.strip())
        entries.append(
            TimelineEntry(
                at_s=turn.reply_at_s,
                strategy=turn.move.strategy,
                focus_area=turn.move.focus_area,
                question_id=turn.move.question_id,
                reason=turn.move.reason,
                answer_words=word_count(after.input_text) if after is not None and answered else 0,
                answer_quality=quality.get(after.input_seq) if after is not None and answered else None,
            )
        )
    return tuple(entries)


def shown_scorecard(scorecard: Scorecard) -> ReportScorecard:
    """A scorecard as a report shows it."""
    return ReportScorecard(
        subject=scorecard.subject,
        language=scorecard.language,
        criteria=tuple(_shown_criterion(criterion) for criterion in scorecard.criteria),
        overall=scorecard.overall,
        strengths=scorecard.strengths,
        gaps=scorecard.gaps,
        produced_by=scorecard.produced_by,
    )


def _shown_criterion(criterion: CriterionScore) -> ReportCriterion:
    return ReportCriterion(**msgspec.structs.asdict(criterion))


def _sealed_criterion(criterion: ReportCriterion) -> ReportCriterion:
    return ReportCriterion(
        criterion_id=criterion.criterion_id,
        name=criterion.name,
        verdict=None,
        score=None,
        level=None,
        anchor=None,
        confidence=None,
        rationale=None,
        feedback=None,
        keywords=(),
        evidence=(),
    )


def _notices(
    language: Language,
    scorecard: Scorecard,
    summary: ReportSummary,
    plan: InterviewPlan | None,
    turns: Sequence[Turn],
    utterances: Sequence[Utterance],
    confirmation: Confirmation,
) -> tuple[str, ...]:
    texts = catalogue("report", language)
    stamp = scorecard.produced_by
    notices = [
        texts["notice.made_by"].format(
            engine=stamp.engine, version=stamp.version, rubric=stamp.rubric_id, rubric_version=stamp.rubric_version
        )
    ]
    if stamp.model:
        notices.append(texts["notice.made_by_model"].format(model=stamp.model, prompt_version=stamp.prompt_version))
    notices += [texts["notice.evidence"], texts["notice.human"], texts["notice.no_emotion"]]
    notices += _ways(texts, utterances)
    notices += _confirmed(texts, utterances, confirmation)
    if summary.answers < FEW_ANSWERS:
        notices.append(texts["notice.short"].format(answers=summary.answers))
    answered = _answered(turns)
    uncovered = [name for competency, name in _planned(plan).items() if competency not in answered]
    if uncovered:
        notices.append(texts["notice.uncovered"].format(names=texts["list.comma"].join(uncovered)))
    return tuple(notices)


def _confirmed(texts: Mapping[str, str], utterances: Sequence[Utterance], confirmation: Confirmation) -> list[str]:
    """What the candidate said about how they were heard."""
    flagged = sum(len(utterance.disputes) for utterance in utterances)
    notices = [texts["notice.flagged"].format(count=flagged)] if flagged else []
    if confirmation in ("confirmed", "lapsed"):
        notices.append(texts[f"notice.{confirmation}"])
    return notices


def _ways(texts: Mapping[str, str], utterances: Sequence[Utterance]) -> list[str]:
    """Whether the answers were spoken or written, and how many the recogniser was unsure of."""
    answers = [utterance for utterance in utterances if utterance.speaker == CANDIDATE]
    spoken = [utterance for utterance in answers if utterance.audio]
    if not spoken:
        return [texts["notice.typed"]]
    notices = [texts["notice.spoken" if len(spoken) == len(answers) else "notice.mixed"]]
    unsure = sum(1 for each in spoken if each.confidence is not None and each.confidence < UNSURE)
    if unsure:
        notices.append(texts["notice.unsure"].format(count=unsure))
    return notices
