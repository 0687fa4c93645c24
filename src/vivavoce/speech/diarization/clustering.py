"""Finds the voices in a conversation: which stretches are by the same person, and how many persons there are.

Stretches are joined two bodies of evidence at a time, the most alike first, and the number of persons is read off the
whole sequence: joining parts of one person happens at an alikeness near 1, joining two persons far below, and between
the two lies a gap. The cut is put where that gap is.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from vivavoce.domain.diarization import Embedding
from vivavoce.speech.diarization.evidence import Evidence, own_agreement

_NEVER: Final = -9.0


class ClusterRules(msgspec.Struct, frozen=True, kw_only=True):
    """`surely_same`, `surely_other`: above and below these alikenesses the data are not asked.

    `middle` is where the cut lies when nothing speaks against it. With little speech (`scarce_s`) two bodies have to be
    less alike by `scarcity` to count as two persons, so that a short turn is not made a new one.
    """

    surely_same: float = 0.80
    surely_other: float = 0.56
    middle: float = 0.66
    scarcity: float = 0.40
    scarce_s: float = 2.5


def find_voices(
    evidence: Evidence, most: int, apart: Embedding | None = None, rules: ClusterRules | None = None
) -> Embedding:
    """Labels [n], 0 … count - 1 with count ≤ `most` (unless more are held `apart`).

    Stretches pinned to one speaker stay together; `apart` [n, n] marks pairs that are known to be two persons.
    """
    rules = rules or ClusterRules()
    count = len(evidence.stretches)
    if count == 0:
        return np.zeros(0, np.int64)
    tree = _Tree(evidence, apart, rules)
    tree.join_pinned()
    joins: list[tuple[float, int, int]] = []
    while (join := tree.next_join()) is not None:
        joins.append(join)
        tree.join(join[1], join[2])
    kept = _joins_kept([height for height, _, _ in joins], tree.bodies_before, most, rules)
    parent = tree.pinned_parents.copy()
    for _, into, gone in joins[:kept]:
        parent[parent == gone] = into
    return np.unique(parent, return_inverse=True)[1]


class _Tree:
    """Bodies of evidence while they are joined; body i begins as stretch i."""

    def __init__(self, evidence: Evidence, apart: Embedding | None, rules: ClusterRules) -> None:
        vectors, seconds = evidence.vectors.astype(np.float64), evidence.seconds
        count = len(seconds)
        self._rules = rules
        self._stretches = evidence.stretches
        self._usual = evidence.usual_agreement()
        self._weights = np.outer(seconds, seconds)
        self._sums = vectors @ vectors.T * self._weights
        self._seconds = seconds.copy()
        self._within = np.zeros(count)
        self._within_weight = np.zeros(count)
        self._alive = np.ones(count, bool)
        self._apart = np.zeros((count, count), bool) if apart is None else apart.copy()
        self._heights = np.full((count, count), _NEVER)
        self.pinned_parents = np.arange(count)
        self.bodies_before = count
        for index in range(count):
            self._measure(index)

    def join_pinned(self) -> None:
        """Joins what was said to be one speaker's, and holds apart what was said to be two speakers'."""
        by_speaker: dict[str, list[int]] = {}
        for index, stretch in enumerate(self._stretches):
            if stretch.pinned is not None:
                by_speaker.setdefault(stretch.pinned, []).append(index)
        for members in by_speaker.values():
            for other in members[1:]:
                self.join(members[0], other)
                self.pinned_parents[other] = members[0]
        heads = [members[0] for members in by_speaker.values()]
        for head in heads:
            for other in heads:
                self._apart[head, other] |= head != other
            self._measure(head)
        self.bodies_before = int(self._alive.sum())

    def next_join(self) -> tuple[float, int, int] | None:
        """(alikeness, into, gone) of the two bodies that are most alike; None when one is left or all are apart."""
        if len(self._heights) < 2:
            return None
        at = int(self._heights.argmax())
        into, gone = sorted(divmod(at, len(self._heights)))
        height = float(self._heights[into, gone])
        return None if height <= _NEVER else (height, into, gone)

    def join(self, into: int, gone: int) -> None:
        self._within[into] += self._within[gone] + 2 * self._sums[into, gone]
        self._within_weight[into] += self._within_weight[gone] + 2 * self._weights[into, gone]
        for matrix in (self._sums, self._weights):
            matrix[into] += matrix[gone]
            matrix[:, into] += matrix[:, gone]
        self._apart[into] |= self._apart[gone]
        self._apart[:, into] |= self._apart[:, gone]
        self._seconds[into] += self._seconds[gone]
        self._alive[gone] = False
        self._heights[gone] = self._heights[:, gone] = _NEVER
        self._measure(into)

    def _measure(self, body: int) -> None:
        """The alikeness of a body with every other, made up for where there is little of either."""
        agreement = own_agreement(self._within, self._within_weight, self._usual)
        alike = self._sums[body] / self._weights[body] / np.sqrt(agreement[body] * agreement)
        little = np.minimum(self._seconds[body], self._seconds)
        alike = alike + self._rules.scarcity * np.exp(-little / self._rules.scarce_s)
        alike[~self._alive | self._apart[body]] = _NEVER
        alike[body] = _NEVER
        self._heights[body] = self._heights[:, body] = alike


def _joins_kept(heights: list[float], bodies: int, most: int, rules: ClusterRules) -> int:
    """How many of the joins stay: those above the widest gap around the middle, and enough to keep to `most` voices."""
    # A join that brings two bodies closer to a third is no step down: the sequence counts by its lowest so far.
    levels = np.minimum.accumulate(np.array([*heights, _NEVER]))
    best, kept = -np.inf, 0
    for index in range(len(levels)):
        above = levels[index - 1] if index else 1.0
        below = levels[index]
        if above < rules.surely_other or below > rules.surely_same:
            continue
        high, low = min(above, 1.0), max(below, rules.surely_other - 0.2)
        centre = min(max((high + low) / 2, rules.surely_other), rules.surely_same)
        score = (high - low) - 2 * abs(centre - rules.middle)
        if score > best:
            best, kept = score, index
    return max(kept, min(bodies - most, len(heights)))
