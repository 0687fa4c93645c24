"""Cutting what was said into sentences, with their places in the original text."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import msgspec

from vivavoce.domain.interview import Language

#: Speech recognisers leave out full stops: a stretch longer than this is cut at a comma or connective.
LONG_SENTENCE: Final = {"en": 260, "ko": 140, "zh": 110}

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？；]+[”’」』）]*|\n+|(?<=[다요죠까])[.!?]+(?=\S)")
_CUT = re.compile(r"[,;:]\s|[，、：]|(?<=[고며서만데])\s|\s(?=and then\b|so\b|but\b|because\b|then\b)")
_SEAM = re.compile(
    r"(?<=[}\])>`])\s+|(?<=[\d])\s+(?=[A-Z\uac00-\ud7a3\u4e00-\u9fff])|(?<=[\u4e00-\u9fff\uac00-\ud7a3])\s+(?=[A-Z])"
    r"|(?<=[A-Za-z])\s+(?=[\u4e00-\u9fff\uac00-\ud7a3])|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff\uac00-\ud7a3])"
)
_SHORT_ENOUGH: Final = 100
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_IGNORED = re.compile(r"[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u202a-\u202e]")


class Span(msgspec.Struct, frozen=True):
    """`[start, end)` in code points of the utterance, without surrounding white space."""

    start: int
    end: int


def split(text: str, default: Language) -> list[Span]:
    """The sentences of a text in order; punctuation belongs to the sentence it ends. Each is cut by its own script."""
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        _add(spans, text, start, match.end(), default)
        start = match.end()
    _add(spans, text, start, len(text), default)
    return spans


def language_of(text: str, default: Language) -> Language:
    """The language whose script prevails in a text; a candidate may answer in another one than the interview's."""
    hangul = len(_HANGUL.findall(text))
    han = len(_HAN.findall(text))
    # A Latin word stands for about as much as two syllable characters.
    latin = 2 * len(_LATIN_WORD.findall(text))
    if hangul == han == latin == 0:
        return default
    if hangul >= max(han, 0.25 * latin) and hangul:
        return "ko"
    if han >= 0.25 * latin and han:
        return "zh"
    return "en"


def normalised(text: str) -> str:
    """Text for matching only: compatibility forms folded, invisible characters gone, lower case."""
    folded = unicodedata.normalize("NFKC", _IGNORED.sub("", text)).lower()
    return folded.replace("’", "'").replace("‘", "'")


def amount(text: str, language: Language) -> int:
    """How much was said, in words; Chinese characters count as half a word each, Korean words as one and a half."""
    if language == "zh":
        return (len(_HAN.findall(text)) + 1) // 2 + len(_LATIN_WORD.findall(text))
    words = len(_WORD.findall(text))
    return words * 3 // 2 if language == "ko" else words


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def _add(spans: list[Span], text: str, start: int, end: int, default: Language) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end - start > _SHORT_ENOUGH:
        start = _cut_long(spans, text, start, end, LONG_SENTENCE[language_of(text[start:end], default)])
    _append(spans, text, start, end)


def pieces(text: str, span: Span) -> list[Span]:
    """A span cut wherever something else may begin without a full stop: after brackets, figures, a change of script."""
    found: list[Span] = []
    start = span.start
    for match in _SEAM.finditer(text, span.start, span.end):
        _append(found, text, start, match.start())
        start = match.end()
    _append(found, text, start, span.end)
    return found


def _cut_long(spans: list[Span], text: str, start: int, end: int, limit: int) -> int:
    while end - start > limit:
        cut = max((match.end() for match in _CUT.finditer(text, start + limit // 3, start + limit)), default=0)
        if not cut:
            space = text.rfind(" ", start + limit // 3, start + limit)
            cut = space + 1 if space > 0 else start + limit
        _append(spans, text, start, cut)
        start = cut
    return start


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if any(character.isalnum() for character in text[start:end]):
        spans.append(Span(start, end))
