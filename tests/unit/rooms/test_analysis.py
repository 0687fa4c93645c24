"""SPEC 1, 6.1: what an answer covers, with its own words for it."""

from __future__ import annotations

import pytest

from vivavoce import catalogue
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewConfig
from vivavoce.domain.question_sets import PinnedQuestions, QuestionRubric, SetQuestion
from vivavoce.domain.session.room import Answer, RoomState
from vivavoce.domain.session.state import SessionState
from vivavoce.engines.evaluator.rubrics import load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator
from vivavoce.rooms.analysis import AnswerAnalyst

POINTS = ("dependency injection", "reviews of the boundaries")
SET = PinnedQuestions(
    question_set_id="s",
    version=1,
    title="",
    questions=(
        SetQuestion(
            question_id="q",
            text="How do you keep code testable?",
            competency="quality",
            rubric=QuestionRubric(expected_points=POINTS),
        ),
    ),
)
TEXT = "I use dependency injection everywhere. In my last project I wrote the tests first, so the bugs fell by 40%."


def analyst() -> AnswerAnalyst:
    return AnswerAnalyst(RuleEvaluator(), load_rubric, catalogue.text)


def room(language: str = "en") -> SessionState:
    answers = [Answer(9, "e", "lee", "q", TEXT, 1.0, 1, 0, 0.0)]
    config = InterviewConfig(language=language)  # type: ignore[arg-type]
    return SessionState(kind="room", config=config, room=RoomState(questions=SET, answers=answers))


async def test_expected_points_are_covered_or_suggested() -> None:
    analysis = await analyst().of_room(room(), None, "q", "lee")
    assert analysis.coverage[POINTS[0]] == 1.0
    assert (analysis.coverage[POINTS[1]] or 0) < 0.5
    assert analysis.suggestions[0] == f"Not mentioned yet: {POINTS[1]}"
    assert analysis.evidence[0].quote == "I use dependency injection everywhere."
    for quotation in analysis.evidence:
        assert TEXT[quotation.start : quotation.end] == quotation.quote


async def test_without_a_question_the_script_tells_the_language() -> None:
    analysis = await analyst().analyse("저는 배포 자동화를 맡아 장애를 절반으로 줄였습니다.", None, None)
    assert analysis.question_id is None
    assert all(share is None or 0 <= share <= 1 for share in analysis.coverage.values())


async def test_nothing_to_analyse_is_told() -> None:
    with pytest.raises(VivavoceError, match="not_found"):
        await analyst().of_room(room(), None, "other", None)
    with pytest.raises(VivavoceError, match="invalid_payload"):
        await analyst().of_room(room(), "  ", "q", None)
