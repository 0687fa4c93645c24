"""Panels over HTTP: created with a rubric and the candidates who are expected (SPEC.md 3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.api import ApiHouse
from tests.unit.http.test_rubrics import body as rubric_body

SESSIONS = "/api/v1/sessions"
RUBRICS = "/api/v1/rubrics"


async def a_panel(client: Any, **fields: Any) -> dict[str, Any]:
    answer = await client.post(SESSIONS, json={"kind": "panel", "title": "Group interview", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_spec_3_a_panel_knows_its_candidates_before_they_speak(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        people = [{"name": "Kim Minsu"}, {"name": "Lee Jiwoo", "user_id": "user_7"}, {"name": "Alex Park"}]
        made = await a_panel(client, candidates=people, language="ko")
        assert (made["kind"], made["status"], made["evaluation_visibility"]) == ("panel", "scheduled", "sealed")
        assert made["rubric"]["rubric_id"] == "panel"
        shown = (await client.get(f"{SESSIONS}/{made['session_id']}/panel")).json()
        assert [(one["label"], one["name"], one["participant_id"], one["role"]) for one in shown["speakers"]] == [
            ("지원자_1", "Kim Minsu", "", "candidate"),
            ("지원자_2", "Lee Jiwoo", "user_7", "candidate"),
            ("지원자_3", "Alex Park", "", "candidate"),
        ]
        members = (await client.get(f"{SESSIONS}/{made['session_id']}/participants")).json()["items"]
        assert ("user_7", "candidate") in {(one["user_id"], one["role"]) for one in members}


async def test_spec_3_a_panel_keeps_the_version_of_its_rubric(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        rubric = (await client.post(RUBRICS, json=rubric_body())).json()
        made = await a_panel(client, rubric_id=rubric["rubric_id"])
        changed = rubric_body("Changed since")
        versions = f"{RUBRICS}/{rubric['rubric_id']}/versions"
        assert (await client.post(versions, json=changed)).status_code == 201
        shown = (await client.get(f"{SESSIONS}/{made['session_id']}")).json()["rubric"]
        assert shown == {"rubric_id": rubric["rubric_id"], "version": "1", "title": rubric["title"]}
        newer = await a_panel(client, rubric_id=rubric["rubric_id"])
        assert newer["rubric"]["version"] == "2"
        older = await a_panel(client, rubric_id=rubric["rubric_id"], rubric_version="1")
        assert older["rubric"]["version"] == "1"


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"rubric_id": "nowhere"}, 404, "rubric_not_found"),
        ({"rubric_version": "1"}, 422, None),
        ({"candidates": [{"name": " "}]}, 422, None),
        ({"candidates": [{"name": "A"}] * 7}, 422, None),
        ({"scheduled_at": "2030-01-31T08:15:00Z"}, 422, "not_a_room"),
        ({"kind": "dialogue", "candidates": [{"name": "A"}]}, 422, "not_a_panel"),
        ({"kind": "room", "rubric_id": "panel"}, 422, "not_a_panel"),
        (
            {
                "candidates": [{"name": "A", "user_id": "u"}],
                "participants": [{"user_id": "u", "role": "interviewer"}],
            },
            422,
            None,
        ),
    ],
)
async def test_what_a_panel_cannot_be_created_with(
    house: ApiHouse, fields: dict[str, Any], status: int, reason: str | None
) -> None:
    async with house.as_("rec", "recruiter") as client:
        before = (await client.get(SESSIONS)).json()["items"]
        answer = await client.post(SESSIONS, json={"kind": "panel", **fields})
        assert answer.status_code == status, answer.text
        if reason is not None:
            assert answer.json()["info"]["reason"] == reason
        assert (await client.get(SESSIONS)).json()["items"] == before
