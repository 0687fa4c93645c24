"""Silero voice activity detection (v6, ONNX), one recurrent state a stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import Samples

_FRAME: Final = 512
_CONTEXT: Final = 64
_STATE: Final = 128


class SileroModel:
    """The loaded network, shared by all streams of a process (running it is thread-safe)."""

    def __init__(self, path: Path) -> None:
        """Loads the model. Raises `unavailable` when the package or the file is missing."""
        try:
            import onnxruntime
        except ImportError as error:
            raise VivavoceError(
                "unavailable", "onnxruntime is not installed: install the extra `speech`", reason="speech_missing"
            ) from error
        if not path.is_file():
            raise VivavoceError(
                "unavailable", f"{path.name} is missing: run `vivavoce models pull`", reason="speech_model_missing"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, frames: Samples, h: Samples, c: Samples) -> tuple[Samples, Samples, Samples]:
        probabilities, h, c = self._session.run(None, {"input": frames, "h": h, "c": c})
        return probabilities, h, c

    def open(self) -> SileroDetector:
        """A detector for a new stream."""
        return SileroDetector(self)


class SileroDetector:
    """Voice activity of one stream in frames of 32 ms."""

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self._context = np.zeros(_CONTEXT, np.float32)
        self._h = np.zeros((1, 1, _STATE), np.float32)
        self._c = np.zeros((1, 1, _STATE), np.float32)

    @property
    def frame_samples(self) -> int:
        return _FRAME

    def probabilities(self, frames: Samples) -> Samples:
        if len(frames) == 0:
            return np.zeros(0, np.float32)
        tails = np.concatenate([self._context[None], frames[:-1, -_CONTEXT:]])
        self._context = frames[-1, -_CONTEXT:].copy()
        with_context = np.concatenate([tails, frames], axis=1).astype(np.float32, copy=False)
        probabilities, self._h, self._c = self._model.run(with_context, self._h, self._c)
        return probabilities.reshape(-1)
