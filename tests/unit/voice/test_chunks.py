"""How long a chunk of sound lasts, by its bytes."""

from __future__ import annotations

import numpy as np
import pytest

from vivavoce.engines.asr.openai_compatible import wav_bytes
from vivavoce.voice.chunks import _length_ms

SECOND = wav_bytes(np.zeros(16_000, np.float32))


@pytest.mark.parametrize(
    ("audio_format", "chunk", "length_ms"),
    [
        ("wav", SECOND, 1000),
        ("wav", SECOND[:20], 0),
        ("wav", b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x55\x00\x01\x00" + bytes(100), 0),
        ("pcm", bytes(32_000), 1000),
        ("webm", bytes(32_000), 0),
    ],
    ids=["a WAV file", "half a header", "compressed WAV", "raw samples", "compressed"],
)
def test_a_chunk_lasts_as_long_as_its_samples(audio_format: str, chunk: bytes, length_ms: int) -> None:
    assert _length_ms(audio_format, chunk) == length_ms
