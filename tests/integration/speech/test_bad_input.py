"""Bad input: an answer, no crash, the worker lives (issue text: every case of its list)."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from tests.fakes.speech import LoudnessDetector, pcm, spoken, tone_word
from tests.integration.speech.conftest import MakePool
from tests.integration.speech.test_streams import FORMATS, collected, encoded, finals
from tests.unit.speech.test_formats import header, wav_file
from vivavoce.domain.errors import VivavoceError
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.stream import SpeechLimits, StreamOptions

pytest.importorskip("av", reason="the extra `speech` is not installed: no PyAV")

ANSWERS = {"unsupported_media", "invalid_payload", "too_large"}


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("audio.wav", b"0" * 1000)
    return buffer.getvalue()


BAD = {
    "nothing": b"",
    "one byte": b"\x00",
    "text": b"this is not audio at all, just words " * 50,
    "zip": zipped(),
    "noise": np.random.default_rng(1).bytes(50_000),
    "a webm header and noise": b"\x1a\x45\xdf\xa3" + np.random.default_rng(2).bytes(20_000),
    "an ogg page and noise": b"OggS\x00\x02" + np.random.default_rng(3).bytes(20_000),
    "a flac mark and noise": b"fLaC" + np.random.default_rng(4).bytes(20_000),
    "an mp4 box and noise": b"\x00\x00\x00\x18ftypM4A " + np.random.default_rng(5).bytes(20_000),
    "a wav header alone": header(1, 16, data_size=0),
    "a wav of another codec": header(85, 16) + b"\x00" * 100,
    "a wav of a billion hertz": header(1, 16, rate=1_000_000_000) + b"\x00" * 100,
    "a broken wav": b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff" + b"\x00" * 100,
}


@pytest.mark.parametrize("named", ["wav", "mp3", "webm", None])
async def test_what_is_no_audio_is_answered_and_the_next_recording_is_understood(
    pipeline: SpeechPipeline, named: str | None
) -> None:
    for name, data in BAD.items():
        try:
            transcript = await pipeline.transcribe(data, named, "en")
        except VivavoceError as error:
            assert error.code in ANSWERS, name
        else:
            # Noise can hold what looks like a frame of a codec: then it is decoded, and it says nothing.
            assert transcript.text == "", name
    assert (await pipeline.transcribe(pcm(spoken("one")), "pcm", "en")).text == "one"


async def test_an_unknown_format_is_unsupported_media(pipeline: SpeechPipeline) -> None:
    with pytest.raises(VivavoceError) as refusal:
        await pipeline.transcribe(b"MThd\x00\x00\x00\x06", "audio/midi", "en")
    assert refusal.value.code == "unsupported_media"


async def test_a_header_that_promises_four_gigabytes_is_read_to_its_real_end(pipeline: SpeechPipeline) -> None:
    transcript = await pipeline.transcribe(header(1, 16) + pcm(spoken(0.3, "one", 0.3)), "wav", "en")
    assert transcript.text == "one"


async def test_a_chunk_of_fifty_megabytes_is_too_large(pipeline: SpeechPipeline) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format="wav", language="en"))
    with pytest.raises(VivavoceError) as refusal:
        await stream.feed(b"\x00" * 50_000_000)
    assert refusal.value.code == "too_large"
    assert refusal.value.info["limit"] == 5 << 20
    await stream.feed(wav_file(pcm(spoken("one"))))
    await stream.finish()
    assert finals(await collected(stream)) == ["one"]


async def test_an_empty_chunk_is_invalid_and_the_stream_goes_on(pipeline: SpeechPipeline) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en"))
    with pytest.raises(VivavoceError) as refusal:
        await stream.feed(b"")
    assert refusal.value.code == "invalid_payload"
    await stream.feed(pcm(spoken("one")))
    await stream.finish()
    assert finals(await collected(stream)) == ["one"]


@pytest.mark.parametrize("name", sorted(FORMATS))
async def test_a_truncated_file_gives_what_is_in_it(pipeline: SpeechPipeline, name: str) -> None:
    data = encoded(spoken(0.3, "one", 0.2, "two", 0.2, "three", 3.0, "four", 0.3), *FORMATS[name])
    try:
        transcript = await pipeline.transcribe(data[: len(data) // 2], name, "en")
    except VivavoceError as error:
        assert name == "m4a"
        assert error.code == "unsupported_media"
    else:
        # How much of the sound the first half of the bytes holds depends on how well the codec packs the pause.
        assert transcript.text.startswith("one two")
        assert "one two three four".startswith(transcript.text)


async def test_a_recording_of_192_kilohertz_and_eight_channels_is_understood(pipeline: SpeechPipeline) -> None:
    import soxr

    mono = soxr.resample(spoken(0.3, "one", 0.2, "two", 0.3), 16_000, 192_000).astype(np.float32)
    eight = np.repeat(mono[:, None], 8, axis=1).reshape(-1)
    data = wav_file(pcm(eight), rate=192_000, channels=8)
    assert (await pipeline.transcribe(data, "wav", "en")).text == "one two"


async def test_two_hours_of_silence_in_a_small_file_are_too_long_and_nothing_breaks(make_pool: MakePool) -> None:
    pool = make_pool(1)
    await pool.start()
    pipeline = SpeechPipeline(pool, LoudnessDetector, SpeechLimits(recording_s=3600.0))
    data = encoded(np.zeros(16_000 * 7200, np.float32), "flac", "flac", rate=16_000)
    with pytest.raises(VivavoceError) as refusal:
        await pipeline.transcribe(data, "flac", "en")
    assert refusal.value.code == "too_large"
    assert (await pipeline.transcribe(pcm(tone_word("two")), "pcm", "en")).text == "two"


async def test_an_hour_of_silence_in_a_stream_gives_nothing(make_pool: MakePool) -> None:
    pool = make_pool(1)
    await pool.start()
    pipeline = SpeechPipeline(pool, LoudnessDetector)
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en"))
    minute = b"\x00" * (2 * 16_000 * 60)
    for _ in range(60):
        await stream.feed(minute)
    await stream.finish()
    events = await collected(stream)
    assert len(events) == 1
    assert events[0].duration_s == 3600.0  # type: ignore[union-attr]
