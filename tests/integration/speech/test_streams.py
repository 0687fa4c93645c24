"""Streams and recordings through the whole pipeline, with tones for words (SPEC 2, 3; DESIGN 3)."""

from __future__ import annotations

import asyncio
import io
from fractions import Fraction

import numpy as np
import pytest

from tests.fakes.speech import LoudnessDetector, pcm, spoken, tone
from tests.integration.speech.conftest import MakePool
from tests.unit.speech.test_formats import wav_file
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import Samples
from vivavoce.speech.events import (
    Closed,
    EndpointReached,
    FalseStart,
    Final,
    Partial,
    SpeechEvent,
    SpeechStarted,
)
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.stream import SpeechStream, StreamOptions

av = pytest.importorskip("av", reason="the extra `speech` is not installed: no PyAV")

SENTENCE = ("one", 0.2, "two", 0.2, "three", 0.2, "four")


async def collected(stream: SpeechStream) -> list[SpeechEvent]:
    events = [event async for event in stream]
    await stream.close()
    return events


def finals(events: list[SpeechEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Final)]


def encoded(samples: Samples, container: str, codec: str, rate: int = 48_000) -> bytes:
    """The samples in a container, as recorders and browsers write them."""
    import soxr

    resampled = soxr.resample(samples, 16_000, rate).astype(np.float32)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            (np.clip(resampled, -1, 1) * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        for packet in stream.encode(frame):
            output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return buffer.getvalue()


FORMATS = {
    "mp3": ("mp3", "libmp3lame"),
    "m4a": ("ipod", "aac"),
    "webm": ("webm", "libopus"),
    "ogg": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
}


@pytest.mark.parametrize("name", sorted(FORMATS))
async def test_every_format_gives_the_same_words(pipeline: SpeechPipeline, name: str) -> None:
    data = encoded(spoken(0.5, *SENTENCE, 0.5), *FORMATS[name])
    transcript = await pipeline.transcribe(data, name, "en")
    assert transcript.text == "one two three four"
    assert abs(transcript.duration_s - 3.0) < 0.5


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 192_000])
async def test_wav_of_any_rate_gives_the_same_words(pipeline: SpeechPipeline, rate: int) -> None:
    import soxr

    samples = soxr.resample(spoken(0.5, *SENTENCE, 0.5), 16_000, rate).astype(np.float32)
    transcript = await pipeline.transcribe(wav_file(pcm(samples), rate=rate), "wav", "en")
    assert transcript.text == "one two three four"


@pytest.mark.parametrize("name", sorted(FORMATS))
async def test_a_growing_stream_in_small_chunks_gives_the_same_words(pipeline: SpeechPipeline, name: str) -> None:
    data = encoded(spoken(0.5, *SENTENCE, 0.5), *FORMATS[name])
    stream = pipeline.open_stream(StreamOptions(audio_format=name, language="en"))
    for first in range(0, len(data), 700):
        await stream.feed(data[first : first + 700])
        await asyncio.sleep(0)
    await stream.finish()
    assert finals(await collected(stream)) == ["one two three four"]


@pytest.mark.parametrize("name", ["webm", "ogg", "wav"])
async def test_speech_is_understood_while_the_stream_still_grows(pipeline: SpeechPipeline, name: str) -> None:
    samples = spoken(0.5, *SENTENCE, 3.0, "five", 0.5)
    data = wav_file(pcm(samples)) if name == "wav" else encoded(samples, *FORMATS[name])
    stream = pipeline.open_stream(StreamOptions(audio_format=name, language="en"))
    before_end = data[: int(len(data) * 0.85)]
    await stream.feed(before_end)
    first: list[str] = []
    async for event in stream:
        if isinstance(event, Final):
            first.append(event.text)
            break
    assert first == ["one two three four"]
    await stream.feed(data[len(before_end) :])
    await stream.finish()
    assert finals(await collected(stream)) == ["five"]


async def test_a_webm_chunk_without_a_header_is_understood_with_the_header_of_the_first(
    pipeline: SpeechPipeline,
) -> None:
    data = encoded(spoken(0.5, "one", 8.0, "two", 0.5), *FORMATS["webm"])
    stream = pipeline.open_stream(StreamOptions(audio_format="webm", language="en"))
    await stream.feed(data)
    await stream.finish()
    await collected(stream)
    assert stream.header is not None
    cluster = b"\x1f\x43\xb6\x75"
    later = data[data.rindex(cluster) :]
    transcript = await pipeline.transcribe(later, "webm", "en", header=stream.header)
    assert transcript.text == "two"


@pytest.mark.parametrize("name", ["webm", "ogg", "flac"])
async def test_a_recorder_that_starts_again_goes_on_in_the_same_stream(pipeline: SpeechPipeline, name: str) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format=name, language="en"))
    for word in ("one", "two", "three"):
        await stream.feed(encoded(spoken(0.3, word, 2.6), *FORMATS[name]))
    await stream.finish()
    assert finals(await collected(stream)) == ["one", "two", "three"]


