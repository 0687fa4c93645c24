"""SPEC 0.4–0.7: who may come in, and what bad input gets at the dialogue door."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.protocol.house import SECRET, Served, receive, send, served
from vivavoce.domain.session import commands as c

DEEP = "[" * 1000 + "]" * 1000


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("not json", "invalid_payload"),
        ("[1, 2]", "invalid_payload"),
        ("{}", "invalid_payload"),
        ('{"type": "no_such_type", "data": {}}', "invalid_payload"),
        ('{"type": 5, "data": {}}', "invalid_payload"),
        ('{"type": "text_input", "data": {"text": 5}}', "invalid_payload"),
        ('{"type": "text_input", "data": {}}', "invalid_payload"),
        ('{"type": "text_input", "data": "text"}', "invalid_payload"),
        ('{"type": "text_input", "data": {"text": ""}}', "invalid_payload"),
        ('{"type": "text_input", "data": {"text": "   "}}', "invalid_payload"),
        ('{"type": "text_input", "data": {"text": "a", "client_id": ""}}', "invalid_payload"),
        ('{"type": "text_input", "data": {"text": "a", "client_id": "%s"}}' % ("x" * 65), "invalid_payload"),
        (json.dumps({"type": "text_input", "data": {"text": "x" * 20_000}}), "too_large"),
        (json.dumps({"type": "text_input", "data": {"text": "a", "context": "x" * 70_000}}), "too_large"),
        ('{"type": "text_input", "data": {"text": "a", "context": ' + DEEP + "}}", "invalid_payload"),
        ('{"type": "think_time", "data": {"seconds": NaN}}', "invalid_payload"),
        ('{"type": "think_time", "data": {"seconds": %s}}' % ("9" * 20_000), "invalid_payload"),
        ('{"type": "think_time", "data": {"seconds": -1}}', "invalid_payload"),
        ('{"type": "connect", "data": {"interview_style": "rude"}}', "invalid_payload"),
        ('{"type": "connect", "data": {"duration_minutes": 0, "language": "en"}}', "invalid_payload"),
        ('{"type": "connect", "data": {"competencies": ["juggling"]}}', "invalid_payload"),
        ('{"type": "connect", "session_id": "../../etc", "data": {}}', "invalid_payload"),
    ],
)
async def test_spec_0_4_bad_messages_are_answered_and_the_connection_lives(house: Served, sent: str, code: str) -> None:
    async with house.socket("bad_input") as ws:
        await receive(ws)
        await ws.send(sent)
        error = await receive(ws, "error")
        assert error["data"]["error"] == code
        assert error["data"]["message"]
        assert set(error["data"]) == {"error", "message", "details", "info"}
        assert error["data"]["info"]["reason"]
        await send(ws, "ping")
        assert (await receive(ws))["type"] == "pong"
    session = await house.house.sessions.open("bad_input")
    assert not session.state.inputs, "nothing of it is stored"


async def test_errors_come_in_the_sessions_language(house: Served) -> None:
    async with house.socket() as ws:
        await receive(ws)
        await send(ws, "connect", language="ko")
        await receive(ws, "connected")
        await send(ws, "text_input", text="")
        message = (await receive(ws, "error"))["data"]["message"]
        assert any("가" <= letter <= "힣" for letter in message)


def forged(**changed: object) -> str:
    claims = {"sub": "eve", "role": "admin", "exp": int(time.time()) + 600, **changed}
    return jwt.encode(claims, "somebody-elses-secret-that-is-long-enough", algorithm="HS256")


def unsigned() -> str:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'sub': 'eve', 'role': 'admin', 'exp': 9999999999})}."


def expired() -> str:
    return jwt.encode({"sub": "ann", "role": "recruiter", "exp": int(time.time()) - 600}, SECRET, algorithm="HS256")


def endless() -> str:
    return jwt.encode({"sub": "ann", "role": "recruiter"}, SECRET, algorithm="HS256")


@pytest.mark.parametrize("token", [forged(), unsigned(), expired(), endless(), "a.b.c"])
async def test_spec_0_5_a_bad_jwt_is_refused_even_where_guests_are_welcome(house: Served, token: str) -> None:
    async with house.socket("any", query=f"?token={token}") as ws:
        assert (await receive(ws))["data"]["error"] == "unauthorized"
        with pytest.raises(ConnectionClosed):
            await receive(ws)
        assert ws.close_code == 4401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Host": "interviews.example.org"},
    ],
)
async def test_spec_0_5_nobody_is_a_guest_behind_a_proxy(house: Served, headers: dict[str, str]) -> None:
    async with house.socket("any") as direct:
        assert (await receive(direct))["type"] == "connected"
    async with house.http() as http:
        answer = await http.get("/api/v1/sessions", headers=headers)
        assert answer.status_code == 401


async def test_an_evil_origin_is_refused_at_the_handshake(house: Served) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with house.socket("any", origin="https://evil.example"):
            pass
    assert caught.value.response.status_code == 403


async def test_spec_0_5_in_production_there_are_no_guests(tmp_path: Path) -> None:
    async with served(tmp_path / "p", mode="production") as house, house.socket("any") as ws:
        assert (await receive(ws))["data"]["error"] == "unauthorized"
        with pytest.raises(ConnectionClosed):
            await receive(ws)
        assert ws.close_code == 4401


async def test_spec_0_6_a_session_that_does_not_exist_is_made_only_by_those_who_may(house: Served) -> None:
    candidate = house.token("cand", "candidate")
    async with house.socket("nowhere", candidate) as ws:
        assert (await receive(ws))["data"]["error"] == "not_found"
        with pytest.raises(ConnectionClosed):
            await receive(ws)
        assert ws.close_code == 4404
    async with house.socket("made_here", house.token("ann", "recruiter")) as ws:
        await receive(ws, "connected")
        await send(ws, "text_input", text="a trial run")
        await receive(ws, "ai_response")
    assert (await house.house.sessions.state("made_here")).created_by == "ann"


async def test_somebody_elses_session_is_not_found(house: Served) -> None:
    async with house.socket("anns", house.token("ann", "recruiter")) as ws:
        await receive(ws)
        await send(ws, "text_input", text="mine")
        await receive(ws, "ai_response")
    for stranger in (house.token("ben", "recruiter"), house.token("cyd", "candidate"), None):
        async with house.socket("anns", stranger) as ws:
            assert (await receive(ws))["data"]["error"] == "not_found"
        async with house.http(stranger) as http:
            for path in ("", "/messages", "/history", "/transcript", "/report"):
                assert (await http.get(f"/api/v1/sessions/anns{path}")).status_code == 404


async def test_spec_5_a_claim_makes_a_member_and_a_removal_cuts_at_once(house: Served) -> None:
    sessions = house.house.sessions
    async with house.socket("shared", house.token("ann", "recruiter")) as ws:
        await receive(ws)
        await send(ws, "connect", role="tester")
        await receive(ws, "connected")
    token = house.token("cand", "candidate", "shared")
    async with house.socket("shared", token) as ws:
        await receive(ws, "connected")
        await send(ws, "text_input", text="hello")
        await receive(ws, "ai_response")
        await sessions.submit("shared", c.RemoveMember(user_id="cand"), "ann")
        assert (await receive(ws, "error"))["data"]["error"] == "forbidden"
        with pytest.raises(ConnectionClosed):
            await receive(ws)
        assert ws.close_code == 4403
    async with house.socket("shared", token) as ws:
        assert (await receive(ws))["data"]["error"] == "forbidden"


async def test_spec_0_5_a_user_id_that_contradicts_the_token_is_forbidden(house: Served) -> None:
    async with house.socket("ids", house.token("42", "recruiter")) as ws:
        await receive(ws)
        await send(ws, "text_input", text="it is me", user_id=42)
        assert (await receive(ws))["type"] == "ai_response"
        await send(ws, "text_input", text="I am somebody else", user_id="43")
        assert (await receive(ws, "error"))["data"]["error"] == "forbidden"


async def test_a_guest_is_who_it_names_first(house: Served) -> None:
    async with house.socket("guests") as ws:
        await receive(ws)
        await send(ws, "text_input", text="hello", user_id="kim")
        await receive(ws, "ai_response")
        await send(ws, "text_input", text="hello", user_id="lee")
        assert (await receive(ws, "error"))["data"]["error"] == "forbidden"
    assert (await house.house.sessions.state("guests")).created_by == "guest:kim"


async def test_a_flood_is_refused_and_the_connection_lives(house: Served) -> None:
    async with house.socket("flood") as ws:
        await receive(ws)
        for _ in range(60):
            await send(ws, "ping")
        kinds = [(await receive(ws)) for _ in range(60)]
        refused = [m for m in kinds if m["type"] == "error"]
        assert refused and all(m["data"]["error"] == "rate_limited" for m in refused)
        assert all(m["data"]["info"]["retry_after"] > 0 for m in refused)


async def test_a_token_can_be_refreshed_while_connected(house: Served) -> None:
    async with house.socket("refresh", house.token("ann", "recruiter", ttl_s=30)) as ws:
        await receive(ws)
        await send(ws, "connect")
        await receive(ws, "connected")
        await send(ws, "token_refresh", token=house.token("ann", "recruiter"))
        assert (await receive(ws, "status"))["data"]["status"] == "token_refreshed"
        await send(ws, "token_refresh", token=house.token("ben", "recruiter"))
        assert (await receive(ws, "error"))["data"]["error"] == "forbidden"


async def test_a_ticket_opens_one_socket_once(house: Served) -> None:
    async with house.http(house.token("ann", "recruiter")) as http:
        ticket = (await http.post("/api/v1/auth/tickets", json={})).json()["ticket"]
    async with house.socket("by_ticket", query=f"?ticket={ticket}") as ws:
        assert (await receive(ws))["type"] == "connected"
    async with house.socket("by_ticket", query=f"?ticket={ticket}") as ws:
        assert (await receive(ws))["data"]["error"] == "unauthorized"


async def test_spec_2_administrators_see_true_figures_and_guests_do_not(house: Served) -> None:
    async with house.socket("watched") as ws:
        await receive(ws)
        await send(ws, "text_input", text="hello")
        await receive(ws, "ai_response")
        async with house.http() as guest:
            assert (await guest.get("/api/v1/websocket/stats")).status_code == 403
        async with house.http(house.token("root", "admin")) as http:
            stats = (await http.get("/api/v1/websocket/stats")).json()
            figures = stats["data"]["websocket_stats"]
            assert stats["success"] is True
            assert (figures["active_connections"], figures["total_connections"]) == (1, 1)
            assert figures["messages_received"] == 1
            assert [entry["session_id"] for entry in stats["data"]["active_sessions"]] == ["watched"]
            for path, body in (("/sessions/watched/message", {"message": "hi"}), ("/broadcast", {"message": "all"})):
                assert (await http.post(f"/api/v1/websocket{path}", json=body)).status_code == 200
                assert (await receive(ws))["data"]["message"] == body["message"]


@pytest.mark.slow
async def test_spec_4_an_expiring_token_is_told_and_an_expired_one_closes_the_socket(house: Served) -> None:
    async with house.socket("expiring", house.token("ann", "recruiter", ttl_s=6)) as ws:
        await receive(ws)
        await send(ws, "connect")
        await receive(ws, "connected")
        warning = await receive(ws, "token_expiring", timeout_s=12)
        assert 0 < warning["data"]["expires_in"] <= 6
        assert (await receive(ws, "error", timeout_s=12))["data"]["error"] == "unauthorized"
        with pytest.raises(ConnectionClosed):
            await receive(ws)
        assert ws.close_code == 4001
