"""What a panel ends with (SPEC.md 3, 6.1, 6.2): the report, its tables and its proof."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from typing import Any

import msgspec
import pytest
from bench.evaluation.answers import panel_answers
from httpx import AsyncClient

from tests.protocol.house import Served
from tests.protocol.panel.conftest import ask, hear, interviewed, panel, say
from tests.protocol.panel.test_rights import created
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.session.events import Visibility
from vivavoce.evaluation.checking import check_stored_report
from vivavoce.evaluation.panel_report import PanelReport
from vivavoce.evaluation.panel_transcript import for_evaluation
from vivavoce.evaluation.verification import verify_report

CRITERIA = ("technical", "experience", "character", "motivation")


async def ended(house: Served, visibility: Visibility) -> None:
    await created(house, visibility)
    async with panel(house, "p1", token=house.token("ann", "interviewer")) as ws:
        await interviewed(ws)
        await ask(ws, "speaker_note", speaker="지원자_1", note="=HYPERLINK(1)")
        await say(ws, "session_end")
        await hear(ws, "session_ended")


async def report_of(http: AsyncClient) -> dict[str, Any]:
    while (answer := await http.get("/api/v1/sessions/p1/report")).status_code == 409:
        await asyncio.sleep(0.02)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def marks(score: float) -> list[dict[str, Any]]:
    return [{"criterion_id": name, "score": score, "comment": ""} for name in CRITERIA]


async def test_spec_3_the_report_has_everything_a_team_decides_from(house: Served) -> None:
    await ended(house, "live")
    async with house.http(house.token("ann", "interviewer")) as http:
        report = await report_of(http)
        assert (report["kind"], report["sealed"]) == ("panel", False)
        assert [one["speaker"] for one in report["candidates"]] == ["지원자_1", "지원자_2"]
        assert [line["speaker"] for line in report["transcript"]] == ["면접관_1", "지원자_1", "지원자_2"]
        assert report["notes"][0]["note"] == "=HYPERLINK(1)"
        assert report["questions"][0]["answered_by"] == ["지원자_1", "지원자_2"]
        assert report["summary"]["coverage"] == {"planned": 1, "covered": 1, "ratio": 1.0}
        strong = report["candidates"][0]
        assert strong["history"][-1]["final"] is True
        assert strong["scorecard"]["criteria"][0]["evidence"]
        assert [one["stats"]["questions"] for one in report["speakers"]] == [1, 0, 0]

        found = list(csv.reader(io.StringIO((await http.get("/api/v1/sessions/p1/report.csv")).text.lstrip("\ufeff"))))
        assert len(found) == 1 + 2 * len(CRITERIA)
        workbook = await http.get("/api/v1/sessions/p1/report.xlsx")
        with zipfile.ZipFile(io.BytesIO(workbook.content)) as archive:
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
            assert len(sheets) == 6
            assert not any(b"<f>" in archive.read(name) for name in sheets)
        document = await http.get("/api/v1/sessions/p1/report.pdf", params={"candidate": "지원자_2"})
        assert document.content.startswith(b"%PDF")
        missing = await http.get("/api/v1/sessions/p1/report.pdf", params={"candidate": "nobody"})
        assert missing.status_code == 404
    async with house.http(house.token("cho", "candidate")) as http:
        for ending in ("report", "report.csv", "report.xlsx", "report.pdf"):
            assert (await http.get(f"/api/v1/sessions/p1/{ending}")).status_code == 403


async def test_spec_6_2_scores_of_a_candidate_open_with_an_own_scorecard_of_them(house: Served) -> None:
    await ended(house, "sealed")
    bob = house.token("bob", "interviewer")
    async with house.http(bob) as http:
        before = await report_of(http)
        assert before["sealed"] is True
        for one in before["candidates"]:
            assert one["scorecard"]["overall"] is None
            assert all(criterion["score"] is None for criterion in one["scorecard"]["criteria"])
            assert all(moment["overall"] is None for moment in one["history"])
        assert "4 s" not in (await http.get("/api/v1/sessions/p1/report.csv")).text
        body = {"criteria": marks(2), "recommendation": "no", "comment": "", "candidate": "지원자_1"}
        early = await http.post("/api/v1/sessions/p1/adjudications", json=body)
        assert (early.status_code, early.json()["info"]["reason"]) == (409, "scorecard_first")
        assert (await http.post("/api/v1/sessions/p1/scorecards", json=body)).status_code == 201
        assert (await http.post("/api/v1/sessions/p1/scorecards", json=body)).status_code == 409
        first, second = (await report_of(http))["candidates"]
        assert (first["sealed"], second["sealed"]) == (False, True)
        assert first["scorecard"]["criteria"][0]["score"] is not None
        assert first["differences"][0]["human"] == 2
        agreed = {**body, "criteria": marks(3), "recommendation": "strong_yes", "comment": "after discussion"}
        assert (await http.post("/api/v1/sessions/p1/adjudications", json=agreed)).status_code == 201
        result = (await report_of(http))["candidates"][0]["adjudication"]
        assert (result["recommendation"], result["by"]) == ("strong_yes", "bob")
    async with house.http(house.token("ann", "interviewer")) as http:
        assert all(one["sealed"] for one in (await report_of(http))["candidates"])
        assert (await http.get("/api/v1/sessions/p1/scorecards")).json()["items"] == []


async def test_spec_6_2_what_was_sealed_is_revealed_live_to_who_has_judged(house: Served) -> None:
    await created(house, "sealed")
    ann = house.token("ann", "interviewer")
    async with panel(house, "p1", "?features=evaluations", token=ann) as ws, house.http(ann) as http:
        await interviewed(ws)
        await say(ws, "evaluation_request")
        assert (await hear(ws, "evaluation_updated"))["evaluation"]["score"] is None
        await hear(ws, "evaluation_summary")
        body = {"criteria": marks(4), "recommendation": "yes", "comment": "", "candidate": "지원자_1"}
        assert (await http.post("/api/v1/sessions/p1/scorecards", json=body)).status_code == 201
        assert (await hear(ws, "scorecards_updated"))["what"] == "submitted"
        assert (await hear(ws, "scorecards_updated"))["what"] == "revealed"
        await say(ws, "evaluation_request")
        summary = (await hear(ws, "evaluation_summary"))["summary"]
        assert [item["score"] is None for item in summary["candidates"]] == [False, True]


async def test_spec_6_1_the_checker_proves_every_quotation_and_finds_a_forged_one(house: Served) -> None:
    await ended(house, "live")
    async with house.http(house.token("ann", "interviewer")) as http:
        await report_of(http)
    running = house.house
    found = await check_stored_report(running.sessions, running.reports, "p1")
    assert found.holds
    assert found.scores > 0
    assert found.quotations >= found.scores
    document = await running.reports.get("p1")
    assert document is not None
    state = await running.sessions.state("p1")
    forged = document.replace(b"I traced it", b"I traced IT")
    assert forged != document
    again = verify_report(msgspec.json.decode(forged, type=PanelReport), for_evaluation(state))
    assert not again.holds
    assert any("is not what was said" in problem for problem in again.problems)
    assert any("quotation" in problem for problem in again.problems)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
async def test_spec_6_1_the_checker_proves_a_finished_panel_in_each_language(house: Served, language: Language) -> None:
    answers = panel_answers(language)
    async with panel(house, "p1", f"?features=transcript&language={language}") as ws:
        for criterion in CRITERIA:
            for label, level in (("지원자_1", 3), ("지원자_2", 1)):
                chosen = next(one for one in answers if (one.criterion, one.level) == (criterion, level))
                for speaker, text in (("면접관_1", chosen.question), (label, chosen.answer)):
                    await say(ws, "add_utterance", speaker=speaker, text=text)
                    assert (await hear(ws, "saved", "error"))["type"] == "saved"
        await say(ws, "session_end")
        result = (await hear(ws, "session_ended", timeout_s=40))["final_result"]
    async with house.http() as http:
        report = await report_of(http)
    found = await check_stored_report(house.house.sessions, house.house.reports, "p1")
    assert found.problems == ()
    assert found.scores >= len(CRITERIA)
    assert found.quotations >= found.scores
    assert report["language"] == language
    strong, weak = (one["scorecard"]["overall"] for one in report["candidates"])
    assert strong > (weak or 0)
    texts = {item["utterance_id"]: item for item in result["transcripts"]}
    for evaluation in result["evaluations"]:
        for criterion in evaluation["criteria"]:
            for evidence in criterion["evidence"]:
                said = texts[evidence["utterance_id"]]
                assert said["speaker_id"] == evaluation["speaker_id"]
                assert said["text"][evidence["start"] : evidence["end"]] == evidence["quote"]


@pytest.mark.parametrize("visibility", ["live", "sealed"])
async def test_erasure_takes_notes_scores_and_words(house: Served, visibility: Visibility) -> None:
    await ended(house, visibility)
    async with house.http(house.token("ann", "interviewer")) as http:
        await report_of(http)
        await house.house.rights.erase("p1", "root")
        shown = (await http.get("/api/v1/sessions/p1/panel")).text
        assert "missing index" not in shown
        assert "HYPERLINK" not in shown
        assert (await http.get("/api/v1/sessions/p1/report")).status_code == 404
