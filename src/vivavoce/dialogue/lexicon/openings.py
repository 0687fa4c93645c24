"""The words that a pattern can begin with: a text without any of them need not be searched.

Most patterns of a lexicon begin with one of a few words. Looking those up among the words of a text costs a tenth of
running the expression over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any, Final

_WORD: Final = re.compile(r"\w+")
_BOUNDARIES: Final = frozenset({sre.AT_BOUNDARY, sre.AT_END, sre.AT_END_STRING})


class _Unclear(Exception):
    """The first word of the pattern is not one of a few."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text, as `opening_words` means them."""
    return frozenset(_WORD.findall(text))


def opening_words(pattern: str) -> frozenset[str] | None:
    """One of these is a word of every text in which the pattern occurs; None where that cannot be said.

    A dot right after letters stands for an apostrophe, as in `can.t`.
    """
    nodes = list(sre_parser.parse(pattern))
    if not nodes or nodes[0] != (sre.AT, sre.AT_BOUNDARY):
        return None
    whole: set[str] = set()
    try:
        if _walk(nodes[1:], {""}, whole):
            return None
    except _Unclear:
        return None
    return frozenset(whole)


def _walk(nodes: Iterable[tuple[Any, Any]], begun: set[str], whole: set[str]) -> set[str]:
    """Carry the words begun so far through the nodes; those that end go to `whole`, the others are returned."""
    for kind, value in nodes:
        if not begun:
            return begun
        if kind is sre.LITERAL and _WORD.match(chr(value)):
            begun = {word + chr(value) for word in begun}
        elif kind in {sre.LITERAL, sre.ANY} or (kind is sre.AT and value in _BOUNDARIES):
            if "" in begun:
                raise _Unclear
            whole |= begun
            begun = set()
        elif kind is sre.SUBPATTERN:
            begun = _walk(value[3], begun, whole)
        elif kind is sre.BRANCH:
            begun = set().union(*(_walk(branch, set(begun), whole) for branch in value[1]))
        elif kind is sre.MAX_REPEAT:
            least, most, repeated = value
            once = _walk(repeated, set(begun), whole)
            if once and most > 1:
                raise _Unclear
            begun = once | begun if least == 0 else once
        else:
            raise _Unclear
    return begun
