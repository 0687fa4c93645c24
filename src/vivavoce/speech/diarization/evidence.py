"""What is known of voices: stretches of speech with their embeddings, and how alike two bodies of evidence are.

Two windows of one person do not agree fully, because a short window shows only part of a voice. How much they agree is
measured in the conversation itself, within each voice; alikeness is the agreement between two voices, divided by that.
It is near 1 for one person and does not depend on how noisy or narrow the sound is.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from vivavoce.domain.diarization import Embedding

#: How well windows of one person agree (cosine) where nothing has been measured yet, and what that guess weighs (s²).
USUAL_AGREEMENT: Final = 0.55
_GUESS_WEIGHT: Final = 12.0
_LEAST_AGREEMENT: Final = 0.2


class Stretch(msgspec.Struct):
    """Some seconds of one voice alone: `vector` is the mean of its windows' embeddings.

    `pairs` and `agreement` are the number of its pairs of windows that share no sound, and the sum of their cosines.
    `pinned` is the speaker a person said it is, or whose enrolment it is.
    """

    number: int
    vector: Embedding
    seconds: float
    start_s: float
    end_s: float
    pairs: int = 0
    agreement: float = 0.0
    pinned: str | None = None
    enrolled: bool = False


class Evidence:
    """Stretches as arrays: vectors [n, size], seconds [n]."""

    def __init__(self, stretches: list[Stretch]) -> None:
        self.stretches = stretches
        self.vectors: Embedding = (
            np.stack([item.vector for item in stretches]) if stretches else np.zeros((0, 1), np.float32)
        )
        self.seconds: Embedding = np.array([item.seconds for item in stretches], np.float64)

    def usual_agreement(self) -> float:
        """How well windows of one person agree in this conversation."""
        pairs = sum(item.pairs for item in self.stretches)
        total = sum(item.agreement for item in self.stretches)
        return max(_LEAST_AGREEMENT, (total + _GUESS_WEIGHT * USUAL_AGREEMENT) / (pairs + _GUESS_WEIGHT))


class Voices:
    """Bodies of evidence by label: sums from which the alikeness of any two, or of a stretch and one, follows."""

    def __init__(self, evidence: Evidence, labels: Embedding, count: int) -> None:
        """`labels` [n] says whose each stretch is, 0 … count - 1, or -1 for nobody's."""
        self._evidence = evidence
        self._labels = labels
        size = evidence.vectors.shape[1]
        self._usual = evidence.usual_agreement()
        self._sums = np.zeros((count, size))
        self.seconds = np.zeros(count)
        self._own = np.zeros(count)
        self._squares = np.zeros(count)
        weighted = evidence.vectors * evidence.seconds[:, None]
        for label in range(count):
            mine = labels == label
            self._sums[label] = weighted[mine].sum(axis=0)
            self.seconds[label] = evidence.seconds[mine].sum()
            self._own[label] = (weighted[mine] ** 2).sum()
            self._squares[label] = (evidence.seconds[mine] ** 2).sum()
        self.agreement = own_agreement(
            (self._sums**2).sum(axis=1) - self._own, self.seconds**2 - self._squares, self._usual
        )

    def alikeness(self) -> Embedding:
        """[stretches, voices]: how alike each stretch is to each voice, its own part in that voice left out.

        Minus infinity where the voice consists of nothing else.
        """
        vectors, seconds = self._evidence.vectors, self._evidence.seconds
        sums = vectors @ self._sums.T
        weights = np.repeat(self.seconds[None, :], len(vectors), axis=0)
        mine = np.flatnonzero(self._labels >= 0)
        own = self._labels[mine]
        sums[mine, own] -= seconds[mine] * (vectors[mine] ** 2).sum(axis=1)
        weights[mine, own] -= seconds[mine]
        mean = np.where(weights > 1e-6, sums / np.maximum(weights, 1e-6), -np.inf)
        return np.asarray(mean / np.sqrt(self.agreement * self._usual)[None, :])


def own_agreement(total: Embedding, weight: Embedding, usual: float) -> Embedding:
    """The agreement within voices from sums over their pairs of stretches; where they are few, near the usual one."""
    return np.maximum(_LEAST_AGREEMENT, (total + _GUESS_WEIGHT * usual) / (weight + _GUESS_WEIGHT))
