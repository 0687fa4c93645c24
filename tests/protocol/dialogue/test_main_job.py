"""The main job: a recruiter creates an interview, a candidate comes by the link, talks, and a report with evidence
comes out (SPEC 2, 6.1, 6.2, 6.9)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.protocol.house import Served, receive, send

ANSWERS = (
    "When our checkout latency tripled in 2023 I profiled the service and found an N+1 query in the pricing call."
    " I replaced it with one batched query, and the p95 fell from 900 ms to 180 ms within a week.",
    "I looked at traces first because metrics alone did not tell which call was slow; I compared two hypotheses.",
    "My team of five disagreed, so I proposed a spike of one day; we compared the results and decided together.",
    "I wrote down what we had learnt, added an alert on the query count, and it never came back.",
)


async def recruiter(house: Served) -> httpx.AsyncClient:
    """Signed in by a one-time link, as after `make run`."""
    admin = await house.house.users.ensure_admin("admin@localhost", "Admin")
    link = await house.house.sign_in.make_link(admin.user_id)
    async with house.http() as http:
        granted = (await http.post("/api/v1/auth/links", json={"token": link})).json()
        again = await http.post("/api/v1/auth/links", json={"token": link})
        assert again.status_code == 401, "a link signs in once"
    return house.http(granted["access_token"])


async def invited(house: Served, staff: httpx.AsyncClient, **config: Any) -> tuple[str, str, dict[str, Any]]:
    body = {"kind": "dialogue", "role": "Backend engineer", "language": "en", "duration_minutes": 20} | config
    session = await staff.post("/api/v1/sessions", json=body)
    assert session.status_code == 201, session.text
    session_id = session.json()["session_id"]
    invitation = await staff.post(f"/api/v1/sessions/{session_id}/invitations", json={"name": "Mina Park"})
    assert invitation.status_code == 201, invitation.text
    async with house.http() as http:
        accepted = await http.post("/api/v1/invitations/accept", json={"token": invitation.json()["token"]})
        assert accepted.status_code == 200, accepted.text
    return session_id, accepted.json()["access_token"], invitation.json()


async def interview(house: Served, session_id: str, token: str) -> None:
    async with house.socket(session_id, token) as ws:
        await receive(ws, "connected")
        await send(ws, "connect", features=["opening"])
        await receive(ws, "ai_response")
        for answer in ANSWERS:
            await send(ws, "text_input", text=answer)
            await receive(ws, "ai_response")
        await send(ws, "end_session")
        await receive(ws, "session_ended")


async def report_of(staff: httpx.AsyncClient, session_id: str) -> dict[str, Any]:
    for _ in range(100):
        answer = await staff.get(f"/api/v1/sessions/{session_id}/report")
        if answer.status_code == 200:
            return dict(answer.json())
        assert answer.status_code == 409
        await asyncio.sleep(0.05)
    raise AssertionError("no report came")


async def test_from_invitation_to_report(house: Served) -> None:
    staff = await recruiter(house)
    async with staff:
        competencies = ["problem_solving", "teamwork", "customer_focus"]
        session_id, token, _ = await invited(house, staff, competencies=competencies)
        async with house.http(token) as candidate:
            consent = {"purposes": ["interview", "evaluation"], "agreed": True}
            assert (await candidate.post(f"/api/v1/sessions/{session_id}/consents", json=consent)).status_code == 200
            await interview(house, session_id, token)
            assert (await candidate.get(f"/api/v1/sessions/{session_id}/report")).status_code == 403
            messages = (await candidate.get(f"/api/v1/sessions/{session_id}/messages")).json()["items"]
            assert not any("reason" in message for message in messages)

        sealed = await report_of(staff, session_id)
        assert sealed["sealed"] is True
        assert all(criterion["score"] is None for criterion in sealed["scorecard"]["criteria"])
        assert (await staff.get(f"/api/v1/sessions/{session_id}/history?limit=500")).text.count("answer_quality") == 0

        own = {
            "criteria": [{"criterion_id": name, "score": 3, "comment": ""} for name in competencies],
            "recommendation": "yes",
            "comment": "",
        }
        wrong = {**own, "criteria": own["criteria"][:1]}
        assert (await staff.post(f"/api/v1/sessions/{session_id}/scorecards", json=wrong)).status_code == 422
        assert (await staff.post(f"/api/v1/sessions/{session_id}/scorecards", json=own)).status_code == 201
        assert (await staff.post(f"/api/v1/sessions/{session_id}/scorecards", json=own)).status_code == 409

        report = await report_of(staff, session_id)
        assert report["sealed"] is False
        texts = {utterance["utterance_id"]: utterance for utterance in report["transcript"]}
        scored = [criterion for criterion in report["scorecard"]["criteria"] if criterion["verdict"] == "scored"]
        assert scored
        for criterion in scored:  # SPEC 6.1: every score stands on words that were said
            assert criterion["evidence"]
            for evidence in criterion["evidence"]:
                said = texts[evidence["utterance_id"]]
                assert said["speaker"] == "candidate"
                assert said["text"][evidence["start"] : evidence["end"]] == evidence["quote"]
        silent = [c for c in report["scorecard"]["criteria"] if c["verdict"] == "insufficient_evidence"]
        assert all(criterion["score"] is None for criterion in silent)
        assert report["differences"]

        pdf = await staff.get(f"/api/v1/sessions/{session_id}/report.pdf")
        assert pdf.status_code == 200 and pdf.content.startswith(b"%PDF")
        audit = (await staff.get("/api/v1/audit")).json()["items"]
        assert any("report" in entry["action"] for entry in audit)


async def test_a_revoked_invitation_stops_working_at_once(house: Served) -> None:
    staff = await recruiter(house)
    async with staff:
        session_id, token, invitation = await invited(house, staff)
        async with house.socket(session_id, token) as ws:
            await receive(ws, "connected")
            await send(ws, "ping")
            await receive(ws, "pong")
            path = f"/api/v1/sessions/{session_id}/invitations/{invitation['invitation_id']}"
            assert (await staff.delete(path)).status_code == 204
            assert (await receive(ws, "error"))["data"]["error"] == "forbidden"
        async with house.http(token) as candidate:
            assert (await candidate.get(f"/api/v1/sessions/{session_id}")).status_code in (401, 403)
            again = await candidate.post("/api/v1/invitations/accept", json={"token": invitation["token"]})
            assert again.status_code in (401, 403, 404, 409)


async def test_who_withdraws_gets_no_report_made(house: Served) -> None:
    staff = await recruiter(house)
    async with staff:
        session_id, token, _ = await invited(house, staff)
        async with house.http(token) as candidate:
            await candidate.post(f"/api/v1/sessions/{session_id}/messages", json={"text": "hello"})
            assert (await candidate.post(f"/api/v1/sessions/{session_id}/withdraw", json={})).status_code == 200
        assert (await staff.get(f"/api/v1/sessions/{session_id}/report")).status_code == 404
        assert (await staff.get(f"/api/v1/sessions/{session_id}")).json()["end_reason"] == "withdrawn"


@pytest.mark.parametrize("language", ["ko", "zh"])
async def test_the_interview_speaks_its_language(house: Served, language: str) -> None:
    staff = await recruiter(house)
    async with staff:
        session_id, token, _ = await invited(house, staff, language=language)
        async with house.http(token) as candidate:
            reply = await candidate.post(f"/api/v1/sessions/{session_id}/messages", json={"text": "안녕하세요 你好"})
            letters = reply.json()["ai_response"]
        block = ("가", "힣") if language == "ko" else ("一", "鿿")
        assert sum(block[0] <= letter <= block[1] for letter in letters) > len(letters) / 3
