"""How well raters agree, human or AI: kappa, exact and adjacent agreement, alpha, ICC, severity, drift, ceilings.

Pure functions of marks. A figure that the marks do not determine (no pair, no variation) is None, never a made-up 0
or 1.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from statistics import fmean
from typing import Final, Literal

import msgspec

Metric = Literal["interval", "nominal", "ordinal"]

_SAME: Final = 1e-9


class RaterMark(msgspec.Struct, frozen=True, kw_only=True):
    """What one rater gave one response; `scale` is the most that could be given."""

    rater: str
    response_id: str
    points: float
    scale: float = 1.0


class PairSums(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that kappa and the agreement of pairs of marks need, in constant space; two can be added up."""

    count: int = 0
    exact: int = 0
    adjacent: int = 0
    first: float = 0.0
    second: float = 0.0
    first_squares: float = 0.0
    second_squares: float = 0.0
    products: float = 0.0

    def with_pair(self, first: float, second: float, *, tolerance: float = 1.0) -> PairSums:
        """These sums and one pair more. Marks no further apart than `tolerance` are adjacent."""
        apart = abs(first - second)
        return PairSums(
            count=self.count + 1,
            exact=self.exact + (apart <= _SAME),
            adjacent=self.adjacent + (apart <= tolerance + _SAME),
            first=self.first + first,
            second=self.second + second,
            first_squares=self.first_squares + first * first,
            second_squares=self.second_squares + second * second,
            products=self.products + first * second,
        )

    def __add__(self, other: PairSums) -> PairSums:
        return PairSums(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})

    @property
    def exact_agreement(self) -> float | None:
        """The share of pairs with the same mark."""
        return self.exact / self.count if self.count else None

    @property
    def adjacent_agreement(self) -> float | None:
        """The share of pairs within the tolerance."""
        return self.adjacent / self.count if self.count else None

    @property
    def qwk(self) -> float | None:
        """Cohen's kappa with quadratic weights, on the marks' own distances."""
        if not self.count:
            return None
        observed = self.first_squares + self.second_squares - 2 * self.products
        expected = self.first_squares + self.second_squares - 2 * self.first * self.second / self.count
        if expected <= _SAME * max(1.0, self.first_squares + self.second_squares):
            return None
        return 1.0 - observed / expected

    @property
    def bias(self) -> float | None:
        """How much higher the second marks are than the first, on average."""
        return (self.second - self.first) / self.count if self.count else None

    @property
    def correlation(self) -> float | None:
        """Pearson's correlation."""
        if self.count < 2:
            return None
        first = self.first_squares - self.first**2 / self.count
        second = self.second_squares - self.second**2 / self.count
        if first <= _SAME or second <= _SAME:
            return None
        return (self.products - self.first * self.second / self.count) / math.sqrt(first * second)


class Severity(msgspec.Struct, frozen=True, kw_only=True):
    """How a rater's marks differ from the others' on the same responses, as shares of the scale: below 0 is severe.

    `error` is the standard error of `difference`; None with fewer than two responses.
    """

    rater: str
    count: int
    difference: float
    error: float | None


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A rater's severity in the newest marks against that before. `z` is the change in standard errors."""

    count: int
    before: float
    recent: float
    change: float
    z: float

    @property
    def away(self) -> float:
        """The change as far as it leads away from the others' marks; 0 for a rater who comes back to them."""
        if self.change * self.recent <= 0:
            return 0.0
        return math.copysign(min(abs(self.change), abs(self.recent)), self.change)


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """How far people agree with each other: more than that cannot be asked of a machine."""

    count: int
    qwk: float | None
    exact: float | None
    adjacent: float | None


def pair_sums(pairs: Iterable[tuple[float, float]], *, tolerance: float = 1.0) -> PairSums:
    """The sums of pairs of marks of the same responses."""
    sums = PairSums()
    for first, second in pairs:
        sums = sums.with_pair(first, second, tolerance=tolerance)
    return sums


def quadratic_weighted_kappa(pairs: Iterable[tuple[float, float]]) -> float | None:
    """Cohen's kappa with quadratic weights: 1 is perfect, 0 is chance. None without pairs or without variation."""
    return pair_sums(pairs).qwk


def krippendorff_alpha(units: Iterable[Sequence[float | None]], *, metric: Metric = "interval") -> float | None:
    """Krippendorff's alpha. Each unit holds the marks of one response by any number of raters; None: not marked.

    None when fewer than two marks can be paired or all of them are the same.
    """
    paired = [marks for unit in units if len(marks := [mark for mark in unit if mark is not None]) > 1]
    totals = Counter(mark for marks in paired for mark in marks)
    count = totals.total()
    if count < 2 or len(totals) < 2:
        return None
    distance = _distance(metric, totals)
    observed = 0.0
    for marks in paired:
        counts = Counter(marks)
        within = sum(counts[one] * counts[other] * distance(one, other) for one, other in combinations(counts, 2))
        observed += 2 * within / (len(marks) - 1)
    expected = 2 * sum(totals[one] * totals[other] * distance(one, other) for one, other in combinations(totals, 2))
    return 1.0 - (count - 1) * observed / expected if expected > 0 else None


