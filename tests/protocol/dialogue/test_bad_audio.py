"""Bad audio at the door: an answer, no crash, the connection and the worker live."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.speech import DEADLY, HANGING, REFUSED, pause, pcm, spoken, tone
from tests.protocol.house import Served, receive, send, served
from tests.unit.speech.test_formats import header, wav_file

pytest.importorskip("av", reason="the extra `speech` is not installed: no PyAV")

from tests.fakes.voice import ToneSpeech
from tests.integration.speech.test_streams import FORMATS, encoded

pytestmark = pytest.mark.slow


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Served]:
    deaths = tmp_path / "deaths"
    speech = ToneSpeech(recording_s=60.0, deaths=str(deaths), die_times=2)
    async with served(tmp_path / "data", speech, grace_s=0.3) as house:
        await speech.ready()
        yield house


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("audio.wav", b"0" * 1000)
    return buffer.getvalue()


def surround() -> bytes:
    import soxr

    mono = soxr.resample(spoken(0.3, "one", 0.1, "two", 0.3), 16_000, 192_000).astype(np.float32)
    return wav_file(pcm(np.repeat(mono[:, None], 8, axis=1).reshape(-1)), rate=192_000, channels=8)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


LONG_SILENCE = "two hours of silence"
#: What is sent as `audio_input` → the error's code, or the words that are heard all the same.
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "no audio_data": ({}, "invalid_payload"),
    "a number": ({"audio_data": 5}, "invalid_payload"),
    "broken base64": ({"audio_data": "UklGR%%%"}, "invalid_payload"),
    "base64 cut in the middle": ({"audio_data": b64(wav_file(b"\0" * 99))[:-2]}, "invalid_payload"),
    "0 bytes": ({"audio_data": ""}, "invalid_payload"),
    "1 byte": ({"audio_data": b64(b"R")}, "unsupported_media"),
    "text": ({"audio_data": b64(b"these are words, not sounds " * 40)}, "unsupported_media"),
    "a zip": ({"audio_data": b64(zipped())}, "unsupported_media"),
    "a zip called mp3": ({"audio_data": b64(zipped()), "audio_format": "mp3"}, "unsupported_media"),
    "an unknown format": ({"audio_data": b64(b"MThd\0\0\0\6" * 9), "audio_format": "midi"}, "unsupported_media"),
    "a header of webm and noise": (
        {"audio_data": b64(b"\x1a\x45\xdf\xa3" + np.random.default_rng(1).bytes(5000)), "audio_format": "webm"},
        "unsupported_media",
    ),
    "a wav of a billion hertz": ({"audio_data": b64(header(1, 16, rate=10**9) + b"\0" * 99)}, "unsupported_media"),
    "a wav without samples": ({"audio_data": b64(header(1, 16, data_size=0))}, "invalid_payload"),
    "over 5 MiB": ({"audio_data": b64(wav_file(b"\0" * (5 << 20)))}, "too_large"),
    "silence": ({"audio_data": b64(wav_file(pcm(pause(3.0))))}, "invalid_payload"),
    LONG_SILENCE: ({"audio_data": "", "audio_format": "flac"}, "too_large"),
    "an unknown language": ({"audio_data": b64(wav_file(pcm(spoken("one")))), "language": "tlh"}, "invalid_payload"),
    "an impossible rate": ({"audio_data": b64(b"\0" * 99), "audio_format": "pcm", "sample_rate": 1}, "invalid_payload"),
    "a recogniser that dies of it": ({"audio_data": b64(wav_file(pcm(tone(DEADLY, 0.5))))}, "unavailable"),
    "a recogniser that raises": ({"audio_data": b64(wav_file(pcm(tone(REFUSED, 0.5))))}, "unavailable"),
    "a header that promises 4 GB": ({"audio_data": b64(header(1, 16) + pcm(spoken(0.3, "one", 0.3)))}, "one"),
    "192 kHz in 8 channels": ({"audio_data": b64(surround())}, "one two"),
    "a truncated file, in the middle of a sample": (
        {"audio_data": b64(wav_file(pcm(spoken(0.3, "one", 0.5, "two", 0.3)))[: 44 + 28_801])},
        "one",
    ),
    "a wav called webm": ({"audio_data": b64(wav_file(pcm(spoken(0.3, "one", 0.3)))), "audio_format": "webm"}, "one"),
}
assert HANGING not in (DEADLY, REFUSED)


@pytest.mark.parametrize("name", CASES)
async def test_an_answer_and_the_next_recording_is_heard(house: Served, name: str) -> None:
    data, expected = CASES[name]
    if name == LONG_SILENCE:
        data = {**data, "audio_data": b64(encoded(pause(7200.0), *FORMATS["flac"], rate=8_000))}
    async with house.socket("s") as ws:
        await receive(ws)
        await send(ws, "audio_input", **data, client_id="bad")
        answer = await receive(ws, timeout_s=30)
        if answer["type"] == "error":
            assert answer["data"]["error"] == expected, answer
            assert answer["data"]["message"]
        else:
            assert answer["data"]["user_input"] == expected
        await send(ws, "audio_input", audio_data=b64(wav_file(pcm(spoken(0.3, "four", 0.3)))))
        assert (await receive(ws, "ai_response", timeout_s=30))["data"]["user_input"] == "four"


STREAMS: dict[str, tuple[dict[str, Any], list[bytes], str]] = {
    "an unknown format": ({"audio_format": "midi"}, [b"\0" * 100], "unsupported_media"),
    "a rate that is none": ({"audio_format": "pcm", "sample_rate": 3}, [], "invalid_payload"),
    "somebody else's recording": ({"audio_format": "pcm", "recording_id": "nothing"}, [], "not_found"),
    "noise called webm": ({"audio_format": "webm"}, [np.random.default_rng(2).bytes(3000)], "unsupported_media"),
    "a zip": ({"audio_format": "wav"}, [zipped()], "unsupported_media"),
    "nothing at all": ({"audio_format": "webm"}, [], "invalid_payload"),
    "only empty frames": ({"audio_format": "pcm"}, [b"", b""], "invalid_payload"),
}


@pytest.mark.parametrize("name", STREAMS)
async def test_a_bad_stream_is_answered_and_the_next_one_is_heard(house: Served, name: str) -> None:
    start, frames, expected = STREAMS[name]
    async with house.socket("s") as ws:
        await receive(ws)
        await send(ws, "audio_start", **start)
        for frame in frames:
            await ws.send(frame)
        await send(ws, "audio_end")
        assert (await receive(ws, "error"))["data"]["error"] == expected
        await send(ws, "audio_start", audio_format="pcm", sample_rate=16_000)
        await ws.send(pcm(spoken(0.3, "five", 0.3)))
        await send(ws, "audio_end")
        assert (await receive(ws, "ai_response"))["data"]["user_input"] == "five"


async def test_frames_without_a_stream_are_told_once(house: Served) -> None:
    async with house.socket("s") as ws:
        await receive(ws)
        for _ in range(20):
            await ws.send(struct.pack("<160h", *range(160)))
        await send(ws, "ping")
        assert (await receive(ws))["data"]["error"] == "invalid_payload"
        assert (await receive(ws))["type"] == "pong"


async def test_a_frame_of_fifty_megabytes_is_too_large_and_the_stream_goes_on(house: Served) -> None:
    async with house.socket("s", max_size=None) as ws:
        await receive(ws)
        await send(ws, "audio_start", audio_format="pcm", sample_rate=16_000)
        await ws.send(b"\0" * 50_000_000)
        assert (await receive(ws, "error", timeout_s=30))["data"]["error"] == "too_large"
        await ws.send(pcm(spoken(0.3, "six", 0.3)))
        await send(ws, "audio_end")
        assert (await receive(ws, "ai_response"))["data"]["user_input"] == "six"


async def test_without_models_voice_is_unavailable_in_a_sentence_and_text_works(tmp_path: Path) -> None:
    async with served(tmp_path / "data") as house, house.socket("s") as ws:
        await receive(ws)
        for kind, data in (("audio_input", {"audio_data": b64(wav_file(b"\0" * 99))}), ("audio_start", {})):
            await send(ws, kind, **data)
            error = (await receive(ws))["data"]
            assert (error["error"], "write" in error["message"]) == ("unavailable", True)
        await send(ws, "text_input", text="Then I write.")
        assert (await receive(ws))["type"] == "ai_response"
        async with house.http() as http:
            assert (await http.get("/readyz")).json()["parts"]["voice"] == "off"
            answer = await http.post("/api/v1/sessions/s/audio", content=b"RIFF", headers={"Content-Type": "audio/wav"})
            assert answer.status_code == 503


async def test_while_models_come_readiness_says_so(tmp_path: Path) -> None:
    async with served(tmp_path / "data", ToneSpeech(opens=False)) as house, house.http() as http:
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["parts"]["voice"]) == (200, "fetching")
