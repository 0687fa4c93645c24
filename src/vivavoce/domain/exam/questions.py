"""The questions of an exam: their kinds, what they are worth, and what answers are held against."""

from __future__ import annotations

import math
import re
from typing import Final, Literal

import msgspec

from vivavoce.domain.answer_key import AnswerKey, ChoiceKey, ExpectedPoint, FillInKey, NumericKey, TrueFalseKey
from vivavoce.domain.answer_sheet import Place
from vivavoce.domain.errors import VivavoceError, invalid
from vivavoce.domain.interview import Language

QuestionType = Literal["single_choice", "multiple_choice", "true_false", "numeric", "fill_in", "short_answer", "essay"]
QUESTION_TYPES: Final[tuple[QuestionType, ...]] = (
    "single_choice",
    "multiple_choice",
    "true_false",
    "numeric",
    "fill_in",
    "short_answer",
    "essay",
)
#: Which kind of key each exact question has; free text has none.
KEYS: Final[dict[QuestionType, type[msgspec.Struct]]] = {
    "single_choice": ChoiceKey,
    "multiple_choice": ChoiceKey,
    "true_false": TrueFalseKey,
    "numeric": NumericKey,
    "fill_in": FillInKey,
}
QUESTIONS_LIMIT: Final = 200
PAGES_LIMIT: Final = 50
_TEXT_LIMIT: Final = 20_000
_POINTS_LIMIT: Final = 1000.0
_QUESTION_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question. `step` is the smallest difference of points; `rubric` what a free-text answer is expected to say;
    `guidance` a note for whoever marks; `place` where it is answered on a printed sheet. `version` counts the changes
    that touch grading, from 1."""

    question_id: str = ""
    type: QuestionType = "short_answer"
    text: str = ""
    points: float = 1.0
    step: float = 1.0
    key: AnswerKey | None = None
    model_answers: tuple[str, ...] = ()
    rubric: tuple[ExpectedPoint, ...] = ()
    guidance: str = ""
    image_url: str = ""
    place: Place | None = None
    version: int = 1

    @property
    def is_exact(self) -> bool:
        return self.type in KEYS


def checked_question(question: Question, field: str = "question") -> Question:
    """Return `question` if it can be asked and marked, else raise invalid_payload that names the field."""
    if not _QUESTION_ID.fullmatch(question.question_id):
        raise invalid("a question id is 1 to 64 letters, digits, _ and -", field=f"{field}.question_id")
    if not question.text.strip() or len(question.text) > _TEXT_LIMIT:
        raise invalid(f"a question has a text of up to {_TEXT_LIMIT} characters", field=f"{field}.text")
    if not 0 < question.points <= _POINTS_LIMIT:
        raise invalid(f"a question is worth more than 0 and up to {_POINTS_LIMIT:g} points", field=f"{field}.points")
    if not 0 < question.step <= question.points or not _is_whole(question.points / question.step):
        raise invalid("the step divides the points into whole steps", field=f"{field}.step")
    _check_key(question, field)
    _check_place(question, field)
    names = [point.point_id for point in question.rubric]
    if len(set(names)) != len(names):
        raise invalid("two points of the rubric have one id", field=f"{field}.rubric")
    return question


def _check_key(question: Question, field: str) -> None:
    wanted = KEYS.get(question.type)
    key = question.key
    if wanted is None:
        if key is not None:
            raise invalid("free text has a model answer and a rubric, no key", field=f"{field}.key")
        return
    if type(key) is not wanted:
        raise invalid(f"a {question.type} question needs its key", field=f"{field}.key", reason="key_missing")
    if isinstance(key, ChoiceKey):
        options = [option.option_id for option in key.options]
        if len(options) < 2 or len(set(options)) != len(options):
            raise invalid("a choice has two options or more, each with its own id", field=f"{field}.key.options")
        if not key.correct or not set(key.correct) <= set(options):
            raise invalid("the correct options are among the options", field=f"{field}.key.correct")
        if question.type == "single_choice" and len(key.correct) != 1:
            raise invalid("a single choice has one correct option", field=f"{field}.key.correct")
    elif isinstance(key, FillInKey) and (not key.blanks or not all(blank.accepted for blank in key.blanks)):
        raise invalid("each gap has a form that is accepted", field=f"{field}.key.blanks")


def options_of(question: Question) -> tuple[str, ...]:
    """What can be ticked; empty for questions that are answered in writing."""
    if isinstance(question.key, ChoiceKey):
        return tuple(option.option_id for option in question.key.options)
    return ("true", "false") if question.type == "true_false" else ()


def _check_place(question: Question, field: str) -> None:
    place = question.place
    if place is None:
        return
    if not 1 <= place.page <= PAGES_LIMIT:
        raise invalid(f"a sheet has pages 1 to {PAGES_LIMIT}", field=f"{field}.place.page")
    if not place.box.is_on_page or not all(bubble.box.is_on_page for bubble in place.bubbles):
        raise invalid("a box lies on the page: its sides are shares from 0 to 1", field=f"{field}.place.box")
    ticked = [bubble.option_id for bubble in place.bubbles]
    if sorted(ticked) != sorted(options_of(question)):
        raise invalid(
            "every option has its bubble, and what is answered in writing has none",
            field=f"{field}.place.bubbles",
            options=list(options_of(question)),
        )


def changes_grading(before: Question, after: Question) -> bool:
    """Whether answers that were graded by `before` must be graded again by `after`."""
    return _graded_by(before) != _graded_by(after)


def _graded_by(question: Question) -> tuple[object, ...]:
    q = question
    return (q.type, q.text, q.points, q.step, q.key, q.model_answers, q.rubric)


def checked_points(question: Question, points: float) -> float:
    """`points` if the question can earn them, else raise invalid_payload."""
    if not 0 <= points <= question.points or not _is_whole(points / question.step):
        raise points_refused(question)
    return round(points / question.step) * question.step


def points_refused(question: Question) -> VivavoceError:
    return invalid(
        f"points are 0 to {question.points:g} in steps of {question.step:g}",
        field="points",
        reason="points_out_of_range",
        maximum=question.points,
        step=question.step,
    )


def on_step(question: Question, points: float) -> float:
    """The nearest points that the question can earn; halves go up."""
    steps = int(max(0.0, min(points, question.points)) / question.step + 0.5 + 1e-9)
    return min(steps * question.step, question.points)


def _is_whole(value: float) -> bool:
    return math.isfinite(value) and abs(value - round(value)) < 1e-6


class ExamSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an exam is marked. Shares are 0 to 1.

    `blind`: markers see the AI's grade only after their own. `check_share` of the responses that the AI is sure of go
    to a person too; `second_share` of what a person marks gets a second marker. `disagreement` is the share of the
    maximum by which two marks may differ before they are moderated, `tolerance` that within which an AI grade counts
    as accurate. A grade less sure than `least_confidence`, or of a scan poorer than `least_quality`, goes to a person.
    `seed_share` of a marker's tasks are hidden seed items. `pause_on_alert`: a critical alert pauses running batches.
    """

    blind: bool = True
    check_share: float = 0.1
    second_share: float = 0.0
    disagreement: float = 0.1
    tolerance: float = 0.1
    least_confidence: float = 0.7
    least_quality: float = 0.6
    seed_share: float = 0.05
    pause_on_alert: bool = False
    grader: Literal["auto", "rubric", "learning", "llm"] = "auto"


_SHARES: Final = (
    "check_share",
    "second_share",
    "disagreement",
    "tolerance",
    "least_confidence",
    "least_quality",
    "seed_share",
)


def checked_settings(settings: ExamSettings) -> ExamSettings:
    for name in _SHARES:
        if not 0 <= getattr(settings, name) <= 1:
            raise invalid(f"{name} is a share, 0 to 1", field=f"settings.{name}")
    return settings


class ExamHead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an exam is called and how it is marked."""

    title: str = ""
    subject: str = ""
    language: Language = "en"
    settings: ExamSettings = ExamSettings()


def checked_head(head: ExamHead) -> ExamHead:
    if not 0 < len(head.title.strip()) <= 200:
        raise invalid("an exam has a title of 1 to 200 characters", field="title")
    checked_settings(head.settings)
    return head
