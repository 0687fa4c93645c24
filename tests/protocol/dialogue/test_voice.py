"""SPEC 0.1, 0.3, 2: speaking with the interviewer, over real sockets and a recogniser that hears tones."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from tests.fakes.speech import pause, pcm, spoken
from tests.protocol.house import Served, receive, send, served, silence
from tests.unit.speech.test_formats import wav_file

pytest.importorskip("av", reason="the extra `speech` is not installed: no PyAV")

from tests.fakes.voice import ToneSpeech
from tests.integration.speech.test_streams import FORMATS, encoded

pytestmark = pytest.mark.slow

RATE = 16_000
FEATURES = ["status", "deltas", "partials"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Served]:
    speech = ToneSpeech()
    async with served(tmp_path / "data", speech, grace_s=0.5) as house:
        await speech.ready()
        yield house


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def said(*parts: str | float) -> bytes:
    return wav_file(pcm(spoken(0.3, *parts, 0.3)))


async def greeted(house: Served, session: str, features: list[str] | None = None, **data: Any) -> ClientConnection:
    ws = await house.socket(session)
    await receive(ws, "connected")
    await send(ws, "connect", features=FEATURES if features is None else features, **data)
    await receive(ws, "connected")
    return ws


async def stream(ws: ClientConnection, audio: bytes, *, ms: int = 100) -> None:
    """Raw samples as frames, faster than they were spoken but not all at once."""
    step = RATE * 2 * ms // 1000
    for start in range(0, len(audio), step):
        await ws.send(audio[start : start + step])
        await asyncio.sleep(0.005)


async def test_spec_2_a_bare_client_of_document_c_sends_audio_and_takes_the_very_next_message(house: Served) -> None:
    async with house.socket("interview_1") as ws:
        assert (await receive(ws))["type"] == "connected"
        audio = b64(said("one", 0.1, "two"))
        await send(ws, "audio_input", "interview_1", audio_data=audio, audio_format="wav", context={})
        answer = await receive(ws)
        assert answer["type"] == "ai_response"
        assert answer["data"]["user_input"] == "one two"
        info = answer["data"]["transcription_info"]
        assert (info["confidence"], info["language"]) == (0.9, "en")
        assert 0.5 < info["duration"] < 2
        await silence(ws)


async def test_spec_2_clients_that_sent_connect_are_told_what_was_heard(house: Served) -> None:
    ws = await greeted(house, "s", ["status"])
    await send(ws, "audio_input", audio_data=b64(said("three")), audio_format="wav", client_id="a1")
    stored = await receive(ws)
    assert (stored["type"], stored["data"]["status"], stored["data"]["client_id"]) == ("status", "transcribing", "a1")
    assert stored["data"]["recording_id"]
    heard = (await receive(ws, "transcription"))["data"]
    assert (heard["transcription"], heard["confidence"], heard["is_final"], heard["client_id"]) == (
        "three",
        0.9,
        True,
        "a1",
    )
    assert heard["processing_time"] >= 0
    assert heard["seq"] > stored["data"]["seq"]
    answer = (await receive(ws, "ai_response"))["data"]
    assert (answer["user_input"], answer["client_id"], answer["input_seq"]) == ("three", "a1", heard["seq"])
    await ws.close()


@pytest.mark.parametrize("name", sorted(FORMATS))
async def test_spec_2_every_format_is_heard(house: Served, name: str) -> None:
    audio = encoded(spoken(0.5, "one", 0.1, "two", 0.5), *FORMATS[name])
    async with house.socket(f"f-{name}") as ws:
        await receive(ws)
        await send(ws, "audio_input", audio_data=b64(audio), audio_format=f"audio/{name}")
        assert (await receive(ws))["data"]["user_input"] == "one two"


async def test_a_data_url_and_raw_samples_are_heard(house: Served) -> None:
    async with house.socket("url") as ws:
        await receive(ws)
        await send(ws, "audio_input", audio_data="data:audio/wav;base64," + b64(said("one")))
        assert (await receive(ws))["data"]["user_input"] == "one"
        raw = b64(pcm(spoken(0.3, "two", 0.3)))
        await send(ws, "audio_input", audio_data=raw, audio_format="pcm", sample_rate=RATE)
        assert (await receive(ws))["data"]["user_input"] == "two"


async def test_spec_0_3_the_same_audio_twice_happens_once_and_gets_the_same_answer(house: Served) -> None:
    ws = await greeted(house, "s", ["status"])
    audio = b64(said("four"))
    await send(ws, "audio_input", audio_data=audio, client_id="same")
    first = await receive(ws, "ai_response")
    await send(ws, "audio_input", audio_data=audio, client_id="same")
    again = await receive(ws, "ai_response")
    assert again["data"] == first["data"]
    await silence(ws)
    events = await house.house.sessions.history("s", 0, 100)
    kinds = [type(event.data).__name__ for event in events]
    assert (kinds.count("AudioStored"), kinds.count("InputSubmitted")) == (1, 1)
    assert await house.house.blobs.total() > 0
    await ws.close()


async def test_order_is_kept_between_recordings_and_what_is_typed_after_them(house: Served) -> None:
    ws = await greeted(house, "s", ["status"])
    for number, word in enumerate(("one", "two", "three")):
        await send(ws, "audio_input", audio_data=b64(said(word)), client_id=f"c{number}")
    heard = [(await receive(ws, "transcription"))["data"]["transcription"] for _ in range(3)]
    assert heard == ["one", "two", "three"]
    await ws.close()


async def test_no_speech_is_said_politely_and_never_made_up(house: Served) -> None:
    async with house.socket("quiet") as ws:
        await receive(ws)
        await send(ws, "audio_input", audio_data=b64(wav_file(pcm(pause(2.0)))), client_id="q")
        error = await receive(ws)
        assert error["type"] == "error"
        data = error["data"]
        assert (data["error"], data["info"]["client_id"]) == ("invalid_payload", "q")
        assert "hear" in data["message"]
        assert data["info"]["seq"] > 0
        await send(ws, "audio_input", audio_data=b64(wav_file(pcm(pause(2.0)))), client_id="q")
        assert (await receive(ws))["data"] == data


@pytest.mark.slow
async def test_spec_0_2_a_client_that_comes_back_gets_what_was_heard_meanwhile(house: Served) -> None:
    ws = await greeted(house, "s", ["status"])
    await send(ws, "audio_input", audio_data=b64(said("one")), client_id="a")
    stored = await receive(ws, "status")
    await ws.close()
    await asyncio.sleep(1.0)
    async with house.socket("s") as ws:
        epoch = (await receive(ws, "connected"))["data"]["epoch"]
        await send(ws, "connect", last_seq=stored["data"]["seq"], epoch=epoch)
        assert (await receive(ws))["data"]["recovered"] is True
        assert (await receive(ws))["data"]["transcription"] == "one"
        assert (await receive(ws))["data"]["user_input"] == "one"


# --- streams ----------------------------------------------------------------------------------------------------


async def test_spec_0_1_a_stream_is_acknowledged_when_it_is_stored_and_each_utterance_is_an_input(
    house: Served,
) -> None:
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE, client_id="st")
    opened = (await receive(ws, "audio_ack"))["data"]
    assert (opened["received_ms"], opened["received_bytes"]) == (0, 0)
    audio = pcm(spoken(0.4, "one", 0.1, "two", 1.8, "three", 1.8))
    await stream(ws, audio)
    await send(ws, "audio_end")
    finals, acks, partials = [], [opened], []
    while not acks[-1]["last"] or len(finals) < 2:
        message = await receive(ws, "transcription", "audio_ack")
        if message["type"] == "audio_ack":
            acks.append(message["data"])
        else:
            (finals if message["data"]["is_final"] else partials).append(message["data"])
    assert [final["transcription"] for final in finals] == ["one two", "three"]
    assert acks[-1]["received_bytes"] == len(audio)
    assert acks[-1]["received_ms"] == len(audio) * 1000 // (RATE * 2)
    assert [ack["received_bytes"] for ack in acks] == sorted(ack["received_bytes"] for ack in acks)
    assert partials
    assert not any("seq" in partial for partial in partials)
    await ws.close()
    async with house.http() as http:
        recording = acks[-1]["recording_id"]
        stored = await http.get(f"/api/v1/sessions/s/audio/{recording}")
        assert stored.status_code == 200
    events = await house.house.sessions.history("s", 0, 100)
    assert sum(type(event.data).__name__ == "AudioStored" for event in events) <= 5


async def test_spec_2_partials_are_for_those_who_asked(house: Served) -> None:
    ws = await greeted(house, "s", ["status"])
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await stream(ws, pcm(spoken(0.3, "one", 0.4, "two", 1.5)))
    await send(ws, "audio_end")
    kinds = []
    while (message := await receive(ws))["type"] != "ai_response":
        kinds.append((message["type"], message["data"].get("is_final"), message["data"].get("status")))
    assert ("transcription", False, None) not in kinds
    assert not any(status == "speech_started" for _, _, status in kinds)
    await ws.close()


async def test_a_short_yes_is_an_answer(house: Served) -> None:
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await stream(ws, pcm(spoken(0.2, "one")))
    await send(ws, "audio_end")
    assert (await receive(ws, "ai_response"))["data"]["user_input"] == "one"
    await ws.close()


async def test_push_to_talk_is_one_input_however_long_the_pauses(house: Served) -> None:
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE, endpointing=False)
    await stream(ws, pcm(spoken(0.2, "one", 3.0, "two", 0.2)))
    await send(ws, "audio_end")
    assert (await receive(ws, "ai_response"))["data"]["user_input"] == "one two"
    await ws.close()


async def test_a_stream_in_which_nobody_spoke_is_answered(house: Served) -> None:
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await stream(ws, pcm(pause(1.0)))
    await send(ws, "audio_end")
    assert (await receive(ws, "error"))["data"]["error"] == "invalid_payload"
    await ws.close()


@pytest.mark.slow
async def test_spec_0_1_a_stream_that_broke_off_goes_on_where_it_was_acknowledged(house: Served) -> None:
    audio = pcm(spoken(0.3, "one", 0.1, "two", 0.1, "three", 0.3))
    half = len(audio) // 2 // 320 * 320
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE, client_id="long")
    await receive(ws, "audio_ack")
    await stream(ws, audio[:half])
    acked = (await receive(ws, "audio_ack"))["data"]
    await ws.close()
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE, client_id="long")
    again = (await receive(ws, "audio_ack"))["data"]
    assert (again["recording_id"], again["received_bytes"]) == (acked["recording_id"], half)
    await stream(ws, audio[half:])
    await send(ws, "audio_end")
    assert (await receive(ws, "ai_response"))["data"]["user_input"] == "one two three"
    await ws.close()


@pytest.mark.slow
async def test_a_stream_whose_sender_is_gone_is_heard_to_its_end(house: Served) -> None:
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await receive(ws, "audio_ack")
    await stream(ws, pcm(spoken(0.3, "one", 0.1, "two")))
    await receive(ws, "audio_ack")
    await ws.close()
    async with house.http() as http:
        for _ in range(100):
            items = (await http.get("/api/v1/sessions/s/messages")).json()["items"]
            if items:
                break
            await asyncio.sleep(0.1)
    assert items[0]["text"] == "one two"
    assert items[0]["audio"]["end_s"] > items[0]["audio"]["start_s"]


async def test_the_last_words_before_the_end_count(house: Served) -> None:
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await stream(ws, pcm(spoken(0.3, "one", 0.1, "two")))
    await send(ws, "end_session")
    await receive(ws, "session_ended")
    async with house.http() as http:
        items = (await http.get("/api/v1/sessions/s/transcript")).json()["utterances"]
    assert [item["text"] for item in items if item["speaker"] == "candidate"] == ["one two"]
    await ws.close()


async def test_speech_is_told_as_it_begins_so_that_the_interviewer_can_stop_talking(house: Served) -> None:
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await stream(ws, pcm(spoken(0.3, "one", 1.5)))
    stages = []
    while (message := await receive(ws))["type"] != "ai_response":
        if message["type"] == "status":
            stages.append(message["data"]["status"])
    assert stages.index("speech_started") < stages.index("speech_ended") < stages.index("thinking")
    await ws.close()


async def test_a_false_start_does_not_silence_the_interviewer(house: Served) -> None:
    """A tone that is no word begins speech and ends as none; the reply that waited comes."""
    from tests.fakes.speech import tone

    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await stream(ws, pcm(pause(0.2)) + pcm(tone(3600, 0.3)))
    while (await receive(ws, "status"))["data"]["status"] != "speech_started":
        pass
    await send(ws, "text_input", text="I also write.")
    await stream(ws, pcm(pause(2.0)))
    seen = []
    while (message := await receive(ws))["type"] != "ai_response":
        seen.append(message["data"].get("status"))
    assert "false_start" in seen
    assert message["data"]["user_input"] == "I also write."
    await ws.close()


async def test_speech_interrupts_a_reply_that_is_due(house: Served) -> None:
    """The reply waits while somebody speaks, and then takes up what they said as well."""
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await stream(ws, pcm(spoken(0.2, "one")))
    while (await receive(ws, "status"))["data"]["status"] != "speech_started":
        pass
    await send(ws, "text_input", text="I also write.")
    await asyncio.sleep(0.3)
    await stream(ws, pcm(spoken(0.1, "two", 1.8)))
    answer = await receive(ws, "ai_response")
    assert answer["data"]["user_input"] == "I also write.\none two"
    await ws.close()


@pytest.mark.parametrize("name", ["webm", "ogg"])
async def test_spec_2_a_recorders_chunks_without_headers_are_one_stream(house: Served, name: str) -> None:
    audio = encoded(spoken(0.5, "one", 0.1, "two", 2.0, "three", 0.5), *FORMATS[name])
    ws = await greeted(house, "s")
    await send(ws, "audio_start", audio_format=f"audio/{name};codecs=opus")
    for start in range(0, len(audio), 900):
        await ws.send(audio[start : start + 900])
        await asyncio.sleep(0.02)
    await send(ws, "audio_end")
    heard = []
    while len(heard) < 2:
        message = await receive(ws, "transcription")
        heard += [message["data"]["transcription"]] if message["data"]["is_final"] else []
    assert heard == ["one two", "three"]
    await ws.close()


async def test_asking_for_time_keeps_an_utterance_open(house: Served) -> None:
    ws = await greeted(house, "s")
    await send(ws, "text_input", text="Hello.")
    await receive(ws, "ai_response")
    await send(ws, "audio_start", audio_format="pcm", sample_rate=RATE)
    await stream(ws, pcm(spoken(0.2, "one")))
    await send(ws, "think_time", seconds=20)
    while (await receive(ws, "status"))["data"]["status"] != "waiting":
        pass
    await stream(ws, pcm(spoken(4.0, "two", 0.2)))
    await send(ws, "audio_end")
    assert (await receive(ws, "ai_response"))["data"]["user_input"] == "one two"
    await ws.close()
