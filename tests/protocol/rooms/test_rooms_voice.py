"""SPEC 1: speaking in a room, with live captions, through a recogniser that hears tones."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.speech import pcm, spoken
from tests.protocol.house import Served, served
from tests.protocol.rooms.clients import Client, Rooms

pytest.importorskip("av", reason="the extra `speech` is not installed: no PyAV")

from tests.fakes.voice import ToneSpeech
from tests.unit.speech.test_formats import wav_file

pytestmark = pytest.mark.slow
FORMAT = {"audio_format": "pcm", "sample_rate": 16_000}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Served]:
    speech = ToneSpeech()
    async with served(tmp_path / "data", speech, grace_s=2.0) as house:
        await speech.ready()
        yield house


@pytest.fixture
async def rooms(house: Served) -> AsyncIterator[Rooms]:
    async with Rooms(house) as rooms:
        yield rooms


def chunks(audio: bytes, count: int) -> list[bytes]:
    step = len(audio) // count // 2 * 2
    return [audio[at * step : (at + 1) * step if at < count - 1 else None] for at in range(count)]


async def say(client: Client, audio: bytes, number: Any, *, final: bool = False, **more: Any) -> None:
    await client.send(
        "voice_data", interview_id="interview_1", audio_data=audio, chunk_id=number, is_final=final, **more
    )


async def test_spec_1_chunks_in_any_order_are_one_stream_and_the_room_reads_along(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    parts = chunks(pcm(spoken(0.3, "one", 0.1, "two", 2.5, "three", 0.3)), 6)
    for number in (0, 2, 1, 3, 5, 4):
        await say(candidate, parts[number], number, final=number == 5, **FORMAT)
    stored = [await candidate.get("voice_processing") for _ in parts]
    assert [told["chunk_id"] for told in stored] == [0, 1, 2, 3, 4, 5]
    assert set(stored[0]) >= {"interview_id", "chunk_id", "status", "partial_text"}
    told = await candidate.get("voice_transcribed")
    assert (told["transcribed_text"], told["user_id"], told["is_final"]) == ("one two three", "lee", True)
    assert told["confidence"] == 0.9
    first = await staff.get("live_transcription", lambda data: data["is_final"])
    second = await staff.get("live_transcription", lambda data: data["is_final"])
    assert [caption["text"] for caption in (first, second)] == ["one two", "three"]
    assert first["user_id"] == "lee"
    assert "voice_transcribed" not in staff.names()
    late = await rooms.client("ann", "recruiter", "interview_1")
    await late.join("interview_1", last_seq=first["seq"])
    assert (await late.get("live_transcription"))["seq"] == second["seq"]


async def test_spec_1_base64_and_a_whole_file_in_one_chunk(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    audio = base64.b64encode(wav_file(pcm(spoken(0.3, "four", 0.3)))).decode()
    answer = await staff.call("voice_data", interview_id="interview_1", audio_data=audio, chunk_id="a", is_final=True)
    assert answer["status"] == "processing"
    assert (await staff.get("voice_transcribed"))["transcribed_text"] == "four"
    assert (await candidate.get("live_transcription", lambda data: data["is_final"]))["user_id"] == "kim"


async def test_spec_0_1_who_loses_the_connection_goes_on_with_what_was_not_acknowledged(rooms: Rooms) -> None:
    _, candidate = await rooms.interview()
    parts = chunks(pcm(spoken(0.3, "one", 0.1, "two", 0.3)), 4)
    for number in (0, 1):
        await say(candidate, parts[number], number, **FORMAT)
    assert [(await candidate.get("voice_processing"))["chunk_id"] for _ in range(2)] == [0, 1]
    await candidate.drop()
    back = await rooms.client("lee", "candidate", "interview_1")
    await back.join("interview_1")
    for number in (1, 2, 3):  # the one it heard of is sent again, too
        await say(back, parts[number], number, final=number == 3, **FORMAT)
    assert (await back.get("voice_transcribed"))["transcribed_text"] == "one two"


async def test_spec_1_what_cannot_be_heard_is_told_to_its_sender(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    where = {"interview_id": "interview_1", "chunk_id": 0, "is_final": True}
    for payload, code in (
        ({"audio_data": "!!", **FORMAT}, "invalid_payload"),
        ({"audio_data": 5, **FORMAT}, "invalid_payload"),
        ({"audio_data": b"PK\x03\x04 no audio"}, "unsupported_media"),
        ({"audio_data": b"\0" * (5 * 1024 * 1024 + 2), **FORMAT}, "too_large"),
    ):
        assert (await candidate.call("voice_data", **where, **payload))["error"] == code
    observer = await rooms.client("obs", "observer", "interview_1")
    await observer.join("interview_1")
    assert (await observer.call("voice_data", **where, audio_data=b"\0\0", **FORMAT))["error"] == "forbidden"
    await candidate.call("voice_data", **where, audio_data=b"\0" * 32_000, **FORMAT)
    told = await candidate.get("voice_transcribed")
    assert (told["transcribed_text"], told["reason"]) == ("", "no_speech")
    await staff.call("pause_interview", interview_id="interview_1")
    paused = await candidate.call("voice_data", **where, audio_data=b"\0\0", **FORMAT)
    assert (paused["error"], paused["info"]["reason"]) == ("conflict", "room_paused")


async def test_spec_1_the_last_words_before_the_end_count(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    await say(candidate, pcm(spoken(0.3, "eight", 0.1)), 0, **FORMAT)
    await candidate.get("voice_processing")
    await staff.call("end_interview", interview_id="interview_1")
    await staff.get("interview_ended")
    names = [(name, data.get("is_final")) for name, data in staff.all]
    assert names.index(("live_transcription", True)) < names.index(("interview_ended", None))
