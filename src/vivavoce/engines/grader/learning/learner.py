"""A question's marks, learned: what points an answer would get, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, ParamSpec, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from threadpoolctl import ThreadpoolController

from vivavoce.domain.interview import Language
from vivavoce.engines.grader.learning.features import Matrix, Measures, Presence
from vivavoce.engines.grader.learning.shared import SharedRegression
from vivavoce.engines.grader.learning.terms import cut
from vivavoce.engines.grader.learning.trees import Trees, classification, regression

#: With so few marks that can be given the likeliest is; with more, what is expected on average.
_FEW_LEVELS: Final = 3
_TREES: Final = 100
_TREES_HELD_OUT: Final = 60
_FOLDS: Final = 4
_BLENDS: Final = (1.0, 0.75, 0.5)
#: The weight of the shared regression beside the trees where the likeliest mark is given.
_SHARED_WEIGHT: Final = 2.0
#: A person's mark this near (as a share of the maximum) counts as the same where there are many levels.
_NEAR: Final = 0.1
_SEED: Final = 20
_ALGEBRA: Final = ThreadpoolController()
_P = ParamSpec("_P")
_R = TypeVar("_R")


def _in_one_thread(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The tables are small: a second thread of the algebra library costs more waiting than it saves."""
    limited: Callable[_P, _R] = _ALGEBRA.wrap(limits=1, user_api="blas")(function)
    return limited


class Lesson(msgspec.Struct, frozen=True):
    """The marks of one question: texts in `plain` form, points as shares of the maximum."""

    question: str
    model_answers: tuple[str, ...]
    texts: tuple[str, ...]
    shares: tuple[float, ...]


class Prediction(msgspec.Struct, frozen=True):
    """`shares` of the maximum and `confidence`, one for each answer; `nearest` are the rows of the own marks most
    alike, best first."""

    shares: NDArray[np.float64]
    confidence: NDArray[np.float64]
    nearest: NDArray[np.intp]


