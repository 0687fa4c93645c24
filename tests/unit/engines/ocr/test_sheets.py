"""From a file to the regions of a template, with an engine that reads whatever it is given."""

from __future__ import annotations

import io

import numpy as np
import pytest

pytest.importorskip("PIL", reason="pages are read with the extra `ocr`")
pytest.importorskip("pypdfium2", reason="pages are read with the extra `ocr`")

from PIL import Image

from tests.unit.engines.ocr.test_straightening import bubbles, page
from vivavoce.domain.answer_sheet import Box
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.engines.ocr.contract import Line, Picture, Region, Template, Word
from vivavoce.engines.ocr.installed import installed_reader
from vivavoce.engines.ocr.sheets import WHOLE_PAGE, SheetReader
from vivavoce.engines.ocr.tesseract import TesseractEngine

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


class Reciter:
    """Says the size of what it is given, in words of a set confidence."""

    name, version, missing = "reciter", "1", "Install the reciter."

    def __init__(self, confidence: float = 1.0, languages: tuple[Language, ...] = ("en",)) -> None:
        self._confidence = confidence
        self._languages = languages

    def reads(self, language: Language) -> bool:
        return language in self._languages

    def read(self, picture: Picture, language: Language) -> tuple[Line, ...]:
        height, width = picture.shape
        words = tuple(Word(text=str(size), confidence=self._confidence, box=WHOLE) for size in (width, height))
        return (Line(text=f"{width} {height}", words=words),)


def as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


TEMPLATE = Template(
    regions=(
        Region(region_id="q2", page=1, box=Box(0.1, 0.75, 0.9, 0.9), bubbles=tuple(bubbles())),
        Region(region_id="q1", page=1, box=Box(0.0, 0.0, 0.5, 0.7)),
        Region(region_id="q9", page=2, box=WHOLE),
    )
)


async def test_regions_are_read_in_the_order_of_the_template_those_of_missing_pages_left_out() -> None:
    reader = SheetReader([Reciter()])
    reading = await reader.read(as_png(page("C")), "en", TEMPLATE)
    reader.close()
    ticked, written = reading.regions
    assert (ticked.region_id, ticked.chosen, ticked.engine) == ("q2", ("C",), "bubbles")
    assert (written.region_id, written.text, written.engine) == ("q1", "300 350", "reciter 1")
    assert ticked.overall_quality > 0.9
    assert written.overall_quality > 0.9
    assert len(reading.pages) == 1


def test_a_region_keeps_its_picture_for_the_person_who_looks() -> None:
    _, written = SheetReader([Reciter()]).read_now(as_png(page()), "en", TEMPLATE).regions
    shown = Image.open(io.BytesIO(written.picture))
    assert shown.size == (300, 350)
    assert np.asarray(shown).min() < 60


def test_without_a_template_the_page_is_one_region() -> None:
    (whole,) = SheetReader([Reciter()]).read_now(as_png(page()), "en").regions
    assert (whole.region_id, whole.text) == (WHOLE_PAGE, "600 500")


def test_an_unsure_engine_lowers_the_quality() -> None:
    qualities = [
        SheetReader([Reciter(confidence)]).read_now(as_png(page()), "en").regions[0].overall_quality
        for confidence in (1.0, 0.8, 0.5, 0.1)
    ]
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[2] < 0.5


def test_a_language_that_nobody_reads_has_a_picture_and_no_quality() -> None:
    reader = SheetReader([Reciter(), Reciter(languages=("zh",))])
    (whole,) = reader.read_now(as_png(page()), "ko").regions
    assert (whole.text, whole.overall_quality, whole.engine) == ("", 0.0, "")
    assert whole.picture
    assert reader.missing("zh") == ""
    assert "Install the reciter." in reader.missing("ko")


def test_the_first_engine_that_reads_the_language_is_asked() -> None:
    reader = SheetReader([Reciter(0.1, ("zh",)), Reciter(0.9, ("en", "zh"))])
    (chinese,) = reader.read_now(as_png(page()), "zh").regions
    (english,) = reader.read_now(as_png(page()), "en").regions
    assert chinese.words[0].confidence == 0.1
    assert english.words[0].confidence == 0.9


def test_what_is_installed_reads_or_says_what_is_missing() -> None:
    reader = installed_reader()
    assert reader is not None
    for language in LANGUAGES:
        assert (reader.engine_for(language) is None) == bool(reader.missing(language))


def test_a_program_that_is_not_there_is_said_in_a_sentence() -> None:
    absent = TesseractEngine("no-such-program")
    assert not absent.reads("ko")
    assert "tesseract-ocr-kor" in absent.missing
    assert SheetReader([absent]).missing("ko") == absent.missing


def test_a_page_of_noise_is_not_read() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (500, 600), np.uint8))
    (whole,) = SheetReader([Reciter()]).read_now(as_png(noise), "en").regions
    assert (whole.text, whole.overall_quality) == ("", 0.0)
