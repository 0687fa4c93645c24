"""What happened in an exam. Stored, versioned, never renamed.

Every field has a default so that a redacted event still decodes. What names or quotes a student is personal: `redacted`
takes it out for one student's submissions and leaves everything that counts and replays need.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, ClassVar, Final

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.exam.alerts import Alert
from vivavoce.domain.exam.marks import Mark, Outcome, ResponseStatus
from vivavoce.domain.exam.questions import ExamHead, Question
from vivavoce.domain.log_page import page_decoder


class ExamEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """Base of all events of an exam. `PERSONAL` are the fields that are about the student the event is of."""

    PERSONAL: ClassVar[tuple[str, ...]] = ()

    redacted: bool = False


class ExamCreated(ExamEvent, frozen=True, tag=True):
    exam_id: str = ""
    head: ExamHead = ExamHead()
    created_by: str = ""


class ExamChanged(ExamEvent, frozen=True, tag=True):
    head: ExamHead = ExamHead()


class QuestionSet(ExamEvent, frozen=True, tag=True):
    """A question was added or changed. `regrades`: what was graded by an earlier version is graded again."""

    question: Question = Question()
    regrades: bool = False


class QuestionRemoved(ExamEvent, frozen=True, tag=True):
    question_id: str = ""


class ExamMemberAdded(ExamEvent, frozen=True, tag=True):
    user_id: str = ""
    role: Role = "grader"


class ExamMemberRemoved(ExamEvent, frozen=True, tag=True):
    user_id: str = ""


class ResponseGiven(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A student's response to one question. `image` is the blob of its scan, empty for what was typed."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("text", "chosen", "filled", "image")

    response_id: str = ""
    question_id: str = ""
    text: str = ""
    chosen: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    quality: float | None = None
    image: str = ""


class SubmissionGiven(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    PERSONAL: ClassVar[tuple[str, ...]] = ("student_name",)

    submission_id: str = ""
    student_id: str = ""
    student_name: str = ""
    class_id: str = ""
    source: str = "typed"
    overall_quality: float | None = None
    responses: tuple[ResponseGiven, ...] = ()


class SubmissionsReceived(ExamEvent, frozen=True, tag=True):
    submissions: tuple[SubmissionGiven, ...] = ()


class GradeGiven(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A mark of one response, and what the response came to by it."""

    submission_id: str = ""
    student_id: str = ""
    question_id: str = ""
    mark: Mark = Mark()
    outcome: Outcome = Outcome()


class ResponsesGraded(ExamEvent, frozen=True, tag=True):
    """Grades by the AI, several at once."""

    batch_id: str = ""
    grades: tuple[GradeGiven, ...] = ()


class ResponseMarked(ExamEvent, frozen=True, tag=True):
    """A mark by a person."""

    task_id: str = ""
    grade: GradeGiven = GradeGiven()


class SeedChosen(ExamEvent, frozen=True, tag=True):
    """A response whose mark is agreed measures markers from here on (None: no longer)."""

    response_id: str = ""
    points: float | None = None


class ResponsesErased(ExamEvent, frozen=True, tag=True):
    """A student was forgotten: these responses, with the status they had, wait for nobody any more."""

    before: dict[str, ResponseStatus] = {}


class ResultsReleased(ExamEvent, frozen=True, tag=True):
    pass


class ResultsWithheld(ExamEvent, frozen=True, tag=True):
    pass


class AppealOpened(ExamEvent, frozen=True, tag=True):
    PERSONAL = ("text",)

    appeal_id: str = ""
    submission_id: str = ""
    student_id: str = ""
    response_id: str = ""
    text: str = ""


class AppealAnswered(ExamEvent, frozen=True, tag=True):
    PERSONAL = ("answer",)

    appeal_id: str = ""
    submission_id: str = ""
    upheld: bool = False
    answer: str = ""
    grade: GradeGiven | None = None


class IssueReported(ExamEvent, frozen=True, tag=True):
    PERSONAL = ("text",)

    issue_id: str = ""
    task_id: str = ""
    submission_id: str = ""
    text: str = ""


class ThresholdAdjusted(ExamEvent, frozen=True, tag=True):
    metric: str = ""
    threshold: float = 0.0


class AlertRaised(ExamEvent, frozen=True, tag=True):
    alert: Alert = Alert()


class AlertAcknowledged(ExamEvent, frozen=True, tag=True):
    alert_id: str = ""


class AlertResolved(ExamEvent, frozen=True, tag=True):
    alert_id: str = ""
    value: float = 0.0


AnyExamEvent = (
    ExamCreated
    | ExamChanged
    | QuestionSet
    | QuestionRemoved
    | ExamMemberAdded
    | ExamMemberRemoved
    | SubmissionsReceived
    | ResponsesGraded
    | ResponseMarked
    | SeedChosen
    | ResponsesErased
    | ResultsReleased
    | ResultsWithheld
    | AppealOpened
    | AppealAnswered
    | IssueReported
    | ThresholdAdjusted
    | AlertRaised
    | AlertAcknowledged
    | AlertResolved
)


class RecordedExam(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event of an exam with its place in the log."""

    seq: int
    event_id: str
    at: int
    actor: str
    client_id: str | None
    data: AnyExamEvent


decode_page = page_decoder(RecordedExam, AnyExamEvent)

#: The words in a mark that quote a response or speak about it.
WORDS_IN_MARKS: Final = ("comment", "reason", "evidence", "rationale", "feedback")


def redacted(event: AnyExamEvent, submission_ids: Collection[str]) -> AnyExamEvent:
    """The same fact without what it says about these submissions; the same object where it says nothing of them."""
    if isinstance(event, SubmissionsReceived):
        return _each(event, "submissions", submission_ids, _blank_submission)
    if isinstance(event, ResponsesGraded):
        return _each(event, "grades", submission_ids, _blank_grade)
    if isinstance(event, ResponseMarked):
        if event.grade.submission_id not in submission_ids:
            return event
        return msgspec.structs.replace(event, grade=_blank_grade(event.grade), redacted=True)
    if isinstance(event, AppealOpened | AppealAnswered | IssueReported):
        if event.submission_id not in submission_ids:
            return event
        blanked: Any = _blank(event, event.PERSONAL)
        if isinstance(event, AppealAnswered) and event.grade is not None:
            blanked = msgspec.structs.replace(blanked, grade=_blank_grade(event.grade))
        changed: AnyExamEvent = msgspec.structs.replace(blanked, redacted=True)
        return changed
    return event


def _each(
    event: SubmissionsReceived | ResponsesGraded,
    name: str,
    submission_ids: Collection[str],
    blank: Callable[[Any], Any],
) -> AnyExamEvent:
    items = getattr(event, name)
    if not any(item.submission_id in submission_ids for item in items):
        return event
    changed = tuple(blank(item) if item.submission_id in submission_ids else item for item in items)
    return msgspec.structs.replace(event, **{name: changed, "redacted": True})


def _blank(part: Any, names: tuple[str, ...]) -> Any:
    empty = type(part)()
    return msgspec.structs.replace(part, **{name: getattr(empty, name) for name in names})


def _blank_submission(submission: SubmissionGiven) -> SubmissionGiven:
    responses = tuple(_blank(response, ResponseGiven.PERSONAL) for response in submission.responses)
    blanked: SubmissionGiven = _blank(submission, SubmissionGiven.PERSONAL)
    return msgspec.structs.replace(blanked, responses=responses)


def _blank_grade(grade: GradeGiven) -> GradeGiven:
    return msgspec.structs.replace(grade, mark=_blank(grade.mark, WORDS_IN_MARKS))