class Learner:
    """Learns from `own` marks, with the marks of `others` (questions of the same exam) beside them.

    Randomised trees over the terms and measures of an answer, and a regression over all questions; how much of each is
    decided by marks that are held out, and so is the confidence. The same marks give the same learner.
    """

    @_in_one_thread
    def __init__(self, own: Lesson, others: Sequence[Lesson], language: Language, *, levels: int) -> None:
        """`levels` is how many different marks can be given."""
        self.lesson = own
        self._language: Language = language
        lessons = [own, *others]
        cuts = [[cut(text, language) for text in item.texts] for item in lessons]
        self._measures = Measures(own.question, own.model_answers, language)
        measured = [self._measures.of(cuts[0])]
        for item, answers in zip(others, cuts[1:], strict=True):
            measured.append(Measures(item.question, item.model_answers, language).of(answers))
        self._shares = np.array(own.shares)
        self._levels = np.unique(self._shares)
        self._nominal = levels <= _FEW_LEVELS
        every = np.concatenate([np.array(item.shares) for item in lessons])
        self._outputs = np.unique(np.round(every, 6)) if self._nominal else np.zeros(0)
        shared = SharedRegression(
            [answer for answers in cuts for answer in answers],
            np.vstack(measured),
            np.concatenate([np.full(len(answers), index) for index, answers in enumerate(cuts)]),
            self._targets(every),
            language,
        )
        self._shared = shared.for_question(0)
        self._presence = Presence(language)
        table = np.hstack([self._presence.fit(cuts[0]), measured[0]])
        self._trees = self._grown(table, self._shares, _TREES)
        held_out = self._held_out(table)
        beside = self._of_shared(shared.without_itself(0))
        self._blend = self._best_blend(held_out, beside)
        shares, doubt = self._blended(held_out, beside)
        self._calibrated = _Calibration(doubt, self._hits(shares))

    @_in_one_thread
    def predict(self, texts: Sequence[str]) -> Prediction:
        """What `texts` (in `plain` form) would get."""
        answers = [cut(text, self._language) for text in texts]
        measures = self._measures.of(answers)
        outputs, alike = self._shared.predict(answers, measures)
        table = np.hstack([self._presence.of(answers), measures])
        shares, doubt = self._blended(self._votes(self._trees, table), self._of_shared(outputs))
        nearest = np.argsort(-alike, axis=1, kind="stable")[:, :3]
        return Prediction(shares, self._calibrated.of(doubt), nearest)

    def _targets(self, every: NDArray[np.float64]) -> Matrix:
        if not self._nominal:
            return np.asarray(every[:, None], np.float32)
        return (np.abs(every[:, None] - self._outputs[None, :]) < 1e-5).astype(np.float32)

    def _of_shared(self, outputs: Matrix) -> NDArray[np.float64]:
        """The shared regression's word in the shape of the trees' votes: probabilities of the levels, or a share."""
        if not self._nominal:
            share: NDArray[np.float64] = np.clip(outputs[:, :1].astype(float), 0.0, 1.0)
            return share
        columns = [int(np.argmin(np.abs(self._outputs - level))) for level in self._levels]
        likely = np.clip(outputs[:, columns].astype(float), 1e-3, None)
        found: NDArray[np.float64] = likely / likely.sum(axis=1, keepdims=True)
        return found

    def _grown(self, table: Matrix, shares: NDArray[np.float64], count: int) -> list[Trees]:
        if self._nominal:
            return [classification(table, np.searchsorted(self._levels, shares), count, seed=_SEED, features=0.1)]
        return [regression(table, shares, count // 2, seed=_SEED + leaf, features=0.2, leaf=leaf) for leaf in (1, 2)]

    def _votes(self, forests: list[Trees], table: Matrix) -> NDArray[np.float64]:
        """Nominal: the probability of each level. Otherwise two columns: the mean of the trees, and their spread."""
        if self._nominal:
            return forests[0].chances(table, len(self._levels))
        each = np.concatenate([trees.each(table) for trees in forests])
        return np.stack([each.mean(axis=0), each.std(axis=0)], axis=1)

    def _held_out(self, table: Matrix) -> NDArray[np.float64]:
        votes = np.zeros((len(table), len(self._levels) if self._nominal else 2))
        for train, held in KFold(_FOLDS, shuffle=True, random_state=_SEED).split(table):
            forests = self._grown(table[train], self._shares[train], _TREES_HELD_OUT)
            votes[held] = self._votes(forests, table[held])
        return votes

    def _best_blend(self, votes: NDArray[np.float64], beside: NDArray[np.float64]) -> float:
        """How much of the trees: the share whose held-out error is least; they get the benefit of the doubt."""
        if self._nominal:
            return 1.0 / (1.0 + _SHARED_WEIGHT)
        errors = [
            float(np.mean((blend * votes[:, 0] + (1 - blend) * beside[:, 0] - self._shares) ** 2)) for blend in _BLENDS
        ]
        best = int(np.argmin(errors))
        return _BLENDS[best] if errors[best] < 0.97 * errors[0] else _BLENDS[0]

    def _blended(
        self, votes: NDArray[np.float64], beside: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The shares to give, and how doubtful each is."""
        if self._nominal:
            likely = self._blend * votes + (1 - self._blend) * beside
            return self._levels[likely.argmax(axis=1)], 1.0 - likely.max(axis=1)
        return self._blend * votes[:, 0] + (1 - self._blend) * beside[:, 0], votes[:, 1]

    def _hits(self, shares: NDArray[np.float64]) -> NDArray[np.bool_]:
        near = 1e-6 if self._nominal else _NEAR + 1e-6
        hits: NDArray[np.bool_] = np.abs(shares - self._shares) <= near
        return hits


class _Calibration:
    """From doubt to the probability of being right, by what was held out; with few marks it stays near their mean."""

    def __init__(self, doubt: NDArray[np.float64], hits: NDArray[np.bool_]) -> None:
        self._prior = (hits.sum() + 1.0) / (len(hits) + 2.0)
        self._centre = float(doubt.mean())
        self._scale = float(doubt.std()) or 1.0
        self._slope = self._offset = 0.0
        if 2 <= hits.sum() <= len(hits) - 2:
            fitted = LogisticRegression(C=1.0).fit(self._scaled(doubt)[:, None], hits)
            self._slope = min(0.0, float(fitted.coef_[0, 0]))
            self._offset = float(fitted.intercept_[0])
        else:
            # Nothing to learn the slope from: more doubt is still less sure.
            self._slope = -0.5
            self._offset = float(np.log(self._prior / (1 - self._prior)))

    def of(self, doubt: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1.0 / (1.0 + np.exp(-(self._slope * self._scaled(doubt) + self._offset)))

    def _scaled(self, doubt: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip((doubt - self._centre) / self._scale, -3.0, 3.0)
