"""Who of up to three local speakers speaks at each instant, by pyannote's segmentation network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.engines.diarization.runtime import open_network
from vivavoce.engines.diarization.segmentation_conversion import MODEL_FILE

MODEL: Final = "pyannote-segmentation"
LONGEST_S: Final = 10.0
_SHORTEST: Final = 1600
_FRAME_SAMPLES: Final = 270
_RECEPTIVE_SAMPLES: Final = 991
# The sets of local speakers in the network's order: nobody, each alone, each pair.
_SETS: Final = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)


class PyannoteSegmentation:
    """The `SpeechActivity` that is shipped."""

    def __init__(self, directory: Path) -> None:
        """Opens the installed model. Raises `unavailable` when it or onnxruntime is missing."""
        self._session = open_network(directory / MODEL_FILE)
        self._input = self._session.get_inputs()[0].name

    @property
    def name(self) -> str:
        return MODEL

    @property
    def frame_s(self) -> float:
        return _FRAME_SAMPLES / SAMPLE_RATE

    def activity(self, samples: Samples) -> NDArray[Any]:
        if not _SHORTEST <= len(samples) <= LONGEST_S * SAMPLE_RATE:
            raise VivavoceError("invalid_payload", f"activity is told from 0.1 s to {LONGEST_S:.0f} s")
        # A frame answers for the middle of what it saw: without silence around, both ends would have no answer.
        edge = (_RECEPTIVE_SAMPLES - _FRAME_SAMPLES) // 2
        padded = np.pad(np.asarray(samples, np.float32), (edge, edge + _FRAME_SAMPLES))
        sets = _probabilities(self._session.run(None, {self._input: padded[None, None]})[0])
        count = -(-len(samples) // _FRAME_SAMPLES)
        return np.asarray(sets[:count] @ _SETS)


def _probabilities(sets: NDArray[Any]) -> NDArray[Any]:
    """[frames, sets] of an answer for one recording; other conversions of the network answer with log probabilities."""
    rows = sets.reshape(-1, len(_SETS))
    if rows.min() >= 0.0:
        return rows
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
