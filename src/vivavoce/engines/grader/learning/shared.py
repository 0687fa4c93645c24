"""What the marks of all questions of an exam teach about one of them: kernel regression over several questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from vivavoce.domain.interview import Language
from vivavoce.engines.grader.learning.features import Alikeness, Matrix

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

    `texts`, `measures` and `targets` (one column an output) have one row a mark, `questions` says of which question.
    """

    def __init__(
        self,
        texts: Sequence[str],
        measures: Matrix,
        questions: NDArray[np.intp],
        targets: Matrix,
        language: Language,
    ) -> None:
        self._alikeness = Alikeness(language)
        self._questions = questions
        self._mean = measures.mean(axis=0)
        self._spread = measures.std(axis=0) + 1e-6
        self._measures = self._scaled(measures)
        alike = self._alikeness.fit(texts)
        kernel = self._kernel(alike, self._measures, questions)
        kernel[np.diag_indices_from(kernel)] += _NOISE
        self._factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
        self._weights: Matrix = cho_solve(self._factor, targets, check_finite=False)
        self._targets = targets

    def predict(self, texts: Sequence[str], measures: Matrix, question: int) -> tuple[Matrix, Matrix]:
        """The outputs for answers to one question, and how alike each is to every mark."""
        alike = self._alikeness.to(texts)
        own = np.full(len(texts), question)
        return self._kernel(alike, self._scaled(measures), own) @ self._weights, alike

    def without_itself(self, question: int) -> Matrix:
        """What would have been predicted for each mark of a question had that mark not been there."""
        rows = np.flatnonzero(self._questions == question)
        unit = np.zeros((len(self._questions), len(rows)), np.float32)
        unit[rows, np.arange(len(rows))] = 1.0
        inverse = cho_solve(self._factor, unit, check_finite=False)
        held = inverse[rows, np.arange(len(rows))][:, None]
        return np.asarray(self._targets[rows] - self._weights[rows] / held, np.float32)

    def _scaled(self, measures: Matrix) -> Matrix:
        scaled: Matrix = np.clip((measures - self._mean) / self._spread, -_FAR, _FAR)
        return scaled

    def _kernel(self, alike: Matrix, measures: Matrix, questions: NDArray[np.intp]) -> Matrix:
        same = (questions[:, None] == self._questions[None, :]).astype(np.float32)
        measured = (measures @ self._measures.T) / measures.shape[1]
        kernel = alike * (1 + _SAME_TERMS * same) + measured * (_MEASURES + _SAME_MEASURES * same)
        return np.asarray(kernel + _SAME * same + _ALL, np.float32)
