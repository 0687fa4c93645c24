"""Made-up voices: directions in space, and windows of them that agree as real ones do (cosine about 0.55)."""

from __future__ import annotations

import numpy as np

from vivavoce.domain.diarization import Embedding
from vivavoce.speech.diarization.ear import HeardSound, HeardStretch
from vivavoce.speech.diarization.slicing import Alone

SIZE = 192


class Cast:
    """Some persons; `shared` is how alike they sound (a telephone makes everybody more alike)."""

    def __init__(self, count: int, seed: int = 1, shared: float = 0.1) -> None:
        self._rng = np.random.default_rng(seed)
        common = self._unit()
        own = [self._unit() for _ in range(count)]
        self.persons = [_length_one(np.sqrt(shared) * common + np.sqrt(1 - shared) * voice) for voice in own]
        self.at_s = 0.0

    def windows(self, person: int, count: int) -> Embedding:
        found = [_length_one(np.sqrt(0.55) * self.persons[person] + np.sqrt(0.45) * self._unit()) for _ in range(count)]
        return np.stack(found).astype(np.float32)

    def says(self, person: int, seconds: float, pause_s: float = 0.3) -> HeardSound:
        """What an ear makes of somebody speaking next."""
        start_s, end_s = self.at_s, self.at_s + seconds
        self.at_s = end_s + pause_s
        windows = self.windows(person, max(1, round(seconds)))
        return HeardSound((HeardStretch(0, start_s, end_s, windows),), (), (Alone(0, start_s, end_s),))

    def _unit(self) -> Embedding:
        return _length_one(self._rng.standard_normal(SIZE))


def _length_one(vector: Embedding) -> Embedding:
    return np.asarray(vector / np.linalg.norm(vector))
