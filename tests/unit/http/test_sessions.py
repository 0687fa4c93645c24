"""Interviews over HTTP: creating, listing, belonging, talking, ending."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.fakes.api import ApiHouse

INTERVIEW = {
    "kind": "dialogue",
    "title": "First round",
    "language": "en",
    "role": "Backend engineer",
    "interview_style": "formal",
    "competencies": ["teamwork", "ownership"],
    "duration_minutes": 20,
    "job_description": "Payments",
    "resume": "Ten years of Python",
    "candidate_name": "Lee",
}
FIELDS = {
    "session_id", "kind", "title", "status", "language", "role", "interview_style", "competencies",
    "duration_minutes", "job_description", "resume", "candidate_name", "evaluation_visibility", "created_by",
    "created_at", "started_at", "ended_at", "end_reason", "elapsed_s", "remaining_s", "answered", "last_seq",
    "epoch", "report", "report_url", "my_role", "consent", "connected",
}  # fmt: skip


async def created(house: ApiHouse, client: Any, **changes: Any) -> str:
    answer = await client.post("/api/v1/sessions", json={**INTERVIEW, **changes})
    assert answer.status_code == 201, answer.text
    session_id: str = answer.json()["session_id"]
    return session_id


async def candidate_of(house: ApiHouse, client: Any, session_id: str, *, consents: bool = True) -> Any:
    """A client of a candidate who came in by an invitation."""
    invited = await client.post(f"/api/v1/sessions/{session_id}/invitations", json={"name": "Lee"})
    assert invited.status_code == 201, invited.text
    async with house.client() as anybody:
        accepted = await anybody.post("/api/v1/invitations/accept", json={"token": invited.json()["token"]})
    assert accepted.status_code == 200, accepted.text
    token = accepted.json()["access_token"]
    if consents:
        body = {"purposes": ["interview", "evaluation"], "agreed": True}
        async with house.client(token) as candidate:
            assert (await candidate.post(f"/api/v1/sessions/{session_id}/consents", json=body)).status_code == 200
    return house.client(token)


async def test_a_session_has_every_field_of_the_contract(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        answer = await client.post("/api/v1/sessions", json=INTERVIEW)
        session = answer.json()
        assert set(session) >= FIELDS
        assert {key: session[key] for key in INTERVIEW} == INTERVIEW
        assert (session["status"], session["my_role"], session["created_by"]) == ("scheduled", "recruiter", "rec")
        assert session["created_at"] == "2023-11-14T22:13:20.000Z"
        shown = await client.get(f"/api/v1/sessions/{session['session_id']}")
        assert shown.json() == session


@pytest.mark.parametrize("role", ["observer", "candidate", "student", "teacher"])
async def test_spec_0_6_only_creators_create(house: ApiHouse, role: Any) -> None:
    async with house.as_("u1", role) as client:
        assert (await client.post("/api/v1/sessions", json=INTERVIEW)).status_code == 403
        assert (await client.post("/api/v1/plan-previews", json=INTERVIEW)).status_code == 403


async def test_spec_0_6_a_chosen_id_is_taken_once(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        assert await created(house, client, session_id="interview_123") == "interview_123"
        again = await client.post("/api/v1/sessions", json={**INTERVIEW, "session_id": "interview_123"})
        assert (again.status_code, again.json()["info"]["reason"]) == (409, "session_exists")


async def test_lists_are_ones_own_newest_first_with_cursors(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client, house.as_("other", "recruiter") as other:
        mine = []
        for n in range(5):
            house.clock.advance(1)
            mine.append(await created(house, client, title=f"Round {n}"))
        await created(house, other, title="Not mine")
        seen: list[str] = []
        cursor: str | None = None
        while True:
            params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
            page = (await client.get("/api/v1/sessions", params=params)).json()
            seen += [item["session_id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == mine[::-1]
        found = (await client.get("/api/v1/sessions", params={"q": "round 3"})).json()["items"]
        assert [item["title"] for item in found] == ["Round 3"]
        await client.post(f"/api/v1/sessions/{mine[0]}/end", json={})
        ended = (await client.get("/api/v1/sessions", params={"status": "ended"})).json()["items"]
        assert [item["session_id"] for item in ended] == [mine[0]]
    async with house.as_("root", "admin") as admin:
        assert len((await admin.get("/api/v1/sessions")).json()["items"]) == 6


ON_A_SESSION = [
    ("GET", "", None),
    ("GET", "/messages", None),
    ("POST", "/messages", {"text": "hello"}),
    ("GET", "/history", None),
    ("GET", "/transcript", None),
    ("GET", "/participants", None),
    ("POST", "/participants", {"user_id": "u9", "role": "candidate"}),
    ("DELETE", "/participants/u9", None),
    ("GET", "/invitations", None),
    ("POST", "/invitations", {"name": "x"}),
    ("DELETE", "/invitations/inv_1", None),
    ("POST", "/consents", {"purposes": ["interview"], "agreed": True}),
    ("POST", "/end", {}),
    ("POST", "/withdraw", {}),
    ("GET", "/report", None),
    ("GET", "/report.pdf", None),
    ("GET", "/scorecards", None),
    ("POST", "/scorecards", {"criteria": [], "recommendation": "yes"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ON_A_SESSION)
async def test_spec_0_5_a_session_of_somebody_else_is_not_found_for_everything(
    house: ApiHouse, method: str, path: str, body: Any
) -> None:
    async with house.as_("rec", "recruiter") as owner, house.as_("spy", "recruiter") as spy:
        session_id = await created(house, owner)
        head = (await house.sessions.state(session_id)).head
        answer = await spy.request(method, f"/api/v1/sessions/{session_id}{path}", json=body)
        unknown = await spy.request(method, f"/api/v1/sessions/unknown{path}", json=body)
        assert answer.status_code == unknown.status_code == 404
        assert answer.json() == unknown.json()
        assert (await house.sessions.state(session_id)).head == head


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [entry for entry in ON_A_SESSION if entry[1] in (
        "/participants", "/participants/u9", "/invitations", "/invitations/inv_1", "/report", "/report.pdf",
        "/scorecards",
    )],
)  # fmt: skip
async def test_spec_6_candidates_get_neither_reports_nor_other_peoples_business(
    house: ApiHouse, method: str, path: str, body: Any
) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with await candidate_of(house, owner, session_id) as candidate:
            answer = await candidate.request(method, f"/api/v1/sessions/{session_id}{path}", json=body)
            assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


async def test_the_candidate_sees_no_job_description_and_no_cv(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with await candidate_of(house, owner, session_id) as candidate:
            shown = await candidate.get(f"/api/v1/sessions/{session_id}")
            assert shown.json()["my_role"] == "candidate"
            assert "Payments" not in shown.text
            assert "Ten years" not in shown.text
            history = await candidate.get(f"/api/v1/sessions/{session_id}/history")
            assert "Payments" not in history.text
            assert "Ten years" not in history.text
            listed = await candidate.get("/api/v1/sessions")
            assert [item["session_id"] for item in listed.json()["items"]] == [session_id]


async def test_spec_6_9_production_hears_nobody_before_consent(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with await candidate_of(house, owner, session_id, consents=False) as candidate:
            said = await candidate.post(f"/api/v1/sessions/{session_id}/messages", json={"text": "Hello"})
            assert (said.status_code, said.json()["info"]["reason"]) == (409, "consent_required")
            shown = await candidate.post(
                f"/api/v1/sessions/{session_id}/consents", json={"purposes": ["interview"], "agreed": True}
            )
            assert shown.json()["consent"] == {"interview": True}
            said = await candidate.post(f"/api/v1/sessions/{session_id}/messages", json={"text": "Hello"})
            assert said.status_code == 202


async def test_spec_2_going_on_over_http_waits_for_the_reply(house: ApiHouse) -> None:
    object.__setattr__(house.services, "reply_timeout_s", 20.0)
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with await candidate_of(house, owner, session_id) as candidate:
            body = {"text": "I led a team.", "client_id": "m-1", "context": {"page": 1}}
            saying = asyncio.create_task(candidate.post(f"/api/v1/sessions/{session_id}/messages", json=body))
            while not (await house.sessions.state(session_id)).inputs:
                await asyncio.sleep(0)
            await house.reply(session_id, "What did the team do?")
            reply = (await saying).json()
            assert (reply["user_input"], reply["ai_response"]) == ("I led a team.", "What did the team do?")
            assert reply["client_id"] == "m-1"
            assert reply["input_seq"] < reply["seq"]
            assert set(reply) >= {
                "response_type", "strategy_used", "focus_area", "confidence", "processing_time",
                "transcription_info", "event_id", "turn_id",
            }  # fmt: skip
            again = await candidate.post(f"/api/v1/sessions/{session_id}/messages", json=body)
            assert again.json() == reply
            assert len((await house.sessions.state(session_id)).inputs) == 1


async def test_spec_2_a_reply_that_takes_long_is_202_and_asked_for_again(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with await candidate_of(house, owner, session_id) as candidate:
            address, key = f"/api/v1/sessions/{session_id}/messages", {"Idempotency-Key": "k-1"}
            waiting = await candidate.post(address, json={"text": "Hello"}, headers=key)
            assert waiting.status_code == 202
            assert waiting.json()["seq"] == (await house.sessions.state(session_id)).inputs[0].seq
            await house.reply(session_id, "Welcome.")
            answered = await candidate.post(address, json={"text": "Hello"}, headers=key)
            assert (answered.status_code, answered.json()["ai_response"]) == (200, "Welcome.")
            assert len((await house.sessions.state(session_id)).inputs) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": ""}, 422, "invalid_payload"),
        ({"text": "   "}, 422, "invalid_payload"),
        ({"text": "x" * 20_000}, 413, "too_large"),
        ({"text": 5}, 422, "invalid_payload"),
        ({}, 422, "invalid_payload"),
        ({"text": "a", "client_id": "x" * 65}, 422, "invalid_payload"),
        ({"text": "a", "client_id": "a\nb"}, 422, "invalid_payload"),
        ({"text": "a", "context": "x" * 30_000}, 413, "too_large"),
    ],
)
async def test_spec_0_7_what_cannot_be_said_is_refused(
    house: ApiHouse, body: dict[str, Any], status: int, code: str
) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with await candidate_of(house, owner, session_id) as candidate:
            answer = await candidate.post(f"/api/v1/sessions/{session_id}/messages", json=body)
            assert (answer.status_code, answer.json()["error"]) == (status, code)
            assert (await house.sessions.state(session_id)).inputs == []


async def test_spec_0_5_a_payload_cannot_speak_for_somebody_else(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with await candidate_of(house, owner, session_id, consents=False) as candidate:
            address = f"/api/v1/sessions/{session_id}"
            consent = {"purposes": ["interview"], "agreed": True}
            for path, body in (("messages", {"text": "Hello"}), ("consents", consent)):
                answer = await candidate.post(f"{address}/{path}", json={**body, "user_id": "rec"})
                assert (answer.status_code, answer.json()["info"]["reason"]) == (403, "user_mismatch")
            me = (await candidate.get("/api/v1/auth/me")).json()["user_id"]
            assert (await candidate.post(f"{address}/consents", json={**consent, "user_id": me})).status_code == 200


async def test_spec_0_5_a_guest_is_who_it_names(development: ApiHouse) -> None:
    async with development.local() as guest:
        assert (await guest.get("/api/v1/auth/me", params={"user_id": "ann"})).json()["user_id"] == "guest:ann"
        session_id = await created(development, guest)
        joined = await guest.get(f"/api/v1/sessions/{session_id}", params={"user_id": 7})
        assert joined.json()["my_role"] == "interviewer"
        assert set((await development.sessions.state(session_id)).members) == {"guest:anonymous", "guest:7"}


async def test_spec_6_2_why_something_was_asked_is_sealed_with_the_scores(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner, evaluation_visibility="sealed")
        async with await candidate_of(house, owner, session_id) as candidate:
            await candidate.post(f"/api/v1/sessions/{session_id}/messages", json={"text": "I led a team."})
            await house.reply(session_id)
        for path in ("messages", "history"):
            assert "to hear more" not in (await owner.get(f"/api/v1/sessions/{session_id}/{path}")).text


async def test_messages_history_and_transcript_tell_each_viewer_what_is_theirs(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner, evaluation_visibility="live")
        async with await candidate_of(house, owner, session_id) as candidate:
            address = f"/api/v1/sessions/{session_id}"
            await candidate.post(f"{address}/messages", json={"text": "I led a team."})
            await house.reply(session_id)
            told = (await owner.get(f"{address}/messages")).json()["items"]
            assert [item["role"] for item in told] == ["candidate", "interviewer"]
            assert told[1]["reason"] == "to hear more"
            assert "to hear more" not in (await candidate.get(f"{address}/messages")).text
            assert "to hear more" not in (await candidate.get(f"{address}/history")).text
            utterances = (await candidate.get(f"{address}/transcript")).json()["utterances"]
            assert [entry["text"] for entry in utterances] == ["I led a team.", "And then?"]
            events = (await owner.get(f"{address}/history")).json()
            assert [entry["seq"] for entry in events["items"]] == list(range(1, events["last_seq"] + 1))
            part = (await owner.get(f"{address}/history", params={"after": 2, "limit": 2})).json()
            assert [entry["seq"] for entry in part["items"]] == [3, 4]
            assert (part["next_after"], part["last_seq"]) == (4, events["last_seq"])


async def test_ending_is_idempotent_and_over_is_over(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with await candidate_of(house, owner, session_id) as candidate:
            await candidate.post(f"/api/v1/sessions/{session_id}/messages", json={"text": "Hello"})
            ended = (await owner.post(f"/api/v1/sessions/{session_id}/end", json={})).json()
            assert (ended["status"], ended["end_reason"]) == ("ended", "interviewer")
            assert (await owner.post(f"/api/v1/sessions/{session_id}/end")).json() == ended
            said = await candidate.post(f"/api/v1/sessions/{session_id}/messages", json={"text": "One more thing"})
            assert (said.status_code, said.json()["error"]) == (409, "conflict")
            invited = await owner.post(f"/api/v1/sessions/{session_id}/invitations", json={"name": "x"})
            assert invited.status_code == 409


async def test_spec_5_a_candidate_may_withdraw_and_nobody_else(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        assert (await owner.post(f"/api/v1/sessions/{session_id}/withdraw", json={})).status_code == 403
        async with await candidate_of(house, owner, session_id) as candidate:
            gone = await candidate.post(f"/api/v1/sessions/{session_id}/withdraw", json={})
            assert (gone.json()["status"], gone.json()["end_reason"]) == ("ended", "withdrawn")


async def test_a_revoked_invitation_stops_working_at_once(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        invited = (
            await owner.post(
                f"/api/v1/sessions/{session_id}/invitations", json={"name": "Lee", "expires_in_hours": 1.5}
            )
        ).json()
        assert invited["url"] == f"http://vivavoce.test/i/{invited['token']}"
        assert invited["status"] == "open"
        listed = await owner.get(f"/api/v1/sessions/{session_id}/invitations")
        assert invited["token"] not in listed.text
        async with house.client() as anybody:
            accepted = (await anybody.post("/api/v1/invitations/accept", json={"token": invited["token"]})).json()
        assert accepted["session_id"] == session_id
        async with house.client(accepted["access_token"]) as candidate:
            assert (await candidate.get(f"/api/v1/sessions/{session_id}")).status_code == 200
            address = f"/api/v1/sessions/{session_id}/invitations/{invited['invitation_id']}"
            assert (await owner.delete(address)).status_code == 204
            assert (await candidate.get(f"/api/v1/sessions/{session_id}")).status_code == 401
            assert (await candidate.get("/api/v1/sessions")).status_code == 401
        async with house.client() as anybody:
            again = await anybody.post("/api/v1/invitations/accept", json={"token": invited["token"]})
            assert again.status_code == 403
            refreshed = await anybody.post("/api/v1/auth/refresh", json={"refresh_token": accepted["refresh_token"]})
            assert refreshed.status_code == 401
        items = (await owner.get(f"/api/v1/sessions/{session_id}/invitations")).json()["items"]
        assert [item["status"] for item in items] == ["revoked"]


async def test_spec_5_a_removed_member_stays_out_though_the_token_claims_the_session(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await created(house, owner)
        async with house.as_("u9", "interviewer", sessions=[session_id]) as claimed:
            address = f"/api/v1/sessions/{session_id}"
            assert (await claimed.get(address)).json()["my_role"] == "interviewer"
            assert (await owner.delete(f"{address}/participants/u9")).status_code == 204
            assert (await claimed.get(address)).status_code == 403
            assert (await claimed.get("/api/v1/sessions")).json()["items"] == []
            people = (await owner.get(f"{address}/participants")).json()["items"]
            assert {item["user_id"]: item["status"] for item in people} == {"rec": "active", "u9": "removed"}
            back = await owner.post(f"{address}/participants", json={"user_id": "u9", "role": "observer"})
            assert back.status_code == 201
            assert (await claimed.get(address)).json()["my_role"] == "observer"
            assert (await owner.delete(f"{address}/participants/nobody")).status_code == 404
            assert (await owner.delete(f"{address}/participants/rec")).status_code == 409


async def test_spec_0_5_guests_share_guests_sessions_and_see_no_others(development: ApiHouse) -> None:
    async with development.local() as guest, development.as_("rec", "recruiter") as recruiter:
        theirs = await created(development, recruiter)
        ours = await created(development, guest, session_id="test_session_1")
        assert (await guest.get(f"/api/v1/sessions/{theirs}")).status_code == 404
        assert (await guest.get(f"/api/v1/sessions/{ours}")).json()["my_role"] == "interviewer"
        assert (await recruiter.get(f"/api/v1/sessions/{ours}")).status_code == 404
        listed = (await guest.get("/api/v1/sessions")).json()["items"]
        assert [item["session_id"] for item in listed] == [ours]


async def test_a_plan_can_be_seen_before_the_interview(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        plan = (await client.post("/api/v1/plan-previews", json=INTERVIEW)).json()["competencies"]
        assert [entry["competency"] for entry in plan] == ["teamwork", "ownership"] or len(plan) == 2
        assert all(entry["questions"] and entry["why"] and entry["minutes"] > 0 for entry in plan)
        assert house.store.sessions == {}
        names = {}
        for language in ("en", "ko", "zh"):
            items = (await client.get("/api/v1/competencies", params={"language": language})).json()["items"]
            assert len(items) >= 12
            names[language] = items[0]["name"]
        assert len(set(names.values())) == 3
