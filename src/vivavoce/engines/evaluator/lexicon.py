"""Finding cue phrases in one pass over a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

from vivavoce.domain.interview import Language

_IN_WORD: Final = re.compile(r"[^\W_]|'")
_WHOLE: Final = "whole"
_BEGINNING: Final = "beginning"
#: Tags of phrases that take something away from an answer.
FAULTS: Final = frozenset({"evasion", "vague", "claim", "hostile", "blame"})


class Hit(NamedTuple):
    """A cue found at `[start, end)` of the normalised sentence; `surface` is the whole word or phrase there."""

    start: int
    end: int
    cue: str
    surface: str
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
        self._whole: dict[str, set[str]] = {}
        self._beginning: dict[str, set[str]] = {}
        for tag, texts in cues.items():
            for text in texts:
                bare = text.removesuffix("*")
                kind = self._beginning if bare != text or not bounded else self._whole
                kind.setdefault(bare, set()).add(tag)
        trie = _trie(self._whole.keys(), self._beginning.keys())
        self._pattern = re.compile(rf"(?<![\w']){_node_pattern(trie)}")
        # Where words run together hits may overlap, so each place is looked at, by what its character may begin.
        self._by_first = {
            character: re.compile(re.escape(character) + _node_pattern(node))
            for character, node in trie.items()
            if isinstance(node, dict)
        }
        self._tags: dict[tuple[str, bool], frozenset[str]] = {}

    def find(self, text: str) -> list[Hit]:
        """Cues in a normalised text, from left to right; the longest where several begin at one place."""
        hits: list[Hit] = []
        covered = 0
        for match in self._pattern.finditer(text) if self._bounded else self._everywhere(text):
            start, end = match.span()
            if end <= covered:
                continue
            covered = end
            cue = match.group()
            ends_word = not self._bounded or not _IN_WORD.match(text, end)
            surface = cue if ends_word else text[start : _word_end(text, end)]
            hits.append(Hit(start, end, cue, surface.strip(), self._tags_of(cue, ends_word)))
        return hits

    def _everywhere(self, text: str) -> Iterator[re.Match[str]]:
        by_first = self._by_first
        for start, character in enumerate(text):
            pattern = by_first.get(character)
            match = pattern.match(text, start) if pattern is not None else None
            if match is not None:
                yield match

    def _tags_of(self, cue: str, ends_word: bool) -> frozenset[str]:
        key = (cue, ends_word)
        found = self._tags.get(key)
        if found is None:
            found = self._tags[key] = self._gather_tags(cue, ends_word)
        return found

    def _gather_tags(self, cue: str, ends_word: bool) -> frozenset[str]:
        tags = set(self._beginning.get(cue, ()))
        if ends_word:
            tags |= self._whole.get(cue, set())
        if tags & FAULTS:
            return frozenset(tags)
        for length in range(1, len(cue)):
            shorter = cue[:length]
            tags |= self._beginning.get(shorter, set())
            if not _IN_WORD.match(cue, length):
                tags |= self._whole.get(shorter, set())
        return frozenset(tags)


def _trie(whole: Iterable[str], beginnings: Iterable[str]) -> dict[str, object]:
    """All cues as a tree of characters, for one expression that reads each character once."""
    root: dict[str, object] = {}
    for ending, texts in ((_WHOLE, whole), (_BEGINNING, beginnings)):
        for text in texts:
            node = root
            for character in text:
                child = node.setdefault(character, {})
                assert isinstance(child, dict)
                node = child
            node[ending] = None
    return root


def _node_pattern(node: dict[str, object]) -> str:
    """Longer cues are tried first; a whole word must not go on."""
    branches = [
        re.escape(character) + _node_pattern(child) for character, child in node.items() if isinstance(child, dict)
    ]
    if _BEGINNING in node:
        branches.append("")
    elif _WHOLE in node:
        branches.append(r"(?![^\W_]|')")
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


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
