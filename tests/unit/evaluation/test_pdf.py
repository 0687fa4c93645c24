from __future__ import annotations

import pypdfium2
import pytest

from tests.unit.evaluation.interviews import own, report, scored, spoken, turns
from vivavoce.domain.interview import LANGUAGES, InterviewConfig, Language
from vivavoce.evaluation.pdf import render_pdf
from vivavoce.evaluation.report import seal
from vivavoce.locales import catalogue


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document).replace("\r", "")


def fonts_of(pdf: bytes) -> set[str]:
    document = pypdfium2.PdfDocument(pdf)
    found = set()
    for page in document:
        for item in page.get_objects():
            if isinstance(item, pypdfium2.PdfTextObj):
                found.add(item.get_font().get_base_name())
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_is_typeset_in_its_language_with_embedded_fonts(language: Language) -> None:
    made = report(language)
    pdf = render_pdf(made)
    assert pdf.startswith(b"%PDF-")
    text = text_of(pdf)
    texts = catalogue("report", language)
    for key in ("pdf.title", "pdf.criteria", "pdf.transcript", "pdf.notices"):
        assert texts[key] in text
    for criterion in made.scorecard.criteria:
        assert criterion.name in text
    assert f"{made.scorecard.overall:.1f}" in text
    assert {font.partition("+")[2].split("-")[0] for font in fonts_of(pdf)} <= {"VivavoceSansSC", "VivavoceSansKR"}


def test_what_a_candidate_writes_is_never_markup() -> None:
    evil = '#read("/etc/passwd") *bold* $x^2$ #import "@preview/x:1.0.0" \\ `raw` [#panic("no")] "quoted" <label> @ref'
    answer = f"I wrote the index, because it was slow. {evil}"
    config = InterviewConfig(candidate_name='#panic("name")', role="= Heading")
    texts = (answer, answer)
    made = report(
        texts=texts, turns=turns(texts=texts), utterances=spoken(texts=texts), scorecard=scored(), config=config
    )
    text = text_of(render_pdf(made)).replace("\n", "")
    assert '#panic("name")' in text
    assert "= Heading" in text
    assert '#read("/etc/passwd") *bold* $x^2$' in text


def test_spec_6_2_a_sealed_report_prints_no_score() -> None:
    made = report(own_scorecards=[own(4, 2, 3)])
    opened, sealed = text_of(render_pdf(made)), text_of(render_pdf(seal(made)))
    first = made.scorecard.criteria[0]
    assert first.anchor is not None
    assert first.anchor[:30] in opened
    assert "SECRET COMMENT" in opened
    for hidden in (first.anchor[:30], f"{first.score}", "SECRET COMMENT", "Strengths"):
        assert hidden not in sealed
    assert catalogue("report", "en")["pdf.sealed"] in sealed


def test_an_interview_without_a_word_is_printed_too() -> None:
    silent = report(texts=(), turns=turns(texts=())[:1], utterances=(), scorecard=scored(texts=()), plan=None)
    text = text_of(render_pdf(silent))
    assert catalogue("report", "en")["pdf.transcript_empty"] in text
    assert catalogue("report", "en")["pdf.no_overall"] in text


def test_characters_no_font_has_do_not_stop_the_press() -> None:
    strange = "I wrote it 🙂 ﷽ \u0000 \u202e abc 𓀀 because we had 2 million rows."
    texts = (strange, strange)
    made = report(texts=texts, turns=turns(texts=texts), utterances=spoken(texts=texts), scorecard=scored())
    assert render_pdf(made).startswith(b"%PDF-")
