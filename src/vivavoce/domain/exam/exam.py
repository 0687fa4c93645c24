"""An exam as it stands: `evolve` makes it from events; the deciders say which events a wish makes, or refuse it.

What was said about single responses is not in this state but in rows beside the log (an exam may have a million of
them); deciders that need a response are given it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.errors import VivavoceError, conflict, forbidden, invalid, not_found
from vivavoce.domain.exam import alerts as a
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam.marks import (
    WAITING,
    Mark,
    MarkKind,
    Outcome,
    Response,
    ResponseStatus,
    settled,
)
from vivavoce.domain.exam.questions import (
    QUESTIONS_LIMIT,
    ExamHead,
    Question,
    changes_grading,
    checked_head,
    checked_points,
    checked_question,
)
from vivavoce.domain.ids import check_session_id

TEXT_LIMIT: Final = 20_000
SUBMISSIONS_AT_ONCE: Final = 500


class ExamState(msgspec.Struct, kw_only=True):
    """What deciders and lists need of an exam. `by_status` counts its responses; `open_alerts` are by key."""

    exam_id: str = ""
    head: ExamHead = ExamHead()
    created_by: str = ""
    created_at: int = 0
    seq: int = 0
    questions: dict[str, Question] = {}
    members: dict[str, Role] = {}
    submissions: int = 0
    by_status: dict[str, int] = {}
    marks_by_people: int = 0
    released: bool = False
    appeals_open: int = 0
    issues: int = 0
    thresholds: dict[str, float] = {}
    open_alerts: dict[str, a.Alert] = {}

    @property
    def exists(self) -> bool:
        return bool(self.created_by)

    @property
    def responses(self) -> int:
        return sum(self.by_status.values())

    @property
    def waiting(self) -> int:
        """Responses that wait for a person."""
        return sum(self.by_status.get(status, 0) for status in WAITING)

    def question(self, question_id: str) -> Question:
        """Raises not_found."""
        found = self.questions.get(question_id)
        if found is None:
            raise not_found("there is no such question", reason="question_not_found")
        return found

    def threshold(self, metric: str) -> float | None:
        return self.thresholds.get(metric, a.DEFAULT_THRESHOLDS.get(metric))

    def all_thresholds(self) -> dict[str, float]:
        return {**a.DEFAULT_THRESHOLDS, **self.thresholds}


# --- the definition ---------------------------------------------------------------------------------------------------


def create(
    state: ExamState, exam_id: str, head: ExamHead, questions: Sequence[Question], by: str
) -> list[e.AnyExamEvent]:
    if state.exists:
        raise conflict("an exam with this id exists", reason="exam_exists")
    check_session_id(exam_id)
    created: list[e.AnyExamEvent] = [e.ExamCreated(exam_id=exam_id, head=checked_head(head), created_by=by)]
    if len(questions) > QUESTIONS_LIMIT:
        raise invalid(f"an exam has up to {QUESTIONS_LIMIT} questions", field="questions")
    seen: set[str] = set()
    for place, question in enumerate(questions):
        checked_question(question, f"questions[{place}]")
        if question.question_id in seen:
            raise invalid("two questions have one id", field=f"questions[{place}].question_id")
        seen.add(question.question_id)
        created.append(e.QuestionSet(question=msgspec.structs.replace(question, version=1)))
    return created


def change_head(state: ExamState, head: ExamHead) -> list[e.AnyExamEvent]:
    return [] if head == state.head else [e.ExamChanged(head=checked_head(head))]


def set_question(state: ExamState, question: Question) -> list[e.AnyExamEvent]:
    checked_question(question)
    before = state.questions.get(question.question_id)
    if before is None:
        if len(state.questions) >= QUESTIONS_LIMIT:
            raise invalid(f"an exam has up to {QUESTIONS_LIMIT} questions", field="question")
        if state.submissions:
            raise conflict("students have answered this exam already", reason="exam_answered")
        return [e.QuestionSet(question=msgspec.structs.replace(question, version=1))]
    regrades = changes_grading(before, question)
    after = msgspec.structs.replace(question, version=before.version + int(regrades))
    if after == before:
        return []
    if after.type != before.type and state.submissions:
        raise conflict("students have answered this question already", reason="exam_answered")
    return [e.QuestionSet(question=after, regrades=regrades and state.submissions > 0)]


def remove_question(state: ExamState, question_id: str) -> list[e.AnyExamEvent]:
    state.question(question_id)
    if state.submissions:
        raise conflict("students have answered this exam already", reason="exam_answered")
    return [e.QuestionRemoved(question_id=question_id)]


def add_member(state: ExamState, user_id: str, role: Role) -> list[e.AnyExamEvent]:
    if role not in ("teacher", "grader", "reviewer"):
        raise invalid("people of an exam are teachers, graders and reviewers", field="role")
    return [] if state.members.get(user_id) == role else [e.ExamMemberAdded(user_id=user_id, role=role)]


def remove_member(state: ExamState, user_id: str) -> list[e.AnyExamEvent]:
    if user_id not in state.members:
        raise not_found("this person has no part in the exam", reason="participant_not_found")
    if user_id == state.created_by:
        raise conflict("whoever made the exam stays with it", reason="creator_stays")
    return [e.ExamMemberRemoved(user_id=user_id)]


def release(state: ExamState, released: bool) -> list[e.AnyExamEvent]:
    if state.released == released:
        return []
    return [e.ResultsReleased() if released else e.ResultsWithheld()]


# --- submissions ------------------------------------------------------------------------------------------------------


def receive(state: ExamState, submissions: Sequence[e.SubmissionGiven]) -> list[e.AnyExamEvent]:
    """Submissions of students, several at once; each answers each question at most once."""
    if not submissions or len(submissions) > SUBMISSIONS_AT_ONCE:
        raise invalid(f"1 to {SUBMISSIONS_AT_ONCE} submissions come at once", field="submissions")
    for place, submission in enumerate(submissions):
        field = f"submissions[{place}]"
        check_session_id(submission.submission_id)
        if not 0 < len(submission.student_id) <= 128:
            raise invalid("a submission is of a student (1 to 128 characters)", field=f"{field}.student_id")
        answered = [response.question_id for response in submission.responses]
        if len(set(answered)) != len(answered):
            raise invalid("a question is answered twice", field=f"{field}.responses")
        for response in submission.responses:
            if response.question_id not in state.questions:
                raise invalid(f"there is no question {response.question_id!r}", field=f"{field}.responses")
            if len(response.text) > TEXT_LIMIT:
                raise invalid(f"a response has up to {TEXT_LIMIT} characters", field=f"{field}.responses")
    return [e.SubmissionsReceived(submissions=tuple(submissions))]


# --- marks ------------------------------------------------------------------------------------------------------------


def record_grades(state: ExamState, batch_id: str, graded: Sequence[tuple[Response, Mark]]) -> list[e.AnyExamEvent]:
    """Grades by the AI; a question that was removed or changed, and a response that was erased meanwhile is left
    out."""
    given = tuple(
        _given(state, response, mark)
        for response, mark in graded
        if (question := state.questions.get(response.question_id))
        and question.version == mark.question_version
        and not response.is_gone
    )
    return [e.ResponsesGraded(batch_id=batch_id, grades=given)] if given else []


_KIND_OF: Final[Mapping[ResponseStatus, MarkKind]] = {
    "to_mark": "first",
    "to_check": "check",
    "to_second": "second",
    "to_moderate": "moderated",
}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person gives a response."""

    points: float
    points_by: Mapping[str, float] = {}
    comment: str = ""
    reason: str = ""


