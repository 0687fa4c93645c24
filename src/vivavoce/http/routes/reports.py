"""`/sessions/{id}/report` and `/scorecards`: what people decide by. Every look at a report is written down."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from vivavoce.domain.errors import not_found
from vivavoce.domain.scorecard import OwnMark
from vivavoce.domain.session.state import SessionState
from vivavoce.evaluation.panel_report import PanelReport, ReportCandidate, of_candidate
from vivavoce.evaluation.panel_tables import as_csv, as_workbook
from vivavoce.evaluation.report import Report
from vivavoce.http.caller import AtSession, Visit
from vivavoce.http.idempotency import idempotent
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import interviews as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.http.shapes.panel import PanelReportShape

router = APIRouter(route_class=ApiRoute, tags=["reports"], responses=refusals(401, 403, 404, 409, 413, 415, 422, 503))

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/sessions/{session_id}/report", response_model=shapes.ReportShape | PanelReportShape)
async def show_report(visit: AtSession) -> Any:
    """The report as its reader may see it: sealed until one has given an own scorecard, where that is so. A panel's
    has `kind: "panel"` and a scorecard for each candidate."""
    if visit.session.state.kind == "panel":
        return msgspec.to_builtins(await _read_panel(visit, "report_read"))
    return msgspec.to_builtins(await _read(visit, "report_read"))


@router.get(
    "/sessions/{session_id}/report.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The report as PDF"}},
)
async def show_report_as_pdf(
    visit: AtSession,
    candidate: Annotated[str, Query(max_length=200, description="Of a panel: whose; the first where left out")] = "",
) -> Response:
    """The same as PDF; of a panel, one candidate's part."""
    if visit.session.state.kind == "panel":
        panel = await _read_panel(visit, "report_pdf_read")
        report = of_candidate(panel, _chosen(panel, candidate))
    else:
        report = await _read(visit, "report_pdf_read")
    document = await visit.services.pdf(msgspec.to_builtins(report))
    name = f"report-{visit.session.session_id}.pdf".replace(":", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(document, media_type="application/pdf", headers=headers)


@router.get(
    "/sessions/{session_id}/report.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "The scores of a panel, a row each"}},
)
async def show_report_as_csv(visit: AtSession) -> Response:
    """The scores of a panel's candidates as CSV, as far as the reader may see them."""
    report = await _read_panel(visit, "report_csv_read")
    return _file(visit, as_csv(report), "csv", "text/csv; charset=utf-8")


@router.get(
    "/sessions/{session_id}/report.xlsx",
    response_class=Response,
    responses={200: {"content": {_XLSX: {}}, "description": "The report of a panel as a workbook"}},
)
async def show_report_as_workbook(visit: AtSession) -> Response:
    """Scores, their course, transcript, notes, talk time and questions of a panel as a workbook."""
    report = await _read_panel(visit, "report_xlsx_read")
    return _file(visit, await asyncio.to_thread(as_workbook, report), "xlsx", _XLSX)


@router.post("/sessions/{session_id}/scorecards", status_code=201, response_model=shapes.OwnScorecardShape)
@idempotent
async def submit_scorecard(body: shapes.OwnScorecardBody, visit: AtSession) -> Any:
    """Give an own scorecard, once. From then on its author sees the AI's."""
    visit.require("score")
    visit.speaks_as(body.user_id)
    state = await visit.state()
    given: dict[str, Any] = {
        "author_id": visit.viewer.user_id,
        "author_name": _name(visit, state),
        "criteria": _marks(body),
        "recommendation": body.recommendation,
        "comment": body.comment,
    }
    if state.kind == "panel":
        own = await visit.services.panel_reporter.submit_scorecard(state, subject=body.candidate, **given)
    else:
        own = await visit.services.reporter.submit_scorecard(state.session_id, state, **given)
    await _note(visit, "scorecard_submitted")
    return msgspec.to_builtins(own)


@router.get("/sessions/{session_id}/scorecards", response_model=shapes.OwnScorecardsShape)
async def list_scorecards(visit: AtSession) -> Any:
    """People's scorecards; those of others only after an own one, where the session is sealed."""
    visit.require("score")
    state = await visit.state()
    if state.kind == "panel":
        own = await visit.services.panel_reporter.scorecards_for(state, visit.viewer.user_id)
    else:
        own = await visit.services.reporter.scorecards_for(state.session_id, state, visit.viewer.user_id)
    await _note(visit, "scorecards_read")
    return {"items": msgspec.to_builtins(own)}


@router.post("/sessions/{session_id}/adjudications", status_code=201, response_model=shapes.AdjudicationShape)
@idempotent
async def adjudicate(body: shapes.OwnScorecardBody, visit: AtSession) -> Any:
    """Store what the interviewers of a panel agree on about a candidate, by one who has given an own scorecard."""
    visit.require("score")
    visit.speaks_as(body.user_id)
    state = await visit.state()
    decision = await visit.services.panel_reporter.adjudicate(
        state,
        subject=body.candidate,
        by=visit.viewer.user_id,
        by_name=_name(visit, state),
        criteria=_marks(body),
        recommendation=body.recommendation,
        comment=body.comment,
    )
    await _note(visit, "adjudicated", candidate=decision.subject)
    return {
        "candidate": decision.subject,
        "by": decision.by,
        "criteria": msgspec.to_builtins(decision.criteria),
        "recommendation": decision.recommendation,
        "comment": decision.comment,
    }


def _marks(body: shapes.OwnScorecardBody) -> list[OwnMark]:
    return [OwnMark(criterion_id=mark.criterion_id, score=mark.score, comment=mark.comment) for mark in body.criteria]


def _name(visit: Visit, state: SessionState) -> str:
    member = state.members.get(visit.viewer.user_id)
    return visit.identity.name or (member.name if member is not None else "")


def _file(visit: Visit, document: bytes, ending: str, kind: str) -> Response:
    name = f"report-{visit.session.session_id}.{ending}".replace(":", "-")
    return Response(document, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _read_panel(visit: Visit, action: str) -> PanelReport:
    visit.require("report")
    state = await visit.state()
    if state.kind != "panel":
        raise not_found("only panels have this report", reason="no_report")
    report = await visit.services.panel_reporter.report_for(state, visit.viewer.user_id)
    await _note(visit, action, sealed=report.sealed)
    return report


def _chosen(report: PanelReport, candidate: str) -> ReportCandidate:
    """The candidate named by speaker id or name; the first without a name."""
    found = next((one for one in report.candidates if candidate in ("", one.speaker_id, one.speaker)), None)
    if found is None:
        raise not_found("there is no such candidate in this panel", reason="speaker_not_found")
    return found


async def _read(visit: Visit, action: str) -> Report:
    visit.require("report")
    state = await visit.state()
    report = await visit.services.reporter.report_for(state.session_id, state, visit.viewer.user_id)
    await _note(visit, action, sealed=report.sealed)
    return report


async def _note(visit: Visit, action: str, **details: Any) -> None:
    services = visit.services
    subject = f"session:{visit.session.session_id}"
    await services.audit.record(services.clock.now_ms(), visit.viewer.user_id, action, subject, details)
