"""The exact grader under the same promises, and what keys alone bring with them."""

from __future__ import annotations

import msgspec
import pytest

from tests.contracts.grader.papers import KEYS, keyed, scheme
from vivavoce.domain.answer_key import Blank, ChoiceKey, ChoiceScoring, FillInKey, NumericKey, Option
from vivavoce.engines.grader.contract import Answer, GradeRequest, MarkScheme
from vivavoce.engines.grader.exact import ExactGrader

GRADER = ExactGrader()


def points_of(key: ChoiceKey | NumericKey | FillInKey, text: str, *, max_points: float = 1.0) -> float | None:
    scheme = MarkScheme(question_id="q", version="v1", text="?", max_points=max_points, step=max_points / 4, key=key)
    (grade,) = GRADER.judge(GradeRequest(scheme=scheme, answers=(Answer(response_id="r", text=text),)))
    return grade.points


@pytest.mark.parametrize("kind", KEYS)
async def test_right_and_wrong_with_certainty_and_evidence(kind: str) -> None:
    _, right, wrong = KEYS[kind]
    request = keyed(kind, right, wrong)
    grades = await GRADER.grade(request)
    assert [grade.points for grade in grades] == [2.0, 0.0]
    assert all(grade.status == "graded" and grade.confidence == 1.0 for grade in grades)
    for grade, answer in zip(grades, request.answers, strict=True):
        assert all(answer.text[span.start : span.end] == span.quote for span in grade.evidence)
        assert (grade.stamp.engine, grade.stamp.version) == (GRADER.name, GRADER.version)
    assert await GRADER.grade(request) == grades


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("text", ["", " \u3000", "—", "..."])
async def test_a_blank_earns_nothing(kind: str, text: str) -> None:
    (grade,) = await GRADER.grade(keyed(kind, text))
    assert (grade.status, grade.points, grade.confidence) == ("graded", 0.0, 1.0)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("choice", "A or maybe B, not sure"), ("true_false", "perhaps"), ("numeric", "9.8 or 12"), ("choice", "C")],
)
async def test_what_cannot_be_told_goes_to_a_person_without_points(kind: str, text: str) -> None:
    (grade,) = await GRADER.grade(keyed(kind, text))
    assert (grade.status, grade.points, grade.reason) == ("needs_person", None, "unreadable")


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("980 cm/s^2", 1.0),
        ("9.8", 1.0),
        ("9,8 m/s2", 1.0),
        ("９．８ m/s²", 1.0),
        ("9.8 kg", 0.0),
        ("9.9 m/s^2", 0.0),
        ("0.0098 km/s²", 1.0),
        ("9.8 미터/초²", 1.0),
        ("9.8米/秒²", 1.0),
    ],
)
def test_numbers_are_read_with_their_units(text: str, points: float) -> None:
    assert points_of(NumericKey(value=9.8, tolerance=0.05, unit="m/s^2"), text) == points


def test_a_missing_unit_costs_what_the_key_says() -> None:
    key = NumericKey(value=5.0, unit="V", unit_required=True, without_unit_share=0.5)
    assert points_of(key, "5") == 0.5
    assert points_of(key, "5 V") == 1.0
    assert points_of(key, "5000 mV") == 1.0


OPTIONS = tuple(Option(option_id=name) for name in "ABCD")


@pytest.mark.parametrize(
    ("scoring", "text", "points"),
    [
        ("all_or_nothing", "A, C", 1.0),
        ("all_or_nothing", "CA", 1.0),
        ("all_or_nothing", "A", 0.0),
        ("per_option", "A", 0.75),
        ("per_option", "A B C", 0.75),
        ("right_minus_wrong", "A and C", 1.0),
        ("right_minus_wrong", "A、B", 0.0),
        ("right_minus_wrong", "A", 0.5),
    ],
)
def test_several_choices_by_the_scoring_of_the_key(scoring: ChoiceScoring, text: str, points: float) -> None:
    key = msgspec.convert(
        {"type": "choice", "options": msgspec.to_builtins(OPTIONS), "correct": ["A", "C"], "scoring": scoring},
        ChoiceKey,
    )
    assert points_of(key, text) == points


def test_gaps_accept_every_spelling_of_their_forms_in_order_or_not() -> None:
    gaps = (Blank(accepted=("New York",)), Blank(accepted=("二氧化碳", "CO2")))
    ordered = FillInKey(blanks=gaps)
    assert points_of(ordered, "new-york; ＣＯ２") == 1.0
    assert points_of(ordered, "CO2; New York") == 0.0
    assert points_of(FillInKey(blanks=gaps, any_order=True), "二氧化碳；NEW YORK") == 1.0
    assert points_of(ordered, "New York; oxygen") == 0.5


def test_ticks_read_from_a_sheet_count_like_words() -> None:
    request = keyed("choice")
    ticked = (Answer(response_id="r1", chosen=("B",)), Answer(response_id="r2", chosen=("A", "B")))
    right, both = GRADER.judge(msgspec.structs.replace(request, answers=ticked))
    assert (right.points, both.points) == (2.0, 0.0)


def test_keys_only() -> None:
    assert GRADER.can_grade(keyed("numeric").scheme)
    assert not GRADER.can_grade(scheme("en"))
