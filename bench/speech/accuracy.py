"""Accuracy of the speech pipeline as shipped, and of its recogniser alone, on every transcribed recording.

`python -m bench.speech.accuracy` prints the table and writes bench/results/speech_accuracy.json. English is scored in
words (numbers as digits), Korean and Chinese in characters (without spaces and punctuation). "live" is what somebody
gets who waits for the answer (fed at the speed of speech), "recording" what nobody waits for, "alone" the recogniser
on the whole file.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.speech.latency import ANSWERS, feed_live
from bench.speech.setup import (
    TESTDATA,
    Clip,
    clips,
    decoded,
    models_dir,
    open_pipeline,
    open_pool,
    write_results,
)
from bench.speech.sounds import can_speak, quiet_sounds, silence, speak
from vivavoce.domain.speech import SAMPLE_RATE, RecognitionRequest, Samples
from vivavoce.engines.asr.openai_compatible import wav_bytes
from vivavoce.engines.asr.registry import RecogniserSpec, open_recogniser
from vivavoce.speech.events import Final
from vivavoce.speech.joining import join_text
from vivavoce.speech.measures import ErrorCount, character_errors, word_errors
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.stream import StreamOptions

LONGEST_S = 29.0
SPEEDS = (150, 170)


def errors(clip: Clip, text: str) -> ErrorCount:
    return (word_errors if clip.language == "en" else character_errors)(clip.text, text)


def spoken_here(folder: Path) -> list[Clip]:
    """The answers of the latency's benchmark by the synthesiser, slower and faster: more English than the recordings
    alone have, and words that are spoken in interviews."""
    made: list[Clip] = []
    answers = [" ".join(halves) + "." for halves in ANSWERS]
    for speed in SPEEDS if can_speak() else ():
        path = folder / f"espeak-ng {speed} words a minute.wav"
        path.write_bytes(
            wav_bytes(np.concatenate([np.append(speak(text, "en", speed), silence(1)) for text in answers]))
        )
        made.append(Clip(path, "en", "synthetic", " ".join(answers)))
    return made


def pieces(samples: Samples) -> list[Samples]:
    """The recording in pieces that a recogniser takes, cut at the quietest moment of the last third."""
    parts: list[Samples] = []
    limit = int(LONGEST_S * SAMPLE_RATE)
    while len(samples) > limit:
        window = 3200
        levels = np.abs(samples[limit * 2 // 3 : limit]).astype(np.float64)
        smooth = np.convolve(levels, np.ones(window) / window, "valid")
        at = limit * 2 // 3 + int(smooth.argmin()) + window // 2
        parts.append(samples[:at])
        samples = samples[at:]
    return [*parts, samples]


def peak_mib(pid: int | None) -> float:
    """The most memory a process ever held, in MiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))


async def streamed(pipeline: SpeechPipeline, clip: Clip) -> str:
    """What a live stream makes of the recording, fed at the speed of speech."""
    options = StreamOptions(audio_format="pcm", language=clip.language, partials=False)
    stream = pipeline.open_stream(options)
    await feed_live(stream.feed, decoded(clip.path))
    await stream.finish()
    text = ""
    async for event in stream:
        if isinstance(event, Final):
            text = join_text(text, event.text)
    await stream.close()
    return text


