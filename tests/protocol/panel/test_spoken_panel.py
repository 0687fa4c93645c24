"""Document B with a voice in it (SPEC.md 3): chunks of speech, in and out of order, and streams of binary frames."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection

from tests.fakes.speech import pcm, spoken
from tests.fakes.voice import ToneSpeech
from tests.protocol.house import Served, served
from tests.protocol.panel.conftest import ask, hear, panel, say
from tests.protocol.panel.test_rights import created

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
RATE = 16_000
BEGAN_S = 1_700_000_000.0
WORDS = "one two three four five six seven eight"
#: Two sentences; the first second of audio ends in the middle of a word.
SPEECH = spoken(0.3, "one", 0.1, "two", 0.1, "three", 0.1, "four", 1.8, "five", 0.1, "six", 0.1, "seven", 0.1, "eight")


@pytest.fixture
async def speaking(tmp_path: Path) -> AsyncIterator[Served]:
    speech = ToneSpeech()
    async with served(tmp_path, speech) as running:
        await speech.ready()
        yield running


def wav(samples: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return buffer.getvalue()


def chunks(*, headers: bool = True) -> list[dict[str, Any]]:
    """The speech in messages of a second each, every one with a WAV header or only the first."""
    audio = pcm(spoken_to_its_end())
    second = RATE * 2
    parts = [audio[at : at + second] for at in range(0, len(audio), second)]
    return [
        {
            "audio_data": base64.b64encode(wav(part) if headers or not number else part).decode(),
            "timestamp": BEGAN_S + number,
            "audio_format": "wav",
        }
        for number, part in enumerate(parts)
    ]


def spoken_to_its_end() -> Any:
    return np.concatenate([SPEECH, np.zeros(int(2.5 * RATE), SPEECH.dtype)])


def words_of(answers: list[dict[str, Any]]) -> str:
    return " ".join(text for answer in answers if (text := answer["result"]["transcription"]["text"]))


async def result_of(ws: ClientConnection) -> dict[str, Any]:
    await say(ws, "session_end")
    result: dict[str, Any] = (await hear(ws, "session_ended"))["final_result"]
    return result


@pytest.mark.parametrize("headers", [True, False])
async def test_spec_3_the_flow_of_test_session_xxx_with_a_voice(speaking: Served, *, headers: bool) -> None:
    async with panel(speaking, "test_session_voice") as ws:
        note = await ask(ws, "speaker_note", speaker="면접관_1", note="first question", timestamp=BEGAN_S)
        assert note["type"] == "note_saved"
        answers = [await ask(ws, "audio_chunk", **chunk) for chunk in chunks(headers=headers)]
        assert {answer["type"] for answer in answers} == {"audio_processed"}
        for number, answer in enumerate(answers):
            result = answer["result"]
            assert (result["timestamp"], result["success"]) == (BEGAN_S + number, True)
            assert result["transcription"]["success"] is True
            assert {"current_speaker", "speakers"} <= set(result["diarization"])
            assert {"score", "feedback", "keywords"} <= set(result["evaluation"])
        # The first sentence crosses the end of a chunk: its text comes whole, with the chunk in which it ends.
        assert answers[0]["result"]["transcription"]["text"] == ""
        assert words_of(answers) == WORDS
        summary = (await ask(ws, "evaluation_request"))["summary"]
        assert summary["total_transcripts"] == 2
        result = (await ask(ws, "session_end"))["final_result"]
        assert " ".join(item["text"] for item in result["transcripts"]) == WORDS
        first, second = result["transcripts"]
        assert first["audio_start"] < first["audio_end"] <= second["audio_start"] < second["audio_end"]
        assert {"session_id", "start_time", "end_time", "duration", "evaluations", "speaker_notes"} <= set(result)


async def test_spec_3_a_guests_panel_expects_the_language_that_its_address_names(speaking: Served) -> None:
    async with panel(speaking, "korean", "?language=ko") as ws:
        answers = [await ask(ws, "audio_chunk", **chunk) for chunk in chunks()]
    assert words_of(answers) == WORDS
    languages = {answer["result"]["transcription"]["language"] for answer in answers}
    assert languages - {None} == {"ko"}


async def test_spec_3_chunks_that_overtook_others_and_came_twice_are_put_right(speaking: Served) -> None:
    sent = chunks()
    order = [0, 2, 1, 1, 3, 5, 5, 4, *range(6, len(sent)), 0]
    async with panel(speaking, "shuffled") as ws:
        for number in order:
            await say(ws, "audio_chunk", **sent[number])
        answers = [await hear(ws) for _ in order]
        assert {answer["type"] for answer in answers} == {"audio_processed"}
        by_time: dict[float, list[dict[str, Any]]] = {}
        for answer in answers:
            assert answer["result"]["success"] is True
            by_time.setdefault(answer["result"]["timestamp"], []).append(answer["result"])
        assert sorted(by_time) == [chunk["timestamp"] for chunk in sent]
        assert all(result == given[0] for given in by_time.values() for result in given)
        assert words_of([{"result": given[0]} for _, given in sorted(by_time.items())]) == WORDS
        assert " ".join(item["text"] for item in (await result_of(ws))["transcripts"]) == WORDS


async def test_spec_3_the_same_speech_as_binary_frames(speaking: Served) -> None:
    audio = pcm(SPEECH)
    async with panel(speaking, "frames", "?features=transcript") as ws:
        await say(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
        for at in range(0, len(audio), 3_200):
            await ws.send(audio[at : at + 3_200])
        await say(ws, "audio_end")
        while not (ack := await hear(ws, "audio_ack", "error"))["last"]:
            pass
        assert ack["received_bytes"] == len(audio)
        transcripts = (await result_of(ws))["transcripts"]
        # The last word ends with the audio: nothing after it was needed for it to be heard.
        assert " ".join(item["text"] for item in transcripts) == WORDS


async def test_spec_3_what_is_no_audio_between_two_chunks_takes_nothing_away(speaking: Served) -> None:
    sent = chunks()
    async with panel(speaking, "between") as ws:
        answers = [await ask(ws, "audio_chunk", **sent[0])]
        await ws.send(json.dumps({"type": "audio_chunk", "audio_data": "###", "timestamp": BEGAN_S + 0.5}))
        refused = (await hear(ws))["result"]
        assert (refused["success"], refused["transcription"]) == (False, {"text": "", "success": False})
        answers += [await ask(ws, "audio_chunk", **chunk) for chunk in sent[1:]]
        assert words_of(answers) == WORDS


async def test_spec_6_3_who_has_a_microphone_of_their_own_is_known_by_it(speaking: Served) -> None:
    await created(speaking, "live")
    ann, cho = speaking.token("ann", "interviewer"), speaking.token("cho", "candidate")
    async with panel(speaking, "p1", token=ann) as first, panel(speaking, "p1", token=cho) as second:
        for number, chunk in enumerate(chunks()):
            for ws, own in ((first, "user:ann"), (second, "user:cho")):
                result = (await ask(ws, "audio_chunk", **chunk, own_microphone=True))["result"]
                assert result["success"] is True
                if number < 2:  # in the middle of the first sentence, with nothing of it stored yet
                    assert result["diarization"]["speaker_id"] == own
        transcripts = (await result_of(first))["transcripts"]
    for own, role in (("user:ann", "interviewer"), ("user:cho", "candidate")):
        said = [item for item in transcripts if item["speaker_id"] == own]
        assert " ".join(item["text"] for item in said) == WORDS
        assert all((item["role"], item["attribution"], item["uncertain"]) == (role, 1.0, False) for item in said)
    assert len(transcripts) == 4


async def recordings_of(house: Served, session_id: str) -> int:
    async with house.http() as http:
        return len((await http.get(f"/api/v1/sessions/{session_id}/audio")).json()["items"])


async def test_spec_0_1_a_word_that_a_restart_cut_in_two_is_heard_whole_however_long_the_recognisers_take(
    tmp_path: Path,
) -> None:
    sent = chunks()
    speech = ToneSpeech()
    async with served(tmp_path, speech, grace_s=30) as house:  # it stops before the recording is given up
        await speech.ready()
        async with panel(house, "restarted") as ws:
            assert (await ask(ws, "audio_chunk", **sent[0]))["result"]["success"] is True
    late = ToneSpeech(opens=False)
    async with served(tmp_path, late, grace_s=0.2) as house, panel(house, "restarted") as ws:
        for _ in range(8):  # nobody can go on with the recording for four times the grace
            assert (await ask(ws, "audio_chunk", **sent[1]))["result"]["code"] == "unavailable"
            await asyncio.sleep(0.1)
        late.open()
        await late.ready()
        answers = [await ask(ws, "audio_chunk", **chunk) for chunk in sent[1:]]
        assert words_of(answers) == WORDS
        assert await recordings_of(house, "restarted") == 1


async def test_spec_0_1_a_connection_that_ends_late_does_not_end_the_one_that_took_its_place(tmp_path: Path) -> None:
    sent = chunks()
    speech = ToneSpeech()
    async with served(tmp_path, speech, grace_s=0.2) as house:
        await speech.ready()
        async with panel(house, "moved") as old:
            answers = [await ask(old, "audio_chunk", **sent[0])]
            ws = await panel(house, "moved")
            answers.append(await ask(ws, "audio_chunk", **sent[1]))
        await asyncio.sleep(0.6)
        answers += [await ask(ws, "audio_chunk", **chunk) for chunk in sent[2:]]
        assert words_of(answers) == WORDS
        assert await recordings_of(house, "moved") == 1
        await ws.close()
