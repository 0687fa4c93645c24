"""Question sets: what a person wrote down to be asked, in order, and how answers are to be judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from vivavoce.domain.errors import invalid, too_large
from vivavoce.domain.interview import COMPETENCIES, Language

QUESTIONS_LIMIT: Final = 100
TITLE_LIMIT: Final = 200
TEXT_LIMIT: Final = 4_000
POINTS_LIMIT: Final = 30
POINT_LIMIT: Final = 500
CRITERIA_LIMIT: Final = 12
TIME_LIMIT_S: Final = (5, 4 * 3600)
_QUESTION_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class QuestionCriterion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that an answer is judged by; weights are relative to each other."""

    name: str
    description: str = ""
    weight: float = 1.0


class QuestionRubric(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How the answers to one question are judged: by criteria, and by points that a good answer makes."""

    criteria: tuple[QuestionCriterion, ...] = ()
    expected_points: tuple[str, ...] = ()


class SetQuestion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`question_id` is unique in its set; `time_limit_s` None: take your time; `competency` (what a rubric
    judges it by) may be empty."""

    question_id: str
    text: str
    time_limit_s: int | None = None
    competency: str = ""
    rubric: QuestionRubric | None = None


class PinnedQuestions(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The questions of one version of a set, as a session took them: later edits of the set change nothing here."""

    question_set_id: str
    version: int
    title: str
    questions: tuple[SetQuestion, ...]

    def question(self, question_id: str) -> SetQuestion | None:
        return next((question for question in self.questions if question.question_id == question_id), None)


class QuestionSet(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of a set; the newest one is what people mean by it. Times are epoch ms, `archived_at` 0: in use."""

    question_set_id: str
    version: int
    title: str
    language: Language
    questions: tuple[SetQuestion, ...]
    created_by: str
    created_at: int
    updated_by: str
    updated_at: int
    archived_at: int = 0

    def pinned(self) -> PinnedQuestions:
        return PinnedQuestions(
            question_set_id=self.question_set_id, version=self.version, title=self.title, questions=self.questions
        )


def checked_questions(questions: Sequence[SetQuestion]) -> tuple[SetQuestion, ...]:
    """The questions with an id each (`q1`, `q2`, … where none was given), or invalid_payload that names the field."""
    if not questions:
        raise invalid("a set has at least one question", field="questions")
    if len(questions) > QUESTIONS_LIMIT:
        raise too_large(f"a set has at most {QUESTIONS_LIMIT} questions", QUESTIONS_LIMIT, field="questions")
    taken = {question.question_id for question in questions if question.question_id}
    if len(taken) != sum(bool(question.question_id) for question in questions):
        raise invalid("two questions have the same id", field="questions")
    free = (name for number in range(1, 2 * QUESTIONS_LIMIT + 1) if (name := f"q{number}") not in taken)
    named = tuple(
        question if question.question_id else msgspec.structs.replace(question, question_id=next(free))
        for question in questions
    )
    for position, question in enumerate(named):
        _check(question, f"questions.{position}")
    return named


def _check(question: SetQuestion, field: str) -> None:
    if not _QUESTION_ID.fullmatch(question.question_id):
        raise invalid("a question id is 1 to 64 letters, digits and . _ : -", field=f"{field}.question_id")
    _check_text(question.text, TEXT_LIMIT, f"{field}.text")
    shortest, longest = TIME_LIMIT_S
    if question.time_limit_s is not None and not shortest <= question.time_limit_s <= longest:
        raise invalid(f"a time limit is {shortest} to {longest} seconds", field=f"{field}.time_limit_s")
    if question.competency and question.competency not in COMPETENCIES:
        raise invalid(f"a competency is one of {', '.join(COMPETENCIES)}", field=f"{field}.competency")
    if question.rubric is not None:
        _check_rubric(question.rubric, f"{field}.rubric")


def _check_rubric(rubric: QuestionRubric, field: str) -> None:
    if len(rubric.criteria) > CRITERIA_LIMIT:
        raise too_large(f"a question has at most {CRITERIA_LIMIT} criteria", CRITERIA_LIMIT, field=f"{field}.criteria")
    if len(rubric.expected_points) > POINTS_LIMIT:
        where = f"{field}.expected_points"
        raise too_large(f"a question has at most {POINTS_LIMIT} expected points", POINTS_LIMIT, field=where)
    if len({criterion.name for criterion in rubric.criteria}) != len(rubric.criteria):
        raise invalid("two criteria have the same name", field=f"{field}.criteria")
    for position, criterion in enumerate(rubric.criteria):
        _check_text(criterion.name, TITLE_LIMIT, f"{field}.criteria.{position}.name")
        if not 0 < criterion.weight <= 100:
            raise invalid("a weight is more than 0 and at most 100", field=f"{field}.criteria.{position}.weight")
    for position, point in enumerate(rubric.expected_points):
        _check_text(point, POINT_LIMIT, f"{field}.expected_points.{position}")


def _check_text(text: str, limit: int, field: str) -> None:
    if not text.strip():
        raise invalid("this text is empty", field=field, reason="empty_text")
    if len(text) > limit:
        raise too_large(f"this text has at most {limit} characters", limit, field=field)
