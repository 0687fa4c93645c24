"""The rules of exams, marks and batches."""

from __future__ import annotations

import msgspec
import pytest

from vivavoce.domain.answer_key import ChoiceKey, Option
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.exam import batch as b
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.alerts import Figure
from vivavoce.domain.exam.exam import ExamState, Wish
from vivavoce.domain.exam.marks import Mark, Response, settled
from vivavoce.domain.exam.questions import ExamHead, ExamSettings, Question, checked_question

ESSAY = Question(question_id="q1", type="essay", text="Why?", points=10.0)
CHOICE = Question(
    question_id="q2",
    type="single_choice",
    text="Which?",
    key=ChoiceKey(options=(Option(option_id="A"), Option(option_id="B")), correct=("A",)),
)
ALL_ALONE = ExamSettings(check_share=0.0, second_share=0.0)


def applied(state: ExamState, events: list[e.AnyExamEvent], actor: str = "teacher") -> list[e.AnyExamEvent]:
    for event in events:
        rules.evolve(state, event, seq=state.seq + 1, at=1000, actor=actor)
    return events


def exam(settings: ExamSettings = ALL_ALONE) -> ExamState:
    state = ExamState()
    applied(state, rules.create(state, "e1", ExamHead(title="T", settings=settings), [ESSAY, CHOICE], "teacher"))
    return state


def response(**changes: object) -> Response:
    plain = Response(response_id="s1.q1", submission_id="s1", student_id="kim", question_id="q1")
    return msgspec.structs.replace(plain, **changes)


def ai(points: float, status: str = "graded") -> Mark:
    return Mark(points=points, ai_status=status, confidence=0.9)  # type: ignore[arg-type]


def person(rater: str, points: float, kind: str) -> Mark:
    return Mark(kind=kind, rater=rater, points=points)  # type: ignore[arg-type]


def test_a_step_so_small_that_points_have_no_number_of_them_is_refused() -> None:
    with pytest.raises(VivavoceError) as refused:
        checked_question(msgspec.structs.replace(ESSAY, step=5e-324))
    assert refused.value.info["field"] == "question.step"


def test_what_the_ai_is_sure_of_is_marked_and_what_it_is_not_goes_to_a_person() -> None:
    assert settled(response(marks=(ai(7),)), ESSAY, ALL_ALONE).status == "marked"
    unsure = settled(response(marks=(ai(7, "needs_person"),)), ESSAY, ALL_ALONE)
    assert (unsure.status, unsure.points) == ("to_mark", None)


def test_spec_4_disagreements_go_to_moderation_and_near_marks_agree() -> None:
    near = response(marks=(person("a", 7, "first"), person("b", 8, "second")))
    assert (settled(near, ESSAY, ALL_ALONE).status, settled(near, ESSAY, ALL_ALONE).points) == ("marked", 8)
    apart = response(marks=(person("a", 3, "first"), person("b", 8, "second")))
    assert (settled(apart, ESSAY, ALL_ALONE).status, settled(apart, ESSAY, ALL_ALONE).points) == ("to_moderate", None)
    moderated = msgspec.structs.replace(apart, marks=(*apart.marks, person("c", 6, "moderated")))
    assert (settled(moderated, ESSAY, ALL_ALONE).status, settled(moderated, ESSAY, ALL_ALONE).points) == ("marked", 6)


def test_a_check_that_contradicts_a_sure_ai_is_moderated() -> None:
    marks = (ai(9), person("a", 2, "check"))
    assert settled(response(marks=marks), ESSAY, ALL_ALONE).status == "to_moderate"


def test_spec_4_a_changed_key_asks_for_grading_again_and_a_note_to_markers_does_not() -> None:
    state = exam()
    applied(state, rules.receive(state, [e.SubmissionGiven(submission_id="s1", student_id="kim")]))
    noted = rules.set_question(state, msgspec.structs.replace(ESSAY, guidance="Be kind"))
    assert isinstance(noted[0], e.QuestionSet)
    assert (noted[0].question.version, noted[0].regrades) == (1, False)
    changed = rules.set_question(state, msgspec.structs.replace(ESSAY, model_answers=("Because",)))
    assert isinstance(changed[0], e.QuestionSet)
    assert (changed[0].question.version, changed[0].regrades) == (2, True)
    old = settled(response(marks=(ai(7),)), changed[0].question, ALL_ALONE)
    assert old.status == "ungraded"


def test_a_grade_is_changed_with_a_reason_only() -> None:
    with pytest.raises(VivavoceError, match="reason"):
        rules.override(exam(), response(), Wish(points=5), rater="teacher", at=0)
    assert rules.override(exam(), response(), Wish(points=5, reason="Misread"), rater="teacher", at=0)


