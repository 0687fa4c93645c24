"""The pipeline with its real models: what SPEC 2 and 6 promise of transcripts. Skipped where models are absent."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from bench.speech.setup import clips
from bench.speech.sounds import quiet_sounds, speak

from tests.integration.speech.test_streams import FORMATS, encoded
from tests.models import FETCH_TIMEOUT_S, MODELS
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.engines.asr.openai_compatible import wav_bytes
from vivavoce.engines.asr.registry import FACTORY, RecogniserSpec
from vivavoce.engines.vad.silero import SileroModel
from vivavoce.speech.decoding import ByteFeed, Decoder
from vivavoce.speech.events import Final
from vivavoce.speech.measures import ErrorCount, character_errors, word_errors
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.pool import PoolSettings, RecogniserPool
from vivavoce.speech.stream import StreamOptions

VAD = MODELS / "silero-vad-v6" / "silero_vad_v6.onnx"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(FETCH_TIMEOUT_S),
    pytest.mark.usefixtures("speech_models"),
]
needs_voice = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.fixture
async def spoken_to(speech_models: Path) -> AsyncIterator[SpeechPipeline]:
    settings = msgspec.msgpack.encode(RecogniserSpec(models_dir=str(MODELS)))
    pool = RecogniserPool(PoolSettings(factory=FACTORY, settings=settings, workers=1, job_timeout_s=60.0))
    await pool.start()
    yield SpeechPipeline(pool, SileroModel(VAD).open)
    await pool.stop()


def decoded(path: Path) -> Samples:
    feed = ByteFeed()
    feed.put(path.read_bytes())
    feed.close()
    return np.concatenate(list(Decoder(feed, path.suffix).blocks()))


@pytest.mark.testdata
@pytest.mark.skipif(not clips(), reason="the recordings beside the checkout are absent")
async def test_english_is_within_ten_percent_and_korean_and_chinese_people_within_twenty_five(
    spoken_to: SpeechPipeline,
) -> None:
    english = ErrorCount(0, 0)
    for clip in clips():
        heard = await spoken_to.transcribe(clip.path.read_bytes(), clip.path.suffix, clip.language)
        assert heard.language == clip.language
        if clip.language == "en":
            english += word_errors(clip.text, heard.text)
        elif clip.kind == "human":
            assert character_errors(clip.text, heard.text).rate <= 0.25, clip.name
    assert english.rate <= 0.10


@pytest.mark.testdata
@pytest.mark.skipif(not clips(), reason="the recordings beside the checkout are absent")
async def test_korean_speech_in_an_english_interview_is_said_to_be_korean(spoken_to: SpeechPipeline) -> None:
    clip = next(clip for clip in clips() if clip.language == "ko" and clip.kind == "human")
    heard = await spoken_to.transcribe(clip.path.read_bytes(), clip.path.suffix, "en")
    assert heard.language == "ko"
    assert [utterance.notice for utterance in heard.utterances] == ["other_language"]
    assert not any("a" <= character <= "z" for character in heard.text.lower())


@pytest.mark.testdata
@pytest.mark.skipif(not clips(), reason="the recordings beside the checkout are absent")
async def test_the_language_is_detected_where_none_is_given(spoken_to: SpeechPipeline) -> None:
    for clip in clips():
        if clip.kind == "human" and "vosk" not in clip.name:
            heard = await spoken_to.transcribe(clip.path.read_bytes(), clip.path.suffix, None)
            assert heard.language == clip.language, clip.name


@pytest.mark.testdata
@pytest.mark.skipif(not clips(), reason="the recordings beside the checkout are absent")
async def test_every_format_gives_the_same_text_within_two_percent(spoken_to: SpeechPipeline) -> None:
    clip = next(clip for clip in clips() if clip.path.name == "jfk.flac")
    samples = decoded(clip.path)
    count = ErrorCount(0, 0)
    plain = (await spoken_to.transcribe(wav_bytes(samples), "wav", "en")).text
    for name, (container, codec) in FORMATS.items():
        heard = await spoken_to.transcribe(encoded(samples, container, codec), name, "en")
        count += word_errors(plain, heard.text)
    assert count.rate <= 0.02


async def test_silence_noise_music_and_tones_give_no_text(spoken_to: SpeechPipeline) -> None:
    for name, samples in quiet_sounds(20.0).items():
        for language in ("en", "ko", None):
            heard = await spoken_to.transcribe(wav_bytes(samples), "wav", language)
            assert heard.text == "", (name, language)


@needs_voice
async def test_a_short_yes_at_the_very_end_is_heard(spoken_to: SpeechPipeline) -> None:
    room = np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.0005
    samples = np.concatenate([room, speak("Yes, of course.", "en", 150)])
    heard = await spoken_to.transcribe(wav_bytes(samples), "wav", "en")
    assert "yes" in heard.text.lower()


@needs_voice
async def test_an_answer_is_written_down_with_times_inside_it(spoken_to: SpeechPipeline) -> None:
    speech = speak("I worked on the payment system for three years.", "en", 150)
    stream = spoken_to.open_stream(StreamOptions(audio_format="pcm", language="en"))
    samples = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), speech])
    await stream.feed((samples * 32767).astype("<i2").tobytes())
    await stream.finish()
    finals = [event async for event in stream if isinstance(event, Final)]
    await stream.close()
    assert len(finals) == 1
    assert "payment" in finals[0].text.lower()
    assert 0.5 < finals[0].start_s < 1.2
    assert all(finals[0].start_s <= word.start_s <= word.end_s <= finals[0].end_s + 0.1 for word in finals[0].words)
