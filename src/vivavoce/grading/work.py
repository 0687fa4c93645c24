"""What passes between the exam and a grader: questions as mark schemes, responses as answers, grades as marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.exam.marks import Mark, Span, Stamp
from vivavoce.domain.exam.questions import Question
from vivavoce.engines.grader.contract import Answer, Grade, GradeRequest, HumanMark, MarkedQuestion, MarkScheme
from vivavoce.exam_ports import GivenResponse, HumanPoints


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A few responses to one question, for a worker. `grader` is the exam's wish (`ExamSettings.grader`)."""

    request: GradeRequest
    question_version: int
    grader: str


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker made of a slice: grades, responses that wait for a provider, and (response, reason) of failures."""

    question_version: int
    grades: tuple[Grade, ...] = ()
    pending: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


def scheme_of(state: ExamState, question: Question) -> MarkScheme:
    return MarkScheme(
        question_id=question.question_id,
        version=f"{state.exam_id}:{question.question_id}:{question.version}",
        text=question.text,
        max_points=question.points,
        step=question.step,
        language=state.head.language,
        key=question.key,
        model_answers=question.model_answers,
        expected=question.rubric,
    )


def slice_of(
    state: ExamState,
    scheme: MarkScheme,
    given: Sequence[GivenResponse],
    marks: Sequence[HumanPoints],
    beside: Mapping[str, Sequence[HumanPoints]],
) -> Slice:
    """`marks` are people's for this question, `beside` those for the exam's other free-text questions, by their ids."""
    settings = state.head.settings
    return Slice(
        request=GradeRequest(
            scheme=scheme,
            answers=tuple(
                Answer(
                    response_id=entry.response.response_id,
                    text=entry.text,
                    chosen=entry.chosen,
                    filled=entry.filled,
                    quality=entry.quality,
                )
                for entry in given
            ),
            marks=_human_marks(marks),
            related=tuple(
                MarkedQuestion(scheme=scheme_of(state, question), marks=_human_marks(found))
                for question_id, found in beside.items()
                if (question := state.questions.get(question_id)) is not None and not question.is_exact
            ),
            least_confidence=settings.least_confidence,
            least_quality=settings.least_quality,
        ),
        question_version=state.questions[scheme.question_id].version,
        grader=settings.grader,
    )


def _human_marks(marks: Sequence[HumanPoints]) -> tuple[HumanMark, ...]:
    """The oldest first: a grader that takes the newest takes the last."""
    return tuple(
        HumanMark(response_id=mark.response_id, text=mark.text, points=mark.points) for mark in reversed(marks)
    )


def mark_of(grade: Grade, question_version: int, batch_id: str) -> Mark:
    return Mark(
        kind="ai",
        rater="ai",
        points=grade.points,
        points_by=grade.points_by,
        reason=grade.reason,
        ai_status="graded" if grade.status == "graded" and grade.points is not None else "needs_person",
        confidence=grade.confidence,
        evidence=tuple(
            Span(quote=span.quote, start=span.start, end=span.end, point_id=span.point_id) for span in grade.evidence
        ),
        rationale=grade.rationale,
        feedback=grade.feedback,
        stamp=Stamp(
            engine=grade.stamp.engine,
            version=grade.stamp.version,
            model=grade.stamp.model,
            prompt_version=grade.stamp.prompt_version,
            scheme_version=grade.stamp.scheme_version,
            marks=grade.stamp.marks,
            fit=grade.stamp.fit,
        ),
        question_version=question_version,
        batch_id=batch_id,
    )
