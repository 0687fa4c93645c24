"""Korean particles that depend on the sound before them."""

from __future__ import annotations

from typing import Final

#: How digits end when read out: 0 영, 1 일, 3 삼, 6 육, 7 칠, 8 팔 have a final consonant; of those 1, 7, 8 end in ㄹ.
_CLOSED_DIGITS: Final = "013678"
_RIEUL_DIGITS: Final = "178"
_RIEUL: Final = 8


class Noun(str):
    """A word that takes the right particle in a template: `{competency:을/를}` gives "품질을", "리더십을", "협업을".

    The format spec names the form after a consonant, a slash, and the form after a vowel. 으로/로 minds the final ㄹ.
    """

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if "/" not in spec:
            return str.__format__(self, spec)
        after_consonant, after_vowel = spec.split("/", 1)
        final = _final(self)
        if after_consonant == "으로" and final == _RIEUL:
            return f"{self!s}{after_vowel}"
        return f"{self!s}{after_consonant if final else after_vowel}"


def _final(word: str) -> int:
    """Return the number of the last syllable's final consonant, 0 for a vowel; Latin letters by their usual reading."""
    stripped = word.rstrip(" \"'”’)]」.,!?")
    if not stripped:
        return 0
    last = stripped[-1]
    if "\uac00" <= last <= "\ud7a3":
        return (ord(last) - 0xAC00) % 28
    if last in _CLOSED_DIGITS:
        return _RIEUL if last in _RIEUL_DIGITS else 1
    if last.isascii() and last.isalpha():
        acronym = len(stripped) > 1 and stripped[-2:].isupper()
        if last.lower() == "l" or (last == "R" and acronym):
            return _RIEUL
        return 1 if last.lower() in ("mn" if acronym else "mnpg") else 0
    return 0
