"""Extremely randomised trees, without what a forest of the library does about each of them besides growing it."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.tree import ExtraTreeClassifier, ExtraTreeRegressor

from vivavoce.engines.grader.learning.features import Matrix

Numbers = NDArray[np.float64]
_SEEDS: Final = np.iinfo(np.int32).max


class Trees(msgspec.Struct, frozen=True):
    """Grown trees. The table that they read has the rows and columns of the one that they grew from, in C order."""

    grown: tuple[Any, ...]
    classes: NDArray[np.intp]

    def each(self, table: Matrix) -> Numbers:
        """What each tree of a regression says (trees x rows)."""
        return np.stack([tree.predict(table)[:, 0] for tree in self.grown])

    def chances(self, table: Matrix, count: int) -> Numbers:
        """The chance of each of `count` classes, on the average of the trees (rows x classes)."""
        found = np.zeros((len(table), count))
        found[:, self.classes] = sum(tree.predict(table) for tree in self.grown) / len(self.grown)
        return found


def regression(table: Matrix, targets: Numbers, count: int, *, seed: int, features: float, leaf: int) -> Trees:
    """`features` is the share of columns looked at for a split, `leaf` the fewest rows at its ends."""
    grown = _grown(ExtraTreeRegressor, table, targets, count, seed, max_features=features, min_samples_leaf=leaf)
    return Trees(grown, np.zeros(0, np.intp))


def classification(table: Matrix, classes: NDArray[np.intp], count: int, *, seed: int, features: float) -> Trees:
    return Trees(_grown(ExtraTreeClassifier, table, classes, count, seed, max_features=features), np.unique(classes))


def _grown(kind: Any, table: Matrix, targets: NDArray[Any], count: int, seed: int, **options: Any) -> tuple[Any, ...]:
    """The trees that the library's forest of this seed has."""
    chance = np.random.RandomState(seed)
    with config_context(assume_finite=True, skip_parameter_validation=True):
        return tuple(
            kind(random_state=chance.randint(_SEEDS), **options).fit(table, targets, check_input=False).tree_
            for _ in range(count)
        )
