from __future__ import annotations

import pytest

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import COMPETENCIES, LANGUAGES, Language
from vivavoce.engines.evaluator.lexicon import lexicon, profiles
from vivavoce.engines.evaluator.rubrics import PANEL_CRITERIA, criterion_ids, load_rubric


@pytest.mark.parametrize("language", LANGUAGES)
def test_spec_0_every_criterion_has_five_anchored_levels_in_every_language(language: Language) -> None:
    rubric = load_rubric(criterion_ids(), language)
    assert {item.criterion_id for item in rubric.criteria} == {*COMPETENCIES, *PANEL_CRITERIA}
    for criterion in rubric.criteria:
        assert [item.level for item in criterion.levels] == [1, 2, 3, 4, 5]
        assert len({item.anchor for item in criterion.levels}) == 5
        assert criterion.name
        assert criterion.description


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_criterion_has_cues_and_weights(language: Language) -> None:
    for criterion_id in criterion_ids():
        assert criterion_id in profiles().weights
    text = load_rubric(["teamwork"], language).criteria[0].description
    assert lexicon(language).find(text.lower())


def test_spec_6_8_the_version_names_every_word_of_the_rubric() -> None:
    versions = {load_rubric(["teamwork"], language).version for language in LANGUAGES}
    assert len(versions) == 3
    assert load_rubric(["teamwork"], "en").version == load_rubric(["teamwork", "teamwork"], "en").version
    assert load_rubric(["teamwork", "quality"], "en").version != load_rubric(["teamwork"], "en").version


def test_the_order_asked_for_is_kept() -> None:
    rubric = load_rubric(["quality", "motivation", "teamwork"], "ko")
    assert [item.criterion_id for item in rubric.criteria] == ["quality", "motivation", "teamwork"]


@pytest.mark.parametrize("asked", [[], ["charisma"], ["teamwork", ""]])
def test_unknown_criteria_are_refused(asked: list[str]) -> None:
    with pytest.raises(VivavoceError) as caught:
        load_rubric(asked, "en")
    assert caught.value.code == "invalid_payload"
