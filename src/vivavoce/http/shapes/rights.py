"""What export and erasure answer."""

from __future__ import annotations

from typing import Any

from vivavoce.http.shapes.base import Shape


class ExportShape(Shape):
    session_id: str
    events: list[dict[str, Any]]
    private_events: list[dict[str, Any]]
    report: dict[str, Any] | None


class ReceiptShape(Shape):
    session_id: str
    erased_at: str
    by: str
    events: int
    digest: str


class StudentReceiptShape(Shape):
    student_id: str
    erased_at: str
    by: str
    submissions: int
    events: int
    digest: str
