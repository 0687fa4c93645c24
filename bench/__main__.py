"""`python -m bench [part …]`: run the benchmarks one after the other; most write JSON into bench/results/."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

PARTS: dict[str, tuple[str, ...]] = {
    "core": ("bench.core",),
    "gateway": ("bench.gateway.websocket",),
    "socketio": ("bench.socketio",),
    "rooms": ("bench.rooms", "tests.integration.room_slow_readers"),
    "rooms-crash": ("tests.integration.room_load",),
    "rooms-safety": ("tests.integration.room_abuse",),
    "dialogue": ("bench.dialogue.simulate",),
    "speech": ("bench.speech.accuracy", "bench.speech.latency", "bench.speech.reply", "bench.speech.memory"),
    "diarization": ("bench.diarization.speakers", "bench.diarization.server"),
    "panel": ("bench.diarization.panel",),
    "evaluation": ("bench.evaluation.rank", "bench.evaluation.order"),
    "grading": (
        "bench.grading.quality",
        "bench.grading.speed",
        "bench.grading.throughput",
        "bench.grading.scale",
        "bench.grading.crash",
    ),
    "ocr": ("bench.ocr.pages",),
}


def main(wanted: list[str]) -> int:
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        print(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    failed = []
    for part in wanted or PARTS:
        for module in PARTS[part]:
            if importlib.util.find_spec(module) is None:
                raise SystemExit(f"the benchmark {module} is missing")
            print(f"\n== {part}: {module}", flush=True)
            if subprocess.run([sys.executable, "-m", module], check=False).returncode:
                failed.append(module)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
