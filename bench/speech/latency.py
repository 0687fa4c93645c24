"""Latency of the speech pipeline, with audio fed at the speed of speech.

`python -m bench.speech.latency` prints and writes bench/results/speech_latency.json:
the time from `finish` (the client's `audio_end`) to the final, one speaker and four at once; and, for each patience
profile, the time from the last spoken sound to the endpointer's decision, with the share of answers cut in two, on 60
synthesised answers that contain pauses of 0.3–1.5 s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.speech.setup import TESTDATA, clips, decoded, open_pipeline, open_pool, percentile, seconds, write_results
from bench.speech.sounds import can_speak, silence, speak, white_noise
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.speech.endpointing import Patience
from vivavoce.speech.events import EndpointReached, Final
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.stream import StreamOptions

CHUNK_S = 0.1
ROUNDS = 5

ANSWERS = [
    ("I worked on the payment system", "and we cut the latency in half."),
    ("My last project was a search engine", "that served two million users."),
    ("We had an outage in March", "because a certificate had expired."),
    ("I started by reading the logs", "then I wrote a test that failed."),
    ("The team was split", "so I asked everybody to write down their reasons."),
    ("I would use a queue", "and store the results under a unique key."),
    ("First I measured it", "and only then I changed the code."),
    ("It took three weeks", "but the customers noticed the difference."),
    ("I learned a lot from that", "mostly about talking to people early."),
    ("In my opinion", "the hardest part was the migration of the data."),
    ("We tried two designs", "and threw the first one away."),
    ("I like working with others", "especially when we disagree at first."),
]
PAUSES_S = (0.3, 0.6, 0.9, 1.2, 1.5)


async def speak_to(pipeline: SpeechPipeline, samples: Samples, language: str) -> float:
    """Feeds the samples at the speed of speech, then ends the audio. Seconds from there to the last final."""
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language=language, patience="patient"))
    arrived = 0.0

    async def listen() -> None:
        nonlocal arrived
        async for event in stream:
            if isinstance(event, Final):
                arrived = time.perf_counter()

    listener = asyncio.create_task(listen())
    await feed_live(stream.feed, samples)
    finished = time.perf_counter()
    await stream.finish()
    await listener
    await stream.close()
    return max(0.0, arrived - finished)


async def feed_live(feed: Any, samples: Samples) -> None:
    """Feeds 16-bit samples in chunks as a microphone would."""
    size = int(CHUNK_S * SAMPLE_RATE)
    started = time.perf_counter()
    for index, first in enumerate(range(0, len(samples), size), 1):
        chunk = samples[first : first + size]
        await asyncio.sleep(max(0.0, started + index * CHUNK_S - time.perf_counter()))
        await feed((np.clip(chunk, -1, 1) * 32767).astype("<i2").tobytes())


def english() -> list[Samples]:
    """Human English of 5–10 s."""
    paths = [clip.path for clip in clips() if clip.language == "en" and clip.kind == "human"]
    paths += sorted((TESTDATA / "speaker").glob("*/*.flac"))
    found = [samples for samples in map(decoded, paths) if 5.0 <= seconds(samples) <= 10.0]
    return found[:16]


def others(language: str) -> list[Samples]:
    """Human clips, and the synthetic recordings in pieces of about 6 s."""
    found: list[Samples] = []
    for clip in clips():
        if clip.language != language:
            continue
        samples = decoded(clip.path)
        size = 6 * SAMPLE_RATE
        found += [samples] if clip.kind == "human" else [samples[at : at + size] for at in range(0, len(samples), size)]
    return [samples for samples in found if seconds(samples) >= 3.0][:10]


async def ends(pipeline: SpeechPipeline, recordings: Sequence[Samples], language: str) -> list[float]:
    return [await speak_to(pipeline, samples, language) for samples in recordings]


async def four_at_once(pipeline: SpeechPipeline, recordings: Sequence[Samples]) -> list[float]:
    """Four speakers who stop at the same moment."""
    took: list[float] = []
    for number in range(ROUNDS):
        group = [recordings[(number * 4 + index) % len(recordings)] for index in range(4)]
        longest = max(map(len, group))
        aligned = [np.concatenate([np.zeros(longest - len(samples), np.float32), samples]) for samples in group]
        took += await asyncio.gather(*(speak_to(pipeline, samples, "en") for samples in aligned))
    return took


async def answer_to(
    pipeline: SpeechPipeline, halves: tuple[Samples, Samples], pause_s: float, patience: Patience
) -> tuple[int, float]:
    """Feeds an answer with a pause in it and silence after it. How many utterances it became, and the wait."""
    room = white_noise(12.0, 0.0006)
    spoken = np.concatenate([silence(0.6), halves[0], silence(pause_s), halves[1]])
    samples = np.concatenate([spoken, silence(5.0)])
    samples += room[np.arange(len(samples)) % len(room)]
    loud = np.flatnonzero(np.abs(spoken) > 0.01)
    last_sound_s = float(loud[-1]) / SAMPLE_RATE
    stream = pipeline.open_stream(StreamOptions(audio_format="pcm", language="en", patience=patience))
    decided: list[float] = []
    started = time.perf_counter()

    async def listen() -> None:
        async for event in stream:
            if isinstance(event, EndpointReached):
                decided.append(time.perf_counter() - started)

    listener = asyncio.create_task(listen())
    await feed_live(stream.feed, samples)
    await stream.finish()
    await listener
    await stream.close()
    return len(decided), (decided[-1] - last_sound_s if decided else float("nan"))


async def patience_table(pipeline: SpeechPipeline, count: int, at_once: int) -> dict[str, Any]:
    halves = [(trimmed(speak(first)), trimmed(speak(second))) for first, second in ANSWERS]
    cases = [(halves[index % len(halves)], PAUSES_S[index // len(halves) % len(PAUSES_S)]) for index in range(count)]
    results: dict[str, Any] = {}
    for patience in get_args(Patience):
        outcomes: list[tuple[int, float]] = []
        for first in range(0, len(cases), at_once):
            group = cases[first : first + at_once]
            outcomes += await asyncio.gather(*(answer_to(pipeline, *case, patience) for case in group))
        waits = [wait for _, wait in outcomes]
        by_pause = {
            f"{pause_s:.1f}": round(
                share([n for (n, _), (_, p) in zip(outcomes, cases, strict=True) if p == pause_s]), 3
            )
            for pause_s in PAUSES_S
        }
        results[patience] = {
            "answers": len(outcomes),
            "cut_share": round(share([number for number, _ in outcomes]), 3),
            "cut_share_by_pause_s": by_pause,
            "wait_p50_s": round(percentile(waits, 0.5), 3),
            "wait_p95_s": round(percentile(waits, 0.95), 3),
        }
    return results


def share(numbers: Sequence[int]) -> float:
    """The share of answers that became more than one utterance."""
    return sum(number > 1 for number in numbers) / len(numbers) if numbers else float("nan")


def trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1] + 1]


def described(values: list[float]) -> dict[str, Any]:
    return {
        "count": len(values),
        "p50_s": round(percentile(values, 0.5), 3),
        "p95_s": round(percentile(values, 0.95), 3),
        "max_s": round(max(values), 3) if values else None,
    }


async def main() -> None:
    console = Console(width=140)
    pool = open_pool(workers=2)
    await pool.start()
    pipeline = open_pipeline(pool)
    results: dict[str, Any] = {}
    recordings = english()
    if recordings:
        await ends(pipeline, recordings[:1] + others("ko")[:2], "ko")
        results["audio_end to final"] = {
            "en, 5-10 s": described(await ends(pipeline, recordings, "en")),
            "en, four at once": described(await four_at_once(pipeline, recordings)),
            "ko": described(await ends(pipeline, others("ko"), "ko")),
            "zh": described(await ends(pipeline, others("zh"), "zh")),
        }
        table = Table("audio_end to final", "clips", "p50 s", "p95 s", "max s")
        for name, row in results["audio_end to final"].items():
            table.add_row(name, str(row["count"]), f"{row['p50_s']:.2f}", f"{row['p95_s']:.2f}", f"{row['max_s']:.2f}")
        console.print(table)
    else:
        console.print(f"No recordings at {TESTDATA.name}: only the synthesised answers are measured.")
    if can_speak():
        results["patience"] = await patience_table(pipeline, count=60, at_once=12)
        table = Table(
            "patience", "answers", "cut in two", "by pause (s: share)", "last sound to decision p50 s", "p95 s"
        )
        for name, row in results["patience"].items():
            by_pause = "  ".join(f"{pause}: {part:.0%}" for pause, part in row["cut_share_by_pause_s"].items())
            waits = (f"{row['wait_p50_s']:.2f}", f"{row['wait_p95_s']:.2f}")
            table.add_row(name, str(row["answers"]), f"{row['cut_share']:.0%}", by_pause, *waits)
        console.print(table)
    else:
        console.print("espeak-ng is not installed: the patience profiles are not measured.")
    await pool.stop()
    console.print(f"written to {write_results('speech_latency', results)}")


if __name__ == "__main__":
    asyncio.run(main())
