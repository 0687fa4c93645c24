"""10,000 people in 500 rooms of the whole server: deliveries at 20,000 a second, and their return after `kill -9`.

`python -m bench.rooms` prints what it found and writes bench/results/rooms.json. The server runs as it is installed, in
production mode, on the first core; its recognition workers and the load are on the second. Every message is on disk
before it is acknowledged and told. One person speaks all the while, so that one recognition worker is busy.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from tests.integration.server import ServerProcess

from bench.gateway.websocket import (
    CACHE,
    LOAD_CORE,
    RESULTS,
    SERVER_CORE,
    ask,
    cpu_s,
    raise_file_limit,
    started,
    take_core,
)
from bench.speech.setup import clips, models_dir
from vivavoce.adapters.clock import SystemClock
from vivavoce.engines.asr.registry import installed_languages
from vivavoce.identity.keyring import Keyring
from vivavoce.identity.tokens import Tokens

HERE = Path(__file__).parent
SECRET = "a-secret-of-the-benchmark-0123456789-abcdef"
WARM_UP_S = 3.0
#: As beside a server that is not put before all others.
WORKER_NICENESS = 5
P99_MS = 50.0
BACK_S = 30.0
REMAINS = 1.10
#: After the grace of 15 s a room without people stays at hand for two minutes.
LEFT_WITHIN_S = 200.0
#: By then what a server does by the clock it has done once; what that needs is no memory of those who come.
EVERYTHING_ONCE_S = 45.0
FIRST = 200
SPEAKER_ROOM = "bench-voice"


class Rooms:
    """The server, and people who are in its rooms."""

    def __init__(self, folder: Path, clients: int, room: int, size: int) -> None:
        self._clients = clients
        self._room = room
        self._size = size
        self._folder = folder
        self._tokens = Tokens(Keyring([SECRET], "production"), SystemClock())
        self.server = ServerProcess(
            folder / "data",
            {
                "VIVAVOCE_MODE": "production",
                "VIVAVOCE_JWT_SECRET": SECRET,
                "VIVAVOCE_MODELS_DIR": str(models_dir().absolute()),
                "VIVAVOCE_LOG_LEVEL": "warning",
            },
        )

    def start(self) -> float:
        """Start the server on its core, before others there; the seconds until it is ready."""
        allowed, priority = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
        take_core(SERVER_CORE)
        try:
            return self.server.start()
        finally:
            os.sched_setaffinity(0, allowed)
            os.setpriority(os.PRIO_PROCESS, 0, priority)

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.server.pid)

    def load(self, clients: int | None = None) -> list[str]:
        """Compile the load and write a token for each client; the command, for so many of them."""
        CACHE.mkdir(parents=True, exist_ok=True)
        program = CACHE / "rooms-load"
        subprocess.run(["cc", "-O2", "-o", str(program), str(HERE / "native" / "load.c")], check=True)
        tokens = self._folder / "tokens"
        tokens.write_text("".join(self._token(number) + "\n" for number in range(self._clients)))
        sizes = (self.server.port, clients or self._clients, self._room, self._size)
        return [str(program), *map(str, sizes), str(tokens)]

    def _token(self, number: int) -> str:
        role = "interviewer" if number % self._room == 0 else "candidate"
        sessions = [f"bench-{number // self._room}"]
        return self._tokens.mint(f"person-{number}", role=role, sessions=sessions, ttl_s=86_400)

    @contextlib.contextmanager
    def somebody_speaking(self) -> Iterator[list[psutil.Process]]:
        """A recognition worker is busy meanwhile: the server's workers, which stay off its core."""
        recordings = [clip.path for clip in clips() if clip.language == "en" and clip.path.suffix == ".wav"]
        if not recordings or "en" not in installed_languages(models_dir()):
            print("no speech models or no recordings: nobody speaks meanwhile", file=sys.stderr)
            yield []
            return
        token = self._tokens.mint("speaker", role="interviewer", sessions=[SPEAKER_ROOM], ttl_s=86_400)
        command = [sys.executable, "-m", "bench.rooms.speaker", str(self.server.port), token, str(recordings[0])]
        with started(command, LOAD_CORE, "ready"):
            yield self._move_workers()

    def _move_workers(self) -> list[psutil.Process]:
        workers = self.process.children(recursive=True)
        for worker in workers:
            for thread in worker.threads():  # each has its own core and priority, and a recogniser is several
                os.sched_setaffinity(thread.id, {LOAD_CORE})
                os.setpriority(os.PRIO_PROCESS, thread.id, WORKER_NICENESS)
        return workers


