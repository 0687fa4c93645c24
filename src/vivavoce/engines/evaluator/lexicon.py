"""Finding cue phrases in one pass over a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

from vivavoce.domain.interview import Language

_LONG_KEY: Final = 4
#: Tags of phrases that take something away from an answer.
FAULTS: Final = frozenset({"evasion", "vague", "claim", "hostile", "blame"})


class Hit(NamedTuple):
    """A cue found at `[start, end)` of the normalised sentence; `surface` is the whole word or phrase there."""

    start: int
    end: int
    cue: str
    surface: str
    tags: frozenset[str]


class _Cue(NamedTuple):
    text: str
    prefix: bool
    tags: frozenset[str]


class CueFile(msgspec.Struct, frozen=True):
    generic: dict[str, str]
    criteria: dict[str, str]
    asks: dict[str, str]


class Profiles(msgspec.Struct, frozen=True):
    """What the engine knows of criteria beside words: neighbours among tags, and weights of the dimensions."""

    tools: str
    stated_terms: str
    related: dict[str, tuple[str, ...]]
    weights: dict[str, dict[str, float]]


def indicator_tag(criterion_id: str) -> str:
    return f"criterion:{criterion_id}"


def question_tag(criterion_id: str) -> str:
    """Marks phrases of questions that ask about a criterion."""
    return f"asks:{criterion_id}"


class Lexicon:
    """The cues of one language. A cue ending in `*` matches the beginning of a word.

    In English cues stand at word boundaries; in Korean and Chinese, where particles and endings join the word or no
    spaces are written, they match anywhere. A hit inside a longer hit does not count; of several that begin at one
    place the longest counts, with the meanings of all, unless it is a fault ("not my fault" is no "not").
    """

    def __init__(self, cues: Mapping[str, Iterable[str]], *, bounded: bool) -> None:
        self._bounded = bounded
        tags: dict[str, set[str]] = {}
        for tag, texts in cues.items():
            for text in texts:
                tags.setdefault(text, set()).add(tag)
        self._by_key: dict[str, list[_Cue]] = {}
        self._short_keys: dict[str, list[_Cue]] = {}
        key_length = _LONG_KEY if bounded else 2
        self._key_length = key_length
        for text, names in tags.items():
            prefix = text.endswith("*")
            bare = text.rstrip("*")
            cue = _Cue(bare, prefix or not bounded, frozenset(names))
            if len(bare) >= key_length:
                self._by_key.setdefault(bare[:key_length], []).append(cue)
            else:
                self._short_keys.setdefault(bare[0], []).append(cue)

    def find(self, text: str) -> list[Hit]:
        """Cues in a normalised text, from left to right, longest first where several begin at one place."""
        hits: list[Hit] = []
        by_key, short_keys, key_length = self._by_key, self._short_keys, self._key_length
        covered = 0
        for start in self._starts(text):
            if start < covered and self._bounded:
                continue
            found = [cue for cue in by_key.get(text[start : start + key_length], ()) if self._stands(text, start, cue)]
            found += [cue for cue in short_keys.get(text[start], ()) if self._stands(text, start, cue)]
            if not found:
                continue
            best = max(found, key=lambda cue: len(cue.text)) if len(found) > 1 else found[0]
            end = start + len(best.text)
            if end <= covered:
                continue
            covered = end
            tags = best.tags
            if len(found) > 1 and not tags & FAULTS:
                tags = tags.union(*(cue.tags for cue in found))
            surface_end = _word_end(text, end) if best.prefix and self._bounded else end
            hits.append(Hit(start, end, best.text, text[start:surface_end].strip(), tags))
        return hits

    def _starts(self, text: str) -> Iterable[int]:
        if not self._bounded:
            return range(len(text))
        return (
            position
            for position, character in enumerate(text)
            if character.isalnum()
            and (position == 0 or not (text[position - 1].isalnum() or text[position - 1] == "'"))
        )

    def _stands(self, text: str, start: int, cue: _Cue) -> bool:
        if not text.startswith(cue.text, start):
            return False
        end = start + len(cue.text)
        return cue.prefix or end == len(text) or not (text[end].isalnum() or text[end] == "'")


@cache
def lexicon(language: Language) -> Lexicon:
    """Generic cues and those of all criteria in one language; a tag says which."""
    data = (files("vivavoce.engines.evaluator.cues") / f"{language}.json").read_bytes()
    cue_file = msgspec.json.decode(data, type=CueFile)
    cues = {tag: _phrases(text) for tag, text in cue_file.generic.items()}
    cues.update({indicator_tag(key): _phrases(text) for key, text in cue_file.criteria.items()})
    cues.update({question_tag(key): _phrases(text) for key, text in cue_file.asks.items()})
    return Lexicon(cues, bounded=language == "en")


@cache
def profiles() -> Profiles:
    data = (files("vivavoce.engines.evaluator.cues") / "profiles.json").read_bytes()
    return msgspec.json.decode(data, type=Profiles)


@cache
def tool_lexicon() -> Lexicon:
    """Names of tools and measured quantities, the same in every language (they are written in Latin letters)."""
    data = profiles()
    return Lexicon({"tool": _phrases(data.tools), "term": _phrases(data.stated_terms)}, bounded=True)


def _phrases(text: str) -> list[str]:
    # A trailing space inside a Korean cue is meaningful ("그냥 "): only the separator's own space goes.
    return [phrase.removeprefix(" ") for phrase in text.split(",") if phrase.strip()]


def _word_end(text: str, position: int) -> int:
    while position < len(text) and text[position].isalnum():
        position += 1
    return position
