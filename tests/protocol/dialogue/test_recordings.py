"""SPEC 0.1, 2, 6.1: large recordings over HTTP, what was recorded listened to again, and the report that cites it."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.fakes.speech import bursts, pcm, peak, spoken
from tests.protocol.house import Served, receive, send, served
from tests.unit.speech.test_formats import wav_file

pytest.importorskip("av", reason="the extra `speech` is not installed: no PyAV")

from tests.fakes.voice import ToneSpeech
from tests.integration.speech.test_streams import FORMATS, encoded

pytestmark = pytest.mark.slow

LIMIT = 600_000


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Served]:
    speech = ToneSpeech()
    async with served(tmp_path / "data", speech, grace_s=0.3, audio_upload_bytes=LIMIT) as house:
        await speech.ready()
        yield house


async def interview(house: Served, *candidates: str) -> str:
    async with house.http(house.token("rec", "recruiter")) as http:
        created = (await http.post("/api/v1/sessions", json={"role": "Developer"})).json()
    for name in candidates:
        await house.house.sessions.open(created["session_id"])
        async with house.http(house.token(name, "candidate", created["session_id"])) as http:
            assert (await http.get(f"/api/v1/sessions/{created['session_id']}")).status_code == 200
    return str(created["session_id"])


def candidate(house: Served, session_id: str, name: str = "kim") -> httpx.AsyncClient:
    return house.http(house.token(name, "candidate", session_id))


async def upload(http: httpx.AsyncClient, session_id: str, audio: bytes, **query: Any) -> httpx.Response:
    kind = query.pop("kind", "audio/wav")
    return await http.post(
        f"/api/v1/sessions/{session_id}/audio", content=audio, params=query, headers={"Content-Type": kind}
    )


async def heard(http: httpx.AsyncClient, session_id: str, count: int = 1) -> list[dict[str, Any]]:
    for _ in range(100):
        items: list[dict[str, Any]] = (await http.get(f"/api/v1/sessions/{session_id}/messages")).json()["items"]
        said = [item for item in items if item["role"] == "candidate"]
        if len(said) >= count and all(item["answered"] for item in said):
            return said
        await asyncio.sleep(0.1)
    raise AssertionError(items)


def words_in(wav: bytes) -> tuple[list[int], float]:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 16_000, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    return [peak(samples[start:end]) for start, end in bursts(samples)], len(samples) / 16_000


async def test_spec_2_a_large_recording_is_sent_as_a_body_and_answered(house: Served) -> None:
    session_id = await interview(house, "kim")
    async with candidate(house, session_id) as http:
        audio = wav_file(pcm(spoken(0.3, "one", 0.1, "two", 12.0, "three", 0.3)))
        answer = await upload(http, session_id, audio, client_id="u1")
        assert answer.status_code == 201, answer.text
        assert answer.json()["bytes"] == len(audio)
        (said,) = await heard(http, session_id)
        assert (said["text"], said["source"], said["client_id"]) == ("one two three", "voice", "u1")
        again = await upload(http, session_id, audio, client_id="u1")
        assert again.json()["recording_id"] == answer.json()["recording_id"]
        assert len(await heard(http, session_id)) == 1


async def test_spec_0_7_a_recording_over_the_limit_is_refused_and_leaves_nothing(house: Served) -> None:
    session_id = await interview(house, "kim")
    async with candidate(house, session_id) as http:
        declared = await upload(http, session_id, b"\0" * (LIMIT + 1))
        assert (declared.status_code, declared.json()["info"]["limit"]) == (413, LIMIT)

        async def endless() -> AsyncIterator[bytes]:
            yield wav_file(b"")
            for _ in range(20):
                yield b"\0" * 50_000

        streamed = await http.post(
            f"/api/v1/sessions/{session_id}/audio", content=endless(), headers={"Content-Type": "audio/wav"}
        )
        assert streamed.status_code == 413
        assert (await http.get(f"/api/v1/sessions/{session_id}/audio")).json()["items"] == []
    assert await house.house.blobs.total() == 0


async def test_spec_0_7_a_recording_may_be_as_large_as_the_setting_says(tmp_path: Path) -> None:
    speech = ToneSpeech()
    async with served(tmp_path / "large", speech, audio_upload_bytes=10_000_000) as house:
        await speech.ready()
        session_id = await interview(house, "kim")
        async with candidate(house, session_id) as http:
            taken = await upload(http, session_id, wav_file(pcm(spoken(300.0))))
            assert (taken.status_code, taken.json()["bytes"] > 8 << 20) == (201, True)
            refused = await upload(http, session_id, wav_file(pcm(spoken(350.0))))
            assert (refused.status_code, refused.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("audio", "kind", "status"),
    [
        (b"", "audio/wav", 422),
        (b"PK\x03\x04" + b"\0" * 100, "audio/wav", 415),
        (b"words " * 50, "text/plain", 415),
        (b"words " * 50, "application/octet-stream", 415),
    ],
)
async def test_what_is_no_audio_is_refused_over_http(house: Served, audio: bytes, kind: str, status: int) -> None:
    session_id = await interview(house, "kim")
    async with candidate(house, session_id) as http:
        answer = await upload(http, session_id, audio, kind=kind)
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error", "message", "details", "info"}


async def test_raw_samples_over_http_say_their_rate(house: Served) -> None:
    session_id = await interview(house, "kim")
    async with candidate(house, session_id) as http:
        audio = pcm(spoken(0.3, "one", 0.3))
        answer = await upload(http, session_id, audio, kind="application/octet-stream", audio_format="pcm")
        assert answer.status_code == 201, answer.text
        assert (await heard(http, session_id))[0]["text"] == "one"


async def test_spec_6_1_exactly_the_quoted_words_can_be_listened_to(house: Served) -> None:
    """Of plain samples a compressed copy is kept, and its seconds are the same."""
    session_id = await interview(house, "kim")
    async with candidate(house, session_id) as http:
        audio = wav_file(pcm(spoken(0.3, "one", 0.5, "two", 0.5, "three", 0.3)))
        recording = (await upload(http, session_id, audio)).json()["recording_id"]
        await heard(http, session_id)
        transcript = (await http.get(f"/api/v1/sessions/{session_id}/transcript")).json()
        utterance = transcript["utterances"][0]
        (span,) = utterance["audio"]
        assert utterance["confidence"] == 0.9
        (start, end), word = next(
            ((s, t), at) for at, s, t in span["words"] if utterance["text"][at:].startswith("two")
        )
        assert word == utterance["text"].index("two")
        for _ in range(100):
            (item,) = (await http.get(f"/api/v1/sessions/{session_id}/audio")).json()["items"]
            if item["audio_format"] == "flac":
                break
            played = await http.get(f"/api/v1/sessions/{session_id}/audio/{recording}?from={start}&to={end}")
            assert words_in(played.content)[0] == [600]
            await asyncio.sleep(0.05)
        assert item["bytes"] < len(audio)
        played = await http.get(f"/api/v1/sessions/{session_id}/audio/{recording}?from={start}&to={end}")
        assert played.headers["content-type"] == "audio/wav"
        pitches, length_s = words_in(played.content)
        assert pitches == [600]
        assert abs(length_s - (end - start)) < 0.01
        whole = await http.get(f"/api/v1/sessions/{session_id}/audio/{recording}")
        assert (whole.headers["content-type"], whole.content[:4]) == ("audio/flac", b"fLaC")
    assert await house.house.blobs.total() == item["bytes"]


async def test_what_came_compressed_is_kept_as_it_came(house: Served) -> None:
    session_id = await interview(house, "kim")
    audio = encoded(spoken(0.5, "one", 0.5, "two", 0.5), *FORMATS["webm"])
    async with candidate(house, session_id) as http:
        recording = (await upload(http, session_id, audio, kind="audio/webm;codecs=opus")).json()["recording_id"]
        await heard(http, session_id)
        whole = await http.get(f"/api/v1/sessions/{session_id}/audio/{recording}")
        assert (whole.headers["content-type"], whole.content) == ("audio/webm", audio)
        part = await http.get(f"/api/v1/sessions/{session_id}/audio/{recording}?from=1.1&to=1.9")
        assert words_in(part.content)[0] == [600]


@pytest.mark.parametrize("query", ["from=1", "to=1", "from=2&to=1", "from=-1&to=1", "from=0&to=700", "from=x&to=1"])
async def test_a_range_that_is_none_is_refused(house: Served, query: str) -> None:
    session_id = await interview(house, "kim")
    async with candidate(house, session_id) as http:
        recording = (await upload(http, session_id, wav_file(pcm(spoken("one"))))).json()["recording_id"]
        answer = await http.get(f"/api/v1/sessions/{session_id}/audio/{recording}?{query}")
        assert answer.status_code == 422


async def test_staff_and_the_speaker_listen_and_nobody_else(house: Served) -> None:
    session_id = await interview(house, "kim")
    async with candidate(house, session_id) as http:
        recording = (await upload(http, session_id, wav_file(pcm(spoken("one"))))).json()["recording_id"]
    path = f"/api/v1/sessions/{session_id}/audio"
    async with house.http(house.token("rec", "recruiter")) as http:
        assert (await http.get(f"{path}/{recording}")).status_code == 200
        assert (await http.get(f"{path}/nothing")).status_code == 404
    async with house.http(house.token("obs", "observer", session_id)) as http:
        assert (await http.get(path)).json()["items"] == []
        assert (await http.get(f"{path}/{recording}")).status_code == 403
        assert (await upload(http, session_id, wav_file(pcm(spoken("one"))))).status_code == 403
    async with house.http(house.token("stranger", "recruiter")) as http:
        assert (await http.get(f"{path}/{recording}")).status_code == 404
    async with house.http(house.token("rec", "recruiter")) as http:
        assert (await upload(http, session_id, wav_file(pcm(spoken("one"))))).json()["error"] == "forbidden"


async def test_spec_6_9_nothing_is_captured_before_consent_in_production(tmp_path: Path) -> None:
    speech = ToneSpeech()
    async with served(tmp_path / "p", speech, mode="production", public_url="http://x") as house:
        await speech.ready()
        session_id = await interview(house, "kim")
        async with candidate(house, session_id) as http:
            refused = await upload(http, session_id, wav_file(pcm(spoken("one"))))
            assert (refused.status_code, refused.json()["info"]["reason"]) == (409, "consent_required")
        async with house.socket(session_id, house.token("kim", "candidate", session_id)) as ws:
            await receive(ws)
            await send(ws, "audio_start", audio_format="pcm", sample_rate=16_000)
            assert (await receive(ws))["data"]["error"] == "conflict"
            await ws.send(pcm(spoken("one")))
        assert await house.house.blobs.total() == 0


async def test_spec_6_1_a_report_of_a_spoken_interview_says_so_and_can_be_listened_to(house: Served) -> None:
    session_id = await interview(house, "kim")
    async with candidate(house, session_id) as http:
        for word in ("one", "two"):
            await upload(http, session_id, wav_file(pcm(spoken(0.2, word, 0.2))))
            await asyncio.sleep(0.3)
        await heard(http, session_id, 2)
    async with house.http(house.token("rec", "recruiter")) as http:
        await http.post(f"/api/v1/sessions/{session_id}/end")
        waiting = await http.get(f"/api/v1/sessions/{session_id}/report")
        assert (waiting.status_code, waiting.json()["info"]["reason"]) == (409, "report_unconfirmed")
    async with candidate(house, session_id) as http:
        first, second = (await http.get(f"/api/v1/sessions/{session_id}/transcript")).json()["spoken"]
        flags = f"/api/v1/sessions/{session_id}/transcript/flags"
        await http.post(flags, json={"utterance_id": first["utterance_id"], "correction": "none"})
        shown = (await http.post(flags, json={"utterance_id": second["utterance_id"]})).json()
        assert [said["flag"] for said in shown["spoken"]] == [{"correction": "none"}, {"correction": ""}]
        assert shown["confirmation"]["status"] == "awaiting"
        confirmation = f"/api/v1/sessions/{session_id}/transcript/confirmation"
        for _ in range(2):
            assert (await http.post(confirmation)).json()["confirmation"]["status"] == "confirmed"
        late = await http.post(flags, json={"utterance_id": second["utterance_id"], "correction": "three"})
        assert (late.status_code, late.json()["info"]["reason"]) == (409, "transcript_closed")
    async with house.http(house.token("rec", "recruiter")) as http:
        for _ in range(100):
            answer = await http.get(f"/api/v1/sessions/{session_id}/report")
            if answer.status_code == 200:
                break
            await asyncio.sleep(0.1)
        report = answer.json()
        spans = [span for utterance in report["transcript"] for span in utterance["audio"]]
        assert len(spans) == 2
        disputes = {
            dispute["heard"]: dispute["correction"] for said in report["transcript"] for dispute in said["disputes"]
        }
        assert disputes == {"one": "none", "two": ""}
        assert "none" in "".join(said["text"] for said in report["transcript"])
        assert any("flagged" in notice for notice in report["notices"])
        assert any("by voice" in notice for notice in report["notices"])
        assert not any("in writing" in notice for notice in report["notices"])
        for span in spans:
            query = f"from={span['start_s']}&to={span['end_s']}"
            played = await http.get(f"/api/v1/sessions/{session_id}/audio/{span['recording_id']}?{query}")
            assert len(words_in(played.content)[0]) == 1
