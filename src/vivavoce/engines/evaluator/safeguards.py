"""What a candidate may write to move a score without having earned it, recognised sentence by sentence.

A sentence recognised here adds nothing and takes nothing away: it is left out before anything is assessed.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.engines.evaluator import sentences
from vivavoce.engines.evaluator.rubrics import criterion_ids, load_rubric

#: A sentence shares this part of its word or character groups with the question or a rubric: it was copied.
COPIED_SHARE: Final = 0.75
PARROTED_SHARE: Final = 0.6

_TRIGGERS: Final = (
    *("rubric", "score", "scoring", "rating", "rate ", "grade", "grading", "mark", "level", "point", "star"),
    *("instruct", "prompt", "ignore", "disregard", "forget", "override", "bypass", "candidate", "applicant"),
    *("evaluat", "assess", "criteri", "system", "assistant", "developer", "interviewer", "examiner", "admin", "hire"),
    *("pretend", "you are", "you're", "act as", "answer", "response", "jailbreak", "{", "<", "[", "`", "###", "5"),
    *("do not", "don't", "assume", "treat", "regard", "consider", "presume", "interpret", "translate", "deem", "reply"),
    *("respond", "output", "print", "model", "override"),
    *("십시오", "시오", "주세요", "바랍니다", "하세요", "당신", "请", "务必", "必须"),
    *("무시", "지시", "지침", "점수", "만점", "평가", "채점", "루브릭", "프롬프트", "시스템", "지원자", "답변"),
    *("당신은", "너는", "합격", "채용", "5점", "등급", "규칙", "잊", "기준"),
    *("忽略", "无视", "忘", "指令", "指示", "评分", "满分", "分", "提示", "系统", "候选人", "应聘者", "回答"),
    *("你是", "你现在", "扮演", "录用", "等级", "标准", "评估", "评审", "考官", "绕过", "量表"),
)

_INTRODUCTION = re.compile(
    r"\bmy name is\b|\bi am called\b|\bcall me\b"
    r"|이름은|이라고 합니다|라고 합니다|이라고 해요|라고 불러|我叫|我的名字|名字叫|叫我"
)
_SHORT_INTRODUCTION = re.compile(
    r"^(?:hello|hi|good (?:morning|afternoon|evening)|안녕하세요|안녕하십니까|您好|你好)?[,.!，。！\s]*"
    r"(?:(?:I'm|I am|This is) [A-Z][\w'-]*(?: [A-Z][\w'-]*){0,3}"
    r"|저는 [가-힣]{2,4}입니다|我是[\u4e00-\u9fff]{2,4})[.!。！]?$"
)


def is_injection(normalised: str) -> bool:
    """Whether a normalised sentence speaks to whoever judges instead of answering."""
    if not any(trigger in normalised for trigger in _TRIGGERS):
        return False
    return any(pattern.search(normalised) for pattern in _injections())


@cache
def _injections() -> tuple[re.Pattern[str], ...]:
    text = (files("vivavoce.engines.evaluator.cues") / "injections.txt").read_text(encoding="utf-8")
    return tuple(re.compile(line) for line in text.splitlines() if line and not line.startswith("# "))


def is_introduction(original: str, normalised: str) -> bool:
    """Whether a sentence gives the speaker's name: names must not reach the assessment."""
    return bool(_INTRODUCTION.search(normalised) or _SHORT_INTRODUCTION.match(original))


def shingles(normalised: str, language: Language) -> frozenset[str]:
    """Word pairs in English, character pairs elsewhere: what two texts share when one copies the other."""
    if language == "en":
        parts = sentences.words(normalised)
        return frozenset(f"{first} {second}" for first, second in pairwise(parts))
    dense = "".join(character for character in normalised if character.isalnum())
    return frozenset(dense[index : index + 2] for index in range(len(dense) - 1))


def is_copied(own: frozenset[str], question: frozenset[str]) -> bool:
    """Whether a sentence repeats the question it answers."""
    return bool(own) and bool(question) and len(own & question) >= COPIED_SHARE * len(own)


def is_parroted(normalised: str, language: Language) -> bool:
    """Whether a sentence is made of the words of a level's anchor, which this house publishes."""
    own = _long_shingles(normalised, language)
    if len(own) < 3:
        return False
    anchors = _anchor_shingles(language)
    return sum(1 for shingle in own if shingle in anchors) >= PARROTED_SHARE * len(own)


@cache
def _anchor_shingles(language: Language) -> frozenset[str]:
    assert language in LANGUAGES
    rubric = load_rubric(criterion_ids(), language)
    found: set[str] = set()
    for criterion in rubric.criteria:
        for text in (criterion.description, *(level.anchor for level in criterion.levels)):
            found |= _long_shingles(sentences.normalised(text), language)
    return frozenset(found)


def _long_shingles(normalised: str, language: Language) -> frozenset[str]:
    if language == "en":
        parts = sentences.words(normalised)
        return frozenset(" ".join(parts[index : index + 3]) for index in range(len(parts) - 2))
    dense = "".join(character for character in normalised if character.isalnum())
    return frozenset(dense[index : index + 5] for index in range(len(dense) - 4))
