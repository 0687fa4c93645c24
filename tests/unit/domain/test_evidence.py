"""SPEC 6.1: a citation that does not match is dropped; a score left without one becomes `insufficient_evidence`."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.domain.evidence import level_of, locked, overall_score, verify
from vivavoce.domain.scorecard import CriterionScore, EngineStamp, Evidence, Scorecard, Utterance

TEXT = "배포 후 오류가 줄었습니다. I wrote the test, then I wrote the test again."


def said(text: str = TEXT, speaker: str = "candidate", utterance_id: str = "u1") -> Utterance:
    return Utterance(utterance_id=utterance_id, speaker=speaker, text=text, start=0, end=0)


def quote(text: str, start: int, end: int | None = None, utterance_id: str = "u1") -> Evidence:
    return Evidence(utterance_id=utterance_id, quote=text, start=start, end=start + len(text) if end is None else end)


def criterion(criterion_id: str, score: float | None, *evidence: Evidence) -> CriterionScore:
    return CriterionScore(
        criterion_id=criterion_id,
        name=criterion_id.title(),
        verdict="scored" if score is not None else "insufficient_evidence",
        score=score,
        level=1 if score is not None else None,
        anchor="anchor",
        confidence=0.5,
        rationale="why",
        feedback="line",
        keywords=("test",),
        evidence=evidence,
    )


def card(*criteria: CriterionScore, strengths: tuple[str, ...] = ()) -> Scorecard:
    return Scorecard(
        subject="candidate",
        language="en",
        criteria=criteria,
        overall=5.0,
        strengths=strengths,
        gaps=(),
        produced_by=EngineStamp(engine="x", version="1"),
    )


def test_spec_6_1_a_quote_at_its_place_is_kept_as_it_is() -> None:
    evidence = quote("오류가 줄었습니다", 5)
    assert verify(evidence, [said()]) == evidence


def test_spec_6_1_a_wrong_span_is_put_right_where_the_quote_occurs_once() -> None:
    assert verify(quote("오류가 줄었습니다", 40), [said()]) == quote("오류가 줄었습니다", 5)
    assert verify(quote("오류가 줄었습니다", 5, 9), [said()]) == quote("오류가 줄었습니다", 5)
    assert verify(quote("오류가 줄었습니다", -1, -1), [said()]) == quote("오류가 줄었습니다", 5)


@pytest.mark.parametrize(
    "evidence",
    [
        quote("I wrote the test", 0),  # occurs twice, and not there
        quote("i wrote the test", 15),  # another letter
        quote("오류가 줄었다", 5),
        quote("", 5),
        quote("  ", 5),
        quote("오류가 줄었습니다", 5, utterance_id="u2"),
    ],
)
def test_spec_6_1_what_does_not_match_word_for_word_is_dropped(evidence: Evidence) -> None:
    assert verify(evidence, [said()]) is None


@given(st.text(max_size=60), st.text(max_size=8), st.integers(-3, 70), st.integers(-3, 70))
def test_spec_6_1_what_is_verified_always_stands_there(text: str, part: str, start: int, end: int) -> None:
    verified = verify(Evidence(utterance_id="u1", quote=part, start=start, end=end), [said(text)])
    assert verified is None or text[verified.start : verified.end] == part


def test_spec_6_1_a_score_without_evidence_is_no_score() -> None:
    scorecard = locked(
        card(
            criterion("kept", 3.5, quote("오류가 줄었습니다", 5), quote("invented", 0)),
            criterion("lost", 5.0, quote("invented", 0)),
            criterion("bare", 4.0),
            strengths=("Kept: good", "Lost: best"),
        ),
        [said()],
    )
    kept, lost, bare = scorecard.criteria
    assert (kept.score, kept.level, kept.evidence) == (3.5, 4, (quote("오류가 줄었습니다", 5),))
    for item in (lost, bare):
        assert (item.verdict, item.score, item.level, item.anchor) == ("insufficient_evidence", None, None, "")
        assert (item.rationale, item.feedback, item.keywords, item.confidence) == ("", "", (), 0.0)
    assert scorecard.overall == 3.5
    assert scorecard.strengths == ("Kept: good",)


def test_spec_6_1_only_the_subjects_own_words_are_evidence() -> None:
    words = said("I led the team.", speaker="interviewer")
    assert locked(card(criterion("a", 4.0, quote("I led the team.", 0))), [words]).criteria[0].score is None


@pytest.mark.parametrize("score", [0.9, 5.1, float("nan")])
def test_a_score_outside_the_scale_is_no_score(score: float) -> None:
    assert locked(card(criterion("a", score, quote("오류가 줄었습니다", 5))), [said()]).overall is None


def test_the_overall_is_the_weighted_mean_of_what_was_scored() -> None:
    evidence = quote("오류가 줄었습니다", 5)
    scorecard = card(criterion("a", 2.0, evidence), criterion("b", 5.0, evidence), criterion("c", None))
    assert locked(scorecard, [said()]).overall == 3.5
    assert locked(scorecard, [said()], weights={"a": 3.0, "c": 9.0}).overall == 2.75
    assert overall_score(scorecard.criteria, {"a": 0.0, "b": 0.0}) is None


def test_locking_twice_changes_nothing() -> None:
    once = locked(card(criterion("a", 2.5, quote("오류가 줄었습니다", 40)), criterion("b", 3.0)), [said()])
    assert locked(once, [said()]) == once
    assert msgspec.json.decode(msgspec.json.encode(once), type=Scorecard) == once


@pytest.mark.parametrize(("score", "level"), [(1.0, 1), (1.4, 1), (1.5, 2), (2.5, 3), (4.4, 4), (4.5, 5), (5.0, 5)])
def test_a_score_belongs_to_the_nearest_level(score: float, level: int) -> None:
    assert level_of(score) == level