def mark_task(
    state: ExamState, response: Response, kind: MarkKind, wish: Wish, *, rater: str, role: Role, task_id: str, at: int
) -> list[e.AnyExamEvent]:
    """A mark for a task. Refused where the response waits for another kind of mark by now, where a second marker
    would be the first one again, and where moderation is not the rater's right."""
    if kind == "seed":
        if response.seed_points is None:
            raise conflict("this task is over", reason="task_over")
    elif _KIND_OF.get(response.status) != kind:
        raise conflict("this task is over: somebody has marked it", reason="task_over")
    if kind in ("second", "seed") and response.marked_by(rater):
        raise forbidden("you have marked this response already", reason="marked_already")
    if kind == "moderated" and role not in ("admin", "teacher", "reviewer"):
        raise forbidden("a reviewer or teacher moderates", reason="role_forbids")
    return [
        e.ResponseMarked(task_id=task_id, grade=_given(state, response, _mark(state, response, kind, wish, rater, at)))
    ]


def override(state: ExamState, response: Response, wish: Wish, *, rater: str, at: int) -> list[e.AnyExamEvent]:
    """Change a grade, with a reason."""
    if not wish.reason.strip():
        raise invalid("a grade is changed with a reason", field="reason", reason="reason_missing")
    return [e.ResponseMarked(grade=_given(state, response, _mark(state, response, "override", wish, rater, at)))]


