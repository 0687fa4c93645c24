"""Recognition in worker processes: priorities, death, hanging, one retry, order (DESIGN 3)."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.fakes.speech import DEADLY, HANGING, REFUSED, LoudnessDetector, pcm, spoken, tone
from tests.integration.speech.conftest import MakePool
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import RecognitionRequest
from vivavoce.speech.events import Final
from vivavoce.speech.jobs import Priority
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.pool import RecogniserPool
from vivavoce.speech.stream import StreamOptions

ENGLISH = RecognitionRequest(language="en")


async def text_of(pool: RecogniserPool, *parts: str | float) -> str:
    outcome = await pool.submit(spoken(*parts), ENGLISH, Priority.FINAL).outcome()
    return outcome.recognition.text


async def test_a_pool_recognises_and_says_how_it_is(make_pool: MakePool) -> None:
    pool = make_pool(2)
    await pool.start()
    assert await text_of(pool, "one", 0.2, "two") == "one two"
    health = pool.health()
    assert health.ready
    assert health.languages == ("en", "ko", "zh")
    assert sum(worker.jobs_done for worker in health.workers) == 1
    assert any(worker.rss_bytes > 0 for worker in health.workers)


async def test_a_worker_that_dies_is_started_again_and_its_audio_is_tried_once_more(
    make_pool: MakePool, tmp_path: Path
) -> None:
    pool = make_pool(1, deaths=str(tmp_path / "deaths"), die_times=1)
    await pool.start()
    outcome = await pool.submit(tone(DEADLY), ENGLISH, Priority.FINAL).outcome()
    assert outcome.recognition.text == ""
    assert pool.health().workers[0].restarts == 1
    assert (tmp_path / "deaths").read_bytes() == b"."


async def test_audio_that_kills_twice_is_given_up_and_the_next_is_recognised(
    make_pool: MakePool, tmp_path: Path
) -> None:
    pool = make_pool(1, deaths=str(tmp_path / "deaths"), die_times=99)
    await pool.start()
    with pytest.raises(VivavoceError) as refusal:
        await pool.submit(tone(DEADLY), ENGLISH, Priority.FINAL).outcome()
    assert refusal.value.code == "unavailable"
    assert (tmp_path / "deaths").read_bytes() == b".."
    assert await text_of(pool, "three") == "three"


async def test_a_worker_that_hangs_is_replaced(make_pool: MakePool) -> None:
    pool = make_pool(1, job_timeout_s=0.7)
    await pool.start()
    with pytest.raises(VivavoceError):
        await pool.submit(tone(HANGING), ENGLISH, Priority.FINAL).outcome()
    assert await text_of(pool, "four") == "four"
    assert pool.health().workers[0].restarts == 2


async def test_an_exception_in_the_recogniser_is_an_error_and_the_worker_lives(make_pool: MakePool) -> None:
    pool = make_pool(1)
    await pool.start()
    with pytest.raises(VivavoceError) as refusal:
        await pool.submit(tone(REFUSED), ENGLISH, Priority.FINAL).outcome()
    assert refusal.value.code == "internal"
    assert await text_of(pool, "five") == "five"
    assert pool.health().workers[0].restarts == 0


async def test_kill_9_of_a_worker_in_the_middle_loses_nothing_and_keeps_the_order(make_pool: MakePool) -> None:
    pool = make_pool(1, slow_s=0.15)
    await pool.start()
    pipeline = SpeechPipeline(pool, LoudnessDetector)
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en", partials=False))
    words = ["one", "two", "three", "four", "five", "six"]
    for word in words:
        await stream.feed(pcm(spoken(word, 2.6)))
    await stream.finish()
    finals: list[str] = []
    async for event in stream:
        if isinstance(event, Final):
            finals.append(event.text)
            if len(finals) in {1, 3}:
                pid = pool.health().workers[0].pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
    await stream.close()
    assert finals == words


async def test_a_recogniser_that_cannot_open_stops_the_start_with_a_sentence(make_pool: MakePool) -> None:
    pool = make_pool(2, fails_to_open=True)
    with pytest.raises(VivavoceError) as refusal:
        await pool.start()
    assert "no such model" in refusal.value.details
    with pytest.raises(VivavoceError):
        pool.submit(spoken("one"), ENGLISH, Priority.FINAL)


async def test_a_full_queue_says_when_to_come_back(make_pool: MakePool) -> None:
    pool = make_pool(1, queue_limit=2, slow_s=0.3)
    await pool.start()
    with pytest.raises(VivavoceError) as refusal:
        for _ in range(8):
            pool.submit(spoken("one"), ENGLISH, Priority.FINAL)
    assert refusal.value.code == "unavailable"
    assert refusal.value.info["retry_after"] > 0


async def test_what_is_said_while_the_queue_is_full_is_recognised_later(make_pool: MakePool) -> None:
    pool = make_pool(1, queue_limit=1, slow_s=0.05)
    await pool.start()
    pipeline = SpeechPipeline(pool, LoudnessDetector)
    recording = pcm(spoken(*[part for word in ("one", "two", "three", "four") for part in (word, 2.6)]))
    transcripts = await asyncio.gather(*(pipeline.transcribe(recording, "pcm", "en") for _ in range(4)))
    assert [transcript.text for transcript in transcripts] == ["one two three four"] * 4


async def test_stopping_fails_what_waits(make_pool: MakePool) -> None:
    pool = make_pool(1, slow_s=0.5)
    await pool.start()
    waiting = [pool.submit(spoken("one"), ENGLISH, Priority.FINAL) for _ in range(3)]
    await asyncio.sleep(0.1)
    await pool.stop()
    for submission in waiting:
        with pytest.raises(VivavoceError):
            await submission.outcome()
