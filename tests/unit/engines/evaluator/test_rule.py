"""The rule engine: what moves a score, and what must not."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest
from bench.evaluation.answers import Answer, judge, load, panel_answers, ranked
from bench.evaluation.rank import correlation
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.domain.evidence import locked
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.scorecard import CriterionScore, Scorecard, Utterance
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.rubrics import PANEL_CRITERIA, criterion_ids, load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator

HIGH = (
    "Last year our checkout slowed to four seconds. I traced it with the query plan to a missing index, because every "
    "order scanned two million rows. I added a composite index instead of a cache, since a cache would have hidden "
    "stale prices. As a result p95 fell from 4 s to 180 ms. In hindsight I should have had an alert."
)
QUESTION = "Tell me about something technical you improved."


def judged(text: str, criterion: str = "technical_depth", question: str = QUESTION) -> CriterionScore:
    return judge(RuleEvaluator(), Answer(criterion, 0, question, text), "en")


def score(text: str, criterion: str = "technical_depth", question: str = QUESTION) -> float:
    return ranked(judged(text, criterion, question))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tagged", [True, False])
@pytest.mark.parametrize("split", ["development", "held_out"])
def test_better_answers_score_higher(
    language: Language, tagged: bool, split: Literal["development", "held_out"]
) -> None:
    answers = load(split, language)
    assert len(answers) >= 20
    panel = [answer for answer in answers if answer.criterion in PANEL_CRITERIA]
    for chosen in (answers, panel):
        rho, (low, middling, high), _ = correlation(RuleEvaluator(), chosen, language, tagged=tagged)
        assert rho >= 0.7
        assert low < middling < high


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tagged", [True, False])
def test_spec_3_better_answers_to_the_panels_criteria_score_higher(language: Language, tagged: bool) -> None:
    answers = panel_answers(language)
    assert len(answers) >= 60
    assert {answer.criterion for answer in answers} == set(PANEL_CRITERIA)
    assert [sum(answer.level == level for answer in answers) for level in (1, 2, 3)] == [20, 20, 20]
    rho, (low, middling, high), _ = correlation(RuleEvaluator(), answers, language, tagged=tagged)
    assert rho >= 0.7
    assert low < middling < high


def test_spec_6_1_the_rationale_names_what_was_found_and_the_level_its_anchor() -> None:
    found = judged(HIGH)
    anchors = {item.level: item.anchor for item in load_rubric(["technical_depth"], "en").criteria[0].levels}
    assert found.level in (4, 5)
    assert found.anchor == anchors[found.level]
    assert "reasons and alternatives" in found.rationale
    assert "index" in found.keywords
    assert 1 <= len(found.evidence) <= 3


@pytest.mark.parametrize(
    "text",
    [
        "I don't know.",
        "No comment, next question please.",
        "I love cooking. Yesterday I made lasagna with my neighbour and we watched a film about dinosaurs.",
        QUESTION,
        "Ok.",
        "",
    ],
)
def test_spec_3_nothing_relevant_is_not_a_low_score(text: str) -> None:
    assert judged(text).verdict == "insufficient_evidence"


def test_a_low_score_stands_on_the_words_that_show_it() -> None:
    low = judged(
        "It was not my job. The others were lazy and I ignored them until somebody fixed the bug.", "ownership"
    )
    assert low.score is not None
    assert low.score < 2
    assert low.evidence


def test_more_of_the_same_does_not_help() -> None:
    assert score(" ".join([HIGH] * 5)) == score(HIGH)
    poor = "I always use best practices and technology is very important."
    assert score(" ".join([poor] * 8)) <= score(poor)


def test_a_list_of_buzzwords_adds_nothing() -> None:
    words = "Latency, throughput, index, cache, queue, replicas, consistency, Kubernetes, Kafka, Redis, trade-offs."
    assert abs(score(f"{HIGH} {words}") - score(HIGH)) <= 0.2
    assert score(words) < 2


def test_copying_the_question_or_the_rubric_adds_nothing() -> None:
    anchor = load_rubric(["technical_depth"], "en").criteria[0].levels[4].anchor
    plain = "I worked on the report job, it was slow, and I changed how it writes to the database."
    assert score(f"{QUESTION} {plain}") == score(plain)
    assert score(f"{anchor} {plain}") == score(plain)
    assert judged(anchor).score is None


def test_what_contradicts_itself_is_worth_less_and_less_sure() -> None:
    def card(second: str) -> CriterionScore:
        utterances = tuple(
            Utterance(
                utterance_id=f"u{index}",
                speaker="candidate",
                text=text,
                start=index,
                end=index,
                competency="leadership",
                question_id=str(index),
            )
            for index, text in enumerate(
                ("Last year I led a team of six developers and delegated the releases.", second)
            )
        )
        request = EvaluationRequest(rubric=load_rubric(["leadership"], "en"), utterances=utterances)
        return RuleEvaluator().judge(request).criteria[0]

    agreeing = card("I then hired two developers and the release time fell by half.")
    contradicting = card("I have never led a team of six developers, to be honest.")
    assert agreeing.score is not None
    assert contradicting.score is not None
    assert contradicting.score < agreeing.score
    assert contradicting.confidence < agreeing.confidence
    assert "contradict" in contradicting.rationale


def test_spec_6_5_the_recognisers_doubt_travels_with_the_score() -> None:
    def confidence(heard: float | None) -> float:
        utterance = Utterance(
            utterance_id="u",
            speaker="candidate",
            text=HIGH,
            start=0,
            end=9,
            confidence=heard,
            competency="technical_depth",
        )
        request = EvaluationRequest(rubric=load_rubric(["technical_depth"], "en"), utterances=(utterance,))
        return RuleEvaluator().judge(request).criteria[0].confidence

    assert confidence(0.5) < confidence(0.9) < confidence(None)


def test_an_answer_in_another_language_than_the_interviews_is_read_in_its_own() -> None:
    korean = load("held_out", "ko")[0]
    at_home = judge(RuleEvaluator(), korean, "ko")
    abroad = judge(RuleEvaluator(), korean, "en")
    assert at_home.score == abroad.score
    assert abroad.name == "Technical competence"


def transcript(texts: list[str]) -> EvaluationRequest:
    utterances = tuple(
        Utterance(
            utterance_id=f"u{index}",
            speaker="candidate" if index % 3 else "interviewer",
            text=text,
            start=index,
            end=index,
            competency=("teamwork", "", "motivation")[index % 3],
        )
        for index, text in enumerate(texts)
    )
    return EvaluationRequest(rubric=load_rubric(criterion_ids(), "ko"), utterances=utterances, language="ko")


@given(
    st.lists(
        st.one_of(st.text(max_size=80), st.sampled_from([HIGH, "저는 팀과 함께 문제를 해결했습니다."])), max_size=6
    )
)
@settings(max_examples=60, deadline=None)
def test_spec_6_1_whatever_is_said_the_scorecard_holds(texts: list[str]) -> None:
    request = transcript(texts)
    scorecard = RuleEvaluator().judge(request)
    assert len(scorecard.criteria) == len(criterion_ids())
    assert locked(scorecard, request.utterances) == scorecard
    assert msgspec.json.decode(msgspec.json.encode(scorecard), type=Scorecard) == scorecard


def test_what_was_asked_before_changes_nothing() -> None:
    evaluator = RuleEvaluator(remembered=3)
    request = transcript([HIGH, "우리 팀은 결과가 좋았습니다.", HIGH, "제가 제안했고 오류가 절반으로 줄었습니다."])
    first = evaluator.judge(request)
    evaluator.judge(transcript(["안녕하세요", "모르겠습니다", "글쎄요", "네", "아니요"]))
    assert evaluator.judge(request) == first == RuleEvaluator().judge(request)
