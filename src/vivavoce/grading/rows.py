"""The rows that follow from events. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from vivavoce import exam_ports as p
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam.batch import BatchState, RecordedBatch
from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.exam.marks import WAITING, MarkKind, Outcome, task_id_of

_encode: Final = msgspec.json.Encoder().encode
_TASK_KIND: Final[dict[str, MarkKind]] = {
    "to_mark": "first",
    "to_check": "check",
    "to_second": "second",
    "to_moderate": "moderated",
}
#: Moderations come first, then what the AI was least sure of, then second marks, then checks of what it was sure of.
_FIRST: Final = {"moderated": 0, "first": 1_000, "second": 3_000, "check": 4_000}
#: What people do, by event; the rest happens by itself.
_ACTIONS: Final[dict[type, str]] = {
    e.ExamCreated: "exam_created",
    e.ExamChanged: "exam_changed",
    e.QuestionSet: "question_set",
    e.SubmissionsReceived: "submissions_received",
    e.ResponseMarked: "response_marked",
    e.ResultsReleased: "results_released",
    e.ResultsWithheld: "results_withheld",
    e.AppealOpened: "appeal_opened",
    e.AppealAnswered: "appeal_answered",
    e.IssueReported: "issue_reported",
    e.AlertAcknowledged: "alert_acknowledged",
    e.ThresholdAdjusted: "threshold_adjusted",
}


def encode_list(values: Sequence[str]) -> str:
    return _encode(values).decode()


def exam_row(state: ExamState) -> p.ExamRow:
    return p.ExamRow(
        exam_id=state.exam_id,
        title=state.head.title,
        created_by=state.created_by,
        created_at=state.created_at,
        released=state.released,
        questions=len(state.questions),
        submissions=state.submissions,
        responses=state.responses,
        waiting=state.waiting,
        marked=state.by_status.get("marked", 0),
        document=_encode(msgspec.structs.replace(state, questions={})),
    )


def exam_rows(state: ExamState, events: Sequence[e.RecordedExam]) -> list[msgspec.Struct]:
    rows: list[msgspec.Struct] = [exam_row(state)]
    for recorded in events:
        rows += _of(state.exam_id, recorded)
        action = _ACTIONS.get(type(recorded.data))
        if action is not None:
            rows.append(
                p.ActivityRow(
                    user_id=recorded.actor,
                    action_type=action,
                    subject=f"exam:{state.exam_id}",
                    created_at=recorded.at,
                )
            )
    return rows


def _of(exam_id: str, recorded: e.RecordedExam) -> Iterator[msgspec.Struct]:
    data, at = recorded.data, recorded.at
    match data:
        case e.ExamCreated():
            yield p.ExamMemberRow(user_id=data.created_by, exam_id=exam_id, role="teacher")
        case e.ExamMemberAdded():
            yield p.ExamMemberRow(user_id=data.user_id, exam_id=exam_id, role=data.role)
        case e.ExamMemberRemoved():
            yield p.ExamMemberRow(user_id=data.user_id, exam_id=exam_id, role="")
        case e.QuestionSet(question=q):
            yield p.QuestionRow(
                exam_id=exam_id, question_id=q.question_id, version=q.version, document=_encode(data.question)
            )
        case e.QuestionRemoved():
            yield p.QuestionRow(exam_id=exam_id, question_id=data.question_id, version=0, document=b"")
        case e.SubmissionsReceived():
            for submission in data.submissions:
                yield from _submission(exam_id, submission, at)
        case e.ResponsesGraded():
            for grade in data.grades:
                yield from _grade(exam_id, grade, f"{recorded.event_id}.{grade.question_id}.{grade.submission_id}", at)
                yield p.ItemDone(
                    batch_id=data.batch_id,
                    response_id=grade.outcome.response_id,
                    status="done",
                    reason="",
                    updated_at=at,
                )
        case e.ResponseMarked():
            yield from _grade(exam_id, data.grade, recorded.event_id, at)
            if data.grade.mark.kind == "seed":
                yield p.TaskDone(task_id=data.task_id, updated_at=at)
        case e.ResponsesErased():
            for response_id in data.before:
                yield p.ErasedRow(response_id=response_id, updated_at=at)
        case e.SeedChosen():
            yield p.SeedRow(response_id=data.response_id, seed_points=data.points)
        case e.AppealOpened():
            yield _appeal(exam_id, data, at)
        case e.AppealAnswered():
            yield p.AppealOver(
                appeal_id=data.appeal_id,
                status="upheld" if data.upheld else "rejected",
                answer=data.answer,
                answered_by=recorded.actor,
                answered_at=at,
            )
            if data.grade is not None:
                yield from _grade(exam_id, data.grade, recorded.event_id, at)
        case e.IssueReported():
            yield _issue(exam_id, data, recorded.actor, at)
        case e.AlertRaised(alert=alert):
            yield p.AlertRow(
                alert_id=alert.alert_id,
                exam_id=exam_id,
                metric=alert.metric,
                about=alert.about,
                value=alert.value,
                threshold=alert.threshold,
                level=alert.level,
                raised_at=alert.raised_at,
                acknowledged_by="",
                acknowledged_at=0,
                resolved_at=0,
            )
        case e.AlertAcknowledged():
            yield p.AlertSeen(alert_id=data.alert_id, acknowledged_by=recorded.actor, acknowledged_at=at)
        case e.AlertResolved():
            yield p.AlertOver(alert_id=data.alert_id, resolved_at=at)


def _submission(exam_id: str, submission: e.SubmissionGiven, at: int) -> Iterator[msgspec.Struct]:
    yield p.SubmissionRow(
        submission_id=submission.submission_id,
        exam_id=exam_id,
        student_id=submission.student_id,
        student_name=submission.student_name,
        class_id=submission.class_id,
        source=submission.source,
        overall_quality=submission.overall_quality,
        responses=len(submission.responses),
        created_at=at,
    )
    for response in submission.responses:
        yield p.ResponseRow(
            response_id=response.response_id,
            submission_id=submission.submission_id,
            exam_id=exam_id,
            student_id=submission.student_id,
            question_id=response.question_id,
            text=response.text,
            chosen=encode_list(response.chosen),
            filled=encode_list(response.filled),
            quality=response.quality,
            image=response.image,
            status="ungraded",
            created_at=at,
        )


def _grade(exam_id: str, grade: e.GradeGiven, grade_id: str, at: int) -> Iterator[msgspec.Struct]:
    mark, outcome = grade.mark, grade.outcome
    yield p.GradeRow(
        grade_id=grade_id,
        exam_id=exam_id,
        submission_id=grade.submission_id,
        response_id=outcome.response_id,
        question_id=grade.question_id,
        student_id=grade.student_id,
        batch_id=mark.batch_id,
        rater=mark.rater,
        kind=mark.kind,
        points=mark.points,
        document=_encode(mark),
        created_at=at,
    )
    if mark.kind == "seed":
        return
    yield p.OutcomeRow(
        response_id=outcome.response_id,
        status=outcome.status,
        points=outcome.points,
        ai_points=outcome.ai_points,
        human_points=outcome.human_points,
        confidence=outcome.confidence,
        updated_at=at,
    )
    if outcome.before in WAITING:
        yield p.TasksOver(response_id=outcome.response_id, updated_at=at)
    if outcome.status in WAITING:
        yield _task(exam_id, grade, outcome, at)


def _task(exam_id: str, grade: e.GradeGiven, outcome: Outcome, at: int) -> p.TaskRow:
    kind = _TASK_KIND[outcome.status]
    sureness = 1.0 if outcome.confidence is None else outcome.confidence
    return p.TaskRow(
        task_id=task_id_of(outcome.response_id, kind),
        exam_id=exam_id,
        response_id=outcome.response_id,
        question_id=grade.question_id,
        kind=kind,
        status="open",
        priority=_FIRST[kind] + int(sureness * 1000),
        avoid=grade.mark.rater if kind == "second" else "",
        assigned_to="",
        lease_until=0,
        session_id="",
        created_at=at,
        updated_at=at,
    )


def _appeal(exam_id: str, data: e.AppealOpened, at: int) -> p.AppealRow:
    return p.AppealRow(
        appeal_id=data.appeal_id,
        kind="appeal",
        exam_id=exam_id,
        submission_id=data.submission_id,
        response_id=data.response_id,
        student_id=data.student_id,
        text=data.text,
        status="open",
        answer="",
        answered_by="",
        answered_at=0,
        created_at=at,
    )


def _issue(exam_id: str, data: e.IssueReported, by: str, at: int) -> p.AppealRow:
    return p.AppealRow(
        appeal_id=data.issue_id,
        kind="issue",
        exam_id=exam_id,
        submission_id=data.submission_id,
        response_id=data.task_id,
        student_id=by,
        text=data.text,
        status="open",
        answer="",
        answered_by="",
        answered_at=0,
        created_at=at,
    )


def batch_rows(state: BatchState, events: Sequence[RecordedBatch]) -> list[msgspec.Struct]:
    del events
    return [
        p.BatchRow(
            batch_id=state.batch_id,
            exam_id=state.exam_id,
            status=state.status,
            round=state.round,
            created_by=state.created_by,
            created_at=state.created_at,
            updated_at=state.updated_at,
            document=_encode(state),
        )
    ]