def test_a_grader_does_not_moderate_and_a_taken_task_is_over() -> None:
    apart = response(status="to_moderate")
    with pytest.raises(VivavoceError) as refused:
        rules.mark_task(exam(), apart, "moderated", Wish(points=5), rater="g", role="grader", task_id="t", at=0)
    assert refused.value.code == "forbidden"
    with pytest.raises(VivavoceError) as over:
        rules.mark_task(exam(), apart, "first", Wish(points=5), rater="g", role="grader", task_id="t", at=0)
    assert over.value.reason == "task_over"


def test_counts_follow_the_outcomes() -> None:
    state = exam()
    given = e.ResponseGiven(response_id="s1.q1", question_id="q1", text="Because")
    submission = e.SubmissionGiven(submission_id="s1", student_id="kim", responses=(given,))
    applied(state, rules.receive(state, [submission]))
    assert state.by_status == {"ungraded": 1}
    applied(state, rules.record_grades(state, "b1", [(response(), ai(7))]))
    assert state.by_status == {"marked": 1}


def test_an_alert_is_raised_once_acknowledged_and_resolved() -> None:
    state = exam()
    bad, good = Figure(metric="accuracyRate", value=0.5), Figure(metric="accuracyRate", value=0.95)
    applied(state, rules.judge(state, [bad], 5))
    assert rules.judge(state, [bad], 6) == []
    alert = state.open_alerts["accuracyRate"]
    assert alert.level == "critical"
    applied(state, rules.acknowledge(state, alert.alert_id), actor="reviewer")
    assert state.open_alerts["accuracyRate"].acknowledged_by == "reviewer"
    applied(state, rules.judge(state, [good], 7))
    assert state.open_alerts == {}


def test_erasure_takes_one_students_words_and_leaves_the_others() -> None:
    def one(name: str) -> e.SubmissionGiven:
        given = e.ResponseGiven(response_id=f"{name}.q1", question_id="q1", text=f"words of {name}")
        return e.SubmissionGiven(submission_id=name, student_id=name, student_name=name, responses=(given,))

    event = e.SubmissionsReceived(submissions=(one("kim"), one("lee")))
    redacted = msgspec.json.encode(e.redacted(event, {"kim"})).decode()
    assert "words of kim" not in redacted
    assert "words of lee" in redacted
    assert e.redacted(event, {"park"}) is event


@pytest.mark.parametrize(
    "wrong",
    [
        msgspec.structs.replace(CHOICE, key=None),
        msgspec.structs.replace(ESSAY, key=CHOICE.key),
        msgspec.structs.replace(ESSAY, step=3.0),
        msgspec.structs.replace(ESSAY, points=0.0),
        msgspec.structs.replace(ESSAY, question_id="a b"),
    ],
)
def test_a_question_that_cannot_be_marked_is_refused(wrong: Question) -> None:
    with pytest.raises(VivavoceError):
        checked_question(wrong)


def running(total: int = 3) -> b.BatchState:
    state = b.BatchState()
    progressed(
        state,
        b.create(state, batch_id="b1", exam_id="e1", purpose="full", question_ids=["q1"], total=total, by="t"),
        at=1,
    )
    return state


def progressed(state: b.BatchState, events: list[b.AnyBatchEvent], at: int) -> None:
    for event in events:
        b.evolve(state, event, seq=state.seq + 1, at=at)


def test_a_batch_pauses_resumes_and_completes_with_its_last_result() -> None:
    state = running()
    progressed(state, b.record(state, graded=1, failed=0, now=10), at=10)
    progressed(state, b.pause(state, 20), at=20)
    assert (state.status, state.active_at(500)) == ("paused", 19)
    progressed(state, b.resume(state, 500), at=500)
    assert (state.status, state.round) == ("running", 2)
    progressed(state, b.record(state, graded=1, failed=1, now=510), at=510)
    assert (state.status, state.completed, state.failed, state.left) == ("completed", 2, 1, 0)
    progressed(state, b.retry_failed(state, 1, 600), at=600)
    assert (state.status, state.failed, state.left) == ("running", 0, 1)


def test_what_was_under_way_counts_after_a_cancel_but_does_not_revive_the_batch() -> None:
    state = running(1)
    progressed(state, b.cancel(state, 5), at=5)
    progressed(state, b.record(state, graded=1, failed=0, now=6), at=6)
    assert (state.status, state.completed) == ("cancelled", 1)
    with pytest.raises(VivavoceError):
        b.resume(state, 7)
