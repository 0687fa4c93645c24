"""SPEC 0.1: `kill -9` of the server and of a worker in the middle of speech loses no acknowledged audio, and everything
that was said is in the transcript once, in order. With the real models and a synthesiser's voice."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import shutil
import signal
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from bench.speech.sounds import speak
from websockets.asyncio.client import ClientConnection, connect

from tests.integration.server import ServerProcess
from tests.models import FETCH_TIMEOUT_S

RATE = 16_000
DATABASE = "We moved the payment system to a new database."
TEACHER = "My teacher wrote a letter to the hospital."
YEARS = "I worked on the payment system for three years."

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(FETCH_TIMEOUT_S),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed: nothing to say"),
]


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path, speech_models: Path) -> Iterator[ServerProcess]:
    """Its parameter: the seconds that a client has to come back."""
    grace_s = str(getattr(request, "param", 3))
    environment = {
        "VIVAVOCE_MODELS_DIR": str(speech_models),
        "VIVAVOCE_GRACE_S": grace_s,
        "VIVAVOCE_VOICE_WORKERS": "1",
    }
    process = ServerProcess(tmp_path / "data", environment)
    try:
        yield process
    finally:
        process.stop()


def samples(text: str) -> bytes:
    """The text spoken, as raw 16 kHz samples."""
    return (np.clip(speak(text, "en", 130), -1, 1) * 32767).astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    return b"\0\0" * int(RATE * seconds)


def wav(pcm: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return buffer.getvalue()


async def voice_ready(server: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=server.base) as http:
        for _ in range(600):
            if (await http.get("/readyz")).json()["parts"]["voice"] == "ready":
                return
            await asyncio.sleep(0.1)
    raise AssertionError(f"voice was not ready: {server.output()[-2000:]}")


async def send(ws: ClientConnection, kind: str, **data: Any) -> None:
    await ws.send(json.dumps({"type": kind, "data": data}))


async def receive(ws: ClientConnection, *kinds: str) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(ws.recv(), 60))
        assert message["type"] != "error", message
        if not kinds or message["type"] in kinds:
            return message["data"]  # type: ignore[no-any-return]


async def history(server: ServerProcess, session_id: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=server.base, timeout=30) as http:
        answer = await http.get(f"/api/v1/sessions/{session_id}/history", params={"limit": 500})
        return list(answer.json()["items"])


async def inputs(server: ServerProcess, session_id: str, recordings: int) -> list[dict[str, Any]]:
    """What was heard, once everything was."""
    for _ in range(600):
        events = await history(server, session_id)
        kinds = [event["type"] for event in events]
        if kinds.count("RecordingHeard") >= recordings:
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            return [event["data"] for event in events if event["type"] == "InputSubmitted"]
        await asyncio.sleep(0.1)
    raise AssertionError(kinds)


def words(text: str) -> list[str]:
    return ["".join(c for c in word if c.isalnum()) for word in text.lower().split()]


async def test_spec_0_1_the_server_is_killed_between_a_recordings_safety_and_its_transcript(
    server: ServerProcess,
) -> None:
    """Recordings that were acknowledged are heard after the restart, once, in the order they came."""
    server.start()
    await voice_ready(server)
    sentences = [DATABASE, TEACHER, YEARS]
    async with connect(f"{server.sockets}/api/v1/ws/killed") as ws:
        await receive(ws)
        await send(ws, "connect", features=["status"])
        await receive(ws, "connected")
        for number, sentence in enumerate(sentences):
            audio = base64.b64encode(wav(samples(sentence))).decode()
            await send(ws, "audio_input", audio_data=audio, audio_format="wav", client_id=str(number))
        safe: set[str] = set()
        while len(safe) < len(sentences):
            message = await receive(ws, "status")
            if message["status"] == "transcribing":
                safe.add(message["client_id"])
        server.kill()
    server.start()
    heard = await inputs(server, "killed", len(sentences))
    assert [words(entry["text"])[0] for entry in heard] == ["we", "my", "i"]
    assert all(entry["spoken"]["recording_id"] for entry in heard)


@pytest.mark.parametrize("server", [60], indirect=True)
async def test_spec_0_1_the_server_is_killed_in_the_middle_of_a_stream(server: ServerProcess) -> None:
    """What was acknowledged is heard after the restart; the client goes on where the acknowledgement ended, and the
    whole is there once: first what it had said before, then the rest."""
    server.start()
    await voice_ready(server)
    before, after = silence(0.5) + samples(DATABASE) + silence(2.5), samples(TEACHER) + silence(1.0)
    audio = before + after
    # The second sentence breaks off after its first words.
    first = len(before) + RATE * 2
    async with connect(f"{server.sockets}/api/v1/ws/stream") as ws:
        await receive(ws)
        await send(ws, "connect", features=["partials", "status"])
        await receive(ws, "connected")
        await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE, client_id="mic")
        await frames(ws, audio[:first])
        acked = 0
        while acked < first:
            acked = (await receive(ws, "audio_ack"))["received_bytes"]
        while "database" not in " ".join(entry["text"] for entry in await said(server, "stream")).lower():
            await asyncio.sleep(0.1)
        server.kill()
    server.start()
    await voice_ready(server)
    async with connect(f"{server.sockets}/api/v1/ws/stream") as ws:
        await receive(ws)
        await send(ws, "connect", features=["partials", "status"])
        await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE, client_id="mic")
        again = await receive(ws, "audio_ack")
        assert again["received_bytes"] == acked, "acknowledged audio is there"
        await frames(ws, audio[acked:])
        await send(ws, "audio_end")
        heard = await inputs(server, "stream", 1)
    text = words(" ".join(entry["text"] for entry in heard))
    assert [text.count(word) for word in ("payment", "database", "letter", "hospital")] == [1, 1, 1, 1]
    assert text.index("payment") < text.index("database") < text.index("letter") < text.index("hospital")


async def test_spec_0_1_a_stream_whose_client_never_comes_back_is_heard_after_the_restart(
    server: ServerProcess,
) -> None:
    server.start()
    await voice_ready(server)
    audio = silence(0.5) + samples(DATABASE)
    async with connect(f"{server.sockets}/api/v1/ws/gone") as ws:
        await receive(ws)
        await send(ws, "connect", features=["status"])
        await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
        await frames(ws, audio)
        while (await receive(ws, "audio_ack"))["received_bytes"] < len(audio):
            pass
        server.kill()
    server.start()
    text = words(" ".join(entry["text"] for entry in await inputs(server, "gone", 1)))
    assert (text.count("payment"), text.count("database")) == (1, 1)


async def test_a_worker_is_killed_in_the_middle_of_speech_and_nothing_is_missed(server: ServerProcess) -> None:
    server.start()
    await voice_ready(server)
    async with connect(f"{server.sockets}/api/v1/ws/worker") as ws:
        await receive(ws)
        await send(ws, "connect", features=["status"])
        await receive(ws, "connected")
        audio = base64.b64encode(wav(samples(DATABASE))).decode()
        await send(ws, "audio_input", audio_data=audio, audio_format="wav")
        while (await receive(ws, "status"))["status"] != "transcribing":
            pass
        killed = kill_workers(server)
        assert killed
        assert "database" in (await receive(ws, "ai_response"))["user_input"]
    assert [entry["source"] for entry in await inputs(server, "worker", 1)] == ["voice"]


def kill_workers(server: ServerProcess) -> list[int]:
    workers = [child for child in psutil.Process(server.pid).children() if "vivavoce.speech.worker" in child.cmdline()]
    for worker in workers:
        worker.send_signal(signal.SIGKILL)
    return [worker.pid for worker in workers]


async def frames(ws: ClientConnection, audio: bytes) -> None:
    """At four times the speed of speech: the door takes 256 KiB a second."""
    step = RATE * 2 // 10
    began = time.monotonic()
    for number, start in enumerate(range(0, len(audio), step)):
        await ws.send(audio[start : start + step])
        await asyncio.sleep(max(0.0, began + number / 40 - time.monotonic()))


async def said(server: ServerProcess, session_id: str) -> list[dict[str, Any]]:
    return [event["data"] for event in await history(server, session_id) if event["type"] == "InputSubmitted"]
