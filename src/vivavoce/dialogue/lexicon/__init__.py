"""Words and patterns of interview talk in each language, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from vivavoce.dialogue.lexicon.telling import telling_words, words_of
from vivavoce.domain.interview import Language

_NOT_PATTERNS: Final = frozenset(
    {"full_answer_words", "stopwords", "phrase_breaks", "commonplace", "not_last", "units"}
)
#: What is counted in an answer.
COUNTED: Final = (
    "first_person",
    "time_marker",
    "result",
    "work",
    "evasive",
    "small_talk",
    "hostile_directed",
    "injection",
)


class _Patterns(msgspec.Struct, frozen=True, kw_only=True):
    """One language's file: lists of regular expressions, the length of a full answer, and words that carry no topic."""

    full_answer_words: int
    stop: tuple[str, ...]
    repeat: tuple[str, ...]
    unclear: tuple[str, ...]
    thinking: tuple[str, ...]
    unknown: tuple[str, ...]
    greeting: tuple[str, ...]
    ready: tuple[str, ...]
    question: tuple[str, ...]
    nothing_to_ask: tuple[str, ...]
    thanks: tuple[str, ...]
    hostile_directed: tuple[str, ...]
    evasive: tuple[str, ...]
    first_person: tuple[str, ...]
    result: tuple[str, ...]
    time_marker: tuple[str, ...]
    small_talk: tuple[str, ...]
    work: tuple[str, ...]
    injection: tuple[str, ...]
    stopwords: tuple[str, ...]
    phrase_breaks: tuple[str, ...]
    commonplace: tuple[str, ...]
    not_last: tuple[str, ...]
    units: tuple[str, ...]


class Lexicon:
    """Compiled patterns of one language. `any(kind, text)` and `counts(sentence)` ask them."""

    def __init__(self, patterns: _Patterns) -> None:
        self.full_answer_words = patterns.full_answer_words
        self.stopwords = frozenset(patterns.stopwords)
        self.phrase_breaks = frozenset(patterns.phrase_breaks)
        self.commonplace = frozenset(patterns.commonplace)
        self.not_last = frozenset(patterns.not_last)
        self.units = frozenset(patterns.units)
        # Lower-case patterns on lower-case text: several times as quick as patterns that ignore the case.
        self._compiled: dict[str, tuple[tuple[re.Pattern[str], frozenset[str] | None], ...]] = {
            kind: tuple((re.compile(pattern), telling_words(pattern)) for pattern in getattr(patterns, kind))
            for kind in patterns.__struct_fields__
            if kind not in _NOT_PATTERNS
        }

    def any(self, kind: str, text: str) -> bool:
        """Say whether a pattern of `kind` occurs in `text`."""
        lower = text.lower()
        words = words_of(lower)
        return any(
            pattern.search(lower)
            for pattern, telling in self._compiled[kind]
            if telling is None or not telling.isdisjoint(words)
        )

    def counts(self, sentence: str) -> Mapping[str, int]:
        """How often the patterns of each counted kind occur in a sentence; kinds that do not are left out."""
        lower = sentence.lower()
        words = words_of(lower)
        found: dict[str, int] = {}
        for kind in COUNTED:
            for pattern, telling in self._compiled[kind]:
                if (telling is None or not telling.isdisjoint(words)) and (hits := len(pattern.findall(lower))):
                    found[kind] = found.get(kind, 0) + hits
        return found


@cache
def lexicon(language: Language) -> Lexicon:
    """Return the lexicon of a language, read once."""
    data = resources.files(__name__).joinpath(f"{language}.toml").read_bytes()
    return Lexicon(msgspec.toml.decode(data, type=_Patterns))


@cache
def role_words() -> dict[str, tuple[str, ...]]:
    """Return the words of job titles by role family, in all languages."""
    data = resources.files(__name__).joinpath("roles.toml").read_bytes()
    return msgspec.toml.decode(data, type=dict[str, tuple[str, ...]])
