"""Three voices at one microphone of a panel: told apart while they speak, corrected by a person, enrolled before; and
all of that over `kill -9`.

With the real models and voices of a synthesiser; skipped where either is missing."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.integration.server import ServerProcess
from tests.models import FETCH_TIMEOUT_S
from tests.voices import said
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.engines.asr.openai_compatible import wav_bytes
from vivavoce.engines.diarization import campplus, segmentation

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(FETCH_TIMEOUT_S),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
]
#: Who speaks how (`tests.voices.said`).
VOICES: Final = {"A": ("f2", 80, 0.78), "B": ("f2", 80, 1.3), "C": ("Mr serious", 30, 0.78)}
SCRIPT: Final = (
    ("A", "Good morning everybody. Could you tell us about a project that you are proud of?"),
    ("B", "Last year I rebuilt the payment service of our shop, because it lost orders every single week."),
    ("A", "And what would you do in another way if you could begin again today?"),
    ("C", "In my team we moved the whole store to a new warehouse system within only three months."),
    ("B", "I would measure first, and talk with the people who answer the phone before I write any code."),
    ("A", "Thank you very much. Who of you has led other engineers, and how many of them were there?"),
    ("C", "I have led a small group of five people for two years, and two of them lead groups of their own now."),
)


@pytest.fixture
def server(tmp_path: Path, speech_models: Path) -> Iterator[ServerProcess]:
    missing = [name for name in (campplus.MODEL, segmentation.MODEL) if not (speech_models / name).is_dir()]
    if missing:
        pytest.skip(f"the models {', '.join(missing)} are not installed (`vivavoce models pull`)")
    environment = {"VIVAVOCE_MODELS_DIR": str(speech_models), "VIVAVOCE_VOICE_WORKERS": "1"}
    process = ServerProcess(tmp_path / "data", environment)
    try:
        yield process
    finally:
        process.stop()


def conversation(pause_s: float) -> tuple[Samples, list[tuple[str, float, float]]]:
    """Everybody's turns with a short pause between, and who spoke from when to when."""
    pieces, turns = [np.zeros(SAMPLE_RATE // 2, np.float32)], []
    at_s = 0.5
    for who, text in SCRIPT:
        speech = said(*VOICES[who], text)
        turns.append((who, at_s, at_s + len(speech) / SAMPLE_RATE))
        pieces += [speech, np.zeros(round(pause_s * SAMPLE_RATE), np.float32)]
        at_s = turns[-1][2] + pause_s
    return np.concatenate(pieces), turns


@asynccontextmanager
async def panel(server: ServerProcess, session_id: str) -> AsyncIterator[ClientConnection]:
    server.start()
    async with httpx.AsyncClient(base_url=server.base) as http:
        for _ in range(600):
            if (await http.get("/readyz")).json()["parts"]["voice"] == "ready":
                break
            await asyncio.sleep(0.1)
    path = f"/api/v1/realtime-interview/ws/interview/{session_id}?features=transcript"
    async with connect(f"{server.sockets}{path}", max_size=None) as ws:
        yield ws


async def until(ws: ClientConnection, kind: str, heard: list[dict[str, Any]]) -> dict[str, Any]:
    """The next message of a type; those before it are kept in `heard`."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(ws.recv(), 90))
        assert message["type"] != "error", message
        if message["type"] == kind:
            return message
        heard.append(message)


async def ask(ws: ClientConnection, answer: str, heard: list[dict[str, Any]], kind: str, **fields: Any) -> Any:
    await ws.send(json.dumps({"type": kind, **fields}))
    return await until(ws, answer, heard)


async def stream(
    ws: ClientConnection, samples: Samples, heard: list[dict[str, Any]], from_s: float = 0.0, **more: Any
) -> list[dict[str, Any]]:
    """In chunks of a second, each answered before the next; the answers."""
    answers = []
    for number, first in enumerate(range(0, len(samples), SAMPLE_RATE)):
        audio = base64.b64encode(wav_bytes(samples[first : first + SAMPLE_RATE])).decode()
        chunk = {"audio_data": audio, "timestamp": 1.7e9 + from_s + number, **more}
        result = (await ask(ws, "audio_processed", heard, "audio_chunk", **chunk))["result"]
        assert result["success"], result
        answers.append(result)
    return answers


def speaker_at(transcript: list[dict[str, Any]], start_s: float, end_s: float) -> str:
    """Whose words most of a stretch of the audio is."""
    shares: dict[str, float] = {}
    for one in transcript:
        shared = min(one["audio_end"], end_s) - max(one["audio_start"], start_s)
        if shared > 0:
            shares[one["speaker_id"]] = shares.get(one["speaker_id"], 0.0) + shared
    assert shares, (start_s, end_s, transcript)
    return max(shares, key=lambda name: shares[name])


async def test_issue_panel_three_voices_are_told_apart_while_they_speak(server: ServerProcess) -> None:
    """Though the pauses between them are shorter than any pause that ends an utterance."""
    samples, turns = conversation(pause_s=0.35)
    heard: list[dict[str, Any]] = []
    async with panel(server, "three") as ws:
        answers = await stream(ws, samples, heard)
        live = [one for one in heard if one["type"] == "utterance"]
        # Nobody's words go on into the next one's.
        assert all(min(abs(one["start"] - start_s) for one in live) < 0.7 for _, start_s, _ in turns[1:-1]), live
        known = {who: speaker_at(live, *times) for who, *times in turns[3:6]}
        assert len(set(known.values())) == 3
        told_in_time = [
            answers[second]["diarization"]["speaker_id"] == known[who]
            for who, start_s, end_s in turns[4:]
            for second in range(math.ceil(start_s + 1.5), int(end_s))
        ]
        assert told_in_time.count(True) >= 0.8 * len(told_in_time), "each answer says who speaks in its chunk"
        # A person gives one utterance to somebody else: that stays so, and nobody else's words go with it.
        wrong = min(live, key=lambda one: abs(one["start"] - turns[4][1]))
        await ask(ws, "saved", heard, "update_speaker", speaker=known["C"], label="지원자_2", name="Chloe")
        await ask(ws, "saved", heard, "assign_utterances", utterance_ids=[wrong["utterance_id"]], speaker="candidate 2")
        result = (await ask(ws, "session_ended", heard, "session_end"))["final_result"]
    transcript = result["transcripts"]
    corrected = next(one for one in transcript if one["utterance_id"] == wrong["utterance_id"])
    assert (corrected["speaker"], corrected["attribution"], corrected["uncertain"]) == ("Chloe", 1.0, False)
    rest = [one for one in transcript if one is not corrected]
    by_person: dict[str, set[str]] = {}
    for index, (who, *times) in enumerate(turns):
        if index != 4:
            by_person.setdefault(who, set()).add(speaker_at(rest, *times))
    assert [len(ids) for ids in by_person.values()] == [1, 1, 1]
    assert len(set.union(*by_person.values())) == 3
    assert {"payment", "measure"} <= set(" ".join(one["text"] for one in transcript).lower().split())


async def test_issue_panel_an_enrolled_voice_is_known_by_its_name_from_its_first_word(server: ServerProcess) -> None:
    samples, turns = conversation(pause_s=1.6)
    sample = np.concatenate(
        [said(*VOICES["B"], text) for text in ("My name is Beatrice Baker.", *(text for _, text in SCRIPT))]
    )
    recording = base64.b64encode(wav_bytes(sample[: 30 * SAMPLE_RATE])).decode()
    heard: list[dict[str, Any]] = []
    async with panel(server, "enrolled") as ws:
        enrolled = await ask(
            ws, "voice_enrolled", heard, "enrol_voice", audio_data=recording, audio_format="wav", speaker="지원자_1"
        )
        assert enrolled["speaker"] == "지원자_1"
        assert enrolled["speech"] > 20
    server.kill()
    async with panel(server, "enrolled") as ws:
        # To the end of the pause after the third turn.
        await stream(ws, samples[: round(turns[3][1] * SAMPLE_RATE)], heard)
        result = (await ask(ws, "session_ended", heard, "session_end"))["final_result"]
    labels = {one["speaker_id"]: one["speaker"] for one in result["transcripts"]}
    named = [labels[speaker_at(result["transcripts"], *times)] for _, *times in turns[:3]]
    assert named[1] == "지원자_1"
    assert named[0] == named[2] != "지원자_1"


async def test_spec_6_3_voices_keep_their_names_and_corrections_over_a_kill(server: ServerProcess) -> None:
    samples, turns = conversation(pause_s=0.35)
    until_s = int(turns[5][1])
    heard: list[dict[str, Any]] = []
    async with panel(server, "killed") as ws:
        await stream(ws, samples[: until_s * SAMPLE_RATE], heard)
        live = [one for one in heard if one["type"] == "utterance"]
        known = {who: speaker_at(live, *times) for who, *times in turns[1:4]}
        assert len(set(known.values())) == 3
        of_b = min(live, key=lambda one: abs(one["start"] - turns[1][1]))
        await ask(ws, "saved", heard, "update_speaker", speaker=known["C"], name="Chloe")
        await ask(ws, "saved", heard, "assign_utterances", utterance_ids=[of_b["utterance_id"]], speaker="candidate 4")
        server.kill()
    async with panel(server, "killed") as ws:
        await stream(ws, samples[until_s * SAMPLE_RATE :], heard, until_s)
        # A microphone of one's own goes before every voice: this is B's, but the sender's words.
        own = np.concatenate([said(*VOICES["B"], SCRIPT[1][1]), np.zeros(2 * SAMPLE_RATE, np.float32)])
        await stream(ws, own, heard, 1_000, own_microphone=True)
        result = (await ask(ws, "session_ended", heard, "session_end"))["final_result"]
    transcript = result["transcripts"]
    by_own = [one for one in transcript if one["speaker_id"].startswith("user:")]
    assert "payment" in " ".join(one["text"] for one in by_own).lower()
    assert all((one["attribution"], one["uncertain"]) == (1.0, False) for one in by_own)
    at_table = [one for one in transcript if one not in by_own]
    names = {one["speaker_id"]: one["speaker"] for one in at_table}
    by_person: dict[str, set[str]] = {}
    for who, *times in turns:
        by_person.setdefault(who, set()).add(speaker_at(at_table, *times))
    assert [len(ids) for ids in by_person.values()] == [1, 1, 1], (by_person, transcript)
    assert by_person["A"] == {known["A"]}
    assert by_person["C"] == {known["C"]}
    assert [names[one] for one in (*by_person["B"], *by_person["C"])] == ["지원자_4", "Chloe"]
    ends: dict[str, float] = {}
    for one in sorted(at_table, key=lambda one: one["audio_start"]):
        assert one["audio_start"] >= ends.get(one["recording_id"], 0.0) - 0.05, "nothing was said twice"
        ends[one["recording_id"]] = one["audio_end"]
