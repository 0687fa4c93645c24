"""One question a kind and language, answers to it, and marks as a teacher gives them."""

from __future__ import annotations

from typing import Final

from vivavoce.domain.answer_key import Blank as Gap
from vivavoce.domain.answer_key import ChoiceKey, ExpectedPoint, FillInKey, NumericKey, Option, TrueFalseKey
from vivavoce.domain.interview import Language
from vivavoce.engines.grader.contract import Answer, GradeRequest, HumanMark, MarkScheme

QUESTIONS: Final[dict[Language, tuple[str, tuple[str, str]]]] = {
    "en": (
        "Why do enzymes stop working when they get too hot?",
        ("High temperature breaks the bonds that hold the protein's shape.", "The active site no longer fits."),
    ),
    "ko": (
        "온도가 너무 높으면 효소가 작용하지 못하는 까닭은 무엇인가?",
        ("높은 열은 단백질의 입체 구조를 유지하는 결합을 끊는다.", "활성 부위가 기질과 맞지 않게 된다."),
    ),
    "zh": (
        "为什么温度过高时酶会失去作用？",
        ("高温破坏维持蛋白质空间结构的化学键。", "活性部位与底物不再吻合。"),
    ),
}
#: Answers from good to poor.
ANSWERS: Final[dict[Language, tuple[str, str, str]]] = {
    "en": (
        "The heat breaks the bonds in the protein, so it loses its shape. Then the active site does not fit any more.",
        "The protein loses its shape when bonds break.",
        "Enzymes are found in the stomach and help digestion.",
    ),
    "ko": (
        "높은 열 때문에 단백질의 결합이 끊어져 입체 구조가 변한다. 그래서 활성 부위가 기질과 맞지 않게 된다.",
        "단백질의 입체 구조가 변하기 때문이다.",
        "효소는 위에 있고 소화를 돕는다.",
    ),
    "zh": (
        "高温使蛋白质的化学键断裂，空间结构被破坏。于是活性部位和底物不再吻合。",
        "因为蛋白质的空间结构被破坏了。",
        "酶在胃里，帮助消化食物。",
    ),
}
_GOOD: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("Heat breaks bonds and the shape of the protein changes, so the active site fits no longer, case {}.",),
    "ko": ("열로 결합이 끊어져 단백질의 구조가 변하고 활성 부위가 맞지 않게 된다. 예 {}.",),
    "zh": ("高温破坏化学键，蛋白质结构改变，活性部位不再吻合，例{}。",),
}
_HALF: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("The protein changes its shape, as in case {}.",),
    "ko": ("단백질의 구조가 변한다. 예 {}.",),
    "zh": ("蛋白质的结构改变，例{}。",),
}
_POOR: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("Enzymes help digestion in the stomach, number {}.",),
    "ko": ("효소는 위에서 소화를 돕는다. 번호 {}.",),
    "zh": ("酶在胃里帮助消化，第{}个。",),
}


def scheme(language: Language = "en", *, expected: bool = True) -> MarkScheme:
    text, points = QUESTIONS[language]
    return MarkScheme(
        question_id="q1",
        version="v1",
        text=text,
        max_points=4.0,
        step=0.5,
        language=language,
        model_answers=(" ".join(points),),
        expected=tuple(
            ExpectedPoint(point_id=f"p{number}", text=point, points=2.0) for number, point in enumerate(points, 1)
        )
        if expected
        else (),
    )


def marks(language: Language, count: int) -> tuple[HumanMark, ...]:
    """`count` marks: a third each of 4, 2 and 0 points."""
    made = []
    for number in range(count):
        texts, points = ((_GOOD, 4.0), (_HALF, 2.0), (_POOR, 0.0))[number % 3]
        made.append(HumanMark(response_id=f"m{number}", text=texts[language][0].format(number), points=points))
    return tuple(made)


def free_text(language: Language, *texts: str, marked: int = 30, quality: float | None = None) -> GradeRequest:
    return GradeRequest(
        scheme=scheme(language),
        answers=tuple(Answer(response_id=f"r{n}", text=text, quality=quality) for n, text in enumerate(texts)),
        marks=marks(language, marked),
        least_confidence=0.3,
    )


KEYS: Final = {
    "choice": (ChoiceKey(options=(Option(option_id="A"), Option(option_id="B")), correct=("B",)), "B", "A"),
    "true_false": (TrueFalseKey(correct=True), "true", "错"),
    "numeric": (NumericKey(value=9.8, tolerance=0.05, unit="m/s^2"), "g = 9.81 m/s²", "12 m/s^2"),
    "fill_in": (FillInKey(blanks=(Gap(accepted=("oxygen", "산소", "氧气")),)), "산소", "nitrogen"),
}


def keyed(kind: str, *texts: str) -> GradeRequest:
    return GradeRequest(
        scheme=MarkScheme(question_id="q2", version="v1", text="?", max_points=2.0, key=KEYS[kind][0]),
        answers=tuple(Answer(response_id=f"r{n}", text=text) for n, text in enumerate(texts)),
    )
