"""`/sessions/{id}/exports` and `/erasures`, `/students/{id}/erasures`: people's rights over what is kept of them.
Administrators act for them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path

from vivavoce.http.caller import Admin, Ours
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import rights as shapes
from vivavoce.http.shapes.base import Empty, refusals
from vivavoce.protocols.times import iso

router = APIRouter(route_class=ApiRoute, tags=["rights"], responses=refusals(401, 403, 404, 409, 413, 415, 422, 503))
SessionId = Annotated[str, Path(min_length=1, max_length=128, description="The session's id")]


@router.post("/sessions/{session_id}/exports", response_model=shapes.ExportShape)
async def export_session(services: Ours, admin: Admin, session_id: SessionId, _: Empty | None = None) -> Any:
    """Everything that is kept of a session: events, private events, report."""
    return await services.rights.export(session_id, admin.user_id)


@router.post("/sessions/{session_id}/erasures", response_model=shapes.ReceiptShape)
async def erase_session(services: Ours, admin: Admin, session_id: SessionId, _: Empty | None = None) -> Any:
    """Take every personal word of a session that is over out of the log, the report and the index. The sequence stays.
    Backups keep their own time."""
    receipt = await services.rights.erase(session_id, admin.user_id)
    return {**msgspec.structs.asdict(receipt), "erased_at": iso(receipt.erased_at)}


@router.post("/students/{student_id}/erasures", response_model=shapes.StudentReceiptShape)
async def erase_student(
    services: Ours, admin: Admin, student_id: Annotated[str, Path(min_length=1, max_length=128)], _: Empty | None = None
) -> Any:
    """Take what a student wrote out of every exam, with its pictures, the names, the appeals and what was said about
    it. Marks and the sequence stay. Backups keep their own time."""
    receipt = await services.grading.erasure.erase(student_id, admin.user_id)
    return {**msgspec.structs.asdict(receipt), "erased_at": iso(receipt.erased_at)}
