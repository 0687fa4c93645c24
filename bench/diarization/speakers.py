"""Who spoke when, on recordings and built conversations streamed in 1 s chunks, and the embedding's error rate.

`python -m bench.diarization.speakers [--spread]` prints the tables and writes bench/results/diarization.json. The
scorer is pyannote.metrics: diarization error rate with a collar of ±0.25 s, overlapped speech counted. "live" is what
was said of each turn when it ended; "final" what is said at the end. `--spread` adds conversations of one to six
readers in several manners, through telephones, in noise, with overlap: what the rules are tuned on.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.diarization.compose import Conversation, Plan, compose, labelled_recordings, readers
from bench.diarization.scoring import score
from bench.speech.setup import TESTDATA, decoded, models_dir, write_results
from vivavoce.domain.diarization import SpeakerTurn
from vivavoce.domain.speech import SAMPLE_RATE
from vivavoce.engines.diarization.campplus import MODEL, CampPlusEmbedder
from vivavoce.engines.diarization.segmentation import MODEL as ACTIVITY_MODEL
from vivavoce.engines.diarization.segmentation import PyannoteSegmentation
from vivavoce.engines.vad.silero import SileroModel
from vivavoce.speech.diarization.diarizer import Diarizer
from vivavoce.speech.diarization.ear import Ear
from vivavoce.speech.worker import rss_bytes

FRAME = 512
CHUNK_S = 1.0
#: A turn is labelled when the pause after it is seen: the endpointer's shortest wait.
AFTER_TURN_S = 0.6


class Bench:
    """The networks, opened once."""

    def __init__(self, root: Path) -> None:
        self.embedder = CampPlusEmbedder(root / MODEL)
        self.activity = PyannoteSegmentation(root / ACTIVITY_MODEL)
        self.detector = SileroModel(root / "silero-vad-v6" / "silero_vad_v6.onnx")

    def run(self, conversation: Conversation) -> dict[str, Any]:
        """Streams a conversation; its row of the table."""
        samples = conversation.samples[: len(conversation.samples) // FRAME * FRAME]
        frames = samples.reshape(-1, FRAME)
        speech = self.detector.open().probabilities(frames)
        ear, diarizer = Ear(self.embedder, self.activity), Diarizer()
        waiting = sorted(conversation.turns, key=lambda turn: turn.end_s)
        live: list[SpeakerTurn] = []
        said_s = 0.0
        cpu = 0.0
        size = round(CHUNK_S * SAMPLE_RATE / FRAME)
        for first in range(0, len(frames), size):
            started = time.process_time()
            for heard in ear.hear(
                first * FRAME / SAMPLE_RATE, frames[first : first + size], speech[first : first + size]
            ):
                diarizer.take(heard)
            now_s = (first + size) * FRAME / SAMPLE_RATE
            while waiting and waiting[0].end_s + AFTER_TURN_S <= now_s:
                turn = waiting.pop(0)
                live += self._first_labels(ear, diarizer, said_s, turn.end_s)
                said_s = turn.end_s
            cpu += time.process_time() - started
        for turn in waiting:
            live += self._first_labels(ear, diarizer, said_s, turn.end_s)
            said_s = turn.end_s
        final = diarizer.turns()
        speakers = {turn.speaker for turn in conversation.turns}
        scored, first_scored = score(conversation.turns, final), score(conversation.turns, live)
        return {
            "name": conversation.name,
            "seconds": round(len(samples) / SAMPLE_RATE, 1),
            "speakers": len(speakers),
            "found": len(diarizer.speakers()),
            **{name: round(value, 4) for name, value in scored.items()},
            "live_der": round(first_scored["der"], 4),
            "live_confusion": round(first_scored["confusion"], 4),
            "cpu_s_per_s": round(cpu / (len(samples) / SAMPLE_RATE), 4),
        }

    @staticmethod
    def _first_labels(ear: Ear, diarizer: Diarizer, from_s: float, until_s: float) -> list[SpeakerTurn]:
        """What is said of the seconds [from, until) when a turn ends with them; of each second once."""
        for heard in ear.flush(until_s):
            diarizer.take(heard)
        diarizer.settle()
        return [
            msgspec.structs.replace(turn, start_s=max(turn.start_s, from_s), end_s=min(turn.end_s, until_s))
            for turn in diarizer.turns(from_s, until_s)
            if min(turn.end_s, until_s) > max(turn.start_s, from_s)
        ]


def verification(embedder: CampPlusEmbedder) -> dict[str, Any]:
    """The equal error rate over all pairs of utterances of the readers, and of their first 3 s and 1.5 s."""
    found: dict[str, Any] = {}
    for name, length_s in (("whole", 60.0), ("3 s", 3.0), ("1.5 s", 1.5)):
        owners, windows = [], []
        for reader, utterances in readers().items():
            for utterance in utterances:
                owners.append(reader)
                windows.append(utterance[: int(length_s * SAMPLE_RATE)])
        vectors = embedder.embed(windows)
        first, second = np.triu_indices(len(owners), 1)
        alike = (vectors @ vectors.T)[first, second]
        same = np.array([owners[a] == owners[b] for a, b in zip(first, second, strict=True)])
        rates = [((alike[same] < at).mean(), (alike[~same] >= at).mean(), at) for at in np.sort(alike)]
        missed, false, at = min(rates, key=lambda rate: abs(rate[0] - rate[1]))
        found[name] = {
            "eer": round(float(missed + false) / 2, 4),
            "threshold": round(float(at), 3),
            "pairs": len(alike),
        }
    return found


def six_speakers() -> list[Plan]:
    """Six readers in conversations of several makes: other orders, short turns, interruptions, telephones, noise."""

    def six(name: str, seed: int, **manner: Any) -> Plan:
        return Plan(name=f"six: {name}", speakers=6, seed=seed, length_s=150, **manner)

    return [
        *(six(f"clean {seed}", seed) for seed in (6, 61, 62, 63)),
        six("short turns", 64, turn_s=(1.0, 4.0), gain_db=4),
        six("overlap", 65, gap_s=(-1.0, 0.6)),
        six("telephone", 66, line="telephone"),
        six("telephone, overlap", 67, line="telephone", gap_s=(-0.8, 0.6)),
        six("noise at 15 dB", 68, line="clean+noise15"),
    ]


def spread() -> list[Plan]:
    """Conversations in many manners; seeds are fixed."""
    plans: list[Plan] = []
    for count in range(1, 7):
        length_s = 60 + 15.0 * count
        for index, line in enumerate(("clean", "telephone", "telephone+noise12")):
            plans.append(
                Plan(name=f"{count} {line}", speakers=count, seed=10 * count + index, line=line, length_s=length_s)
            )
        short = Plan(name=f"{count} short turns", speakers=count, seed=100 * count + 1, turn_s=(0.8, 3.0), gain_db=6)
        plans.append(short)
        if count > 1:
            base = {"speakers": count, "length_s": length_s, "gain_db": 4.0}
            plans += [
                Plan(name=f"{count} overlap", seed=100 * count + 2, turn_s=(1.5, 7), gap_s=(-1.2, 0.6), **base),
                Plan(name=f"{count} noise, uneven", seed=100 * count + 3, line="clean+noise10", uneven=True, **base),
                Plan(
                    name=f"{count} telephone, overlap", seed=100 * count + 4, line="telephone", gap_s=(-1, 0.7), **base
                ),
            ]
    return plans


def memory_growth(bench: Bench, conversation: Conversation, minutes: float = 60.0) -> dict[str, float]:
    """Memory over an hour of the same voices: the networks' answers are real, and asked once for each second."""
    samples = conversation.samples[: len(conversation.samples) // FRAME * FRAME]
    frames = samples.reshape(-1, FRAME)
    speech = bench.detector.open().probabilities(frames)
    ear, sounds = Ear(bench.embedder, bench.activity), []
    for first in range(0, len(frames), 32):
        sounds += ear.hear(first * FRAME / SAMPLE_RATE, frames[first : first + 32], speech[first : first + 32])
    diarizer = Diarizer()
    rounds = round(minutes * 60 / (len(samples) / SAMPLE_RATE))
    levels, slowest = [], 0.0
    for _ in range(rounds):
        for heard in sounds:
            started = time.perf_counter()
            diarizer.take(heard)
            slowest = max(slowest, time.perf_counter() - started)
        levels.append(rss_bytes() / 2**20)
    return {
        "minutes": minutes,
        "half_mib": round(levels[len(levels) // 2], 1),
        "end_mib": round(levels[-1], 1),
        "slowest_ms": round(slowest * 1000, 1),
        "stretches": len(diarizer.memory.stretches),
        "speakers": len(diarizer.speakers()),
    }


def main() -> None:
    console = Console(width=140)
    if not readers():
        console.print(f"No recordings at {TESTDATA.name}: nothing to measure.")
        return
    bench = Bench(models_dir())
    conversations = [Conversation(path.parent.name, decoded(path), turns) for path, turns in labelled_recordings()]
    plans = spread() if "--spread" in sys.argv else []
    rows = [bench.run(conversation) for conversation in conversations]
    rows += [bench.run(compose(plan)) for plan in (*six_speakers(), *plans)]
    table = Table(
        "conversation",
        "s",
        "speakers",
        "found",
        "final DER",
        "missed",
        "false",
        "confusion",
        "live DER",
        "live confusion",
        "CPU s/s",
    )
    for row in rows:
        shares = [
            f"{row[name]:.1%}" for name in ("der", "missed", "false_alarm", "confusion", "live_der", "live_confusion")
        ]
        counts = [str(row["seconds"]), str(row["speakers"]), str(row["found"])]
        table.add_row(row["name"], *counts, *shares, f"{row['cpu_s_per_s']:.3f}")
    console.print(table)
    console.print("scored by pyannote.metrics: collar ±0.25 s, overlap counted; number of speakers not given")
    right = sum(row["speakers"] == row["found"] for row in rows)
    console.print(f"right number of speakers: {right} of {len(rows)}")
    errors = verification(bench.embedder)
    console.print(f"verification, equal error rate: {errors}")
    growth = memory_growth(bench, compose(six_speakers()[0]))
    console.print(f"an hour: {growth}")
    results = {"scorer": "pyannote.metrics", "conversations": rows, "verification": errors, "hour": growth}
    console.print(f"written to {write_results('diarization', results)}")


if __name__ == "__main__":
    main()
