"""What all graders do alike: blank answers, poor scans, rounding, verified evidence, what goes to people."""

from __future__ import annotations

import math
from collections.abc import Iterable

from vivavoce.domain.answer_key import is_blank
from vivavoce.engines.grader import wording
from vivavoce.engines.grader.contract import (
    Answer,
    AnswerSpan,
    Grade,
    GradeRequest,
    GraderStamp,
    MarkScheme,
    Reason,
)


def rounded(points: float, scheme: MarkScheme) -> float:
    """The nearest points that the question can earn; halves go up."""
    steps = math.floor(max(0.0, min(points, scheme.max_points)) / scheme.step + 0.5 + 1e-9)
    return round(min(steps * scheme.step, scheme.max_points), 6)


def nothing_answered(answer: Answer) -> bool:
    """Whether nothing was ticked, filled in or written."""
    return not answer.chosen and all(is_blank(part) for part in answer.filled) and is_blank(answer.text)


def blank(answer: Answer, request: GradeRequest, stamp: GraderStamp) -> Grade:
    """Nothing was answered: no points, from anyone. A poor scan may hide an answer, so a person looks at it."""
    poor = is_poor(answer, request)
    return Grade(
        response_id=answer.response_id,
        status="needs_person" if poor else "graded",
        points=0.0,
        confidence=0.0 if poor else 1.0,
        rationale=wording.say("blank", request.scheme.language),
        feedback=wording.say("blank", request.scheme.language),
        reason="low_quality" if poor else "",
        stamp=stamp,
    )


def settled(
    answer: Answer,
    request: GradeRequest,
    stamp: GraderStamp,
    *,
    points: float,
    confidence: float,
    evidence: Iterable[AnswerSpan] = (),
    rationale: str = "",
    feedback: str = "",
    reason: Reason = "",
    points_by: dict[str, float] | None = None,
) -> Grade:
    """A grade, sent to a person where a `reason` says so, the scan is poor, or the confidence too low."""
    confidence = round(min(1.0, max(0.0, confidence)), 4)
    if not reason and is_poor(answer, request):
        reason = "low_quality"
    if not reason and confidence < request.least_confidence:
        reason = "low_confidence"
    return Grade(
        response_id=answer.response_id,
        status="needs_person" if reason else "graded",
        points=rounded(points, request.scheme),
        confidence=confidence,
        evidence=verified(evidence, answer.text),
        rationale=rationale,
        feedback=feedback,
        reason=reason,
        points_by=points_by or {},
        stamp=stamp,
    )


def to_person(answer: Answer, request: GradeRequest, stamp: GraderStamp, reason: Reason) -> Grade:
    """Nothing to suggest: a person is asked."""
    return Grade(
        response_id=answer.response_id,
        status="needs_person",
        points=None,
        confidence=0.0,
        rationale=wording.say(f"person_{reason}", request.scheme.language),
        reason=reason,
        stamp=stamp,
    )


def beside_the_point(answer: Answer, request: GradeRequest, stamp: GraderStamp, *, set_aside: bool) -> Grade:
    """Signs without words, or (`set_aside`) words to the marker alone: a person confirms that it is worth nothing."""
    language = request.scheme.language
    return settled(
        answer,
        request,
        stamp,
        points=0.0,
        confidence=0.0,
        rationale=wording.say("set_aside" if set_aside else "irrelevant", language),
        feedback=wording.say("irrelevant", language),
        reason="no_evidence",
    )


def unavailable(answer: Answer, request: GradeRequest, stamp: GraderStamp) -> Grade:
    """What grades cannot be had now: nothing is given, and the answer waits."""
    return Grade(
        response_id=answer.response_id,
        status="pending",
        points=None,
        confidence=0.0,
        rationale=wording.say("pending", request.scheme.language),
        reason="unavailable",
        stamp=stamp,
    )


def verified(evidence: Iterable[AnswerSpan], text: str) -> tuple[AnswerSpan, ...]:
    """The spans that stand word for word where they say, each once."""
    kept = {
        span: None
        for span in evidence
        if span.quote.strip() and 0 <= span.start < span.end and text[span.start : span.end] == span.quote
    }
    return tuple(kept)


def is_poor(answer: Answer, request: GradeRequest) -> bool:
    return answer.quality is not None and answer.quality < request.least_quality
