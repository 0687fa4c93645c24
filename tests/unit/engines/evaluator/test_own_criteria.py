"""Criteria that somebody wrote themselves (SPEC.md 3): found by their keywords and topic, judged by how it was told."""

from __future__ import annotations

import msgspec
import pytest

from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.scorecard import Criterion, CriterionScore, Level, Rubric, Utterance
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.rule import RuleEvaluator

KEYWORDS = ("dose", "allergy", "handover", "투약", "알레르기", "인수인계", "用药", "过敏", "交接班")
NAMES: dict[Language, tuple[str, str]] = {
    "en": ("Patient safety", "Recognises risks to patients and acts before harm is done"),
    "ko": ("환자 안전", "환자에게 생길 위험을 알아보고 피해가 생기기 전에 행동한다"),
    "zh": ("患者安全", "发现患者面临的风险并在造成伤害之前采取行动"),
}
QUESTIONS: dict[Language, str] = {
    "en": "How do you keep patients safe on a busy ward?",
    "ko": "바쁜 병동에서 환자 안전을 어떻게 지키십니까?",
    "zh": "在忙碌的病房里,您怎么保证患者安全?",
}
ANSWERS: dict[Language, tuple[str, str, str]] = {
    "en": (
        "Last winter I noticed at the handover that a dose had been written ten times too high. I stopped the pump, "
        "called the physician and checked the allergy list, because the drug was new to us. Nobody was harmed. "
        "Afterwards I changed our sheet so that two people sign, and errors fell from six a month to one.",
        "I check the dose before I give it, and I ask a colleague when I am not sure about it.",
        "I went hiking at the weekend and cooked noodles with my cousin, and then we watched a film.",
    ),
    "ko": (
        "작년 겨울 인수인계 때 투약 용량이 열 배로 적힌 것을 제가 발견했습니다. 바로 펌프를 멈추고 의사에게 "
        "전화했고, 처음 쓰는 약이었기 때문에 알레르기 기록을 다시 확인했습니다. 피해를 본 환자는 없었습니다. 그 뒤 두 "
        "사람이 서명하도록 양식을 바꿨고, 오류가 한 달 여섯 건에서 한 건으로 줄었습니다.",
        "투약 전에 용량을 확인하고, 잘 모를 때는 동료에게 물어봅니다.",
        "주말에는 등산을 가고 사촌과 국수를 끓여 먹은 다음 영화를 봤습니다.",
    ),
    "zh": (
        "去年冬天交接班时,我发现一张用药单上的剂量写大了十倍。我马上停了泵,打电话给医生,因为那是新药,我又核对了过敏记录。"
        "最后没有患者受到伤害。之后我把表格改成两个人签字,错误从每月六次降到一次。",
        "我用药之前会看一下剂量,有问题的时候就问同事。",
        "周末我去爬山,和表弟一起煮面条,然后看了一部电影。",
    ),
}


def criterion(language: Language, *, keywords: tuple[str, ...] = KEYWORDS) -> Criterion:
    name, description = NAMES[language]
    levels = tuple(Level(level=level, anchor=f"Anchor {level}") for level in range(1, 6))
    return Criterion(
        criterion_id="patient_safety", name=name, description=description, levels=levels, keywords=keywords
    )


def judged(
    language: Language, answer: str, *, question: str | None = None, own: Criterion | None = None
) -> CriterionScore:
    rubric = Rubric(
        rubric_id="own", version="1", language=language, criteria=(own if own is not None else criterion(language),)
    )
    asked = QUESTIONS[language] if question is None else question
    said = Utterance(utterance_id="u", speaker="candidate", text=answer, start=0, end=9, in_answer_to=asked)
    return RuleEvaluator().judge(EvaluationRequest(rubric=rubric, utterances=(said,), language=language)).criteria[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_spec_6_1_better_answers_score_higher_on_a_criterion_of_ones_own(language: Language) -> None:
    high, middling, _ = (judged(language, answer) for answer in ANSWERS[language])
    assert high.score is not None
    assert middling.score is not None
    assert high.score >= middling.score + 1
    assert high.anchor == f"Anchor {high.level}"
    assert set(high.keywords) & set(KEYWORDS)
    for evidence in high.evidence:
        assert ANSWERS[language][0][evidence.start : evidence.end] == evidence.quote


@pytest.mark.parametrize("language", LANGUAGES)
def test_spec_3_what_has_nothing_to_do_with_it_is_not_enough_evidence(language: Language) -> None:
    assert judged(language, ANSWERS[language][2]).verdict == "insufficient_evidence"
    assert judged(language, "", question="").verdict == "insufficient_evidence"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_keywords_the_question_tells_what_an_answer_is_about(language: Language) -> None:
    bare = criterion(language, keywords=())
    assert judged(language, ANSWERS[language][0], own=bare).score is not None
    elsewhere = msgspec.structs.replace(bare, name="Sales", description="Wins customers", criterion_id="sales")
    assert judged(language, ANSWERS[language][0], own=elsewhere).verdict == "insufficient_evidence"


def test_keywords_find_evidence_and_earn_nothing() -> None:
    answer = ANSWERS["en"][1]
    stuffed = f"{answer} Dose, allergy, handover, dose, allergy, handover."
    assert judged("en", stuffed).score == judged("en", answer).score
    listed = judged("en", "Dose, allergy, handover, dose, allergy, handover, dose.").score
    assert listed is None or listed < 2
