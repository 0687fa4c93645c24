"""Whether a model's reply may be said to a candidate."""

from __future__ import annotations

import re
from typing import Final

from vivavoce.domain.interview import Language, Move

MOST_CHARACTERS: Final = 1200
LEAST_CHARACTERS: Final = 8
_QUESTION_MARK: Final = re.compile(r"[?？]+")
_LEAKS: Final = re.compile(
    r"<\s*/?\s*(?:data|system|assistant|user|im_start|im_end|\|)|"
    r"\b(?:system prompt|language model|my instructions|your task now)\b|"
    r"^\s*(?:interviewer|candidate|assistant|user|system|면접관|지원자|面试官|候选人)\s*[:：]|\bstrategy\s*[:=]|"
    r"(?:\n\s*(?:candidate|user|지원자|候选人)\s*[:：])",
    re.IGNORECASE | re.MULTILINE,
)
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_KANA: Final = re.compile(r"[\u3040-\u30ff]")
_LETTER: Final = re.compile(r"[^\W\d_]")


def early_fault(text: str, language: Language) -> str:
    """Name what is wrong with the beginning of a reply, or return an empty string. For use before anything is shown."""
    if _LEAKS.search(text):
        return "role leakage"
    if not _in_language(text, language):
        return "wrong language"
    return ""


def fault(text: str, language: Language, move: Move, earlier: tuple[str, ...]) -> str:
    """Name what is wrong with a whole reply, or return an empty string. `earlier` are the replies before it."""
    stripped = text.strip()
    if not stripped:
        return "empty"
    if len(stripped) < LEAST_CHARACTERS:
        return "too short"
    if len(stripped) > MOST_CHARACTERS:
        return "too long"
    early = early_fault(stripped, language)
    if early:
        return early
    if stripped[-1] not in ".!?。！？…”\"'」)）":
        return "unfinished"
    questions = len(_QUESTION_MARK.findall(stripped))
    if questions != 1:
        return "no question" if questions == 0 else "more than one question"
    if move.heard != "repeat" and _repeats(stripped, earlier):
        return "repeated question"
    return ""


def _in_language(text: str, language: Language) -> bool:
    """Most letters are of the language's script; names and technical terms in Latin letters are fine."""
    letters = len(_LETTER.findall(text))
    if letters < LEAST_CHARACTERS:
        return True
    hangul, han, kana = (len(pattern.findall(text)) for pattern in (_HANGUL, _HAN, _KANA))
    if language == "ko":
        return hangul >= letters * 0.5
    if language == "zh":
        return han >= letters * 0.5 and kana == 0 and hangul <= letters * 0.05
    return hangul + han + kana <= letters * 0.1


def _repeats(text: str, earlier: tuple[str, ...]) -> bool:
    asked = _questions(text)
    before = [question for reply in earlier for question in _questions(reply)]
    return any(_alike(new, old) for new in asked for old in before)


def _questions(text: str) -> list[frozenset[str]]:
    """The words (or Chinese character pairs) of each sentence that ends in a question mark."""
    found = re.findall(r"[^.!。！?？\n]+(?=[?？])", text)
    return [_terms(sentence) for sentence in found]


def _terms(sentence: str) -> frozenset[str]:
    folded = sentence.lower().strip()
    if _HAN.search(folded) and not _HANGUL.search(folded):
        return frozenset(folded[at : at + 2] for at in range(len(folded) - 1))
    return frozenset(re.findall(r"\w+", folded))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    smaller = min(len(one), len(other))
    return smaller >= 4 and len(one & other) >= 0.85 * len(one | other)
