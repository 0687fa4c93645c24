"""Bodies of scans."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vivavoce.http.shapes.base import ErrorShape, Shape


class ScanShape(Shape):
    """A file that was handed in. Once its status is `read`, its answers are the submission of the id `scan_id`.

    `answers_read` of `answers` are read so far. `pages` are the quality of its pages' pictures (0 to 1),
    `missing_pages` those of the sheet that the file has not; `poor` answers are hard to read and go to a person. One
    that `failed` says why in `error`, and may be handed in again."""

    scan_id: str
    exam_id: str
    student_id: str
    student_name: str
    class_id: str
    file_name: str
    status: Literal["waiting", "reading", "read", "failed"]
    answers: int
    answers_read: int
    pages: list[float]
    missing_pages: list[int]
    overall_quality: float | None = Field(description="That of the answer that was hardest to read, 0 to 1")
    poor: int
    error: ErrorShape | None
    created_at: str


class ScansShape(Shape):
    items: list[ScanShape]
    next_cursor: str | None
