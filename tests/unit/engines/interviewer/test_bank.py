"""The question bank: complete, aligned across languages, without duplicates."""

from __future__ import annotations

from collections import Counter

import pytest

from vivavoce.domain.interview import COMPETENCIES, LANGUAGES, Language
from vivavoce.domain.question_bank import FOLLOW_UP_KINDS, ROLE_FAMILIES
from vivavoce.engines.interviewer.bank import load_bank


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_competency_has_at_least_six_questions(language: Language) -> None:
    counts = Counter(question.competency for question in load_bank(language).questions)
    assert set(counts) == set(COMPETENCIES)
    assert min(counts.values()) >= 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_competency_can_be_asked_of_everybody(language: Language) -> None:
    general = Counter(question.competency for question in load_bank(language).questions if not question.roles)
    assert all(general[competency] >= 6 for competency in COMPETENCIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_role_family_has_questions_of_its_own(language: Language) -> None:
    counts = Counter(family for question in load_bank(language).questions for family in question.roles)
    assert all(counts[family] >= 6 for family in ROLE_FAMILIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_are_complete(language: Language) -> None:
    for question in load_bank(language).questions:
        assert 3 <= len(question.expects) <= 5, question.question_id
        assert len({point.point_id for point in question.expects}) == len(question.expects)
        assert all(point.label and len(point.cues) >= 5 for point in question.expects)
        assert [follow_up.kind for follow_up in question.follow_ups] == list(FOLLOW_UP_KINDS)
        assert question.level in {1, 2, 3}


def test_ids_levels_and_points_are_the_same_in_every_language() -> None:
    shapes = [
        [
            (question.question_id, question.level, question.roles, tuple(point.point_id for point in question.expects))
            for question in load_bank(language).questions
        ]
        for language in LANGUAGES
    ]
    assert shapes[0] == shapes[1] == shapes[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_stands_twice(language: Language) -> None:
    bank = load_bank(language)
    texts = [question.text for question in bank.questions]
    texts += [follow_up.text for question in bank.questions for follow_up in question.follow_ups]
    assert [text for text, count in Counter(texts).items() if count > 1] == []
    ids = Counter(question.question_id for question in bank.questions)
    assert max(ids.values()) == 1


@pytest.mark.parametrize(("language", "script"), [("ko", ("\uac00", "\ud7a3")), ("zh", ("\u4e00", "\u9fff"))])
def test_texts_are_written_in_their_language(language: Language, script: tuple[str, str]) -> None:
    for question in load_bank(language).questions:
        for text in (question.text, *(follow_up.text for follow_up in question.follow_ups)):
            inside = sum(script[0] <= character <= script[1] for character in text)
            assert inside >= 0.6 * sum(character.isalpha() for character in text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_competencies_have_names_and_descriptions(language: Language) -> None:
    infos = load_bank(language).competencies
    assert [info.competency for info in infos] == list(COMPETENCIES)
    assert len({info.name for info in infos}) == len(infos)
    assert all(info.description and len(info.keywords) >= 6 for info in infos)


def test_the_bank_is_read_once() -> None:
    assert load_bank("en") is load_bank("en")
