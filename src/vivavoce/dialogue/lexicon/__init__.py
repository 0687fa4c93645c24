"""Words and patterns of interview talk in each language, as data."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import msgspec

from vivavoce.domain.interview import Language


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


class Lexicon:
    """Compiled patterns of one language. `any(kind, text)` and `count(kind, text)` ask them."""

    def __init__(self, patterns: _Patterns) -> None:
        self.full_answer_words = patterns.full_answer_words
        self.stopwords = frozenset(patterns.stopwords)
        self._compiled: dict[str, tuple[re.Pattern[str], ...]] = {
            kind: tuple(re.compile(pattern, re.IGNORECASE) for pattern in getattr(patterns, kind))
            for kind in patterns.__struct_fields__
            if kind not in {"full_answer_words", "stopwords"}
        }

    def any(self, kind: str, text: str) -> bool:
        """Say whether a pattern of `kind` occurs in `text`."""
        return any(pattern.search(text) for pattern in self._compiled[kind])

    def count(self, kind: str, text: str) -> int:
        """Count the occurrences of the patterns of `kind` in `text`."""
        return sum(len(pattern.findall(text)) for pattern in self._compiled[kind])


@cache
def lexicon(language: Language) -> Lexicon:
    """Return the lexicon of a language, read once."""
    data = resources.files(__name__).joinpath(f"{language}.toml").read_bytes()
    return Lexicon(msgspec.toml.decode(data, type=_Patterns))
