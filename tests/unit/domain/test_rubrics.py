"""SPEC 0 (criterion, rubric): anchored levels in three languages, weighted, checked before they are stored."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.rubrics import Localised, RubricCriterion, RubricVersion, checked_criteria
from vivavoce.engines.evaluator.rubrics import PANEL_CRITERIA, built_in_rubrics, load_rubric

ANCHORS = tuple(Localised(en=f"Level {level}", ko=f"{level}단계") for level in range(1, 6))
CARE = RubricCriterion(criterion_id="care", name=Localised(en=" Care ", ko="돌봄"), levels=ANCHORS, weight=2)


def test_texts_are_trimmed_and_keywords_are_told_once() -> None:
    (checked,) = checked_criteria([msgspec.structs.replace(CARE, keywords=(" dose ", "", "dose"))])
    assert checked.name == Localised(en="Care", ko="돌봄")
    assert checked.keywords == ("dose",)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"criterion_id": "Care!"}, "criteria.0.criterion_id"),
        ({"levels": ANCHORS[:4]}, "criteria.0.levels"),
        ({"weight": 0}, "criteria.0.weight"),
        ({"name": Localised()}, "criteria"),
        ({"levels": (*ANCHORS[:4], Localised(zh="五"))}, "criteria"),
        ({"name": Localised(en="x" * 101)}, "criteria.0.name"),
        ({"keywords": ("x" * 61,)}, "criteria.0.keywords"),
    ],
)
def test_what_nobody_could_judge_by_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(VivavoceError) as caught:
        checked_criteria([msgspec.structs.replace(CARE, **changes)])
    assert caught.value.info["field"] == field


@pytest.mark.parametrize("criteria", [[], [CARE, CARE], [CARE] * 13])
def test_a_rubric_has_some_different_criteria(criteria: list[RubricCriterion]) -> None:
    with pytest.raises(VivavoceError):
        checked_criteria(criteria)


def test_a_language_that_is_not_there_falls_back_to_one_that_is() -> None:
    rubric = RubricVersion(rubric_id="r", version="3", title="", criteria=checked_criteria([CARE]))
    assert rubric.languages == ("en", "ko")
    korean, chinese = rubric.in_language("ko"), rubric.in_language("zh")
    assert korean.criteria[0].levels[4].anchor == "5단계"
    assert (chinese.language, chinese.criteria[0].name, chinese.criteria[0].weight) == ("zh", "Care", 2)
    assert (chinese.rubric_id, chinese.version) == ("r", "3")


def test_spec_3_the_four_criteria_of_the_panel_are_built_in_in_three_languages() -> None:
    panel = built_in_rubrics()[0]
    assert panel.rubric_id == "panel"
    assert tuple(criterion.criterion_id for criterion in panel.criteria) == PANEL_CRITERIA
    assert panel.languages == ("en", "ko", "zh")
    assert panel.in_language("ko").criteria[2].name == "인성"
    assert panel.in_language("zh").criteria == load_rubric(PANEL_CRITERIA, "zh").criteria
    assert checked_criteria(panel.criteria) == panel.criteria