def _distance(metric: Metric, totals: Counter[float]) -> Callable[[float, float], float]:
    if metric == "nominal":
        return lambda one, other: float(one != other)
    if metric == "interval":
        return lambda one, other: (one - other) ** 2
    below: dict[float, float] = {}
    passed = 0
    for value in sorted(totals):
        below[value] = passed + totals[value] / 2
        passed += totals[value]
    return lambda one, other: (below[one] - below[other]) ** 2


def intraclass_correlation(table: Sequence[Sequence[float]]) -> float | None:
    """ICC(2,1): absolute agreement of single raters, who stand for raters at large. Rows are responses, columns the
    same raters throughout. None with fewer than two rows or columns, or without variation."""
    rows = len(table)
    columns = len(table[0]) if table else 0
    if rows < 2 or columns < 2:
        return None
    if any(len(row) != columns for row in table):
        raise ValueError("every response needs a mark of every rater")
    mean = fmean(mark for row in table for mark in row)
    between_rows = columns * sum((fmean(row) - mean) ** 2 for row in table)
    between_columns = rows * sum((fmean(column) - mean) ** 2 for column in zip(*table, strict=True))
    total = sum((mark - mean) ** 2 for row in table for mark in row)
    row_mean = between_rows / (rows - 1)
    column_mean = between_columns / (columns - 1)
    rest_mean = max(0.0, total - between_rows - between_columns) / ((rows - 1) * (columns - 1))
    below = row_mean + (columns - 1) * rest_mean + columns * (column_mean - rest_mean) / rows
    return (row_mean - rest_mean) / below if abs(below) > _SAME else None


def differences(marks: Iterable[RaterMark]) -> dict[str, list[float]]:
    """For each rater, in the order of the marks: how far each mark lies from the mean of the other raters' marks of
    that response, as a share of the scale. Responses that nobody else marked tell nothing and are left out."""
    marks = tuple(marks)
    by_response: dict[str, list[RaterMark]] = defaultdict(list)
    for mark in marks:
        by_response[mark.response_id].append(mark)
    found: dict[str, list[float]] = defaultdict(list)
    for mark in marks:
        others = [other.points for other in by_response[mark.response_id] if other.rater != mark.rater]
        if others and mark.scale > 0:
            found[mark.rater].append((mark.points - fmean(others)) / mark.scale)
    return dict(found)


def severities(marks: Iterable[RaterMark]) -> dict[str, Severity]:
    """How severe or lenient each rater is against the others."""
    return {rater: severity(rater, values) for rater, values in differences(marks).items()}


def severity(rater: str, values: Sequence[float]) -> Severity:
    """The severity that a rater's differences (see `differences`) amount to."""
    error = math.sqrt(_variance(values) / len(values)) if len(values) > 1 else None
    return Severity(rater=rater, count=len(values), difference=fmean(values), error=error)


def drift(values: Sequence[float], *, window: int = 20, baseline: int | None = None) -> Drift | None:
    """Whether a rater has become more severe or more lenient: the newest `window` differences against those before,
    at most `baseline` of them.

    None with fewer than `window` before them.
    """
    if len(values) < 2 * window or window < 2:
        return None
    if baseline is not None:
        values = values[-(window + baseline) :]
    before, recent = values[:-window], values[-window:]
    change = fmean(recent) - fmean(before)
    error = math.sqrt(_variance(before) / len(before) + _variance(recent) / len(recent))
    z = change / max(error, _SAME)
    return Drift(count=len(values), before=fmean(before), recent=fmean(recent), change=change, z=z)


def agreement_matrix(marks: Iterable[RaterMark], *, tolerance: float = 1.0) -> dict[tuple[str, str], PairSums]:
    """The sums of every two raters who marked the same responses, under their names in order."""
    by_response: dict[str, dict[str, float]] = defaultdict(dict)
    for mark in marks:
        by_response[mark.response_id][mark.rater] = mark.points
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for given in by_response.values():
        for one, other in combinations(sorted(given), 2):
            pairs[one, other].append((given[one], given[other]))
    return {raters: pair_sums(values, tolerance=tolerance) for raters, values in pairs.items()}


def human_ceiling(pairs: Iterable[tuple[float, float]], *, tolerance: float = 1.0) -> Ceiling:
    """How far people agree on responses that two of them marked blindly."""
    sums = pair_sums(pairs, tolerance=tolerance)
    return Ceiling(count=sums.count, qwk=sums.qwk, exact=sums.exact_agreement, adjacent=sums.adjacent_agreement)


def _variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = fmean(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
