"""Memory over an hour of speech in one session, and the event loop while the recognisers are saturated.

`python -m bench.speech.memory [MINUTES]` prints and writes bench/results/speech_memory.json. The audio is fed as fast
as it is understood, so an hour takes a few minutes.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from bench.speech.setup import (
    TESTDATA,
    clips,
    decoded,
    open_pipeline,
    open_pool,
    percentile,
    seconds,
    write_results,
)
from bench.speech.sounds import can_speak, silence, speak
from vivavoce.domain.speech import SAMPLE_RATE, RecognitionRequest, Samples
from vivavoce.speech.events import Final
from vivavoce.speech.jobs import Priority
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.pool import RecogniserPool
from vivavoce.speech.stream import StreamOptions
from vivavoce.speech.worker import rss_bytes

PAGE = 4096
AHEAD_S = 30.0


def material() -> list[Samples]:
    """A few minutes of English with pauses."""
    paths = [clip.path for clip in clips() if clip.language == "en"]
    paths += sorted((TESTDATA / "diarization").glob("*/*.flac"))
    found = [decoded(path) for path in paths]
    if not found and can_speak():
        found = [speak(f"This is sentence number {number}, and it is about the weather.") for number in range(20)]
    return found


def endless(pieces: list[Samples]) -> Iterator[Samples]:
    while True:
        for piece in pieces:
            yield piece
            yield silence(2.0)


def rss_of(pid: int | None) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE
    except OSError:
        return 0


async def one_session(
    pipeline: SpeechPipeline, pool: RecogniserPool, pieces: list[Samples], minutes: float
) -> list[dict[str, float]]:
    """Feeds one stream; samples of memory in MiB for each minute of audio."""
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en"))
    heard_s = 0.0

    async def listen() -> None:
        nonlocal heard_s
        async for event in stream:
            if isinstance(event, Final):
                heard_s = event.end_s

    listener = asyncio.create_task(listen())
    samples: list[dict[str, float]] = []
    fed_s = 0.0
    source = endless(pieces)
    while fed_s < minutes * 60:
        piece = next(source)
        for first in range(0, len(piece), SAMPLE_RATE):
            block = piece[first : first + SAMPLE_RATE]
            await stream.feed((np.clip(block, -1, 1) * 32767).astype("<i2").tobytes())
            fed_s += seconds(block)
        # Not faster than it is understood: what waits would be counted as the session's memory.
        while fed_s - heard_s > AHEAD_S + seconds(piece) and len(samples) < minutes * 60:
            await asyncio.sleep(0.05)
        if fed_s >= (len(samples) + 1) * 60:
            workers = sum(rss_of(worker.pid) for worker in pool.health().workers)
            samples.append(
                {"minute": round(fed_s / 60, 1), "server_mib": rss_bytes() / 2**20, "workers_mib": workers / 2**20}
            )
    await stream.finish()
    await listener
    await stream.close()
    return samples


async def loop_delay(pool: RecogniserPool, pieces: list[Samples], duration_s: float) -> list[float]:
    """How late a timer of 5 ms fires, in milliseconds, while every worker always has a job."""
    request = RecognitionRequest(language="ko")
    audio = np.concatenate(pieces)[: 12 * SAMPLE_RATE]
    busy = True

    async def saturate() -> None:
        while busy:
            await pool.submit(audio, request, Priority.FINAL).outcome()

    workers = [asyncio.create_task(saturate()) for _ in range(4)]
    delays: list[float] = []
    until = time.perf_counter() + duration_s
    while time.perf_counter() < until:
        asked = time.perf_counter()
        await asyncio.sleep(0.005)
        delays.append((time.perf_counter() - asked - 0.005) * 1000)
    busy = False
    await asyncio.gather(*workers)
    return delays


def growth(samples: list[dict[str, float]], key: str) -> float:
    """MiB an hour in the second half of the session, by a straight line through it."""
    half = samples[len(samples) // 2 :]
    if len(half) < 3:
        return float("nan")
    minutes = np.array([sample["minute"] for sample in half])
    return float(np.polyfit(minutes, np.array([sample[key] for sample in half]), 1)[0] * 60)


async def main() -> None:
    console = Console()
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    pieces = material()
    if not pieces:
        console.print(f"No recordings at {TESTDATA.name} and no espeak-ng: nothing to feed.")
        return
    pool = open_pool(workers=2)
    await pool.start()
    started = time.perf_counter()
    samples = await one_session(open_pipeline(pool), pool, pieces, minutes)
    took = time.perf_counter() - started
    delays = await loop_delay(pool, pieces, 20.0)
    await pool.stop()
    results: dict[str, Any] = {
        "minutes": minutes,
        "took_s": round(took),
        "server_mib": {"half": samples[len(samples) // 2]["server_mib"], "end": samples[-1]["server_mib"]},
        "workers_mib": {"half": samples[len(samples) // 2]["workers_mib"], "end": samples[-1]["workers_mib"]},
        "growth_mib_an_hour": {key: round(growth(samples, key), 1) for key in ("server_mib", "workers_mib")},
        "loop_delay_ms": {"p50": round(percentile(delays, 0.5), 2), "p99": round(percentile(delays, 0.99), 2)},
        "samples": samples,
    }
    console.print({key: value for key, value in results.items() if key != "samples"})
    console.print(f"written to {write_results('speech_memory', results)}")


if __name__ == "__main__":
    asyncio.run(main())
