"""Proving a stored report against the event log."""

from __future__ import annotations

from typing import Protocol

import msgspec

from vivavoce.domain.errors import not_found
from vivavoce.domain.session.state import SessionState
from vivavoce.evaluation.panel_report import PanelReport
from vivavoce.evaluation.panel_transcript import for_evaluation
from vivavoce.evaluation.report import Report
from vivavoce.evaluation.reporter import transcript
from vivavoce.evaluation.transcript import citable
from vivavoce.evaluation.verification import Verification, verify_report
from vivavoce.ports import Reports


class Sessions(Protocol):
    async def state(self, session_id: str) -> SessionState: ...


async def check_stored_report(sessions: Sessions, reports: Reports, session_id: str) -> Verification:
    """Check a session's report, as it is stored, word for word. Raises not_found where there is none."""
    state = await sessions.state(session_id)
    document = await reports.get(session_id)
    if document is None:
        raise not_found("there is no report of this session", reason="no_report")
    if state.kind == "panel":
        said = for_evaluation(state)
        return verify_report(msgspec.json.decode(document, type=PanelReport), said, citable(said))
    said = transcript(state)
    return verify_report(msgspec.json.decode(document, type=Report), said, citable(said))
