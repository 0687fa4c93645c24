"""Word and character error rates, with the normalisation they are reported with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import msgspec

_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES: Final = {word: value for value, word in enumerate((*_DIGITS, *_TEENS))} | {
    word: (index + 2) * 10 for index, word in enumerate(_TENS)
}


class ErrorCount(msgspec.Struct, frozen=True):
    """Edits needed to turn the hypothesis into the reference, and the reference's length."""

    errors: int
    length: int

    @property
    def rate(self) -> float:
        """Errors for each unit of the reference; 0 when both are empty."""
        return self.errors / self.length if self.length else float(self.errors > 0)

    def __add__(self, other: ErrorCount) -> ErrorCount:
        return ErrorCount(self.errors + other.errors, self.length + other.length)


def word_errors(reference: str, hypothesis: str) -> ErrorCount:
    """English word errors: case and punctuation aside, every number as its digits."""
    expected, heard = english_words(reference), english_words(hypothesis)
    return ErrorCount(edit_distance(expected, heard), len(expected))


def character_errors(reference: str, hypothesis: str) -> ErrorCount:
    """Korean and Chinese character errors: spaces and punctuation aside, case and width folded."""
    expected, heard = characters(reference), characters(hypothesis)
    return ErrorCount(edit_distance(expected, heard), len(expected))


def english_words(text: str) -> list[str]:
    """Lower-case words; "oh" between digits is zero, "twenty-one" and "21" are both two, one."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("mister ", "mr ")
    raw = re.findall(r"[a-z']+|\d", folded)
    words: list[str] = []
    for index, word in enumerate(raw):
        stripped = word.strip("'")
        if stripped.isdigit():
            words.append(_DIGITS[int(stripped)])
        elif stripped in {"oh", "o"} and _beside_digit(raw, index):
            words.append("zero")
        elif stripped in _VALUES and _VALUES[stripped] >= 10:
            words.extend(_spelt_digits(_VALUES[stripped], raw, index))
        elif stripped:
            words.append(stripped)
    return words


def characters(text: str) -> list[str]:
    """Letters and digits only, width and case folded."""
    return [character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum()]


def edit_distance(expected: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance."""
    row = list(range(len(heard) + 1))
    for index, unit in enumerate(expected, 1):
        diagonal, row[0] = row[0], index
        for column, other in enumerate(heard, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (unit != other)),
            )
    return row[-1]


def _beside_digit(words: Sequence[str], index: int) -> bool:
    around = [words[other] for other in (index - 1, index + 1) if 0 <= other < len(words)]
    return any(word in _DIGITS or word.isdigit() for word in around)


def _spelt_digits(value: int, words: Sequence[str], index: int) -> list[str]:
    follows_unit = index + 1 < len(words) and 0 < _VALUES.get(words[index + 1], 0) < 10
    if value >= 20 and follows_unit:
        return [_DIGITS[value // 10]]
    return [_DIGITS[int(digit)] for digit in str(value)]
