"""Kaldi's log mel filter banks, as the speaker network was trained on them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.engines.diarization.runtime import missing_package

BANDS: Final = 80
_INT16: Final = 32768.0


class FilterBanks:
    """Computes [frames, 80] of a window, its mean over time subtracted: a frame each 10 ms, 25 ms long."""

    def __init__(self) -> None:
        """Raises `unavailable` when kaldi-native-fbank is not installed."""
        try:
            import kaldi_native_fbank
        except ImportError as error:
            raise missing_package("kaldi-native-fbank") from error
        self._open: Any = kaldi_native_fbank.OnlineFbank
        self._options: Any = kaldi_native_fbank.FbankOptions()
        self._options.frame_opts.samp_freq = SAMPLE_RATE
        self._options.frame_opts.dither = 0.0
        self._options.mel_opts.num_bins = BANDS

    def of(self, samples: Samples) -> NDArray[np.float32]:
        banks = self._open(self._options)
        banks.accept_waveform(SAMPLE_RATE, np.asarray(samples, np.float32) * _INT16)
        banks.input_finished()
        frames = np.stack([banks.get_frame(index) for index in range(banks.num_frames_ready)])
        centred: NDArray[np.float32] = (frames - frames.mean(axis=0)).astype(np.float32, copy=False)
        return centred
