"""The wait for the interviewer, through a running server: from `audio_end` to what was heard and to the first word of
the guided interviewer's reply.

`python -m bench.speech.reply` prints and writes bench/results/speech_reply.json. English of 5–10 s is spoken to
`vivavoce serve` at the speed of speech over document C's WebSocket, one answer after the other.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect

from bench.speech.latency import ANSWERS, described, english, feed_live
from bench.speech.setup import models_dir, write_results
from bench.speech.sounds import can_speak, speak
from vivavoce.domain.speech import SAMPLE_RATE, Samples

READY_S = 120.0


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The address of a server with an empty data folder that is ready to hear; it ends with the context."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "VIVAVOCE_MODE": "development",
            "VIVAVOCE_MODELS_DIR": str(models_dir().absolute()),
        }
        command = [
            sys.executable,
            "-m",
            "vivavoce.cli",
            "serve",
            "--port",
            "0",
            "--data-dir",
            str(Path(folder, "data")),
        ]
        log = Path(folder, "log")
        with log.open("w") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            yield await ready(process, log)
        finally:
            process.terminate()
            process.wait()


async def ready(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        said = re.search(r"127\.0\.0\.1:(\d+)", log.read_text())
        if said is not None:
            address = said.group(0)
            async with httpx.AsyncClient() as http:
                answer = await http.get(f"http://{address}/readyz")
            if answer.json()["parts"]["voice"] == "ready":
                return address
        await asyncio.sleep(0.2)
    raise SystemExit(f"the server is not ready to hear: {log.read_text()[-2000:]}")


async def send(ws: ClientConnection, kind: str, **data: Any) -> None:
    await ws.send(json.dumps({"type": kind, "data": data}))


async def waits(ws: ClientConnection, samples: Samples) -> tuple[float, float]:
    """Speaks an answer. Seconds from its end to its transcript and to the first words of the reply."""
    await send(ws, "audio_start", audio_format="pcm", sample_rate=SAMPLE_RATE, endpointing=False, language="en")
    heard: list[float] = []
    replied: list[float] = []

    async def listen() -> None:
        async for text in ws:
            message = json.loads(text)
            kind, data = message["type"], message["data"]
            if kind == "transcription" and data["is_final"]:
                heard.append(time.perf_counter())
            elif kind == "ai_response_delta" and not replied:
                replied.append(time.perf_counter())
            elif kind == "ai_response":
                return

    listener = asyncio.create_task(listen())
    await feed_live(ws.send, samples)
    ended = time.perf_counter()
    await send(ws, "audio_end")
    await asyncio.wait_for(listener, 60)
    return heard[-1] - ended, replied[0] - ended


async def main() -> None:
    console = Console(width=120)
    recordings = english()
    if not recordings and can_speak():
        recordings = [speak(f"{first} {second}") for first, second in ANSWERS]
    if not recordings:
        console.print("No recordings and no espeak-ng: nothing to say.")
        return
    async with served() as address, connect(f"ws://{address}/api/v1/ws", max_size=None) as ws:
        await ws.recv()
        await send(ws, "connect", features=["deltas"], language="en", duration_minutes=120)
        await waits(ws, recordings[0])
        measured = [await waits(ws, samples) for samples in recordings]
    results = {
        "audio_end to transcription": described([heard for heard, _ in measured]),
        "audio_end to the first word of the reply": described([replied for _, replied in measured]),
    }
    table = Table("through the server, English 5-10 s", "answers", "p50 s", "p95 s", "max s")
    for name, row in results.items():
        table.add_row(name, str(row["count"]), f"{row['p50_s']:.2f}", f"{row['p95_s']:.2f}", f"{row['max_s']:.2f}")
    console.print(table)
    console.print(f"written to {write_results('speech_reply', results)}")


if __name__ == "__main__":
    asyncio.run(main())
