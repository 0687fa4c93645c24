"""Answers as numbers: the terms they have, how alike they are, and what they share with the model answer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from vivavoce.domain.interview import Language
from vivavoce.engines.grader.learning.terms import Cut, cut, groups
from vivavoce.engines.grader.reading import denies
from vivavoce.engines.grader.text import plain

Matrix = NDArray[np.float32]
#: The terms of an answer that are counted.
Counted = Callable[[Cut], Iterable[str]]
_CLAUSES = re.compile(r"[,.:;!?，。：；、！？\n]")
_LATIN = re.compile(r"[a-z0-9]+")


class Measures:
    """What an answer shares with the model answers, apart from the question's own words, and its size. The same
    measures for every question, so that what they are worth can be learned over questions."""

    def __init__(self, question: str, model_answers: Sequence[str], language: Language) -> None:
        self._language: Language = language
        answers = [plain(answer) for answer in model_answers if answer.strip()]
        self._asked = self._levels(cut(plain(question), language))
        self._models = [self._levels(cut(answer, language)) for answer in answers]
        self._length = max(1.0, float(np.mean([len(answer) for answer in answers]))) if answers else 100.0

    def of(self, answers: Sequence[Cut]) -> Matrix:
        """One row an answer."""
        return np.array([self._row(answer) for answer in answers], np.float32)

    def _levels(self, answer: Cut) -> tuple[frozenset[str], ...]:
        """What answers are compared by, from coarse to fine."""
        if self._language == "zh":
            return tuple(frozenset(units) for units in answer.units)
        characters = groups(answer.text, 4 if self._language == "en" else 2)
        return frozenset(answer.units[0]), frozenset(answer.units[1]), frozenset(characters)

    def _row(self, answer: Cut) -> list[float]:
        row: list[float] = []
        for level, own in enumerate(self._levels(answer)):
            asked = self._asked[level]
            best = [0.0, 0.0, 0.0]
            for model in self._models:
                expected = model[level]
                shared = own & expected
                new = expected - asked
                best[0] = max(best[0], len(shared) / max(1, len(own)))
                best[1] = max(best[1], len(shared) / max(1, len(expected)))
                best[2] = max(best[2], len(shared - asked) / max(1, len(new)))
            row += best
            if level == 0:
                row.append(len(own & asked) / max(1, len(own)))
        text = answer.text
        row += [
            math.log1p(len(text)),
            math.log1p(len(set(text))),
            math.log1p(len(_CLAUSES.findall(text))),
            min(len(text) / self._length, 3.0),
            math.sqrt(len(set(_LATIN.findall(text)))),
            float(denies(text, self._language)),
        ]
        return row


_RARE: Final = 2
_COMMON: Final = 0.95


class Presence:
    """Which terms an answer has: 0 or 1 for each term of the answers it was made for."""

    def __init__(self, language: Language) -> None:
        counted: list[Counted] = [lambda answer: answer.in_units(2)]
        if language != "zh":
            smallest = 3 if language == "en" else 2
            counted.append(lambda answer: answer.in_pieces(smallest, smallest + 1))
        self._counters = [
            CountVectorizer(analyzer=terms, binary=True, dtype=np.float32, lowercase=False) for terms in counted
        ]
        self._columns: list[NDArray[np.intp]] = []

    def fit(self, answers: Sequence[Cut]) -> Matrix:
        """The presence in `answers`; terms that only one has, or nearly all, are left out."""
        parts = []
        for counter in self._counters:
            try:
                found = counter.fit_transform(answers)
            except ValueError:  # no answer holds any term
                self._columns.append(np.zeros(0, np.intp))
                parts.append(np.zeros((len(answers), 0), np.float32))
                continue
            share = np.asarray(found.sum(axis=0)).ravel()
            columns = np.flatnonzero((share >= _RARE) & (share <= _COMMON * len(answers)))
            self._columns.append(columns)
            parts.append(found[:, columns].toarray())
        return np.hstack(parts)

    def of(self, answers: Sequence[Cut]) -> Matrix:
        parts = []
        for counter, columns in zip(self._counters, self._columns, strict=True):
            if columns.size:
                parts.append(counter.transform(answers)[:, columns].toarray())
            else:
                parts.append(np.zeros((len(answers), 0), np.float32))
        return np.hstack(parts)


class Sums(msgspec.Struct, frozen=True):
    """What alikeness to many answers comes to, without being worked out answer by answer: `to_all` has one row a term
    and one column a sum, `to_own` one column an answer."""

    weigher: TfidfVectorizer
    to_all: Matrix
    to_own: csr_matrix


class Alikeness:
    """How alike two answers are (0 to 1), by the weighted terms they share."""

    def __init__(self, language: Language) -> None:
        counted: list[Counted] = [lambda answer: answer.in_units(3)]
        if language != "zh":
            counted.append(lambda answer: answer.in_pieces(2, 5))
        self._weighers = [
            TfidfVectorizer(analyzer=terms, sublinear_tf=True, dtype=np.float32, lowercase=False) for terms in counted
        ]
        self._rows: list[Any] = []

    def fit(self, answers: Sequence[Cut]) -> Matrix:
        """The alikeness of every two of `answers`."""
        kept = []
        for weigher in self._weighers:
            try:
                self._rows.append(weigher.fit_transform(answers))
            except ValueError:  # no answer holds any term
                continue
            kept.append(weigher)
        self._weighers = kept
        if not kept:
            return np.eye(len(answers), dtype=np.float32)
        total = self._rows[0] @ self._rows[0].T
        for rows in self._rows[1:]:
            total = total + rows @ rows.T
        return np.asarray(total.toarray() / len(kept), np.float32)

    def summed(self, weights: Matrix, own: NDArray[np.intp]) -> list[Sums]:
        """For sums of the alikeness to all answers, weighted by the columns of `weights`, and for that to `own`."""
        share = 1.0 / max(1, len(self._rows))
        return [
            Sums(weigher, np.asarray(rows.T @ weights * share, np.float32), (rows[own].T * share).tocsr())
            for weigher, rows in zip(self._weighers, self._rows, strict=True)
        ]
