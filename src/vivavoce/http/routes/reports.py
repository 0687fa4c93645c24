"""`/sessions/{id}/report` and `/scorecards`: what people decide by. Every look at a report is written down."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response

from vivavoce.domain.scorecard import OwnMark
from vivavoce.evaluation.report import Report
from vivavoce.http.caller import AtSession, Visit
from vivavoce.http.idempotency import idempotent
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import interviews as shapes
from vivavoce.http.shapes.base import refusals

router = APIRouter(route_class=ApiRoute, tags=["reports"], responses=refusals(401, 403, 404, 409, 413, 415, 422, 503))


@router.get("/sessions/{session_id}/report", response_model=shapes.ReportShape)
async def show_report(visit: AtSession) -> Any:
    """The report as its reader may see it: sealed until one has given an own scorecard, where that is so."""
    return msgspec.to_builtins(await _read(visit, "report_read"))


@router.get(
    "/sessions/{session_id}/report.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The report as PDF"}},
)
async def show_report_as_pdf(visit: AtSession) -> Response:
    """The same as PDF."""
    document = await visit.services.pdf(msgspec.to_builtins(await _read(visit, "report_pdf_read")))
    name = f"report-{visit.session.session_id}.pdf".replace(":", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(document, media_type="application/pdf", headers=headers)


@router.post("/sessions/{session_id}/scorecards", status_code=201, response_model=shapes.OwnScorecardShape)
@idempotent
async def submit_scorecard(body: shapes.OwnScorecardBody, visit: AtSession) -> Any:
    """Give an own scorecard, once. From then on its author sees the AI's."""
    visit.require("score")
    visit.speaks_as(body.user_id)
    state = await visit.state()
    member = state.members.get(visit.viewer.user_id)
    own = await visit.services.reporter.submit_scorecard(
        state.session_id,
        state,
        author_id=visit.viewer.user_id,
        author_name=visit.identity.name or (member.name if member is not None else ""),
        criteria=[
            OwnMark(criterion_id=mark.criterion_id, score=mark.score, comment=mark.comment) for mark in body.criteria
        ],
        recommendation=body.recommendation,
        comment=body.comment,
    )
    await _note(visit, "scorecard_submitted")
    return msgspec.to_builtins(own)


@router.get("/sessions/{session_id}/scorecards", response_model=shapes.OwnScorecardsShape)
async def list_scorecards(visit: AtSession) -> Any:
    """People's scorecards; those of others only after an own one, where the session is sealed."""
    visit.require("score")
    state = await visit.state()
    own = await visit.services.reporter.scorecards_for(state.session_id, state, visit.viewer.user_id)
    await _note(visit, "scorecards_read")
    return {"items": msgspec.to_builtins(own)}


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
