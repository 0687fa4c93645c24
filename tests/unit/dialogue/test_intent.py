"""Telling answers from the other things people say in an interview."""

from __future__ import annotations

import pytest

from tests.unit.dialogue.test_quality import ELSEWHERE, GENERAL, RUDE
from tests.unit.engines.interviewer.requests import ANSWERS
from vivavoce.dialogue.intent import has_nothing_to_ask, hear, is_greeting
from vivavoce.dialogue.quality import assess
from vivavoce.domain.interview import LANGUAGES, Heard, Language

SAID: list[tuple[Language, str, Heard]] = [
    ("en", "", "nothing"),
    ("en", "Could you repeat the question, please?", "repeat"),
    ("en", "Sorry, what was the question?", "repeat"),
    ("en", "What exactly do you mean by quality?", "unclear"),
    ("en", "Let me think about that for a moment.", "thinking"),
    ("en", "Hmm", "thinking"),
    ("en", "I don't know.", "unknown"),
    ("en", "Sorry, I can't think of an example right now.", "unknown"),
    ("en", "I'd like to stop the interview.", "stop"),
    ("en", "Can we stop here please?", "stop"),
    ("en", "What does the team look like?", "question"),
    ("en", "Yes.", "thin"),
    ("en", "作为一个团队我们一起完成了这个项目", "other_language"),
    ("ko", "질문을 다시 말씀해 주시겠어요?", "repeat"),
    ("ko", "무슨 뜻인지 설명해 주세요", "unclear"),
    ("ko", "잠시 생각할 시간을 주세요", "thinking"),
    ("ko", "잘 모르겠습니다.", "unknown"),
    ("ko", "죄송하지만 떠오르지 않습니다", "unknown"),
    ("ko", "면접을 그만하고 싶습니다", "stop"),
    ("ko", "팀 규모는 어떻게 되나요?", "question"),
    ("ko", "네", "thin"),
    ("ko", "I think that the team was a good one and it was fine to work in it.", "other_language"),
    ("zh", "能再说一遍吗？", "repeat"),
    ("zh", "不太明白这个问题", "unclear"),
    ("zh", "让我想一想", "thinking"),
    ("zh", "不知道。", "unknown"),
    ("zh", "我想结束面试", "stop"),
    ("zh", "请问团队有多少人？", "question"),
    ("zh", "是的。", "thin"),
    ("zh", "저는 팀에서 여러 일을 했습니다", "other_language"),
]


@pytest.mark.parametrize(("language", "text", "heard"), SAID)
def test_hears_what_was_said(language: Language, text: str, heard: Heard) -> None:
    assert hear(text, language, assess(text, language)) == heard


@pytest.mark.parametrize("language", LANGUAGES)
def test_hears_kinds_of_answers(language: Language) -> None:
    def heard(text: str) -> Heard:
        return hear(text, language, assess(text, language))

    assert heard(ANSWERS[language]) == "answer"
    assert heard(GENERAL[language]) == "evasive"
    assert heard(ELSEWHERE[language]) == "off_topic"
    assert heard(RUDE[language]) == "hostile"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "We had to stop the deployment, so I called the customer and told them that I did not know the cause.",
        ),
        (
            "en",
            "When the line stopped, I asked everybody to wait; I did not know the reason, so I read the log first.",
        ),
        ("ko", "고객이 면접을 그만하겠다고 해서 제가 이유를 물었고, 일정을 조정한 뒤 2주 후에 다시 진행했습니다."),
        ("zh", "客户当时说不知道要什么,我就先停止开发,访谈了五个人,两周之后重新定了需求,最后按时上线。"),
    ],
)
def test_the_same_words_inside_a_story_are_no_request(language: Language, text: str) -> None:
    assert hear(text, language, assess(text, language)) == "answer"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [("en", "Hello!", True), ("en", "Yes, I'm ready.", True), ("en", ANSWERS["en"], False),
     ("ko", "안녕하세요", True), ("ko", "네, 시작하겠습니다", True), ("zh", "您好", True),
     ("zh", "准备好了，开始吧", True), ("zh", ANSWERS["zh"], False)],
)  # fmt: skip
def test_greetings(language: Language, text: str, expected: bool) -> None:
    assert is_greeting(text, language) is expected


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "No, that's all, thank you."), ("ko", "아니요, 없습니다."), ("zh", "没有了,谢谢。"), ("en", "Thanks, bye")],
)
def test_nothing_to_ask(language: Language, text: str) -> None:
    assert has_nothing_to_ask(text, language)
