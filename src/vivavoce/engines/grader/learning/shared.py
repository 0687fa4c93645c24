"""What the marks of all questions of an exam teach about one of them: kernel regression over several questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from vivavoce.domain.interview import Language
from vivavoce.engines.grader.learning.features import Alikeness, Matrix, Sums
from vivavoce.engines.grader.learning.terms import Cut

#: How much an answer to the same question counts beside one to another: of alikeness, of measures, and by itself.
_SAME_TERMS: Final = 1.0
_MEASURES: Final = 0.1
_SAME_MEASURES: Final = 0.1
_SAME: Final = 0.5
_ALL: Final = 0.2
_NOISE: Final = 1.0
_FAR: Final = 3.0


class SharedRegression:
    """Regression on how alike answers are, stronger within a question than between questions.

    `answers`, `measures` and `targets` (one column an output) have one row a mark, `questions` says of which question.
    """

    def __init__(
        self,
        answers: Sequence[Cut],
        measures: Matrix,
        questions: NDArray[np.intp],
        targets: Matrix,
        language: Language,
    ) -> None:
        self._alikeness = Alikeness(language)
        self._questions = questions
        self._scale = _Scale(measures.mean(axis=0), measures.std(axis=0) + np.float32(1e-6))
        self._measures = self._scale.of(measures)
        same = (questions[:, None] == questions[None, :]).astype(np.float32)
        kernel = self._alikeness.fit(answers) * (1 + _SAME_TERMS * same)
        kernel += (self._measures @ self._measures.T) / measures.shape[1] * (_MEASURES + _SAME_MEASURES * same)
        kernel += _SAME * same + _ALL
        kernel[np.diag_indices_from(kernel)] += _NOISE
        self._factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
        self._weights: Matrix = cho_solve(self._factor, targets, check_finite=False)
        self._targets = targets

    def for_question(self, question: int) -> QuestionRegression:
        """What predicts for answers to one question. The regression is linear in the terms and the measures of an
        answer, so that what it takes does not grow with the marks."""
        same = (self._questions == question).astype(np.float32)[:, None]
        by_measures = self._measures.T @ (self._weights * (_MEASURES + _SAME_MEASURES * same)) / len(self._measures[0])
        return QuestionRegression(
            self._scale,
            self._alikeness.summed(self._weights * (1 + _SAME_TERMS * same), np.flatnonzero(same)),
            by_measures,
            (self._weights * (_SAME * same + _ALL)).sum(axis=0),
            int(same.sum()),
        )

    def without_itself(self, question: int) -> Matrix:
        """What would have been predicted for each mark of a question had that mark not been there."""
        rows = np.flatnonzero(self._questions == question)
        unit = np.zeros((len(self._questions), len(rows)), np.float32)
        unit[rows, np.arange(len(rows))] = 1.0
        inverse = cho_solve(self._factor, unit, check_finite=False)
        held = inverse[rows, np.arange(len(rows))][:, None]
        return np.asarray(self._targets[rows] - self._weights[rows] / held, np.float32)


class _Scale(msgspec.Struct, frozen=True):
    mean: Matrix
    spread: Matrix

    def of(self, measures: Matrix) -> Matrix:
        scaled: Matrix = np.clip((measures - self.mean) / self.spread, -_FAR, _FAR)
        return scaled


class QuestionRegression(msgspec.Struct, frozen=True):
    """The shared regression for one question, which has `own` marks."""

    scale: _Scale
    sums: list[Sums]
    by_measures: Matrix
    base: Matrix
    own: int

    def predict(self, answers: Sequence[Cut], measures: Matrix) -> tuple[Matrix, Matrix]:
        """The outputs for answers, and how alike each is to every mark of the question."""
        outputs = self.scale.of(measures) @ self.by_measures + self.base
        alike = np.zeros((len(answers), self.own), np.float32)
        for item in self.sums:
            rows = item.weigher.transform(answers)
            outputs += rows @ item.to_all
            alike += (rows @ item.to_own).toarray()
        return outputs, alike
