"""What a panel costs and whether it can go on for hours: six people at one microphone of a real server.

`python -m bench.diarization.panel [MINUTES]` (60 without) plays a built conversation in chunks of 1 s, each as soon as
the one before is answered, with English recognition, speakers told apart and evaluation running. It prints the CPU time
of all the server's processes a second of sound, memory (proportional set sizes of the same) and lag (sound sent when an
utterance is shown, minus the utterance's end) in the first and the second half, and writes bench/results/panel.json.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import psutil
from rich.console import Console
from tests.integration.server import ServerProcess

from bench.diarization.compose import Plan, compose, readers
from bench.diarization.scoring import score
from bench.diarization.server import Heard, Shown, play, told_apart, voice_ready
from bench.speech.setup import TESTDATA, models_dir, percentile, write_results
from vivavoce.domain.diarization import UNKNOWN_SPEAKER
from vivavoce.domain.speech import SAMPLE_RATE

MOST_CPU_S: Final = 0.35
MOST_GROWTH: Final = 0.10
#: Lag that is twice as long in the second half, and by this much, has grown.
MOST_LAG_GROWTH_S: Final = 1.0
LOOKS: Final = 60


class Look(msgspec.Struct, frozen=True):
    """The server's processes when `sent_s` of the sound had been sent: CPU seconds, MiB, seconds of the clock."""

    sent_s: float
    cpu_s: float
    server_mib: float
    workers_mib: float
    clock_s: float


class Watch:
    """Looks at the server's processes now and then."""

    def __init__(self, pid: int, every_s: float) -> None:
        self._server = psutil.Process(pid)
        self._every_s = every_s
        self.looks: list[Look] = []
        self.look(0.0)

    def __call__(self, sent_s: float) -> None:
        if sent_s >= self.looks[-1].sent_s + self._every_s:
            self.look(sent_s)

    def look(self, sent_s: float) -> None:
        workers = self._server.children(recursive=True)
        times = [process.cpu_times() for process in (self._server, *workers)]
        # Of a process that has been replaced the parent knows what it cost.
        gone = self._server.cpu_times()
        self.looks.append(
            Look(
                sent_s,
                sum(one.user + one.system for one in times) + gone.children_user + gone.children_system,
                _mib(self._server),
                sum(_mib(worker) for worker in workers),
                time.monotonic(),
            )
        )


def _mib(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 2**20


def growth(looks: Sequence[Look]) -> float:
    """How much more memory there is at the end than at half, as a share: lines through the second half, its ends."""
    half = looks[len(looks) // 2 :]
    if len(half) < 3:
        return float("nan")
    at = np.array([look.sent_s for look in half])
    level = np.array([look.server_mib + look.workers_mib for look in half])
    slope, base = np.polyfit(at, level, 1)
    return float(slope * (at[-1] - at[0]) / (slope * at[0] + base))


def lags(live: Sequence[Shown], from_s: float, to_s: float) -> list[float]:
    """Seconds of sound sent after the end of each utterance before it was shown."""
    return [one.sent_s - one.turn.end_s for one in live if from_s <= one.turn.end_s < to_s]


async def measure(minutes: float) -> dict[str, Any]:
    conversation = compose(Plan(name="panel", speakers=6, seed=6, length_s=minutes * 60))
    seconds = len(conversation.samples) / SAMPLE_RATE
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder) / "data", {"VIVAVOCE_MODELS_DIR": str(models_dir())})
        try:
            server.start()
            await voice_ready(server)
            watch = Watch(server.pid, seconds / LOOKS)
            heard = await play(server, "panel", conversation.samples, fast=True, watch=watch)
            watch.look(seconds)
        finally:
            server.stop()
    scored = score(conversation.turns, heard.final)
    return results(seconds, watch.looks, heard) | {
        "speakers": told_apart(heard.final),
        "of_nobody_known": sum(turn.speaker == UNKNOWN_SPEAKER for turn in heard.final),
        **{name: round(value, 4) for name, value in scored.items()},
    }


def results(seconds: float, looks: Sequence[Look], heard: Heard) -> dict[str, Any]:
    first, second = lags(heard.live, 0.0, seconds / 2), lags(heard.live, seconds / 2, seconds)
    cpu = (looks[-1].cpu_s - looks[0].cpu_s) / seconds
    grown = growth(looks)
    medians = [percentile(each, 0.5) for each in (first, second)]
    middle = min(looks, key=lambda look: abs(look.sent_s - seconds / 2))
    halves = [middle.clock_s - looks[0].clock_s, looks[-1].clock_s - middle.clock_s]
    return {
        "minutes": round(seconds / 60, 1),
        "took_s": heard.took_s,
        "halves_took_s": [round(half, 1) for half in halves],
        "utterances": len(heard.live),
        "cpu_s_per_s": round(cpu, 4),
        "memory_mib": {
            name: {"server": round(look.server_mib), "workers": round(look.workers_mib)}
            for name, look in (("begin", looks[0]), ("half", middle), ("end", looks[-1]))
        },
        "memory_growth_second_half": round(grown, 4),
        "lag_s": {
            name: {"p50": round(percentile(each, 0.5), 2), "p95": round(percentile(each, 0.95), 2)}
            for name, each in (("first half", first), ("second half", second))
        },
        "met": {
            "cpu": cpu <= MOST_CPU_S,
            "memory": grown < MOST_GROWTH,
            "lag": medians[1] <= max(2 * medians[0], medians[0] + MOST_LAG_GROWTH_S),
        },
        "looks": msgspec.to_builtins(looks),
    }


def main() -> int:
    console = Console()
    if not readers():
        console.print(f"No recordings at {TESTDATA.name}: nothing to play.")
        return 0
    found = asyncio.run(measure(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
    console.print({name: value for name, value in found.items() if name != "looks"})
    console.print(f"written to {write_results('panel', found)}")
    return 0 if all(found["met"].values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
