"""Reading answers without regard to how they were typed: width, case, spaces, punctuation, scripts of digits."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SPACE = re.compile(r"\s+")
#: Spaces beside a character of a script that is written without them.
_LOOSE_SPACE = re.compile(r"(?<=[\u3000-\u9fff\uf900-\ufaff])\s+|\s+(?=[\u3000-\u9fff\uf900-\ufaff])")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
#: A hyphen within a word: `new-york` is `New York`, but `a-b` is not `ab`.
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})-(?=[^\W\d_]{2})")
#: Characters that carry meaning in a short answer and therefore stay: `+1` is not `1`, `C++` is not `C`.
_MEANINGFUL: Final = frozenset("+-*/=<>%^#&°√≤≥≠±×÷")


def plain(text: str) -> str:
    """Lower case, usual width, single spaces, no spaces within Chinese."""
    if text.isascii():
        return " ".join(text.lower().split())
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return _SPACE.sub(" ", _LOOSE_SPACE.sub("", text)).strip()


def folded(text: str) -> str:
    """`plain` without spaces and punctuation: two spellings of one short answer become the same."""
    return "".join(
        character
        for character in _HYPHEN.sub("", unicodedata.normalize("NFKC", text).casefold().replace("\u2212", "-"))
        if character.isalnum() or character in _MEANINGFUL or unicodedata.category(character) in ("Mn", "Mc", "Sc")
    )


def western_digits(text: str) -> str:
    """The text with the decimal digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(character)) if not character.isascii() and character.isdecimal() else character
        for character in text
    )
