"""Rooms over HTTP: created, configured, scheduled, looked at, stopped; and the calls of integrators (SPEC 1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.api import ApiHouse
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import room as r

SETS = "/api/v1/question-sets"
SESSIONS = "/api/v1/sessions"
QUESTION = "How do you bring a change into a running system?"
SET: dict[str, Any] = {
    "title": "First round",
    "language": "ko",
    "questions": [
        {
            "text": QUESTION,
            "time_limit_s": 120,
            "competency": "system_design",
            "rubric": {"expected_points": ["rolled out step by step", "measured the result"]},
        },
        {"text": "Why us?"},
    ],
}
ANSWER = "We rolled it out step by step, first to one server, and looked at the errors after each of them."


async def a_set(client: Any) -> dict[str, Any]:
    answer = await client.post(SETS, json=SET)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def a_room(client: Any, **fields: Any) -> dict[str, Any]:
    answer = await client.post(SESSIONS, json={"kind": "room", "title": "Round two", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def live_room(house: ApiHouse, client: Any) -> str:
    """A room in which the first question was asked, and a candidate answered it."""
    chosen = await a_set(client)
    people = [{"user_id": "cand", "role": "candidate", "name": "Lee"}, {"user_id": "watch", "role": "observer"}]
    room = await a_room(client, question_set_id=chosen["question_set_id"], language="en", participants=people)
    session_id: str = room["session_id"]
    consent = c.RecordConsent(user_id="cand", purposes=("interview",), agreed=True)
    await house.sessions.submit(session_id, consent, "cand")
    await house.sessions.submit(session_id, r.StartQuestion(by="rec", role="recruiter", question_id="q1"), "rec")
    house.clock.advance(30)
    answered = r.SubmitAnswer(by="cand", role="candidate", question_id="q1", answer_text=ANSWER)
    await house.sessions.submit(session_id, answered, "cand")
    return session_id


async def test_a_room_takes_its_questions_as_they_are(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        chosen = await a_set(client)
        room = await a_room(
            client,
            question_set_id=chosen["question_set_id"],
            scheduled_at="2030-01-31T17:15:00+09:00",
            participants=[{"user_id": "int", "role": "interviewer", "name": "Kim"}],
        )
        assert (room["kind"], room["status"], room["language"]) == ("room", "scheduled", "ko")
        assert room["competencies"] == ["system_design"]
        assert room["scheduled_at"] == "2030-01-31T08:15:00.000Z"
        assert room["question_set"] == {
            "question_set_id": chosen["question_set_id"],
            "version": 1,
            "title": "First round",
            "question_count": 2,
        }
        path = f"{SESSIONS}/{room['session_id']}"
        members = (await client.get(f"{path}/participants")).json()["items"]
        assert [(member["user_id"], member["role"]) for member in members] == [
            ("rec", "recruiter"),
            ("int", "interviewer"),
        ]
        await client.patch(f"{SETS}/{chosen['question_set_id']}", json={"questions": [{"text": "Another"}]})
        questions = (await client.get(f"{path}/questions")).json()
        assert questions["question_set"]["version"] == 1
        assert questions["questions"] == chosen["questions"]
        older = await a_room(client, question_set_id=chosen["question_set_id"], question_set_version=1)
        newest = await a_room(client, question_set_id=chosen["question_set_id"])
        assert (older["question_set"]["version"], newest["question_set"]["version"]) == (1, 2)


async def test_a_room_needs_no_questions(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        room = await a_room(client)
        assert (room["question_set"], room["scheduled_at"]) == (None, None)
        questions = await client.get(f"{SESSIONS}/{room['session_id']}/questions")
        assert questions.json() == {"question_set": None, "questions": []}


async def test_spec_0_3_a_room_asked_for_twice_is_one(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        body = {"kind": "room", "participants": [{"user_id": "int", "role": "interviewer"}]}
        answers = [await client.post(SESSIONS, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert len((await client.get(SESSIONS)).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"kind": "room", "question_set_id": "nothing"}, 404, "question_set_not_found"),
        ({"kind": "room", "question_set_version": 1}, 422, "invalid_payload"),
        ({"kind": "room", "scheduled_at": "tomorrow"}, 422, "invalid_payload"),
        ({"kind": "room", "scheduled_at": "2030-01-31T08:15:00"}, 422, "invalid_payload"),
        ({"kind": "room", "scheduled_at": "1970-01-01T00:00:00Z"}, 422, "invalid_payload"),
        ({"kind": "room", "participants": [{"user_id": "x", "role": "admin"}]}, 422, "invalid_payload"),
        ({"kind": "dialogue", "scheduled_at": "2030-01-31T08:15:00Z"}, 422, "not_a_room"),
    ],
)
async def test_what_no_room_can_be_made_of_makes_none(
    house: ApiHouse, body: dict[str, Any], status: int, reason: str
) -> None:
    async with house.as_("rec", "recruiter") as client:
        refused = await client.post(SESSIONS, json=body)
        assert (refused.status_code, refused.json()["info"]["reason"]) == (status, reason), refused.text
        assert (await client.get(SESSIONS)).json()["items"] == []


async def test_an_archived_set_is_taken_by_no_new_room(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        set_id = (await a_set(client))["question_set_id"]
        await client.post(f"{SETS}/{set_id}/archive")
        refused = await client.post(SESSIONS, json={"kind": "room", "question_set_id": set_id})
        assert (refused.status_code, refused.json()["info"]["reason"]) == (409, "question_set_archived")


async def test_a_room_is_configured_and_scheduled_until_it_begins(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        chosen = await a_set(client)
        room = await a_room(client)
        path = f"{SESSIONS}/{room['session_id']}"
        changes = {
            "title": "Round three",
            "role": "Backend engineer",
            "question_set_id": chosen["question_set_id"],
            "scheduled_at": "2030-01-31T08:15:00Z",
        }
        changed = (await client.patch(path, json=changes)).json()
        assert (changed["title"], changed["role"], changed["scheduled_at"], changed["question_set"]["version"]) == (
            "Round three",
            "Backend engineer",
            "2030-01-31T08:15:00.000Z",
            1,
        )
        assert (await client.get(SESSIONS)).json()["items"][0]["title"] == "Round three"
        partly = (await client.patch(path, json={"candidate_name": "Lee"})).json()
        assert (partly["candidate_name"], partly["title"], partly["question_set"]["version"]) == (
            "Lee",
            "Round three",
            1,
        )
        cleared = (await client.patch(path, json={"question_set_id": None, "scheduled_at": None})).json()
        assert (cleared["question_set"], cleared["scheduled_at"]) == (None, None)
        await house.sessions.submit(room["session_id"], r.StartRoom(by="rec", role="recruiter"), "rec")
        late = await client.patch(path, json={"title": "Too late"})
        assert (late.status_code, late.json()["info"]["reason"]) == (409, "room_started")


async def test_a_dialogue_is_configured_too_but_has_no_prepared_questions(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        session_id = (await client.post(SESSIONS, json={"role": "Nurse"})).json()["session_id"]
        changed = await client.patch(f"{SESSIONS}/{session_id}", json={"duration_minutes": 45, "title": "Ward 3"})
        assert (changed.status_code, changed.json()["duration_minutes"], changed.json()["role"]) == (200, 45, "Nurse")
        refused = await client.patch(f"{SESSIONS}/{session_id}", json={"scheduled_at": None})
        assert (refused.status_code, refused.json()["info"]["reason"]) == (409, "not_a_room")
        unknown = await client.patch(f"{SESSIONS}/{session_id}", json={"competencies": ["juggling"]})
        assert (unknown.status_code, unknown.json()["info"]["field"]) == (422, "competencies")


async def test_spec_1_status_is_told_as_in_the_room(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client, house.as_("watch", "observer") as observer:
        session_id = await live_room(house, client)
        for who in (client, observer):
            status = (await who.get(f"{SESSIONS}/{session_id}/status")).json()
            assert (status["interview_id"], status["status"], status["participants_count"]) == (session_id, "live", 0)
            assert status["current_question"]["question_text"] == QUESTION
            assert status["uptime"] == 30.0


async def test_spec_1_a_candidate_has_an_own_view_of_history_and_transcript(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as staff:
        session_id = await live_room(house, staff)
        await house.sessions.submit(
            session_id, r.EmitCustom(by="rec", name="whisper", data={"text": "secret hint"}, to_staff=True), "rec"
        )
        second = c.AddMember(user_id="other", role="candidate", name="Park")
        await house.sessions.submit(session_id, second, "rec")
        path = f"{SESSIONS}/{session_id}"
        seen: dict[str, tuple[str, str]] = {}
        for user, role in (("rec", "recruiter"), ("cand", "candidate"), ("other", "candidate"), ("watch", "observer")):
            async with house.as_(user, role) as client:  # type: ignore[arg-type]
                history = await client.get(f"{path}/history")
                transcript = await client.get(f"{path}/transcript")
                assert (history.status_code, transcript.status_code) == (200, 200)
                seen[user] = (history.text, transcript.text)
        for text in seen["rec"]:
            assert ANSWER in text
        assert "secret hint" in seen["rec"][0]
        assert "measured the result" in seen["rec"][0]
        for text in seen["cand"]:
            assert ANSWER in text
        for user in ("cand", "other", "watch"):
            assert "secret hint" not in seen[user][0]
            assert "measured the result" not in seen[user][0], "how answers are judged is not for them"
            assert "system_design" not in seen[user][0]
        for user in ("other", "watch"):
            assert all(ANSWER not in text for text in seen[user])
            assert all(QUESTION in text for text in seen[user])


async def test_the_transcript_of_a_room_says_what_answers_what(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        session_id = await live_room(house, client)
        again = r.SubmitAnswer(by="cand", role="candidate", question_id="q1", answer_text="Better said.")
        await house.sessions.submit(session_id, again, "cand")
        said = (await client.get(f"{SESSIONS}/{session_id}/transcript")).json()["utterances"]
        assert [(utterance["speaker"], utterance["text"]) for utterance in said] == [
            ("interviewer", QUESTION),
            ("candidate", "Better said."),
        ]
        assert (said[1]["in_answer_to"], said[1]["competency"]) == (QUESTION, "system_design")
        assert (said[0]["start"], said[1]["start"]) == (0.0, 30.0)


async def test_the_report_of_a_room_judges_what_was_answered(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        session_id = await live_room(house, client)
        assert (await client.post(f"{SESSIONS}/{session_id}/end")).json()["status"] == "ended"
        await house.reporter.produce(session_id)
        report = (await client.get(f"{SESSIONS}/{session_id}/report")).json()
        assert [utterance["text"] for utterance in report["transcript"]] == [QUESTION, ANSWER]
        assert [criterion["criterion_id"] for criterion in report["rubric"]["criteria"]] == ["system_design"]


async def test_spec_1_an_emergency_stop_ends_everything(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        session_id = await live_room(house, client)
        path = f"{SESSIONS}/{session_id}"
        stopped = await client.post(f"{path}/emergency-stop", json={"reason": "Fire alarm"})
        assert (stopped.status_code, stopped.json()["status"]) == (200, "stopped")
        again = await client.post(f"{path}/emergency-stop")
        assert (again.status_code, again.json()["info"]["reason"]) == (409, "session_over")
        assert (await client.post(f"{path}/events", json={"event": "poll"})).status_code == 409
        assert (await client.get(f"{path}/status")).json()["status"] == "stopped"
        assert "Fire alarm" in (await client.get(f"{path}/history")).text


async def test_spec_1_integrators_emit_events_of_their_own(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        session_id = await live_room(house, client)
        path = f"{SESSIONS}/{session_id}"
        body = {"event": "poll_opened", "data": {"question": "Ready?"}, "client_id": "p-1"}
        first, second = [(await client.post(f"{path}/events", json=body)) for _ in range(2)]
        assert first.status_code == 201
        assert first.json()["seq"] == second.json()["seq"]
        assert (first.json()["status"], first.json()["client_id"]) == ("ok", "p-1")
        keyed = [
            (await client.post(f"{path}/events", json={"event": "tick"}, headers={"Idempotency-Key": "e"})).json()
            for _ in range(2)
        ]
        assert keyed[0] == keyed[1]
        history = (await client.get(f"{path}/history")).json()["items"]
        named = [item["data"]["name"] for item in history if item["type"] == "CustomEventEmitted"]
        assert named == ["poll_opened", "tick"]
        taken = await client.post(f"{path}/events", json={"event": "interview_ended"})
        assert (taken.status_code, taken.json()["info"]["reason"]) == (422, "event_reserved")


async def test_spec_1_an_answer_is_analysed_with_evidence_word_for_word(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        session_id = await live_room(house, client)
        path = f"{SESSIONS}/{session_id}/analysis"
        analysis = (await client.post(path, json={"question_id": "q1", "user_id": "cand"})).json()
        assert (analysis["question_id"], analysis["user_id"]) == ("q1", "cand")
        assert analysis["coverage"]["rolled out step by step"] == 1.0
        assert analysis["evidence"]
        for quotation in analysis["evidence"]:
            assert ANSWER[quotation["start"] : quotation["end"]] == quotation["quote"]
        assert analysis["suggestions"]
        none_yet = await client.post(path, json={"question_id": "q2"})
        assert (none_yet.status_code, none_yet.json()["error"]) == (404, "not_found")
        empty = await client.post(path, json={"answer_text": " "})
        assert (empty.status_code, empty.json()["info"]["reason"]) == (422, "empty_text")


@pytest.mark.parametrize(("user", "role"), [("cand", "candidate"), ("watch", "observer")])
async def test_spec_1_only_those_who_lead_may_do_what_interviewers_do(house: ApiHouse, user: str, role: Any) -> None:
    async with house.as_("rec", "recruiter") as staff, house.as_(user, role) as client:
        path = f"{SESSIONS}/{await live_room(house, staff)}"
        attempts = [
            await client.patch(path, json={"title": "Mine"}),
            await client.get(f"{path}/questions"),
            await client.post(f"{path}/emergency-stop"),
            await client.post(f"{path}/events", json={"event": "poll"}),
            await client.post(f"{path}/analysis", json={"question_id": "q1"}),
            await client.post(f"{path}/end"),
        ]
        assert [answer.status_code for answer in attempts] == [403] * len(attempts)
    async with house.as_("stranger", "interviewer") as stranger:
        assert (await stranger.get(f"{path}/status")).status_code == 404
