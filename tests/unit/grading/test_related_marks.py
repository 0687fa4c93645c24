"""What a learning grader is given beside the marks of its question: people's marks of the exam's other questions."""

from __future__ import annotations

from tests.fakes.clock import FakeClock
from tests.fakes.grading import GradingHouse
from vivavoce.domain.answer_key import ChoiceKey, Option
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.questions import ExamHead, Question
from vivavoce.engines.grader.contract import GradeRequest
from vivavoce.grading import intake

KEY = ChoiceKey(options=(Option(option_id="A"), Option(option_id="B")), correct=("A",))
QUESTIONS = [
    Question(question_id="why", text="Why?", points=4.0),
    Question(question_id="how", text="How?", points=2.0, model_answers=("So.",)),
    Question(question_id="pick", type="single_choice", text="Which?", key=KEY),
]


async def requests(house: GradingHouse) -> dict[str, GradeRequest]:
    """What a worker would get of each question."""
    exam = await house.parts.exams.open("e1")
    await exam.submit(lambda state: rules.create(state, "e1", ExamHead(title="Exam"), QUESTIONS, "teacher"), "teacher")
    items = [{"student_id": f"s{n}", "answers": {"why": f"W{n}", "how": f"H{n}", "pick": "A"}} for n in range(4)]
    await intake.receive(exam, intake.from_json(exam.state, items).submissions, "teacher")
    # The third student's answers are not marked.
    house.database.raw.execute(
        "UPDATE responses SET human_points = 1.5, updated_at = length(text) WHERE text NOT LIKE '%2'"
    )
    await house.parts.batches.create("e1", "teacher", batch_id="b1")
    found = {}
    for chunk, question_id in await house.parts.batches.store.open_chunks("b1"):
        work = await house.parts.batches.next_slice("b1", 1, chunk, 10)
        assert work is not None
        found[question_id] = work.request
    return found


async def test_marks_of_other_free_text_questions_are_beside_the_own() -> None:
    why = (await requests(GradingHouse(FakeClock())))["why"]
    assert sorted(mark.text for mark in why.marks) == ["W0", "W1", "W3"]
    (beside,) = why.related
    assert (beside.scheme.question_id, beside.scheme.max_points) == ("how", 2.0)
    assert beside.scheme.model_answers == ("So.",)
    assert sorted((mark.text, mark.points) for mark in beside.marks) == [("H0", 1.5), ("H1", 1.5), ("H3", 1.5)]


async def test_a_question_with_a_key_is_given_no_marks() -> None:
    pick = (await requests(GradingHouse(FakeClock())))["pick"]
    assert (pick.marks, pick.related) == ((), ())
