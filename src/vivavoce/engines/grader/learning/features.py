"""Answers as numbers: the terms they have, how alike they are, and what they share with the model answer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from vivavoce.domain.interview import Language
from vivavoce.engines.grader.reading import negates, words
from vivavoce.engines.grader.text import plain

Matrix = NDArray[np.float32]
_CLAUSES = re.compile(r"[,.:;!?，。：；、！？\n]")
_LATIN = re.compile(r"[a-z0-9]+")


class Measures:
    """What an answer shares with the model answers, apart from the question's own words, and its size. The same
    measures for every question, so that what they are worth can be learned over questions."""

    def __init__(self, question: str, model_answers: Sequence[str], language: Language) -> None:
        self._language: Language = language
        self._splits = _splits(language)
        question = plain(question)
        answers = [plain(answer) for answer in model_answers if answer.strip()]
        self._asked = [split(question) for split in self._splits]
        self._models = [[split(answer) for split in self._splits] for answer in answers]
        self._length = max(1.0, float(np.mean([len(answer) for answer in answers]))) if answers else 100.0

    def of(self, texts: Sequence[str]) -> Matrix:
        """One row a text (already `plain`)."""
        return np.array([self._row(text) for text in texts], np.float32)

    def _row(self, text: str) -> list[float]:
        row: list[float] = []
        for level, split in enumerate(self._splits):
            own = split(text)
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
        row += [
            math.log1p(len(text)),
            math.log1p(len(set(text))),
            math.log1p(len(_CLAUSES.findall(text))),
            min(len(text) / self._length, 3.0),
            math.sqrt(len(set(_LATIN.findall(text)))),
            float(negates(text, self._language)),
        ]
        return row


Split = Callable[[str], frozenset[str]]


def _splits(language: Language) -> tuple[Split, ...]:
    if language == "zh":
        return (_characters(1), _characters(2), _characters(3))
    return (_word_groups(1), _word_groups(2), _characters(4 if language == "en" else 2))


def _characters(size: int) -> Split:
    return lambda text: frozenset(text[index : index + size] for index in range(len(text) - size + 1))


def _word_groups(size: int) -> Split:
    def split(text: str) -> frozenset[str]:
        found = words(text)
        return frozenset(" ".join(found[index : index + size]) for index in range(len(found) - size + 1))

    return split


_RARE: Final = 2
_COMMON: Final = 0.95


class Presence:
    """Which terms an answer has: 0 or 1 for each term of the answers it was made for."""

    def __init__(self, language: Language) -> None:
        options: dict[str, Any] = {"binary": True, "dtype": np.float32, "lowercase": False}
        if language == "zh":
            self._counters = [CountVectorizer(analyzer="char", ngram_range=(1, 2), **options)]
        else:
            sizes = (3, 4) if language == "en" else (2, 3)
            self._counters = [
                CountVectorizer(tokenizer=words, token_pattern=None, ngram_range=(1, 2), **options),
                CountVectorizer(analyzer="char_wb", ngram_range=sizes, **options),
            ]
        self._columns: list[NDArray[np.intp]] = []

    def fit(self, texts: Sequence[str]) -> Matrix:
        """The presence in `texts`; terms that only one has, or nearly all, are left out."""
        parts = []
        for counter in self._counters:
            try:
                found = counter.fit_transform(texts)
            except ValueError:  # no text holds any term
                self._columns.append(np.zeros(0, np.intp))
                parts.append(np.zeros((len(texts), 0), np.float32))
                continue
            share = np.asarray(found.sum(axis=0)).ravel()
            columns = np.flatnonzero((share >= _RARE) & (share <= _COMMON * len(texts)))
            self._columns.append(columns)
            parts.append(found[:, columns].toarray())
        return np.hstack(parts)

    def of(self, texts: Sequence[str]) -> Matrix:
        parts = []
        for counter, columns in zip(self._counters, self._columns, strict=True):
            if columns.size:
                parts.append(counter.transform(texts)[:, columns].toarray())
            else:
                parts.append(np.zeros((len(texts), 0), np.float32))
        return np.hstack(parts)


class Alikeness:
    """How alike two answers are (0 to 1), by the weighted terms they share."""

    def __init__(self, language: Language) -> None:
        options: dict[str, Any] = {"sublinear_tf": True, "dtype": np.float32, "lowercase": False}
        if language == "zh":
            self._weighers = [TfidfVectorizer(analyzer="char", ngram_range=(1, 3), **options)]
        else:
            self._weighers = [
                TfidfVectorizer(tokenizer=words, token_pattern=None, ngram_range=(1, 3), **options),
                TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **options),
            ]
        self._rows: list[Any] = []

    def fit(self, texts: Sequence[str]) -> Matrix:
        """The alikeness of every two of `texts`."""
        kept = []
        for weigher in self._weighers:
            try:
                self._rows.append(weigher.fit_transform(texts))
            except ValueError:  # no text holds any term
                continue
            kept.append(weigher)
        self._weighers = kept
        if not kept:
            return np.eye(len(texts), dtype=np.float32)
        return self._mean([rows @ rows.T for rows in self._rows])

    def to(self, texts: Sequence[str]) -> Matrix:
        """The alikeness of each of `texts` (rows) to each of those it was made for."""
        found = [weigher.transform(texts) @ rows.T for weigher, rows in zip(self._weighers, self._rows, strict=True)]
        return self._mean(found) if found else np.zeros((len(texts), 0), np.float32)

    @staticmethod
    def _mean(parts: list[Any]) -> Matrix:
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return np.asarray(total.toarray() / len(parts), np.float32)
