"""Speaker embeddings by CAM++ (3D-Speaker, Chinese and English, 192 dimensions)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from vivavoce.domain.diarization import Embedding
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.engines.diarization.campplus_conversion import MODEL_FILE
from vivavoce.engines.diarization.filter_banks import FilterBanks
from vivavoce.engines.diarization.runtime import open_network

MODEL: Final = "campplus-speaker"
SHORTEST_S: Final = 0.3
LONGEST_S: Final = 60.0
_SIZE: Final = 192


class CampPlusEmbedder:
    """The `SpeakerEmbedder` that is shipped."""

    def __init__(self, directory: Path) -> None:
        """Opens the installed model. Raises `unavailable` when it or a package it needs is missing."""
        self._banks = FilterBanks()
        self._session = open_network(directory / MODEL_FILE)

    @property
    def name(self) -> str:
        return MODEL

    @property
    def size(self) -> int:
        return _SIZE

    def embed(self, windows: Sequence[Samples]) -> Embedding:
        vectors = np.zeros((len(windows), _SIZE), np.float32)
        for index, window in enumerate(windows):
            if not SHORTEST_S <= len(window) / SAMPLE_RATE <= LONGEST_S:
                raise VivavoceError("invalid_payload", f"a voice is told from {SHORTEST_S} s to {LONGEST_S:.0f} s")
            vector = self._session.run(None, {"feats": self._banks.of(window)[None]})[0][0]
            vectors[index] = vector / max(float(np.linalg.norm(vector)), 1e-9)
        return vectors
