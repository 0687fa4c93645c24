"""Answers cut into terms, once for everything that counts them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from operator import add
from typing import Final

import msgspec

from vivavoce.domain.interview import Language
from vivavoce.engines.grader.reading import words

#: The sizes of groups of units, and of pieces of words.
_UNITS: Final = (1, 2, 3)
_PIECES: Final = (2, 3, 4, 5)
#: Longer words are cut anew each time, so that little is remembered.
_LONG_WORD: Final = 32


class Cut(msgspec.Struct, frozen=True):
    """A text in `plain` form and its terms, each as often as it is there.

    `units` are groups of one, two and three characters in Chinese, of words otherwise; `pieces` groups of two to five
    characters within words (their ends count as a space), empty in Chinese.
    """

    text: str
    units: tuple[Sequence[str], ...]
    pieces: tuple[Sequence[str], ...] = ()

    def in_units(self, largest: int) -> chain[str]:
        """The groups of up to `largest` units."""
        return chain.from_iterable(self.units[:largest])

    def in_pieces(self, smallest: int, largest: int) -> chain[str]:
        return chain.from_iterable(self.pieces[smallest - _PIECES[0] : largest - _PIECES[0] + 1])


def cut(text: str, language: Language) -> Cut:
    if language == "zh":
        return Cut(text, tuple(groups(text, size) for size in _UNITS))
    found = words(text)
    units = [found] + [[" ".join(group) for group in zip(*_shifted(found, size), strict=False)] for size in _UNITS[1:]]
    by_word = [(_pieces if len(word) <= _LONG_WORD else _pieces.__wrapped__)(word) for word in text.split()]
    pieces = [list(chain.from_iterable(word[place] for word in by_word)) for place in range(len(_PIECES))]
    return Cut(text, tuple(units), tuple(pieces))


def groups(text: str, size: int) -> list[str]:
    """Every `size` characters that stand together."""
    if size == 2:
        return list(map(add, text, text[1:]))
    return list(map("".join, zip(*_shifted(text, size), strict=False)))


def _shifted(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start:] for start in range(size)]


@lru_cache(maxsize=32_768)
def _pieces(word: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(groups(f" {word} ", size)) for size in _PIECES)
