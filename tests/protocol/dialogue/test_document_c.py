"""SPEC 2: document C's clients as printed, and what clients that ask for more get."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.protocol.house import Served, receive, send, silence
from vivavoce.domain.session import commands as c

AI_RESPONSE_FIELDS = {
    "user_input",
    "ai_response",
    "response_type",
    "strategy_used",
    "focus_area",
    "confidence",
    "processing_time",
    "transcription_info",
}


async def test_the_printed_python_client_takes_the_very_next_message_as_the_answer(house: Served) -> None:
    async with house.socket() as ws:
        connected = json.loads(await ws.recv())
        assert connected["type"] == "connected"
        assert connected["data"]["status"] == "connected"
        assert connected["data"]["server_info"]["version"]
        session_id = connected["session_id"]
        for text in ("Hello, I am ready.", "I led the move of our billing service.", "I do not know."):
            await send(ws, "text_input", session_id, text=text, context={})
            answer = json.loads(await ws.recv())
            assert answer["type"] == "ai_response"
            assert answer["session_id"] == session_id
            assert set(answer["data"]) >= AI_RESPONSE_FIELDS
            assert set(answer["data"]["transcription_info"]) >= {"confidence", "duration", "language"}
            assert answer["data"]["user_input"] == text
            assert answer["data"]["ai_response"]
        await silence(ws)


async def test_the_language_of_the_first_words_is_the_interviews(house: Served) -> None:
    async with house.socket() as ws:
        session_id = (await receive(ws))["session_id"]
        await send(ws, "text_input", session_id, text="안녕하세요, 준비됐습니다.", language="ko")
        answer = await receive(ws)
        assert any("가" <= letter <= "힣" for letter in answer["data"]["ai_response"])
        await send(ws, "text_input", session_id, text="저는 결제 팀에서 일했습니다.", language="en")
        answer = await receive(ws)
        assert any("가" <= letter <= "힣" for letter in answer["data"]["ai_response"])
        await send(ws, "text_input", session_id, text="Hallo", language="de")
        refused = await receive(ws)
        assert (refused["type"], refused["data"]["error"]) == ("error", "invalid_payload")


async def test_a_placeholder_token_is_a_guest_too(house: Served) -> None:
    async with house.socket("interview_123", query="?token=your_jwt_token_here") as ws:
        assert (await receive(ws))["session_id"] == "interview_123"
        await send(ws, "text_input", "interview_123", text="Hello")
        assert (await receive(ws))["type"] == "ai_response"


async def test_the_printed_browser_client_connects_first_and_hears_of_the_stages(house: Served) -> None:
    async with house.socket() as ws:
        session_id = (await receive(ws))["session_id"]
        await send(ws, "connect", session_id, interview_style="technical", client_info={"user_agent": "x"})
        assert (await receive(ws))["type"] == "connected"
        await send(ws, "text_input", session_id, text="Hello", context="warm-up")
        kinds = []
        while not kinds or kinds[-1] != "ai_response":
            message = await receive(ws)
            kinds.append(message["type"])
            if message["type"] == "status":
                assert message["data"]["status"] and message["data"]["message"]
        assert kinds[0] == "status"
        assert set(kinds) == {"status", "ai_response"}
        state = await house.house.sessions.state(session_id)
        assert state.config.interview_style == "technical"


async def test_ping_is_answered_and_disconnect_leaves_the_session_open(house: Served) -> None:
    async with house.socket() as ws:
        session_id = (await receive(ws))["session_id"]
        await send(ws, "ping", session_id)
        pong = await receive(ws)
        assert pong["type"] == "pong" and pong["data"]["timestamp"].endswith("Z")
        await send(ws, "text_input", session_id, text="Hello")
        await receive(ws, "ai_response")
        await send(ws, "disconnect", session_id)
        with pytest.raises(ConnectionClosed):
            await receive(ws)
        assert ws.close_code == 1000
    assert (await house.house.sessions.state(session_id)).status == "live"


async def test_end_session_ends_it_and_names_the_report(house: Served) -> None:
    async with house.socket() as ws:
        session_id = (await receive(ws))["session_id"]
        await send(ws, "text_input", session_id, text="Hello")
        await receive(ws, "ai_response")
        await send(ws, "end_session", session_id)
        ended = await receive(ws)
        assert (ended["type"], ended["data"]["report_url"]) == (
            "session_ended",
            f"/api/v1/sessions/{session_id}/report",
        )
        await send(ws, "text_input", session_id, text="One more thing")
        assert (await receive(ws))["data"]["error"] == "conflict"


async def test_an_end_the_client_did_not_ask_for_is_not_told_to_a_bare_client(house: Served) -> None:
    async with house.socket() as ws:
        session_id = (await receive(ws))["session_id"]
        await send(ws, "text_input", session_id, text="Hello")
        await receive(ws, "ai_response")
        await house.house.sessions.submit(session_id, c.EndSession(by="guest:anonymous", role="interviewer"), "x")
        await silence(ws)


async def test_deltas_come_before_the_whole_reply_and_join_to_it(house: Served) -> None:
    async with house.socket() as ws:
        await receive(ws)
        await send(ws, "connect", features=["deltas", "status", "made_up"])
        await receive(ws, "connected")
        await send(ws, "text_input", text="Hello", client_id="c1")
        parts = []
        while (message := await receive(ws))["type"] != "ai_response":
            if message["type"] == "ai_response_delta":
                parts.append(message["data"]["text"])
            elif message["data"]["status"] == "processing":
                assert message["data"]["client_id"] == "c1"
                assert message["data"]["seq"] > 0
        assert "".join(parts) == message["data"]["ai_response"]
        assert message["data"]["client_id"] == "c1"
        assert message["data"]["input_seq"] < message["data"]["seq"]


async def test_spec_0_3_the_same_input_twice_happens_once_and_gets_the_same_answer(house: Served) -> None:
    async with house.socket("twice") as ws:
        await receive(ws)
        await send(ws, "text_input", text="Hello", client_id="c1")
        first = await receive(ws, "ai_response")
        await send(ws, "text_input", text="Hello", client_id="c1")
        assert (await receive(ws, "ai_response"))["data"] == first["data"]
    async with house.socket("twice") as ws:  # on another connection as well
        await receive(ws)
        await send(ws, "text_input", text="Hello", client_id="c1")
        assert (await receive(ws, "ai_response"))["data"] == first["data"]
    assert len((await house.house.sessions.state("twice")).inputs) == 1


async def exchange(house: Served, session_id: str, *texts: str) -> list[dict[str, Any]]:
    answers = []
    async with house.socket(session_id) as ws:
        await receive(ws)
        for text in texts:
            await send(ws, "text_input", text=text)
            answers.append((await receive(ws, "ai_response"))["data"])
    return answers


@pytest.mark.parametrize("way", ["query", "connect"])
async def test_spec_0_2_who_comes_back_gets_exactly_what_was_missed(house: Served, way: str) -> None:
    answers = await exchange(house, "resumed", "one", "two", "three")
    state = await house.house.sessions.open("resumed")
    last, epoch = answers[0]["seq"], state.epoch
    query = f"?last_seq={last}&epoch={epoch}" if way == "query" else ""
    async with house.socket("resumed", query=query) as ws:
        greeting = await receive(ws)
        if way == "connect":
            await send(ws, "connect", "resumed", last_seq=last, epoch=epoch)
            greeting = await receive(ws)
        assert greeting["data"]["recovered"] is True
        assert greeting["data"]["last_seq"] == state.published
        missed = [(await receive(ws, "ai_response"))["data"] for _ in range(2)]
        assert missed == answers[1:]
        await silence(ws, 0.2)


@pytest.mark.parametrize("wrong", ["epoch", "beyond"])
async def test_spec_0_2_what_cannot_be_recovered_comes_as_a_snapshot(house: Served, wrong: str) -> None:
    answers = await exchange(house, "lost", "one", "two")
    session = await house.house.sessions.open("lost")
    last_seq = answers[0]["seq"] if wrong == "epoch" else 9999
    async with house.socket("lost") as ws:
        await receive(ws)
        epoch = "another history" if wrong == "epoch" else session.epoch
        await send(ws, "connect", "lost", last_seq=last_seq, epoch=epoch)
        assert (await receive(ws))["data"]["recovered"] is False
        snapshot = await receive(ws)
        assert snapshot["type"] == "snapshot"
        assert (snapshot["data"]["epoch"], snapshot["data"]["last_seq"]) == (session.epoch, session.published)
        said = [message["text"] for message in snapshot["data"]["state"]["messages"]]
        assert said == ["one", answers[0]["ai_response"], "two", answers[1]["ai_response"]]
        await silence(ws, 0.2)


async def test_connect_moves_the_socket_to_another_session_if_it_may(house: Served) -> None:
    await exchange(house, "first", "hello")
    async with house.socket("second") as ws:
        await receive(ws)
        await send(ws, "connect", "first")
        assert (await receive(ws))["session_id"] == "first"
        await send(ws, "text_input", "first", text="I am here now")
        assert (await receive(ws, "ai_response"))["session_id"] == "first"
        await send(ws, "text_input", "second", text="to the wrong place")
        assert (await receive(ws, "error"))["data"]["error"] == "invalid_payload"


async def test_think_time_asks_for_patience(house: Served) -> None:
    async with house.socket() as ws:
        await receive(ws)
        await send(ws, "text_input", text="Hello")
        await receive(ws, "ai_response")
        await send(ws, "think_time", seconds=45)
        assert (await receive(ws, "status"))["data"]["status"] == "waiting"
        await send(ws, "think_time", seconds=100_000)
        assert (await receive(ws, "error"))["data"]["info"]["field"] == "data.seconds"


async def test_a_new_input_interrupts_a_reply_under_way(house: Served) -> None:
    """Both inputs are taken up by one reply, for clients that stream."""
    async with house.socket("quick") as ws:
        await receive(ws)
        await send(ws, "connect", features=["deltas"])
        await receive(ws, "connected")
        await asyncio.gather(send(ws, "text_input", text="First thought."), send(ws, "text_input", text="And this."))
        answers = [(await receive(ws, "ai_response"))["data"]]
        if "And this." not in answers[0]["user_input"]:
            answers.append((await receive(ws, "ai_response"))["data"])
    state = await house.house.sessions.state("quick")
    assert [entry.text for entry in state.inputs] == ["First thought.", "And this."]
    assert all(entry.answered_by for entry in state.inputs)


async def test_the_opening_comes_first_for_those_who_ask(house: Served) -> None:
    async with house.socket("opened") as ws:
        await receive(ws)
        await send(ws, "connect", features=["opening"], language="ko", role="백엔드 개발자")
        await receive(ws, "connected")
        opening = await receive(ws, "ai_response")
        assert (opening["data"]["user_input"], opening["data"]["strategy_used"]) == ("", "opening")
        assert any("가" <= letter <= "힣" for letter in opening["data"]["ai_response"])


async def test_audio_is_unavailable_until_there_is_voice(house: Served) -> None:
    async with house.socket() as ws:
        await receive(ws)
        await send(ws, "audio_input", audio_data="UklGRg==", audio_format="wav")
        assert (await receive(ws))["data"]["error"] == "unavailable"
        await ws.send(b"\x00\x01")
        assert (await receive(ws))["data"]["error"] == "unavailable"


async def test_http_and_sockets_share_one_conversation(house: Served) -> None:
    await exchange(house, "shared", "over the socket")
    async with house.http() as http:
        answer = await http.post("/api/v1/sessions/shared/messages", json={"text": "over HTTP", "client_id": "h1"})
        assert answer.status_code in (200, 201), answer.text
        assert set(answer.json()) >= AI_RESPONSE_FIELDS
        messages = (await http.get("/api/v1/sessions/shared/messages")).json()["items"]
        assert [m["text"] for m in messages if m["role"] == "candidate"] == ["over the socket", "over HTTP"]
