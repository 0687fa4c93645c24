"""People for tests to hear: a synthesiser's voices with throats of their own."""

from __future__ import annotations

import subprocess

import numpy as np
import soxr

from vivavoce.domain.speech import SAMPLE_RATE, Samples


def said(voice: str, pitch: int, shorter: float, text: str) -> Samples:
    """English `text` by one of espeak-ng's voices at a `pitch` from 0 to 99, 16 kHz, without silence around it. All its
    voices have one throat: here it is `shorter` (below 1) or longer, the text said slower and played faster."""
    command = ["espeak-ng", "-v", f"en-us+{voice}", "-p", str(pitch), "-s", str(round(145 / shorter)), "--stdout", text]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    samples = np.frombuffer(data[44 : 44 + (len(data) - 44) // 2 * 2], "<i2").astype(np.float32) / 32768.0
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    rate = int.from_bytes(data[24:28], "little") * shorter
    resampled: Samples = soxr.resample(samples[loud[0] : loud[-1] + 1], rate, SAMPLE_RATE).astype(np.float32)
    return resampled
