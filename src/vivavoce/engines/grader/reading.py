"""What graders of free text read of an answer: its sentences, the terms in them, and what is not part of the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from operator import add
from typing import Final

import msgspec

from vivavoce.domain.interview import Language
from vivavoce.engines.evaluator import safeguards, sentences
from vivavoce.engines.grader.text import plain

#: Longer answers are read up to here, in characters.
LONGEST: Final = 20_000
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_SUFFIXES: Final = ("ing", "ed", "es", "s", "ly")
_STOP_WORDS: Final = frozenset(
    (
        *("a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "with", "from", "as", "and", "or"),
        *("but", "if", "then", "so", "that", "this", "these", "those", "it", "its", "is", "are", "was", "were"),
        *("be", "been", "being", "do", "does", "did", "has", "have", "had", "will", "would", "can", "could"),
        *("should", "may", "might", "there", "their", "they", "them", "he", "she", "we", "you", "i", "my"),
        *("your", "our", "his", "her", "which", "who", "what", "when", "where", "why", "how", "also", "very"),
        *("more", "most", "much", "many", "some", "any", "all", "each", "because"),
    )
)
_STOP_CHARACTERS: Final = frozenset("的了是在和与或及也就都而其这那有个一不为以于")
_STOP_PAIRS: Final = frozenset(first + second for first in _STOP_CHARACTERS for second in _STOP_CHARACTERS)
_NEGATIONS: Final[dict[Language, re.Pattern[str]]] = {
    "en": re.compile(
        r"\b(?:not|no|never|none|nothing|neither|nor|without|cannot|isn't|aren't|wasn't|weren't|don't|doesn't|didn't"
        r"|won't|can't|couldn't|wouldn't|shouldn't|hasn't|haven't|unable|fails? to)\b"
    ),
    "ko": re.compile(r"(?:않|없|아니|못하|못한|안\s|불가능|불필요)"),
    "zh": re.compile(r"(?:不(?!同|断|仅|但|管|过|论|止|只|得不)|没有|没|无(?!论)|非(?!常)|未(?!来)|勿|别)"),
}
#: What speaks of points to whoever marks; interviews have no such sentences, exams do. Matched on normalised text.
_ABOUT_POINTS = re.compile(
    "|".join(
        (
            r"\b(?:correct|right|complete|perfect)\b.{0,40}\b(?:score|mark|grade|rate|award|give) (?:it|this|me)\b",
            r"\b(?:score|mark|grade|rate|award|give) (?:it|this|me)\b.{0,20}(?:\d|\bfull\b|\bmax)",
            r"[\"'{]\s*points(?:_by)?[\"']?\s*[:=]|\bpoints\s*=\s*\d|^\W*</?\s*\w+\s*>\W*$",
            r"\b(?:please|beg|kindly|mercy)\b.{0,60}\b(?:points?|marks?|credits?|grades?|to pass|lenient|generous)\b",
            r"점수.{0,8}(?:주세요|주십시오|부탁|주시면)|만점.{0,8}부탁",
            r"(?:求|拜托).{0,12}(?:给|加|送).{0,6}分|应得\s*\d+\s*分|(?:回答|答案).{0,6}正确.{0,8}\d+\s*分",
        )
    )
)


class Sentence(msgspec.Struct, frozen=True):
    """A sentence of the answer at the code points [`start`, `end`), in `plain` form too, with its terms."""

    text: str
    start: int
    end: int
    plain: str
    terms: frozenset[str]
    language: Language

    @property
    def negates(self) -> bool:
        return denies(self.plain, self.language)


class Reading(msgspec.Struct, frozen=True):
    """An answer as it is read: the sentences that belong to it, and how many were addressed to the marker instead."""

    sentences: tuple[Sentence, ...]
    set_aside: int

    @property
    def text(self) -> str:
        """What is left of the answer, in usual width and lower case."""
        return plain("\n".join(sentence.text for sentence in self.sentences))


@lru_cache(maxsize=8192)
def read(text: str, language: Language) -> Reading:
    """Read an answer. A sentence that speaks to whoever marks is set aside: it neither earns nor costs anything."""
    text = text[:LONGEST]
    kept: list[Sentence] = []
    aside = 0
    for part, is_aside in _parts(text, language):
        if is_aside:
            aside += 1
            continue
        quote = text[part.start : part.end]
        read_as = plain(quote)
        kept.append(Sentence(quote, part.start, part.end, read_as, _terms(read_as), language))
    return Reading(tuple(kept), aside)


def without_words_to_the_marker(text: str, language: Language) -> str:
    """The answer as it was written, without the sentences that speak to whoever marks."""
    text = text[:LONGEST]
    kept: list[str] = []
    done = 0
    for part, is_aside in _parts(text, language):
        if not is_aside:
            # With the space before it, so that a quotation over several sentences is found again.
            kept.append(text[done : part.end])
        done = part.end
    return "".join(kept).strip()


def _parts(text: str, language: Language) -> Iterator[tuple[sentences.Span, bool]]:
    """The sentences, those that speak to the marker in their clauses, each with whether it does."""
    for span in sentences.split(text, language):
        if _is_to_the_marker(text, span):
            yield from ((part, _is_to_the_marker(text, part)) for part in sentences.pieces(text, span))
        else:
            yield span, False


def _is_to_the_marker(text: str, span: sentences.Span) -> bool:
    normalised = sentences.normalised(text[span.start : span.end])
    return safeguards.is_injection(normalised) or bool(_ABOUT_POINTS.search(normalised))


def words(text: str) -> list[str]:
    """The words of a text in `plain` form, English ones without their endings."""
    return [stem(word) for word in _WORD.findall(text)]


def stem(word: str) -> str:
    if word.isascii():
        for suffix in _SUFFIXES:
            if word.endswith(suffix) and len(word) - len(suffix) >= 3:
                return word[: -len(suffix)]
    return word


def terms(text: str) -> frozenset[str]:
    """What a text is about: words without endings and small words; pairs of characters where words are not spaced or
    carry particles."""
    return _terms(plain(text))


def _terms(text: str) -> frozenset[str]:
    found: set[str] = set()
    for word in _WORD.findall(text):
        if word.isascii():
            if word not in _STOP_WORDS:
                found.add(stem(word))
        elif len(word) == 1:
            if word not in _STOP_CHARACTERS:
                found.add(word)
        else:
            found.update(map(add, word, word[1:]))
    return frozenset(found - _STOP_PAIRS)


def negates(text: str, language: Language) -> bool:
    """Whether a sentence denies an odd number of times."""
    return denies(plain(text), language)


def denies(text: str, language: Language) -> bool:
    """`negates` of a text in `plain` form."""
    return len(_NEGATIONS[language].findall(text)) % 2 == 1
