"""Reports over HTTP: sealed until one has judged (SPEC 6.2), every look written down (SPEC 6.9)."""

from __future__ import annotations

from typing import Any

from tests.fakes.api import ApiHouse
from tests.unit.http.test_sessions import candidate_of, created


async def reported(house: ApiHouse, owner: Any, **changes: Any) -> str:
    session_id = await created(house, owner, **changes)
    async with await candidate_of(house, owner, session_id) as candidate:
        for answer in ("I organised the team around a shared plan and reviewed it weekly.", "I took the blame."):
            await candidate.post(f"/api/v1/sessions/{session_id}/messages", json={"text": answer})
            await house.reply(session_id, "Tell me more about how you worked with your team?")
    await owner.post(f"/api/v1/sessions/{session_id}/end", json={})
    return session_id


def judgement(report: dict[str, Any]) -> dict[str, Any]:
    marks = [{"criterion_id": c["criterion_id"], "score": 3, "comment": ""} for c in report["scorecard"]["criteria"]]
    return {"criteria": marks, "recommendation": "yes", "comment": "Good"}


async def test_a_report_that_is_not_ready_is_a_conflict(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await reported(house, owner)
        for path in ("report", "report.pdf"):
            answer = await owner.get(f"/api/v1/sessions/{session_id}/{path}")
            assert (answer.status_code, answer.json()["info"]["reason"]) == (409, "report_not_ready")


async def test_spec_6_2_the_report_is_sealed_until_one_has_judged(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner, house.as_("root", "admin") as admin:
        session_id = await reported(house, owner)
        await house.reporter.produce(session_id)
        address = f"/api/v1/sessions/{session_id}"
        sealed = (await owner.get(f"{address}/report")).json()
        assert sealed["sealed"] is True
        assert sealed["scorecard"]["overall"] is None
        for criterion in sealed["scorecard"]["criteria"]:
            assert criterion["name"]
            hidden = ("score", "level", "anchor", "confidence", "rationale", "feedback")
            assert [criterion[field] for field in hidden] == [None] * 6
            assert criterion["evidence"] == []
        given = await owner.post(f"{address}/scorecards", json=judgement(sealed))
        assert given.status_code == 201, given.text
        opened = (await owner.get(f"{address}/report")).json()
        assert opened["sealed"] is False
        assert [own["author_id"] for own in opened["own_scorecards"]] == ["rec"]
        assert len(opened["differences"]) == len(opened["scorecard"]["criteria"])
        assert (await admin.get(f"{address}/report")).json()["sealed"] is True
        assert (await admin.get(f"{address}/scorecards")).json()["items"] == []
        again = await owner.post(f"{address}/scorecards", json=judgement(sealed))
        assert (again.status_code, again.json()["error"]) == (409, "conflict")


async def test_spec_6_2_live_visibility_hides_nothing(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await reported(house, owner, evaluation_visibility="live")
        await house.reporter.produce(session_id)
        assert (await owner.get(f"/api/v1/sessions/{session_id}/report")).json()["sealed"] is False


async def test_a_pdf_is_a_pdf(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await reported(house, owner)
        await house.reporter.produce(session_id)
        answer = await owner.get(f"/api/v1/sessions/{session_id}/report.pdf")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert answer.headers["Cache-Control"] == "no-store"


async def test_spec_6_9_every_look_at_a_report_is_in_the_audit_log(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner, house.as_("root", "admin") as admin:
        session_id = await reported(house, owner)
        await house.reporter.produce(session_id)
        await owner.get(f"/api/v1/sessions/{session_id}/report")
        await admin.get(f"/api/v1/sessions/{session_id}/report.pdf")
        page = (await admin.get("/api/v1/audit", params={"subject": f"session:{session_id}"})).json()
        seen = [(entry["actor"], entry["action"], entry["details"].get("sealed")) for entry in page["items"]]
        assert seen[:2] == [("root", "report_pdf_read", True), ("rec", "report_read", True)]


async def test_an_own_scorecard_judges_every_criterion_once(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as owner:
        session_id = await reported(house, owner)
        await house.reporter.produce(session_id)
        address = f"/api/v1/sessions/{session_id}/scorecards"
        for body in (
            {"criteria": [], "recommendation": "yes"},
            {"criteria": [{"criterion_id": "teamwork", "score": 9}], "recommendation": "yes"},
            {"criteria": [{"criterion_id": "invented", "score": 3}], "recommendation": "yes"},
            {"criteria": [], "recommendation": "perhaps"},
        ):
            answer = await owner.post(address, json=body)
            assert (answer.status_code, answer.json()["error"]) == (422, "invalid_payload"), body
