"""SPEC 0.1 in a panel: `kill -9` loses nothing acknowledged, says nothing twice, and the evaluation goes on."""

from __future__ import annotations

import asyncio
import base64
import io
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from bench.speech.sounds import speak

from tests.integration.panelist import Panelist, killed_after
from tests.integration.server import ServerProcess
from tests.models import FETCH_TIMEOUT_S

pytestmark = [pytest.mark.slow]
RATE = 16_000
#: Said one after the other; each has a word that no other has.
SENTENCES = (
    "We moved the payment system to a new database.",
    "My teacher wrote a letter to the hospital.",
    "The kitchen was open in the morning.",
    "I worked in a small factory for three years.",
    "The doctor read my report on Monday.",
    "We built a bridge across the river.",
)
TELLING = ("database", "hospital", "kitchen", "factory", "doctor", "river")
QUESTION = "Could you tell us about something technical you improved?"
ANSWERS = (
    "Last year our checkout took four seconds. I traced it to a missing index, because every order scanned two million "
    "rows, and after I added a composite index p95 fell from 4 s to 180 ms.",
    "Before that I kept the release train of six teams; I wrote the checklist and we went from two failures to none.",
    "I am here because your payments team works on what I have done for three years.",
)


async def test_spec_0_1_a_typed_panel_is_killed_again_and_again(server: ServerProcess) -> None:
    """What was written, corrected and noted is there once, in its order, and all of it was judged."""
    server.start()
    client = Panelist(server, "typed")
    said: list[str] = []
    noted: list[str] = []
    for number in range(24):
        kill = asyncio.create_task(killed_after(server, 0.004 * number)) if number % 12 == 3 else None
        speaker, text = ("면접관_1", QUESTION) if number % 2 == 0 else ("지원자_1", ANSWERS[number % 3])
        text = f"{text} ({number})"
        utterance = {"type": "add_utterance", "speaker": speaker, "text": text, "client_id": f"u{number}"}
        assert (await client.ask(utterance, "saved"))["client_id"] == f"u{number}"
        said.append(text)
        if number % 4 == 0:
            note = {"type": "speaker_note", "speaker": "지원자_1", "note": f"n{number}", "client_id": f"n{number}"}
            await client.ask(note, "note_saved")
            noted.append(f"n{number}")
        if kill is not None:
            await kill
    summary = (await client.ask({"type": "evaluation_request"}, "evaluation_summary"))["summary"]
    assert summary["total_transcripts"] == len(said)
    result = (await client.ask({"type": "session_end"}, "session_ended"))["final_result"]
    await client.close()
    assert [item["text"] for item in result["transcripts"]] == said
    assert [note["note"] for note in result["speaker_notes"]["지원자_1"]] == noted
    assert [item["final"] for item in result["evaluations"]].count(True) == 1
    final = result["evaluations"][-1]
    texts = {item["utterance_id"]: item["text"] for item in result["transcripts"]}
    quotations = [evidence for criterion in final["criteria"] for evidence in criterion["evidence"]]
    assert quotations
    assert all(texts[one["utterance_id"]][one["start"] : one["end"]] == one["quote"] for one in quotations)


@pytest.mark.timeout(FETCH_TIMEOUT_S)
@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed: nothing to say")
async def test_spec_0_1_a_spoken_panel_is_killed_in_the_middle_of_its_chunks(listening: ServerProcess) -> None:
    """Every answered chunk is in the stored audio, once; what was said in them is in the transcript, once, in order."""
    server = listening
    server.start()
    await voice_ready(server)
    audio = b"".join(part for text in SENTENCES for part in (silence(1.0), samples(text), silence(3.0)))
    chunks = [audio[at : at + RATE * 2] for at in range(0, len(audio), RATE * 2)]
    client = Panelist(server, "spoken")
    kills = {len(chunks) // 4: 0.02, len(chunks) // 2: 0.2}
    for number, chunk in enumerate(chunks):
        kill = asyncio.create_task(killed_after(server, kills[number])) if number in kills else None
        message = {
            "type": "audio_chunk",
            "audio_data": base64.b64encode(wav(chunk)).decode(),
            "audio_format": "wav",
            "timestamp": 1_700_000_000.0 + number,
            "client_id": f"chunk{number}",
            "language": "en",
        }
        while not (answer := (await client.ask(message, "audio_processed"))["result"])["success"]:
            assert answer["code"] == "unavailable", answer  # the recognisers have not started again yet
            await asyncio.sleep(0.1)
        if kill is not None:
            await kill
    result = (await client.ask({"type": "session_end"}, "session_ended"))["final_result"]
    await client.close()
    text = " ".join(item["text"] for item in result["transcripts"]).lower()
    assert [text.count(word) for word in TELLING] == [1] * len(TELLING)
    assert sorted(TELLING, key=text.index) == list(TELLING)
    heard: dict[str, float] = {}
    for item in result["transcripts"]:
        assert item["audio_start"] >= heard.get(item["recording_id"], 0.0) - 0.05, "nothing was said twice"
        heard[item["recording_id"]] = item["audio_end"]
    async with httpx.AsyncClient(base_url=server.base, timeout=30) as http:
        recordings = (await http.get("/api/v1/sessions/spoken/audio")).json()["items"]
    assert sum(item["duration_s"] for item in recordings) == pytest.approx(len(audio) / RATE / 2, abs=0.5)


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
        for _ in range(900):
            if (await http.get("/readyz")).json()["parts"]["voice"] == "ready":
                return
            await asyncio.sleep(0.1)
    raise AssertionError(f"voice was not ready: {server.output()[-2000:]}")


@pytest.fixture
def listening(tmp_path: Path, speech_models: Path) -> Iterator[ServerProcess]:
    environment = {"VIVAVOCE_MODELS_DIR": str(speech_models), "VIVAVOCE_GRACE_S": "3", "VIVAVOCE_VOICE_WORKERS": "1"}
    process = ServerProcess(tmp_path / "data", environment)
    try:
        yield process
    finally:
        process.stop()
