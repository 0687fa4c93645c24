"""Document B as its own clients run it (SPEC.md 3): one message out, one answer in, nothing unasked."""

from __future__ import annotations

import base64

import pytest

from tests.protocol.house import Served, served, silence
from tests.protocol.panel.conftest import ask, hear, interviewed, panel, say

STATUS = "/api/v1/realtime-interview/interview/session/{}/status"


async def test_spec_3_the_flow_of_test_session_xxx(house: Served) -> None:
    async with house.http() as http, panel(house, "test_session_123") as ws:
        status = await http.get(STATUS.format("test_session_123"))
        assert status.status_code == 200
        body = status.json()
        assert (body["session_id"], body["is_active"], body["speakers"]) == ("test_session_123", True, [])
        assert set(body) == {
            *("session_id", "is_active", "start_time", "duration", "total_transcripts", "total_evaluations", "speakers")
        }

        saved = await ask(ws, "speaker_note", speaker="지원자_1", note="답변이 구체적임", timestamp=1700000000.5)
        assert {key: saved[key] for key in ("type", "speaker", "note", "timestamp")} == {
            "type": "note_saved",
            "speaker": "지원자_1",
            "note": "답변이 구체적임",
            "timestamp": 1700000000.5,
        }

        summary = (await ask(ws, "evaluation_request"))["summary"]
        assert summary["session_id"] == "test_session_123"
        assert (summary["total_transcripts"], summary["total_evaluations"]) == (0, 0)
        assert summary["average_score"] is None
        assert summary["speaker_stats"] == {}

        answer = await ask(ws, "audio_chunk", audio_data="bm90IGF1ZGlv", timestamp=1700000001.0)
        assert answer["type"] == "audio_processed"
        assert answer["result"]["timestamp"] == 1700000001.0
        assert answer["result"]["success"] is False
        assert answer["result"]["error"]
        assert answer["result"]["transcription"] == {"text": "", "success": False}

        ended = await ask(ws, "session_end")
        assert ended["type"] == "session_ended"
        result = ended["final_result"]
        assert result["session_id"] == "test_session_123"
        assert result["start_time"] <= result["end_time"]
        assert result["duration"] >= 0
        assert (result["transcripts"], result["evaluations"]) == ([], [])
        assert [note["note"] for note in result["speaker_notes"]["지원자_1"]] == ["답변이 구체적임"]
        assert (await http.get(STATUS.format("test_session_123"))).status_code == 404


async def test_spec_3_the_status_of_an_unknown_session_is_404(house: Served) -> None:
    async with house.http() as http:
        answer = await http.get(STATUS.format("nobody"))
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_quiet_by_default_a_bare_socket_is_told_nothing_when_it_opens(house: Served) -> None:
    async with panel(house, "quiet") as ws:
        await silence(ws, 0.2)


@pytest.mark.parametrize("audio", ["###", "", base64.b64encode(b"x" * 200).decode()])
async def test_spec_3_every_chunk_gets_exactly_one_answer_whatever_is_in_it(house: Served, audio: str) -> None:
    async with panel(house, "chunks") as ws:
        for number in range(3):
            await say(ws, "audio_chunk", audio_data=audio, timestamp=number)
        answers = [await hear(ws) for _ in range(3)]
        assert [answer["type"] for answer in answers] == ["audio_processed"] * 3
        assert [answer["result"]["timestamp"] for answer in answers] == [0, 1, 2]
        assert not any(answer["result"]["success"] for answer in answers)
        await silence(ws, 0.1)


async def test_spec_3_whole_interview_ends_with_the_whole_final_result(house: Served) -> None:
    async with panel(house, "whole", "?features=transcript") as ws:
        await interviewed(ws)
        await say(ws, "evaluation_request")
        summary = (await hear(ws, "evaluation_summary"))["summary"]
        assert summary["total_evaluations"] == 2
        strong, weak = (item for item in summary["candidates"])
        assert (strong["speaker"], weak["speaker"]) == ("지원자_1", "지원자_2")
        assert 1 <= summary["average_score"] <= 5
        technical = strong["criteria"][0]
        assert [criterion["criterion_id"] for criterion in strong["criteria"]] == [
            *("technical", "experience", "character", "motivation")
        ]
        assert technical["evidence"][0]["quote"]
        assert technical["keywords"]
        assert strong["score"] > (weak["score"] or 0)
        await say(ws, "session_end")
        result = (await hear(ws, "session_ended"))["final_result"]
    assert [item["speaker"] for item in result["transcripts"]] == ["면접관_1", "지원자_1", "지원자_2"]
    assert {item["speaker"] for item in result["evaluations"]} == {"지원자_1", "지원자_2"}
    assert [item["final"] for item in result["evaluations"]].count(True) == 2
    assert result["speaker_stats"]["면접관_1"]["questions"] == 1
    texts = {item["utterance_id"]: item["text"] for item in result["transcripts"]}
    for evaluation in result["evaluations"]:
        for criterion in evaluation["criteria"]:
            for evidence in criterion["evidence"]:
                assert texts[evidence["utterance_id"]][evidence["start"] : evidence["end"]] == evidence["quote"]


async def test_spec_3_ping_after_silence(tmp_path: object) -> None:
    async with served(tmp_path, heartbeat_s=0.3) as house, panel(house, "silent") as ws:  # type: ignore[arg-type]
        message = await hear(ws)
        assert set(message) == {"type", "timestamp"}
        assert message["type"] == "ping"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"type": "speaker_note", "speaker": 5, "note": "x"}', "speaker"),
        ('{"type": "nonsense"}', "type"),
        ("[1]", ""),
        ('{"type": "speaker_note", "speaker": "A"}', ""),
    ],
)
async def test_spec_0_4_errors_have_the_documents_shape_and_close_nothing(house: Served, text: str, field: str) -> None:
    async with panel(house, "errors") as ws:
        await ws.send(text)
        error = await hear(ws)
        assert (error["type"], error["code"]) == ("error", "invalid_payload")
        assert isinstance(error["error"], str)
        assert error["info"].get("field", "") == field
        assert (await ask(ws, "speaker_note", speaker="A", note="still here"))["type"] == "note_saved"


async def test_spec_0_3_a_note_sent_twice_is_taken_once_and_answered_alike(house: Served) -> None:
    async with panel(house, "twice") as ws:
        first = await ask(ws, "speaker_note", speaker="지원자_1", note="good", client_id="n1")
        again = await ask(ws, "speaker_note", speaker="지원자_1", note="good", client_id="n1")
        assert again == first
        result = (await ask(ws, "session_end"))["final_result"]
        assert len(result["speaker_notes"]["지원자_1"]) == 1
