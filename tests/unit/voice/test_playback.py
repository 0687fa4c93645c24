"""What is kept of a recording, and what is played of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.fakes.speech import pcm, spoken
from tests.unit.speech.test_formats import wav_file
from vivavoce.domain.errors import VivavoceError
from vivavoce.voice import playback

pytest.importorskip("av", reason="the extra `speech` is not installed: no PyAV")


async def pieces(data: bytes, size: int = 4096) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def test_a_compressed_recording_is_sample_for_sample_the_same() -> None:
    audio = pcm(spoken(0.3, "one", 0.2, "two", 0.3))
    flac = b"".join([piece async for piece in playback.compressed(pieces(wav_file(audio)), "wav")])
    assert len(flac) < len(audio)
    back = await playback.clip(pieces(flac), "flac", 0.0, 100.0)
    before = np.frombuffer(audio, "<i2").astype(int)
    after = np.frombuffer(back[44:], "<i2").astype(int)
    assert len(after) == len(before)
    assert np.abs(before - after).max() <= 2


async def test_a_clip_has_the_length_asked_for_and_ends_where_the_recording_does() -> None:
    audio = wav_file(pcm(spoken(0.5, "one", 0.5)))
    assert len(await playback.clip(pieces(audio), "wav", 0.25, 0.75)) == 44 + 16_000
    assert len(await playback.clip(pieces(audio), "wav", 1.0, 9.0)) == 44 + round(0.3 * 32_000)
    assert len(await playback.clip(pieces(audio), "wav", 5.0, 9.0)) == 44


async def test_raw_samples_are_given_with_a_header() -> None:
    audio = pcm(spoken("one"))
    name = "pcm;rate=16000;channels=1"
    whole = b"".join([piece async for piece in playback.with_header(pieces(audio), len(audio), name)])
    assert whole == playback.wav(audio)


async def test_what_is_no_audio_cannot_be_compressed() -> None:
    with pytest.raises(VivavoceError) as refusal:
        _ = [piece async for piece in playback.compressed(pieces(b"no sound at all" * 10), "wav")]
    assert refusal.value.code == "unsupported_media"


@pytest.mark.parametrize(("start_s", "end_s"), [(-1, 1), (1, 1), (2, 1), (0, 601)])
def test_a_range_that_is_none(start_s: float, end_s: float) -> None:
    with pytest.raises(VivavoceError) as refusal:
        playback.check_range(start_s, end_s)
    assert refusal.value.code == "invalid_payload"