def leave(rooms: Rooms, rate: float) -> dict[str, float]:
    """How much memory is held before everybody comes, while they are there, and when they have gone."""
    rooms.start()
    process = rooms.process
    with started(rooms.load(FIRST), LOAD_CORE, "connected") as load:
        ask(load, f"pace 1 {rate * 0.05}")
    time.sleep(EVERYTHING_ONCE_S)
    before = process.memory_info().rss
    with started(rooms.load(), LOAD_CORE, "connected") as load:
        ask(load, f"pace 1 {rate}")
        during = process.memory_info().rss
    gone, after = time.monotonic(), process.memory_info().rss
    while time.monotonic() - gone < LEFT_WITHIN_S and after > before * REMAINS:
        time.sleep(1)
        after = process.memory_info().rss
    taken_s = time.monotonic() - gone
    rooms.server.stop()
    return {"before_mib": before / 2**20, "during_mib": during / 2**20, "after_mib": after / 2**20, "after_s": taken_s}


def measure(rooms: Rooms, seconds: float, rate: float) -> dict[str, Any]:
    """Connect everybody, pace, crash."""
    found: dict[str, Any] = {"left": leave(rooms, rate), "start_s": rooms.start()}
    process = rooms.process
    memory, before, began = process.memory_info().rss, cpu_s(process), time.monotonic()
    with started(rooms.load(), LOAD_CORE, "connected") as load:
        found["join_s"] = time.monotonic() - began
        found["join_cpu_s"] = cpu_s(process) - before
        found["grown_mib"] = (process.memory_info().rss - memory) / 2**20
        with rooms.somebody_speaking() as workers:
            ask(load, f"pace {WARM_UP_S} {rate}")
            before, heard = cpu_s(process), sum(map(cpu_s, workers))
            found["pace"] = ask(load, f"pace {seconds} {rate}")
            took = found["pace"]["seconds"]
            found["server_core"] = (cpu_s(process) - before) / took
            found["recognition_core"] = (sum(map(cpu_s, workers)) - heard) / took
        assert load.stdin is not None
        assert load.stdout is not None
        load.stdin.write(f"crash {rate}\n")
        load.stdin.flush()
        time.sleep(WARM_UP_S)
        rooms.server.kill()
        found["restart_s"] = rooms.start()
        found["crash"] = json.loads(load.stdout.readline())
    return found


def table(found: dict[str, Any], clients: int, rate: float) -> tuple[str, bool]:
    """What was found in words, and whether it holds."""
    pace, crash, left = found["pace"], found["crash"], found["left"]
    holds = (
        pace["p99_ms"] < P99_MS
        and not (pace["missing"] or pace["refused"] or pace["disorder"] or pace["lost"])
        and crash["back"] == clients
        and crash["seconds"] <= BACK_S
        and not (crash["unrecovered"] or crash["behind"] or crash["disorder"])
        and left["after_mib"] <= left["before_mib"] * REMAINS
    )
    lines = [
        f"{clients:,} people joined in {found['join_s']:.1f} s ({found['join_cpu_s'] / clients * 1e6:.0f} µs of CPU and"
        f" {found['grown_mib'] * 1024 / clients:.1f} KiB each, with their rooms)",
        f"{rate:,.0f} deliveries a second: p50 {pace['p50_ms']:.1f} ms, p99 {pace['p99_ms']:.1f} ms (to hold:"
        f" < {P99_MS:.0f}), at worst {pace['max_ms']:.0f} ms; {pace['missing']:.0f} missing, {pace['refused']:.0f}"
        f" refused; server {found['server_core']:.0%} of a core, recognition {found['recognition_core']:.0%}",
        f"kill -9: ready again after {found['restart_s']:.1f} s, all {crash['back']:,} authenticated and resumed after"
        f" {crash['seconds']:.1f} s (to hold: ≤ {BACK_S:.0f}), caught up after {crash['caught_up_s']:.1f} s;"
        f" {crash['unrecovered']} not resumed, {crash['behind']} without something acknowledged,"
        f" {crash['disorder']} events twice or out of order",
        f"when all had gone: {left['after_mib']:.0f} MiB after {left['after_s']:.0f} s, {left['before_mib']:.0f} before"
        f" they came (to hold: at most {REMAINS - 1:.0%} more), {left['during_mib']:.0f} with them",
        "all of it holds" if holds else "NOT all of it holds",
    ]
    return "\n".join(lines), holds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--room", type=int, default=20)
    parser.add_argument("--rate", type=float, default=20_000, help="deliveries a second")
    parser.add_argument("--size", type=int, default=200, help="bytes of a message as it is sent")
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    raise_file_limit()
    with tempfile.TemporaryDirectory() as folder:
        rooms = Rooms(Path(folder), given.clients, given.room, given.size)
        try:
            found = measure(rooms, given.seconds, given.rate)
        finally:
            rooms.server.stop()
    text, holds = table(found, given.clients, given.rate)
    print(text)
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {
        "benchmark": "rooms",
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
        "arguments": vars(given),
        "found": found,
    }
    (RESULTS / "rooms.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
