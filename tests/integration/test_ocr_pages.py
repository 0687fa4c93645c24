"""Printed pages in three languages through the real readers: how much is read, and what the quality says of damage."""

from __future__ import annotations

from functools import cache

import pytest

pytest.importorskip("rapidocr", reason="pages are read with the extra `ocr`")

from bench.ocr.paper import (
    CHOICE_REGION,
    DAMAGES,
    TEXT_REGION,
    TEXTS,
    as_file,
    character_accuracy,
    fonts,
    sheet,
    template,
)

from vivavoce.domain.exam.questions import ExamSettings
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.engines.ocr.contract import RegionReading
from vivavoce.engines.ocr.rapid import RapidOcrEngine
from vivavoce.engines.ocr.sheets import SheetReader
from vivavoce.engines.ocr.tesseract import TesseractEngine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not fonts(), reason="the pages are printed in Noto CJK (package fonts-noto-cjk)"),
]
READER = SheetReader([RapidOcrEngine(threads=2), TesseractEngine()])
ACCURATE: dict[Language, float] = {"en": 0.98, "zh": 0.98, "ko": 0.95}


@cache
def read(language: Language, damage: str, kind: str = "PNG") -> dict[str, RegionReading]:
    if missing := READER.missing(language):
        pytest.skip(missing)
    data = as_file(DAMAGES[damage](sheet(TEXTS[language], ticked=("B", "D"))), kind)
    return {region.region_id: region for region in READER.read_now(data, language, template()).regions}


@pytest.mark.parametrize("damage", ["clean", "rotated 3°"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_clean_and_turned_print_is_read(language: Language, damage: str) -> None:
    text = read(language, damage)[TEXT_REGION].text
    assert character_accuracy(TEXTS[language], text) >= ACCURATE[language]
    assert len(text.splitlines()) == len(TEXTS[language].splitlines())


def test_korean_words_are_spaced_as_they_are_printed() -> None:
    words = read("ko", "clean")[TEXT_REGION].text.split()
    printed = TEXTS["ko"].split()
    assert len(set(printed) & set(words)) >= 0.9 * len(set(printed))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_word_has_a_confidence_and_a_place(language: Language) -> None:
    words = read(language, "clean")[TEXT_REGION].words
    assert "".join(word.text for word in words).replace(" ", "") == "".join(
        read(language, "clean")[TEXT_REGION].text.split()
    )
    for word in words:
        assert 0.0 <= word.confidence <= 1.0
        assert 0.0 <= word.box.left < word.box.right <= 1.01
        assert 0.0 <= word.box.top < word.box.bottom <= 1.01


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_quality_falls_with_damage_and_the_worst_goes_to_a_person(language: Language) -> None:
    quality = {damage: read(language, damage)[TEXT_REGION].overall_quality for damage in DAMAGES}
    least = ExamSettings().least_quality
    for damage in ("rotated 3°", "blurred", "noisy"):
        assert least < quality[damage] < quality["clean"]
    for damage in ("very blurred", "very noisy", "faded"):
        assert quality[damage] < least


@pytest.mark.parametrize("damage", ["clean", "rotated 3°", "blurred", "noisy", "faded"])
def test_bubbles_are_read_through_damage(damage: str) -> None:
    assert read("en", damage)[CHOICE_REGION].chosen == ("B", "D")


@pytest.mark.parametrize("kind", ["JPEG", "PDF"])
def test_every_kind_of_file_is_read(kind: str) -> None:
    text = read("zh", "clean", kind)[TEXT_REGION].text
    assert character_accuracy(TEXTS["zh"], text) >= ACCURATE["zh"]
