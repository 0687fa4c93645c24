"""Rubrics over HTTP (SPEC 5): create, list, show, new version."""

from __future__ import annotations

from typing import Any

from tests.fakes.api import ApiHouse


def body(title: str = "Nurses", **changes: Any) -> dict[str, Any]:
    levels = [{"en": f"Anchor {level}"} for level in range(1, 6)]
    criterion = {"criterion_id": "care", "name": {"en": "Care"}, "levels": levels, "weight": 2, "keywords": ["dose"]}
    return {"title": title, "criteria": [criterion], **changes}


async def test_a_rubric_is_written_changed_and_every_version_stays(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner, house.as_("int", "interviewer") as other:
        made = await owner.post("/api/v1/rubrics", json=body())
        assert made.status_code == 201, made.text
        address = f"/api/v1/rubrics/{made.json()['rubric_id']}"
        assert (made.json()["version"], made.json()["languages"]) == ("1", ["en"])
        changed = await owner.post(f"{address}/versions", json=body("Ward nurses", expected_version="1"))
        assert (changed.status_code, changed.json()["version"]) == (201, "2")
        late = await owner.post(f"{address}/versions", json=body("Late", expected_version="1"))
        assert (late.status_code, late.json()["info"]["reason"]) == (409, "rubric_changed")
        assert (await other.get(address)).json()["title"] == "Ward nurses"
        assert (await other.get(address, params={"version": "1"})).json()["title"] == "Nurses"
        assert (await other.get(address, params={"version": "9"})).status_code == 404
        refused = await other.post(f"{address}/versions", json=body("Mine"))
        assert (refused.status_code, refused.json()["info"]["reason"]) == (403, "rubric_not_yours")


async def test_lists_begin_with_the_built_in_ones(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        for title in ("A", "B", "C"):
            await owner.post("/api/v1/rubrics", json=body(title))
            house.clock.advance(1)
        first = (await owner.get("/api/v1/rubrics", params={"limit": 2})).json()
        assert [item["title"] for item in first["items"] if not item["built_in"]] == ["C", "B"]
        assert [item["rubric_id"] for item in first["items"] if item["built_in"]] == ["panel", "competencies"]
        rest = (await owner.get("/api/v1/rubrics", params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert ([item["title"] for item in rest["items"]], rest["next_cursor"]) == (["A"], None)


async def test_the_panels_rubric_has_three_languages_and_cannot_be_changed(house: ApiHouse) -> None:
    async with house.as_("root", "admin") as admin:
        panel = (await admin.get("/api/v1/rubrics/panel")).json()
        assert panel["languages"] == ["en", "ko", "zh"]
        assert [item["criterion_id"] for item in panel["criteria"]] == [
            *("technical", "experience", "character", "motivation")
        ]
        refused = await admin.post("/api/v1/rubrics/panel/versions", json=body())
        assert (refused.status_code, refused.json()["info"]["reason"]) == (403, "rubric_built_in")


async def test_rubrics_are_for_staff_and_guests_see_the_built_in_ones(house: ApiHouse, development: ApiHouse) -> None:
    async with house.as_("can", "candidate") as candidate:
        assert (await candidate.get("/api/v1/rubrics")).status_code == 403
        assert (await candidate.post("/api/v1/rubrics", json=body())).status_code == 403
    async with development.local() as guest:
        assert [item["built_in"] for item in (await guest.get("/api/v1/rubrics")).json()["items"]] == [True, True]
        assert (await guest.post("/api/v1/rubrics", json=body())).status_code == 403


async def test_a_rubric_nobody_could_judge_by_is_refused(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        broken = body()
        broken["criteria"][0]["levels"].pop()
        answer = await owner.post("/api/v1/rubrics", json=broken)
        assert (answer.status_code, answer.json()["info"]["field"]) == (422, "criteria.0.levels")
