"""`/students` and `/classes`: who sits exams."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query

from vivavoce.domain.access import Identity
from vivavoce.domain.errors import conflict, forbidden
from vivavoce.exam_ports import ClassRow, StudentRow
from vivavoce.http.caller import Caller, Ours
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import marking as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.protocols.times import iso

router = APIRouter(route_class=ApiRoute, tags=["students"], responses=refusals(401, 403, 413, 415, 422, 503))
Cursor = Annotated[str | None, Query(max_length=500)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


async def _teacher(identity: Caller) -> Identity:
    if identity.guest or identity.role not in ("teacher", "admin"):
        raise forbidden("teachers and administrators keep the roster", reason="role_forbids")
    return identity


Teacher = Annotated[Identity, Depends(_teacher)]


@router.post("/students", response_model=shapes.StoredStudentsShape)
async def put_students(body: shapes.StudentsBody, services: Ours, teacher: Teacher) -> Any:
    """Add students; those who are known get the new name and class."""
    now = services.clock.now_ms()
    rows = [
        StudentRow(
            student_id=student.student_id,
            name=student.name,
            class_id=student.class_id,
            created_by=teacher.user_id,
            created_at=now,
        )
        for student in body.students
    ]
    await services.grading.roster.put_students(rows)
    return {"stored": len(rows)}


@router.get("/students", response_model=shapes.StudentsShape)
async def list_students(
    services: Ours,
    _: Teacher,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    class_id: Annotated[str | None, Query(max_length=128)] = None,
    q: Annotated[str, Query(max_length=200, description="Part of a name")] = "",
) -> Any:
    """Students, newest first."""
    rows = await services.grading.roster.students(
        class_id=class_id, query=q.replace("\x00", ""), before=place_of(cursor), limit=limit + 1
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [{**msgspec.structs.asdict(row), "created_at": iso(row.created_at)} for row in rows[:limit]],
        "next_cursor": cursor_after(last.created_at, last.student_id) if last is not None else None,
    }


@router.post("/classes", status_code=201, response_model=shapes.ClassShape, responses=refusals(409))
async def create_class(body: shapes.ClassBody, services: Ours, teacher: Teacher) -> Any:
    """Make a class."""
    row = ClassRow(
        class_id=body.class_id, name=body.name, created_by=teacher.user_id, created_at=services.clock.now_ms()
    )
    if not await services.grading.roster.put_class(row):
        raise conflict("a class with this id exists", reason="class_exists")
    return {**msgspec.structs.asdict(row), "created_at": iso(row.created_at)}


@router.get("/classes", response_model=shapes.ClassesShape)
async def list_classes(services: Ours, _: Teacher, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Any:
    """Classes, newest first."""
    rows = await services.grading.roster.classes(place_of(cursor), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [{**msgspec.structs.asdict(row), "created_at": iso(row.created_at)} for row in rows[:limit]],
        "next_cursor": cursor_after(last.created_at, last.class_id) if last is not None else None,
    }
