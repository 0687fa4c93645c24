"""What an exam's questions say of its printed sheet, and what a reading of one comes to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from vivavoce.domain.errors import ErrorCode, VivavoceError, conflict, invalid
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam.exam import TEXT_LIMIT, ExamState
from vivavoce.domain.exam.questions import Question, options_of
from vivavoce.engines.ocr.contract import Region, RegionReading, SheetReading, Template
from vivavoce.exam_ports import ScanRow
from vivavoce.grading.intake import response_given


class ScanOutcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a file. `pages` are the quality of its pages' pictures, 0 to 1; `missing_pages` are on the sheet
    and not in the file; `poor` answers are hard to read and go to a person. Of one that failed, `code`, `reason`,
    `details` and `info` are those of the refusal."""

    pages: tuple[float, ...] = ()
    missing_pages: tuple[int, ...] = ()
    overall_quality: float | None = None
    poor: int = 0
    code: ErrorCode | None = None
    reason: str = ""
    details: str = ""
    info: dict[str, Any] = {}

    @property
    def error(self) -> VivavoceError | None:
        if self.code is None:
            return None
        return VivavoceError(self.code, self.details, reason=self.reason, info=self.info)


_decode: Final = msgspec.json.Decoder(ScanOutcome).decode


def outcome_of(scan: ScanRow) -> ScanOutcome:
    """Without anything while it is not over."""
    return _decode(scan.outcome) if scan.outcome else ScanOutcome()


def encoded(outcome: ScanOutcome) -> str:
    return msgspec.json.encode(outcome).decode()


def refused(error: VivavoceError) -> ScanOutcome:
    return ScanOutcome(code=error.code, reason=error.reason, details=error.details, info=dict(error.info))


def outcome_read(state: ExamState, reading: SheetReading, submission: e.SubmissionGiven) -> ScanOutcome:
    wanted = {question.place.page for question in state.questions.values() if question.place is not None}
    return ScanOutcome(
        pages=tuple(round(page.share, 4) for page in reading.pages),
        missing_pages=tuple(sorted(page for page in wanted if page > len(reading.pages))),
        overall_quality=submission.overall_quality,
        poor=poor_among(state, (response.quality for response in submission.responses)),
    )


def poor_among(state: ExamState, qualities: Iterable[float | None]) -> int:
    """How many of these are read too poorly for anybody but a person."""
    least = state.head.settings.least_quality
    return sum(quality is not None and quality < least for quality in qualities)


def template_of(state: ExamState) -> Template:
    """The sheet that the places of the exam's questions make. Raises conflict unless every question has one: what is
    not on the sheet would count as left blank."""
    missing = [question_id for question_id, question in state.questions.items() if question.place is None]
    if missing or not state.questions:
        raise conflict("every question needs its place on the sheet", reason="place_missing", questions=missing)
    return Template(
        regions=tuple(
            Region(region_id=question_id, page=place.page, box=place.box, bubbles=place.bubbles)
            for question_id, question in state.questions.items()
            if (place := question.place) is not None
        )
    )


def file_of(scan_id: str) -> str:
    """The blob of the file as it was handed in, until it is read."""
    return f"uploads/{scan_id}"


def picture_name(submission_id: str, question_id: str) -> str:
    """The blob of a response's picture."""
    return f"scans/{submission_id}/{question_id}"


def submission_of(state: ExamState, scan: ScanRow, reading: SheetReading) -> e.SubmissionGiven:
    """The submission is as good as its worst response. What was on a page that is not there has quality 0: a person
    asks for the page, nobody is given nothing for it. Raises invalid_payload where no page is there."""
    read = {region.region_id: region for region in reading.regions}
    if not read:
        raise invalid("none of the sheet's pages is in the file", reason="scan_pages_missing")
    responses = tuple(
        _response(scan.scan_id, question, read.get(question_id)) for question_id, question in state.questions.items()
    )
    return e.SubmissionGiven(
        submission_id=scan.scan_id,
        student_id=scan.student_id,
        student_name=scan.student_name,
        class_id=scan.class_id,
        source="scan",
        overall_quality=min(response.quality or 0.0 for response in responses),
        responses=responses,
    )


def _response(submission_id: str, question: Question, region: RegionReading | None) -> e.ResponseGiven:
    if region is None:
        return response_given(submission_id, question, "", quality=0.0)
    answer: str | list[str] = region.text[:TEXT_LIMIT]
    if options_of(question):
        answer = list(region.chosen)
    elif question.type == "fill_in":
        answer = [line for line in region.text[:TEXT_LIMIT].splitlines() if line.strip()]
    return response_given(
        submission_id,
        question,
        answer,
        quality=region.overall_quality,
        image=picture_name(submission_id, question.question_id),
    )