def choose_seed(state: ExamState, response: Response, chosen: bool) -> list[e.AnyExamEvent]:
    if not chosen:
        return [e.SeedChosen(response_id=response.response_id)] if response.seed_points is not None else []
    if response.status != "marked" or response.points is None:
        raise conflict("a seed item is a response with an agreed mark", reason="not_marked")
    return [e.SeedChosen(response_id=response.response_id, points=response.points)]


def erase(responses: Sequence[Response]) -> list[e.AnyExamEvent]:
    """What of these responses is not marked waits no more, neither for a grader nor for a person."""
    before = {r.response_id: r.status for r in responses if r.status not in ("marked", "erased")}
    return [e.ResponsesErased(before=before)] if before else []


def _mark(state: ExamState, response: Response, kind: MarkKind, wish: Wish, rater: str, at: int) -> Mark:
    if response.is_gone:
        raise _erased()
    question = state.question(response.question_id)
    if len(wish.comment) > 5000 or len(wish.reason) > 2000:
        raise invalid("a comment has up to 5000 characters, a reason 2000", field="comment")
    known = {point.point_id for point in question.rubric}
    if not set(wish.points_by) <= known:
        raise invalid("criteria are points of the rubric", field="criteria", criteria=sorted(known))
    return Mark(
        kind=kind,
        rater=rater,
        points=checked_points(question, wish.points),
        points_by=dict(wish.points_by),
        comment=wish.comment,
        reason=wish.reason,
        question_version=question.version,
        at=at,
    )


def _erased() -> VivavoceError:
    return conflict("what this student wrote was erased", reason="response_erased")


def _given(state: ExamState, response: Response, mark: Mark) -> e.GradeGiven:
    after = msgspec.structs.replace(response, marks=(*response.marks, mark))
    return e.GradeGiven(
        submission_id=response.submission_id,
        student_id=response.student_id,
        question_id=response.question_id,
        mark=mark,
        outcome=settled(after, state.questions[response.question_id], state.head.settings),
    )


# --- appeals and issues -----------------------------------------------------------------------------------------------


def open_appeal(
    state: ExamState, response: Response, appeal_id: str, text: str, *, by: str, already: bool
) -> list[e.AnyExamEvent]:
    """`already`: there is an open appeal against this response."""
    if not state.released:
        raise conflict("the results are not released", reason="results_not_released")
    if response.student_id != by:
        raise forbidden("this is somebody else's response")
    if response.erased:
        raise _erased()
    if already:
        raise conflict("there is an open appeal already", reason="appeal_open")
    if not 0 < len(text.strip()) <= 5000:
        raise invalid("an appeal says why, in up to 5000 characters", field="text")
    return [
        e.AppealOpened(
            appeal_id=appeal_id,
            submission_id=response.submission_id,
            student_id=response.student_id,
            response_id=response.response_id,
            text=text,
        )
    ]


def answer_appeal(
    state: ExamState, response: Response, appeal_id: str, answer: str, points: float | None, *, by: str, at: int
) -> list[e.AnyExamEvent]:
    """A person's answer; with `points` the grade is changed."""
    if not 0 < len(answer.strip()) <= 5000:
        raise invalid("an answer says why, in up to 5000 characters", field="answer")
    grade = None
    if points is not None:
        grade = _given(
            state, response, _mark(state, response, "appeal", Wish(points=points, reason=answer[:2000]), by, at)
        )
    return [
        e.AppealAnswered(
            appeal_id=appeal_id,
            submission_id=response.submission_id,
            upheld=grade is not None and grade.mark.points != response.points,
            answer=answer,
            grade=grade,
        )
    ]


def report_issue(issue_id: str, task_id: str, submission_id: str, text: str) -> list[e.AnyExamEvent]:
    if not 0 < len(text.strip()) <= 5000:
        raise invalid("a report says what is wrong, in up to 5000 characters", field="data")
    return [e.IssueReported(issue_id=issue_id, task_id=task_id, submission_id=submission_id, text=text)]


# --- quality ----------------------------------------------------------------------------------------------------------