async def test_events_come_in_the_order_of_the_conversation(pipeline: SpeechPipeline) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en", offset_s=100.0))
    await stream.feed(pcm(spoken(1.0, "one", 0.4, "two", 3.0, "three", 3.0)))
    await stream.finish()
    events = await collected(stream)
    kinds = [type(event) for event in events if not isinstance(event, Partial)]
    assert kinds == [SpeechStarted, EndpointReached, Final, SpeechStarted, EndpointReached, Final, Closed] or kinds == [
        SpeechStarted,
        EndpointReached,
        SpeechStarted,
        EndpointReached,
        Final,
        Final,
        Closed,
    ]
    first, second = [event for event in events if isinstance(event, Final)]
    assert (first.text, second.text) == ("one two", "three")
    assert (first.utterance, second.utterance) == (1, 2)
    assert 100.5 < first.start_s < 101.1 < first.end_s < second.start_s
    assert [word.text for word in first.words] == ["one", "two"]
    assert abs(first.words[0].start_s - 101.0) < 0.1
    assert abs(first.words[1].start_s - 101.7) < 0.1
    assert isinstance(events[-1], Closed)


async def test_a_pause_gives_a_partial_before_the_utterance_ends(pipeline: SpeechPipeline) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="ko", patience="patient"))
    await stream.feed(pcm(spoken("one", 0.5)))
    seen: list[SpeechEvent] = []
    async for event in stream:
        seen.append(event)
        if isinstance(event, Partial):
            break
    assert isinstance(seen[-1], Partial)
    assert seen[-1].text == "one"
    await stream.feed(pcm(spoken("two", 5.0)))
    await stream.finish()
    assert finals(await collected(stream)) == ["one two"]


async def test_a_recogniser_slower_than_the_pauses_still_shows_what_was_said(make_pool: MakePool) -> None:
    pool = make_pool(1, slow_s=0.5)
    await pool.start()
    pipeline = SpeechPipeline(pool, LoudnessDetector)
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="ko", patience="patient"))
    await stream.feed(pcm(spoken("one", 0.5)))
    while pool.health().workers[0].state != "busy":
        await asyncio.sleep(0.01)
    await stream.feed(pcm(spoken("two", 0.5, "three", 0.5)))
    shown: list[str] = []
    async for event in stream:
        if isinstance(event, Partial):
            shown.append(event.text)
            if event.text == "one two three":
                break
    assert shown[0] == "one"
    await stream.finish()
    assert finals(await collected(stream)) == ["one two three"]


async def test_a_noise_that_is_no_speech_is_a_false_start_and_no_text(pipeline: SpeechPipeline) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en"))
    await stream.feed(pcm(np.concatenate([tone(3900, 0.5), spoken(3.0)])))
    await stream.finish()
    events = await collected(stream)
    assert any(isinstance(event, SpeechStarted) for event in events)
    assert any(isinstance(event, FalseStart) for event in events)
    assert finals(events) == []


async def test_the_last_word_before_finish_is_not_lost(pipeline: SpeechPipeline) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en"))
    await stream.feed(pcm(spoken(0.5, "one", 0.2, "two")))
    await stream.finish()
    assert finals(await collected(stream)) == ["one two"]


async def test_given_time_keeps_an_answer_together(pipeline: SpeechPipeline) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en", patience="quick"))
    stream.give_time(20.0)
    await stream.feed(pcm(spoken("one", 6.0, "two", 1.0)))
    await stream.finish()
    assert finals(await collected(stream)) == ["one two"]


async def test_a_long_recording_is_understood_whole_and_in_order(pipeline: SpeechPipeline) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"] * 12
    parts = [part for index, word in enumerate(words) for part in (word, 0.5 if index % 8 else 2.0)]
    transcript = await pipeline.transcribe(pcm(spoken(*parts)), "pcm", "en")
    assert transcript.text.split() == words


async def test_many_streams_at_once_do_not_mix(pipeline: SpeechPipeline) -> None:
    words = ["one", "two", "three", "four", "five", "six"]
    transcripts = await asyncio.gather(
        *(pipeline.transcribe(pcm(spoken(0.2, word, 0.3, word)), "pcm", "en") for word in words)
    )
    assert [transcript.text for transcript in transcripts] == [f"{word} {word}" for word in words]


async def test_feeding_after_the_end_is_refused(pipeline: SpeechPipeline) -> None:
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en"))
    await stream.feed(pcm(spoken("one")))
    await stream.finish()
    with pytest.raises(VivavoceError):
        await stream.feed(pcm(spoken("two")))
    await stream.close()


async def test_closing_a_stream_in_the_middle_leaves_nothing_behind(make_pool: MakePool) -> None:
    pool = make_pool(1, slow_s=0.2)
    await pool.start()
    pipeline = SpeechPipeline(pool, LoudnessDetector)
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en"))
    await stream.feed(pcm(spoken("one", 2.6, "two", 2.6)))
    await stream.close()
    assert not stream._thread.is_alive()