async def measured(pipeline: SpeechPipeline, found: list[Clip]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for clip in found:
        started = time.perf_counter()
        transcript = await pipeline.transcribe(clip.path.read_bytes(), clip.path.suffix, clip.language)
        took = time.perf_counter() - started
        count = errors(clip, transcript.text)
        live = await streamed(pipeline, clip)
        rows.append(
            {
                "file": clip.name,
                "language": clip.language,
                "kind": clip.kind,
                "duration_s": transcript.duration_s,
                "errors": count.errors,
                "length": count.length,
                "rate": round(count.rate, 4),
                "live_errors": errors(clip, live).errors,
                "rtf": round(took / transcript.duration_s, 3),
                "confidence": transcript.confidence,
                "text": transcript.text,
            }
        )
    return rows


def alone(found: list[Clip], **spec: Any) -> list[ErrorCount]:
    recogniser = open_recogniser(msgspec.msgpack.encode(RecogniserSpec(models_dir=str(models_dir()), **spec)))
    counts: list[ErrorCount] = []
    for clip in found:
        text = ""
        for piece in pieces(decoded(clip.path)):
            text = join_text(
                text, recogniser.recognise(piece, RecognitionRequest(language=clip.language, quality="best")).text
            )
        counts.append(errors(clip, text))
    recogniser.close()
    return counts


async def quiet(pipeline: SpeechPipeline) -> dict[str, str]:
    """What the pipeline writes for sounds without speech, in each language; all must be empty."""
    said: dict[str, str] = {}
    for name, samples in quiet_sounds().items():
        for language in ("en", "ko", "zh", None):
            transcript = await pipeline.transcribe(wav_bytes(samples), "wav", language)
            said[f"{name} ({language or 'auto'})"] = transcript.text
    return said


async def foreign(pipeline: SpeechPipeline, found: list[Clip]) -> list[dict[str, Any]]:
    """Recordings given to an interview in another language: the language heard, and whether English came out."""
    rows: list[dict[str, Any]] = []
    for clip in found:
        for expected in {"en", "ko"} - {clip.language}:
            transcript = await pipeline.transcribe(clip.path.read_bytes(), clip.path.suffix, expected)
            rows.append(
                {
                    "file": clip.name,
                    "spoken": clip.language,
                    "expected": expected,
                    "said_to_be": transcript.language,
                    "notices": sorted({utterance.notice for utterance in transcript.utterances}),
                    "text": transcript.text,
                }
            )
    return rows


def total(rows: list[dict[str, Any]]) -> ErrorCount:
    return ErrorCount(sum(row["errors"] for row in rows), sum(row["length"] for row in rows))


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await measure([*clips(), *spoken_here(Path(folder))])


async def measure(found: list[Clip]) -> None:
    console = Console(width=150)
    if not found:
        console.print(f"No recordings at {TESTDATA.name} and no espeak-ng: nothing to measure.")
        return
    pool = open_pool(workers=1)
    await pool.start()
    pipeline = open_pipeline(pool)
    rows = await measured(pipeline, found)
    silent = await quiet(pipeline)
    strangers = await foreign(pipeline, found)
    worker_mib = peak_mib(pool.health().workers[0].pid)
    own_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    await pool.stop()
    for row, count in zip(rows, alone(found), strict=True):
        row["alone_rate"] = round(count.rate, 4)
        row["alone_errors"] = count.errors
    table = Table("file", "kind", "s", "unit", "recording", "live", "alone", "RTF", "confidence")
    for row in rows:
        unit = "WER" if row["language"] == "en" else "CER"
        share = f"{row['rate']:.1%} ({row['errors']}/{row['length']})"
        live_share = f"{row['live_errors'] / row['length']:.1%}"
        alone_share = f"{row['alone_rate']:.1%}"
        confidence = "-" if row["confidence"] is None else f"{row['confidence']:.2f}"
        table.add_row(
            row["file"],
            row["kind"],
            f"{row['duration_s']:.1f}",
            unit,
            share,
            live_share,
            alone_share,
            f"{row['rtf']:.3f}",
            confidence,
        )
    console.print(table)
    summary: dict[str, Any] = {}
    for language in ("en", "ko", "zh"):
        own = [row for row in rows if row["language"] == language]
        count, single = total(own), sum(row["alone_errors"] for row in own)
        summary[language] = {
            "rate": round(count.rate, 4),
            "live_rate": round(sum(row["live_errors"] for row in own) / count.length, 4),
            "alone_rate": round(single / count.length, 4),
            "points_worse_than_alone": round((count.errors - single) / count.length * 100, 2),
            "units": count.length,
            "rtf": round(sum(r["rtf"] * r["duration_s"] for r in own) / sum(r["duration_s"] for r in own), 3),
        }
        console.print(f"{language}: {summary[language]}")
    invented = {name: text for name, text in silent.items() if text}
    console.print(f"sounds without speech: {len(silent)} runs of 60 s, with text: {invented or 'none'}")
    wrong = [row for row in strangers if row["said_to_be"] != row["spoken"]]
    console.print(f"speech in another language than expected: {len(strangers)} runs, misnamed: {len(wrong)}")
    console.print(f"peak memory: worker {worker_mib:.0f} MiB, server side {own_mib:.0f} MiB")
    results = {
        "files": rows,
        "summary": summary,
        "quiet": silent,
        "foreign": strangers,
        "peak_mib": {"worker": round(worker_mib), "server": round(own_mib)},
    }
    console.print(f"written to {write_results('speech_accuracy', results)}")


if __name__ == "__main__":
    asyncio.run(main())
