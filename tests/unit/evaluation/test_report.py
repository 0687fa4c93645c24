from __future__ import annotations

import msgspec
import pytest

from tests.unit.evaluation.interviews import PLANNED, TEXTS, own, report, scored, spoken, turns
from vivavoce.domain.evidence import verify
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.scorecard import EngineStamp, Evidence
from vivavoce.evaluation.report import Difference, Report, differences, seal
from vivavoce.evaluation.transcript import word_count
from vivavoce.locales import catalogue


def test_an_answer_belongs_to_the_question_of_the_turn_before_it() -> None:
    first, answer, second, last, closing = spoken()
    assert [item.speaker for item in (first, answer, second, last, closing)] == [
        *("interviewer", "candidate", "interviewer", "candidate", "interviewer")
    ]
    assert (answer.utterance_id, answer.text, answer.start) == ("u10", TEXTS["en"][0], 60.0)
    assert (answer.competency, answer.question_id) == ("technical_depth", "t1")
    assert answer.in_answer_to == first.text
    assert last.competency == "teamwork"


def test_the_summary_counts_what_happened() -> None:
    summary = report().summary
    assert (summary.questions_asked, summary.answers, summary.duration_s) == (2, 2, 121.0)
    assert summary.words == sum(word_count(text) for text in TEXTS["en"])
    assert (summary.coverage.planned, summary.coverage.covered, summary.coverage.ratio) == (3, 2, 0.667)


def test_without_a_plan_there_is_no_share_of_it() -> None:
    bare = report(plan=None)
    assert bare.summary.coverage.ratio is None
    assert bare.plan is None


def test_the_timeline_puts_each_move_beside_the_answer_it_got() -> None:
    first, second, closing = report().timeline
    assert (first.at_s, first.strategy, first.question_id, first.reason) == (1.0, "opening", "t1", "first")
    assert (first.answer_words, first.answer_quality) == (word_count(TEXTS["en"][0]), 0.75)
    assert second.answer_quality == 0.6
    assert (closing.answer_words, closing.answer_quality) == (0, None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_spec_6_1_every_quotation_of_a_report_stands_in_its_transcript(language: Language) -> None:
    made = report(language)
    assert made.scorecard.criteria[0].score is not None
    for criterion in made.scorecard.criteria:
        assert (criterion.score is None) == (criterion.evidence == ())
        assert all(verify(item, made.transcript) == item for item in criterion.evidence)
    assert made.scorecard.criteria[2].verdict == "insufficient_evidence"


def test_spec_6_1_a_report_carries_no_score_that_its_transcript_does_not_bear_out() -> None:
    honest = scored()
    forged = msgspec.structs.replace(
        honest.criteria[0], evidence=(Evidence(utterance_id="u10", quote="I built Rome.", start=0, end=13),)
    )
    made = report(scorecard=msgspec.structs.replace(honest, criteria=(forged, *honest.criteria[1:])))
    assert made.scorecard.criteria[0].score is None
    assert made.scorecard.overall == made.scorecard.criteria[1].score


def test_the_notices_say_how_the_report_was_made_and_what_is_missing() -> None:
    made = report()
    texts = catalogue("report", "en")
    assert texts["notice.evidence"] in made.notices
    assert texts["notice.human"] in made.notices
    assert texts["notice.uncovered"].format(names="Planning") in made.notices
    assert any(made.rubric.version in notice and "rule" in notice for notice in made.notices)


def test_spec_6_8_all_engines_are_named() -> None:
    guide = EngineStamp(engine="guided", version="1")
    made = report(engines=[guide])
    assert [item.engine for item in made.engines] == ["rule", "guided"]
    assert made.engines[0].rubric_version == made.rubric.version


def test_spec_6_2_a_sealed_report_tells_nothing_of_any_judgement() -> None:
    open_report = report(own_scorecards=[own(4, 2, None)])
    sealed = seal(open_report)
    assert sealed.sealed
    for criterion, named in zip(sealed.scorecard.criteria, PLANNED, strict=True):
        assert criterion.criterion_id == named
        assert criterion.name
        shown = msgspec.structs.asdict(criterion)
        for field in ("verdict", "score", "level", "anchor", "confidence", "rationale", "feedback"):
            assert shown[field] is None
        assert (criterion.keywords, criterion.evidence) == ((), ())
    assert (sealed.scorecard.overall, sealed.scorecard.strengths, sealed.scorecard.gaps) == (None, (), ())
    assert all(entry.answer_quality is None for entry in sealed.timeline)
    text = msgspec.json.encode(sealed).decode()
    assert "SECRET COMMENT" not in text
    for criterion in open_report.scorecard.criteria:
        assert criterion.rationale
        assert criterion.rationale not in text
    assert sealed.transcript == open_report.transcript
    assert sealed.rubric == open_report.rubric
    assert seal(sealed).scorecard == sealed.scorecard


def test_a_report_survives_being_stored() -> None:
    made = report(own_scorecards=[own(4, 2, None)])
    assert msgspec.json.decode(msgspec.json.encode(made), type=Report) == made
    assert msgspec.json.decode(msgspec.json.encode(seal(made)), type=Report) == seal(made)


def test_spec_6_2_differences_put_ai_and_people_side_by_side() -> None:
    card = scored()
    first, second, third = differences([own(5, None, 3), own(4, None, None)], card)
    assert card.criteria[0].score is not None
    assert first == Difference(
        criterion_id=PLANNED[0], ai=card.criteria[0].score, human=4.5, delta=round(4.5 - card.criteria[0].score, 2)
    )
    assert (second.human, second.delta) == (None, None)
    assert (third.ai, third.human, third.delta) == (None, 3.0, None)


def test_an_interview_without_a_word_still_has_a_report() -> None:
    silent = report(texts=(), turns=turns(texts=())[:1], utterances=spoken(texts=()), scorecard=scored(texts=()))
    assert silent.scorecard.overall is None
    assert {item.verdict for item in silent.scorecard.criteria} == {"insufficient_evidence"}
    assert silent.summary.answers == 0


@pytest.mark.parametrize(
    ("text", "count"), [("I wrote it.", 3), ("제가 만들었습니다.", 2), ("我用Redis做了缓存", 7), ("", 0)]
)
def test_words_are_counted_as_each_language_parts_them(text: str, count: int) -> None:
    assert word_count(text) == count


def test_the_catalogue_says_the_same_in_every_language() -> None:
    english = catalogue("report", "en")
    for language in LANGUAGES:
        texts = catalogue("report", language)
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            assert set(_placeholders(text)) == set(_placeholders(english[key])), key


def _placeholders(text: str) -> list[str]:
    return [part.split("}")[0] for part in text.split("{")[1:]]
