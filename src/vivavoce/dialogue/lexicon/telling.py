"""The words that a pattern cannot do without: a text that has none of them need not be searched.

Most patterns of a lexicon are a few places for words, one after the other. Looking the words of one place up among
those of a text costs a tenth of running the expression over it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any, Final

_WORD: Final = re.compile(r"\w+")
_BOUNDARIES: Final = frozenset({sre.AT_BOUNDARY, sre.AT_END, sre.AT_END_STRING})


_SPACE: Final = (sre.LITERAL, ord(" "))
_END: Final = (None, None)
_Nodes = list[tuple[Any, Any]]


class _Unclear(Exception):
    """What stands here is not one of a few words."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text, as `telling_words` means them."""
    return frozenset(_WORD.findall(text))


def telling_words(pattern: str) -> frozenset[str] | None:
    """One of these is a word of every text in which the pattern occurs; None where that cannot be said.

    A dot right after letters stands for an apostrophe, as in `can.t`. Of several places the one whose shortest word is
    longest is taken: "I" stands in every answer, "hate" hardly ever.
    """
    nodes = list(sre_parser.parse(pattern))
    if not nodes or nodes[0] != (sre.AT, sre.AT_BOUNDARY):
        return None
    places = [_place(nodes) for nodes in _ways(nodes[1:])]
    return frozenset().union(*(place for place in places if place)) if all(places) else None


def _ways(nodes: _Nodes) -> list[_Nodes]:
    """The nodes without a group around them all, once for each of the alternatives that they begin with."""
    while nodes and nodes[0][0] is sre.SUBPATTERN:
        nodes = [*nodes[0][1][3], *nodes[1:]]
    if nodes and nodes[0][0] is sre.BRANCH:
        return [[*branch, *nodes[1:]] for branch in nodes[0][1][1]]
    return [nodes]


def _place(nodes: _Nodes) -> frozenset[str]:
    """The most telling of the words between two spaces; empty where none can be named."""
    places: list[set[str]] = []
    begin = 0
    for index, node in enumerate([*nodes, _END]):
        if node in (_SPACE, _END):
            whole: set[str] = set()
            with contextlib.suppress(_Unclear):
                closing = [(sre.AT, sre.AT_BOUNDARY)] if node == _SPACE else []
                if not _walk([*nodes[begin:index], *closing], {""}, whole):
                    places.append(whole)
            begin = index + 1
    return frozenset(max(places, key=lambda place: min(map(len, place)), default=()))


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
