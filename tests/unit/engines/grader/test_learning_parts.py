"""Where the learning grader takes a short cut, it gives what the long way gives."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the learning grader needs the extra `grading`")

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.feature_extraction.text import CountVectorizer

from vivavoce.engines.grader.learning.features import Measures
from vivavoce.engines.grader.learning.learner import Learner, Lesson
from vivavoce.engines.grader.learning.shared import SharedRegression
from vivavoce.engines.grader.learning.terms import cut
from vivavoce.engines.grader.learning.trees import classification, regression
from vivavoce.engines.grader.reading import words

_ANSWERS = (
    "ice is less dense than water",
    "the water is denser, so ice floats",
    "because it is cold",
    "a",
    "ice floats",
    "it does not sink in water",
    "the crystal leaves room between the molecules of the ice",
    "wood floats too",
)
_SHARES = np.array([1.0, 1.0, 0.0, 0.0, 0.5, 0.5, 1.0, 0.0])


def test_terms_are_those_that_the_library_counts() -> None:
    pieces = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    groups = CountVectorizer(tokenizer=words, token_pattern=None, ngram_range=(1, 3)).build_analyzer()
    for text in (*_ANSWERS, "a-b it's 3.5 m/s^2", "얼음은 물보다 가볍다", "x" * 50):
        found = cut(text, "en")
        assert Counter(found.in_pieces(2, 5)) == Counter(pieces(text))
        assert Counter(found.in_pieces(3, 4)) == Counter(
            CountVectorizer(analyzer="char_wb", ngram_range=(3, 4)).build_analyzer()(text)
        )
        assert Counter(found.in_units(3)) == Counter(groups(text))
    characters = CountVectorizer(analyzer="char", ngram_range=(1, 3)).build_analyzer()
    for text in ("冰的密度比水小", "冰", "h2o 变成冰,体积变大"):
        assert Counter(cut(text, "zh").in_units(3)) == Counter(characters(text))


def test_trees_are_those_of_the_library() -> None:
    chance = np.random.default_rng(3)
    table = chance.random((40, 12), np.float32)
    shares, levels = table[:, 0].astype(float), (table[:, 1] * 3).astype(np.intp)
    other = chance.random((9, 12), np.float32)

    forest = ExtraTreesRegressor(7, max_features=0.4, min_samples_leaf=2, random_state=5).fit(table, shares)
    grown = regression(table, shares, 7, seed=5, features=0.4, leaf=2)
    assert np.array_equal(grown.each(other), [tree.predict(other) for tree in forest.estimators_])

    several = ExtraTreesClassifier(7, max_features=0.4, random_state=5).fit(table, levels)
    assert np.allclose(
        classification(table, levels, 7, seed=5, features=0.4).chances(other, 4)[:, several.classes_],
        several.predict_proba(other),
    )


def test_the_regression_for_a_question_agrees_with_the_one_over_all() -> None:
    """Of marks that were learned from, what is predicted is what was given, less the noise's share of their weight."""
    answers = [cut(text, "en") for text in _ANSWERS]
    measures = Measures("Why does ice float?", ["Ice is less dense than water."], "en").of(answers)
    questions = np.array([0, 0, 0, 1, 1, 0, 1, 0])
    targets = _SHARES.astype(np.float32)[:, None]
    whole = SharedRegression(answers, measures, questions, targets, "en")
    for question in (0, 1):
        rows = np.flatnonzero(questions == question)
        outputs, alike = whole.for_question(question).predict([answers[row] for row in rows], measures[rows])
        assert np.allclose(outputs, targets[rows] - whole._weights[rows], atol=1e-5)
        assert alike.shape == (len(rows), len(rows))
        assert np.allclose(alike.diagonal(), 1.0, atol=1e-5)


def test_what_is_predicted_does_not_hang_on_the_answers_beside_it() -> None:
    lesson = Lesson("Why?", ("Ice is less dense than water.",), _ANSWERS, tuple(_SHARES))
    learner = Learner(lesson, [], "en", levels=11)
    together = learner.predict(_ANSWERS)
    for row, text in enumerate(_ANSWERS):
        alone = learner.predict([text])
        assert np.isclose(alone.shares[0], together.shares[row])
        assert np.isclose(alone.confidence[0], together.confidence[row])
