"""SPEC 1: rooms, each rule by its name, over real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.protocol.house import Served
from tests.protocol.rooms.clients import RefusedError, Rooms
from tests.unit.rooms.test_plugins import RAISE_HAND
from vivavoce.domain.errors import VivavoceError
from vivavoce.rooms import analyze_answer_realtime, emit_to_interview


async def test_spec_1_who_connects_is_told_who_it_is_and_how_many_are_online(rooms: Rooms) -> None:
    first = await rooms.client("kim", "interviewer")
    name, data = first.all[0]
    assert name == "connected"
    assert set(data) == {"status", "message", "user_id", "session_id"}
    assert (data["status"], data["user_id"]) == ("connected", "kim")
    assert await first.get("online_users") == {"count": 1}
    await rooms.client("kim", "interviewer")
    await rooms.client("lee", "candidate")
    assert await first.get("online_users", lambda told: told["count"] == 2)


async def test_spec_0_5_bad_tokens_are_refused_with_the_error_shape_and_one_line(rooms: Rooms, house: Served) -> None:
    expired = house.token("kim", "interviewer", ttl_s=-60)
    for token in (expired, expired[:-4] + "AAAA", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJraW0ifQ."):
        with pytest.raises(RefusedError):
            await rooms._connect({"token": token}, None)
    await asyncio.sleep(0.1)
    async with house.http(house.token("ada", "admin")) as http:
        lines = (await http.get("/api/v1/audit")).json()["items"]
    refusals = [line for line in lines if line["action"] == "rooms.connect"]
    assert [line["details"]["code"] for line in refusals] == ["unauthorized"] * 3
    assert expired.split(".")[2] not in str(lines)


async def test_spec_1_a_whole_interview(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    where = {"interview_id": "interview_1"}
    await staff.call("start_question", **where, question_id=7, question_text="Why?")
    asked = await candidate.get("question_started")
    assert (asked["question_id"], asked["question_text"], asked["interview_id"]) == (7, "Why?", "interview_1")
    assert isinstance(asked["start_time"], float)

    confirmed = await candidate.call(
        "submit_answer", **where, question_id=7, answer_text="So.", user_id="lee", response_time=2.5, client_id="a1"
    )
    assert (confirmed["status"], confirmed["question_id"], confirmed["client_id"]) == ("confirmed", 7, "a1")
    assert 0 <= confirmed["response_time"] < 2.5
    assert await candidate.get("answer_confirmed") == confirmed
    seen = await staff.get("answer_submitted")
    assert (seen["answer_text"], seen["client_response_time"]) == ("So.", 2.5)
    assert (seen["seq"], seen["event_id"], seen["client_id"]) == (confirmed["seq"], confirmed["event_id"], "a1")
    own = next(data for name, data in candidate.all if name == "answer_submitted")
    assert "answer_text" not in own
    assert own["seq"] == seen["seq"]

    acked = await candidate.call("send_message", **where, user_id="lee", message="hi", type="text", client_id="m1")
    message = await staff.get("new_message")
    assert (message["user_id"], message["message"], message["type"]) == ("lee", "hi", "text")
    assert acked == {"status": "ok", "seq": message["seq"], "event_id": message["message_id"], "client_id": "m1"}
    assert await candidate.call("send_message", **where, message="hi", client_id="m1") == acked

    sent = await candidate.call("request_help", **where, help_type="technical", question_id=7)
    assert (sent["status"], sent["help_type"]) == ("sent", "technical")
    asked_for = await staff.get("help_requested")
    assert (asked_for["user_id"], asked_for["question_id"]) == ("lee", 7)
    await staff.call("resolve_help", **where, help_id=asked_for["help_id"])
    assert (await candidate.get("help_resolved"))["help_id"] == sent["help_id"]

    await candidate.call("start_recording", **where)
    assert (await staff.get("recording_status"))["is_recording"] is True
    await staff.call("pause_interview", **where)
    assert (await candidate.get("interview_paused"))["by"] == "kim"
    assert (await candidate.call("submit_answer", **where, question_id=7, answer_text="x"))["error"] == "conflict"
    await staff.call("resume_interview", **where)
    status = await candidate.call("interview_status", **where)
    assert set(status) == {"interview_id", "status", "participants_count", "current_question", "uptime"}
    assert (status["status"], status["participants_count"]) == ("live", 2)
    assert status["current_question"]["question_id"] == 7

    await staff.call("end_interview", **where)
    ended = await candidate.get("interview_ended")
    assert (ended["ended_by"], bool(ended["message"])) == ("kim", True)
    assert (await staff.call("end_interview", **where))["error"] == "conflict"
    # Everything once and in order, for both of them.
    for client in (staff, candidate):
        seqs = [data["seq"] for name, data in client.all if name not in _ANSWERS and "seq" in data]
        assert seqs == sorted(set(seqs))


_ANSWERS = {"answer_confirmed", "help_request_sent"}


async def test_spec_1_the_typist_is_not_told_and_nobody_else_may_type(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    again = await rooms.client("lee", "candidate", "interview_1")
    await again.join("interview_1")
    observer = await rooms.client("obs", "observer", "interview_1")
    await observer.join("interview_1")
    assert (await candidate.call("typing_indicator", interview_id="interview_1", is_typing=True))["status"] == "ok"
    typing = await staff.get("user_typing")
    assert typing == {"user_id": "lee", "is_typing": True, "interview_id": "interview_1"}
    await observer.get("user_typing")
    assert (await observer.call("typing_indicator", interview_id="interview_1"))["error"] == "forbidden"
    await again.call("ping", timestamp=1)
    assert "user_typing" not in candidate.names() + again.names()


async def test_spec_1_the_ping_comes_back_with_the_servers_time(rooms: Rooms) -> None:
    client = await rooms.guest()
    pong = await client.call("ping", timestamp="as it is")
    assert pong["timestamp"] == "as it is"
    assert isinstance(pong["server_time"], float)


@pytest.mark.slow
async def test_spec_1_tabs_are_one_participant_and_a_short_absence_is_none(rooms: Rooms, house: Served) -> None:
    staff, candidate = await rooms.interview()
    tab = await rooms.client("lee", "candidate", "interview_1", features=["presence"])
    assert (await tab.join("interview_1"))["participants_count"] == 2
    await candidate.close()
    await tab.drop()
    await asyncio.sleep(0.05)
    back = await rooms.client("lee", "candidate", "interview_1")
    assert (await back.join("interview_1"))["participants_count"] == 2
    await asyncio.sleep(1.3)
    assert "participant_left" not in staff.names()
    await back.drop()
    left = await staff.get("participant_left")
    assert (left["user_id"], left["participants_count"]) == ("lee", 1)
    again = await rooms.client("lee", "candidate", "interview_1")
    assert (await again.join("interview_1"))["participants_count"] == 2
    assert (await staff.get("participant_joined"))["participants_count"] == 2
    assert await again.call("leave_interview", interview_id="interview_1") == {
        "status": "left",
        "interview_id": "interview_1",
    }
    await staff.get("participant_left")
    assert (await again.call("send_message", interview_id="interview_1", message="x"))["error"] == "conflict"


async def test_spec_1_the_feature_presence_tells_who_is_there_and_how_it_goes(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    watcher = await rooms.client("ann", "recruiter", "interview_1", features=["presence", "unknown"])
    await watcher.join("interview_1")
    told = await watcher.get("participants_updated", lambda data: data["participants_count"] == 3)
    assert {(p["user_id"], p["role"], p["status"]) for p in told["participants"]} >= {
        ("kim", "interviewer", "online"),
        ("lee", "candidate", "online"),
    }
    await staff.call("start_question", interview_id="interview_1", question_id="q", question_text="Why?")
    progress = await watcher.get("interview_progress", lambda data: data["current_question"] is not None)
    assert (progress["answered"], progress["total"]) == (0, 1)
    await candidate.drop()
    await watcher.get("participants_updated", lambda data: any(p["status"] == "away" for p in data["participants"]))
    assert not {"participants_updated", "interview_progress"} & set(staff.names())


async def test_spec_0_2_who_comes_back_gets_exactly_what_it_missed(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    last = [data["seq"] for _, data in candidate.all if "seq" in data][-1]
    await candidate.close()
    for number in range(34):  # more than are kept at hand
        await staff.send("send_message", interview_id="interview_1", message=f"m{number}")
    await staff.call("ping")
    back = await rooms.client("lee", "candidate", "interview_1")
    joined = await back.join("interview_1", last_seq=last)
    assert joined["recovered"] is True
    sent = await staff.call("send_message", interview_id="interview_1", message="now")
    await back.get("new_message", lambda data: data["message"] == "now")
    messages = [data for name, data in back.all if name == "new_message"]
    assert [data["message"] for data in messages] == [f"m{number}" for number in range(34)] + ["now"]
    assert joined["last_seq"] < sent["seq"] == messages[-1]["seq"]


async def test_spec_0_2_what_cannot_be_resumed_is_a_snapshot(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    where: dict[str, Any] = {"interview_id": "interview_1"}
    await staff.call("start_question", **where, question_id="q", question_text="Why?")
    await candidate.call("submit_answer", **where, question_id="q", answer_text="mine")
    for place in ({"last_seq": 10_000}, {"last_seq": 2, "epoch": "another"}):
        back = await rooms.client("ann", "recruiter", "interview_1")
        joined = await back.join("interview_1", **place)
        assert joined["recovered"] is False
        told = await back.get("snapshot")
        assert told["state"]["status"] == "live"
        assert told["state"]["answers"][0]["answer_text"] == "mine"
        assert (told["last_seq"], told["epoch"]) == (joined["last_seq"], joined["epoch"])
        await back.close()
    observer = await rooms.client("obs", "observer", "interview_1", features=["snapshot"])
    await observer.join("interview_1")
    assert "answer_text" not in (await observer.get("snapshot"))["state"]["answers"][0]


async def test_spec_0_5_ids_may_be_numbers_and_come_back_as_they_came(rooms: Rooms) -> None:
    staff = await rooms.client("7", "interviewer", "42")
    joined = await staff.join(42, user_id=7)
    assert joined["interview_id"] == 42
    arrived = await staff.get("participant_joined")
    assert (arrived["user_id"], arrived["interview_id"]) == (7, 42)
    await staff.call("send_message", interview_id="42", message="hello")
    assert (await staff.get("new_message"))["interview_id"] == 42
    assert (await staff.call("send_message", interview_id=42, user_id=8, message="x"))["error"] == "forbidden"
    guest = await rooms.guest()
    await guest.join("room_g", user_id="user_123")
    assert (await guest.get("participant_joined"))["user_id"] == "user_123"


async def test_spec_0_6_rooms_one_does_not_belong_to_do_not_exist_and_each_refusal_is_one_line(
    rooms: Rooms, house: Served
) -> None:
    await rooms.interview("secret")
    stranger = await rooms.client("eve", "candidate")
    guest = await rooms.guest()
    for client in (stranger, guest):
        assert (await client.join("secret", last_seq=0))["error"] == "not_found"
        assert (await client.call("send_message", interview_id="secret", message="x"))["error"] == "not_found"
        assert (await client.call("interview_status", interview_id="secret"))["error"] == "not_found"
        assert (await client.get("error"))["error"] == "not_found"
    assert (await stranger.join("new_room"))["error"] == "not_found"
    await asyncio.sleep(0.1)
    async with house.http(house.token("ada", "admin")) as http:
        lines = [line for line in (await http.get("/api/v1/audit")).json()["items"] if line["actor"] == "eve"]
    assert sorted(line["action"] for line in lines) == [
        "rooms.interview_status",
        "rooms.join_interview",
        "rooms.join_interview",
        "rooms.send_message",
    ]


async def test_spec_1_administrators_tell_a_room_or_everybody(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    admin = await rooms.client("ada", "admin")
    assert (await staff.call("system_message", message="x"))["error"] == "forbidden"
    assert (await admin.call("system_message", interview_id="interview_1", message="soon", level="warning"))["seq"]
    told = await candidate.get("system_message")
    assert (told["message"], told["level"], told["interview_id"]) == ("soon", "warning", "interview_1")
    await admin.call("system_message", message="to all")
    assert "interview_id" not in await candidate.get("system_message")
    await admin.get("system_message", lambda data: data["message"] == "to all")


async def test_spec_1_an_emergency_stop_ends_everything_but_looking(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    await staff.call("emergency_stop", interview_id="interview_1", reason="fire")
    stopped = await candidate.get("interview_emergency_stopped")
    assert (stopped["stopped_by"], stopped["reason"]) == ("kim", "fire")
    for name, more in (("send_message", {"message": "x"}), ("start_interview", {}), ("request_help", {})):
        who = candidate if name == "request_help" else staff
        assert (await who.call(name, interview_id="interview_1", **more))["error"] == "conflict"
    assert (await candidate.call("interview_status", interview_id="interview_1"))["status"] == "stopped"
    late = await rooms.client("lee", "candidate", "interview_1")
    await late.join("interview_1", last_seq=0)
    await late.get("interview_emergency_stopped")


async def test_spec_0_4_bad_events_are_told_in_the_error_shape_and_the_connection_lives(rooms: Rooms) -> None:
    staff, _ = await rooms.interview()
    bad: list[tuple[str, Any]] = [
        ("nonsense", {}),
        ("send_message", {"interview_id": "interview_1"}),
        ("send_message", {"interview_id": "interview_1", "message": 5}),
        ("send_message", {"interview_id": "interview_1", "message": b"x"}),
        ("send_message", ["a", "list"]),
        ("join_interview", {"interview_id": "../etc"}),
        ("send_message", {"interview_id": "interview_1", "message": "x", "client_id": "c" * 65}),
    ]
    for name, payload in bad:
        answer = await staff.sio.call(name, payload, timeout=5)
        assert set(answer) == {"error", "message", "details", "info"}, (name, payload)
        assert answer["error"] == "invalid_payload", (name, payload, answer)
    too_long = await staff.call("send_message", interview_id="interview_1", message="x" * 10_001)
    assert (too_long["error"], too_long["info"]["limit"]) == ("too_large", 10_000)
    too_large = await staff.call("send_message", interview_id="interview_1", message="x", more="가" * 30_000)
    assert (too_large["error"], too_large["info"]["limit"]) == ("too_large", 65_536)
    assert (await staff.call("ping"))["server_time"]


async def test_spec_1_interviewers_have_answers_analysed(rooms: Rooms) -> None:
    staff, candidate = await rooms.interview()
    where: dict[str, Any] = {"interview_id": "interview_1", "question_id": "q"}
    await staff.call("start_question", **where, question_text="Tell me about a conflict in your team.")
    text = "Two colleagues disagreed about a release. I listened to both and proposed a trial. As a result we shipped."
    await candidate.call("submit_answer", **where, answer_text=text)
    assert (await candidate.call("analyze_answer", **where, answer_text=text))["error"] == "forbidden"
    analysis = await staff.call("analyze_answer", **where, user_id="lee")
    assert set(analysis) == {"question_id", "user_id", "coverage", "evidence", "suggestions"}
    assert analysis["user_id"] == "lee"
    assert any(share for share in analysis["coverage"].values())
    for quotation in analysis["evidence"]:
        assert text[quotation["start"] : quotation["end"]] == quotation["quote"]
    assert "answer_analysis" not in candidate.names()


async def test_spec_0_6_who_is_removed_is_put_out(rooms: Rooms, house: Served) -> None:
    staff, candidate = await rooms.interview()
    async with house.http(house.token("kim", "interviewer")) as http:
        assert (await http.delete("/api/v1/sessions/interview_1/participants/lee")).status_code in (200, 204)
    assert (await candidate.get("error"))["error"] == "forbidden"
    await staff.call("send_message", interview_id="interview_1", message="alone")
    assert (await candidate.join("interview_1"))["error"] == "forbidden"
    assert "new_message" not in candidate.names()


@pytest.mark.slow
async def test_a_tokens_end_is_told_and_a_refreshed_one_goes_on(
    rooms: Rooms, house: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vivavoce.gateway.doors.rooms.EXPIRY_TICK_S", 0.05)
    await house.house.rooms_door.stop()
    house.house.rooms_door.start()
    refreshed = await rooms.client("kim", "interviewer", ttl_s=1)
    cut = await rooms.client("lee", "candidate", ttl_s=1)
    assert 0 < (await cut.get("token_expiring"))["expires_in"] <= 2
    someone = house.token("eve", "admin")
    assert (await refreshed.call("token_refresh", token=someone))["error"] == "forbidden"
    assert (await refreshed.call("token_refresh", token=house.token("kim", "interviewer")))["status"] == "ok"
    expired = await cut.get("error")
    assert (expired["error"], expired["info"]["reason"]) == ("unauthorized", "token_expired")
    async with asyncio.timeout(5):
        while cut.sio.connected:
            await asyncio.sleep(0.02)
    assert refreshed.sio.connected


@pytest.mark.slow
async def test_spec_1_when_everybody_has_gone_nothing_of_a_room_is_left(rooms: Rooms, house: Served) -> None:
    staff, candidate = await rooms.interview()
    door = house.house.rooms_door
    await staff.close()
    await candidate.close()
    async with asyncio.timeout(5):
        while door.clients or door.channels or house.house.sessions.presence.busy("interview_1"):
            await asyncio.sleep(0.02)
    session = await house.house.sessions.open("interview_1")
    await session.settled()
    assert (session.idle, session.state.present, door._online, door.streams) == (True, {}, {}, {})


async def test_spec_1_integrators_emit_events_of_their_own(rooms: Rooms, house: Served) -> None:
    staff, candidate = await rooms.interview()
    told = await emit_to_interview("interview_1", "poll_opened", {"question": "Ready?"}, client_id="once")
    assert told["status"] == "ok"
    assert await emit_to_interview("interview_1", "poll_opened", {"question": "Ready?"}, client_id="once") == told
    poll = await candidate.get("poll_opened")
    assert (poll["question"], poll["seq"], poll["event_id"]) == ("Ready?", told["seq"], told["event_id"])
    await house.house.rooms.emit("interview_1", "hint", {"text": "ask why"}, to_staff=True)
    await staff.get("hint")
    await candidate.call("ping")
    assert candidate.names().count("poll_opened") == 1
    assert "hint" not in candidate.names()
    with pytest.raises(VivavoceError, match="invalid_payload"):
        await emit_to_interview("interview_1", "interview_ended", {})
    with pytest.raises(VivavoceError, match="not_found"):
        await emit_to_interview("no_such_room", "poll_opened", {})
    analysis = await analyze_answer_realtime("I led it, and as a result costs fell by half.", "q", "lee")
    assert set(analysis) == {"question_id", "user_id", "coverage", "evidence", "suggestions"}


async def test_spec_1_a_plug_in_brings_an_event(rooms: Rooms, house: Served) -> None:
    house.house.rooms_door.plugins = {"raise_hand": RAISE_HAND}
    staff, candidate = await rooms.interview()
    answer = await candidate.call("raise_hand", interview_id="interview_1", reason="water", client_id="h1")
    raised = await staff.get("hand_raised")
    assert (raised["user_id"], raised["reason"], raised["client_id"]) == ("lee", "water", "h1")
    assert (answer["seq"], answer["event_id"]) == (raised["seq"], raised["event_id"])
    assert (await staff.call("raise_hand", interview_id="interview_1"))["error"] == "forbidden"
    assert (await candidate.call("raise_hand", interview_id="interview_1", reason=5))["error"] == "invalid_payload"