def adjust_threshold(state: ExamState, metric: str, threshold: float) -> list[e.AnyExamEvent]:
    if metric not in a.DEFAULT_THRESHOLDS:
        raise invalid("no figure has this name", field="metric", metrics=sorted(a.DEFAULT_THRESHOLDS))
    if not 0 <= threshold <= 1_000_000:
        raise invalid("a threshold is 0 or more", field="threshold")
    if state.threshold(metric) == threshold:
        return []
    return [e.ThresholdAdjusted(metric=metric, threshold=threshold)]


def judge(state: ExamState, figures: Sequence[a.Figure], at: int) -> list[e.AnyExamEvent]:
    """Alerts that these figures raise and resolve."""
    thresholds = state.all_thresholds()
    raised, over = a.judged(figures, thresholds, state.open_alerts)
    now = {figure.key: figure.value for figure in figures}
    events: list[e.AnyExamEvent] = [e.AlertResolved(alert_id=alert.alert_id, value=now[alert.key]) for alert in over]
    for place, figure in enumerate(raised, 1):
        threshold = thresholds[figure.metric]
        events.append(
            e.AlertRaised(
                alert=a.Alert(
                    alert_id=f"alert_{state.exam_id}_{state.seq + len(over) + place}",
                    metric=figure.metric,
                    about=figure.about,
                    value=figure.value,
                    threshold=threshold,
                    level=a.level_of(figure, threshold),
                    raised_at=at,
                )
            )
        )
    return events


def acknowledge(state: ExamState, alert_id: str) -> list[e.AnyExamEvent]:
    alert = next((found for found in state.open_alerts.values() if found.alert_id == alert_id), None)
    if alert is None:
        raise not_found("there is no such open alert", reason="alert_not_found")
    return [] if alert.acknowledged_by else [e.AlertAcknowledged(alert_id=alert_id)]


# --- evolve -----------------------------------------------------------------------------------------------------------


def evolve(state: ExamState, event: e.AnyExamEvent, *, seq: int, at: int, actor: str) -> None:
    """Apply one event to the state."""
    state.seq = seq
    match event:
        case e.ExamCreated():
            state.exam_id, state.head = event.exam_id, event.head
            state.created_by, state.created_at = event.created_by, at
            state.members[event.created_by] = "teacher"
        case e.ExamChanged():
            state.head = event.head
        case e.QuestionSet():
            state.questions[event.question.question_id] = event.question
        case e.QuestionRemoved():
            state.questions.pop(event.question_id, None)
        case e.ExamMemberAdded():
            state.members[event.user_id] = event.role
        case e.ExamMemberRemoved():
            state.members.pop(event.user_id, None)
        case e.SubmissionsReceived():
            state.submissions += len(event.submissions)
            _count(state, "ungraded", sum(len(submission.responses) for submission in event.submissions))
        case e.ResponsesGraded():
            for grade in event.grades:
                _move(state, grade.outcome)
        case e.ResponseMarked():
            state.marks_by_people += 1
            _move(state, event.grade.outcome)
        case e.ResponsesErased():
            for status in event.before.values():
                _count(state, status, -1)
            _count(state, "erased", len(event.before))
        case e.AppealAnswered():
            state.appeals_open -= 1
            if event.grade is not None:
                state.marks_by_people += 1
                _move(state, event.grade.outcome)
        case e.AppealOpened():
            state.appeals_open += 1
        case e.IssueReported():
            state.issues += 1
        case e.ResultsReleased() | e.ResultsWithheld():
            state.released = isinstance(event, e.ResultsReleased)
        case e.ThresholdAdjusted():
            state.thresholds[event.metric] = event.threshold
        case e.AlertRaised():
            state.open_alerts[event.alert.key] = event.alert
        case e.AlertAcknowledged() | e.AlertResolved():
            _change_alert(state, event, actor, at)
        case e.SeedChosen():
            pass


def _count(state: ExamState, status: str, change: int) -> None:
    left = state.by_status.get(status, 0) + change
    if left:
        state.by_status[status] = left
    else:
        state.by_status.pop(status, None)


def _move(state: ExamState, outcome: Outcome) -> None:
    if outcome.before != outcome.status:
        _count(state, outcome.before, -1)
        _count(state, outcome.status, 1)


def _change_alert(state: ExamState, event: e.AlertAcknowledged | e.AlertResolved, actor: str, at: int) -> None:
    for key, alert in state.open_alerts.items():
        if alert.alert_id == event.alert_id:
            if isinstance(event, e.AlertResolved):
                del state.open_alerts[key]
            else:
                state.open_alerts[key] = msgspec.structs.replace(alert, acknowledged_by=actor, acknowledged_at=at)
            return
