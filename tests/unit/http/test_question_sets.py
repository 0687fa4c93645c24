"""Question sets over HTTP."""

from __future__ import annotations

from typing import Any

from tests.fakes.api import ApiHouse

URL = "/api/v1/question-sets"
RUBRIC = {
    "criteria": [{"name": "Depth", "description": "", "weight": 2.0}],
    "expected_points": ["rolled out step by step"],
}
SET: dict[str, Any] = {
    "title": "First round",
    "language": "ko",
    "questions": [
        {"text": "어떤 시스템을 만들었나요?", "time_limit_s": 180, "competency": "technical_depth", "rubric": RUBRIC},
        {"text": "왜 지원했나요?"},
    ],
}


async def test_a_set_is_written_shown_and_listed(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        answer = await client.post(URL, json=SET)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["version"], made["question_count"], made["time_s"], made["archived"]) == (1, 2, 180, False)
        assert made["questions"][0] == {**SET["questions"][0], "question_id": "q1"}
        assert made["questions"][1]["question_id"] == "q2"
        assert made["questions"][1]["rubric"] is None
        assert (await client.get(f"{URL}/{made['question_set_id']}")).json() == made
        listed = (await client.get(URL)).json()
        assert listed == {"items": [{key: made[key] for key in made if key != "questions"}], "next_cursor": None}


async def test_a_change_is_a_new_version_and_the_old_one_can_still_be_read(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        made = (await client.post(URL, json=SET)).json()
        path = f"{URL}/{made['question_set_id']}"
        changed = await client.patch(path, json={"questions": [{"text": "Why?"}], "version": 1})
        assert (changed.status_code, changed.json()["version"], changed.json()["title"]) == (200, 2, "First round")
        stale = await client.patch(path, json={"title": "Late", "version": 1})
        assert (stale.status_code, stale.json()["info"]) == (409, {"version": 2, "reason": "question_set_changed"})
        assert (await client.get(path, params={"version": 1})).json()["questions"] == made["questions"]
        assert (await client.get(path, params={"version": 3})).status_code == 404


async def test_archived_sets_are_not_listed_until_they_are_restored(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        made = (await client.post(URL, json=SET)).json()
        path = f"{URL}/{made['question_set_id']}"
        assert (await client.post(f"{path}/archive")).json()["archived"] is True
        assert (await client.get(URL)).json()["items"] == []
        assert len((await client.get(URL, params={"archived": True})).json()["items"]) == 1
        refused = await client.patch(path, json={"title": "Other"})
        assert (refused.status_code, refused.json()["info"]["reason"]) == (409, "question_set_archived")
        assert (await client.post(f"{path}/restore")).json()["archived"] is False


async def test_lists_go_page_by_page_and_are_narrowed(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client, house.as_("int", "interviewer") as other:
        for number in range(3):
            house.clock.advance(1)
            await client.post(URL, json={**SET, "title": f"Set {number}"})
        house.clock.advance(1)
        await other.post(URL, json={**SET, "language": "en", "title": "Theirs"})
        first = (await client.get(URL, params={"limit": 3})).json()
        assert [item["title"] for item in first["items"]] == ["Theirs", "Set 2", "Set 1"]
        rest = (await client.get(URL, params={"limit": 3, "cursor": first["next_cursor"]})).json()
        assert [item["title"] for item in rest["items"]] == ["Set 0"]
        assert rest["next_cursor"] is None
        mine = (await other.get(URL, params={"mine": True})).json()["items"]
        assert [item["title"] for item in mine] == ["Theirs"]
        assert len((await client.get(URL, params={"language": "ko", "q": "set"})).json()["items"]) == 3


async def test_candidates_and_guests_see_none(house: ApiHouse, development: ApiHouse) -> None:
    async with house.as_("cand", "candidate") as client, development.local() as guest:
        for who in (client, guest):
            refused = await who.get(URL)
            assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
            assert (await who.post(URL, json=SET)).status_code == 403


async def test_spec_0_3_a_creation_with_a_key_happens_once(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        answers = [await client.post(URL, json=SET, headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert len((await client.get(URL)).json()["items"]) == 1


async def test_what_is_wrong_is_named(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        for questions, field in (
            ([], "questions"),
            ([{"text": ""}], "questions.0.text"),
            ([{"text": "A", "question_id": "x"}, {"text": "B", "question_id": "x"}], "questions"),
            ([{"text": "A", "time_limit_s": 1}], "questions.0.time_limit_s"),
            ([{"text": "A", "rubric": {"criteria": [{"name": ""}]}}], "questions.0.rubric.criteria.0.name"),
        ):
            refused = await client.post(URL, json={**SET, "questions": questions})
            assert (refused.status_code, refused.json()["info"]["field"]) == (422, field), refused.text
