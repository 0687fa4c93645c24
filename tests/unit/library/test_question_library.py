"""Who may write question sets, and what becomes of them when they change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from vivavoce.adapters.memory.library import MemoryQuestionSets
from vivavoce.adapters.memory.stores import MemoryAudit, MemoryStore
from vivavoce.domain.access import Identity, Role
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.question_sets import (
    POINTS_LIMIT,
    QUESTIONS_LIMIT,
    QuestionCriterion,
    QuestionRubric,
    SetQuestion,
    checked_questions,
)
from vivavoce.library.question_sets import QuestionLibrary
from vivavoce.ports import QuestionSetFilter


def person(user_id: str = "rec", role: Role = "recruiter", **changes: Any) -> Identity:
    return Identity(user_id=user_id, role=role, **changes)


def question(text: str = "What did you build?", question_id: str = "", **changes: Any) -> SetQuestion:
    return SetQuestion(question_id=question_id, text=text, **changes)


class Shelf:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = FakeClock()
        self.library = QuestionLibrary(MemoryQuestionSets(), MemoryAudit(self.store), self.clock)

    @property
    def actions(self) -> list[str]:
        return [entry["action"] for entry in self.store.audit]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def reason_of(caught: pytest.ExceptionInfo[VivavoceError]) -> tuple[str, str]:
    return caught.value.code, caught.value.reason


async def test_questions_get_ids_that_are_free(shelf: Shelf) -> None:
    questions = (question("One"), question("Two", "q1"), question("Three"))
    made = await shelf.library.create(person(), "set1", "  Round one ", "en", questions)
    assert [entry.question_id for entry in made.questions] == ["q2", "q1", "q3"]
    assert (made.title, made.version, made.created_by) == ("Round one", 1, "rec")
    assert shelf.actions == ["question_set_created"]


async def test_the_same_creation_twice_is_one_set(shelf: Shelf) -> None:
    made = await shelf.library.create(person(), "set1", "Title", "en", (question(),))
    assert await shelf.library.create(person(), "set1", "Title", "en", (question(),)) == made
    with pytest.raises(VivavoceError) as caught:
        await shelf.library.create(person("ann"), "set1", "Title", "en", (question(),))
    assert reason_of(caught) == ("conflict", "question_set_exists")
    assert shelf.actions == ["question_set_created"]


@pytest.mark.parametrize(
    "who",
    [
        person("cand", "candidate"),
        person("watch", "observer"),
        person("t", "teacher"),
        person("guest:1", "interviewer", guest=True),
    ],
)
async def test_only_staff_see_question_sets(shelf: Shelf, who: Identity) -> None:
    await shelf.library.create(person(), "set1", "Title", "en", (question(),))
    for attempt in (
        shelf.library.create(who, "set2", "Title", "en", (question(),)),
        shelf.library.show(who, "set1"),
        shelf.library.page(who, QuestionSetFilter()),
        shelf.library.change(who, "set1", {"title": "Mine"}),
        shelf.library.archive(who, "set1", archived=True),
    ):
        with pytest.raises(VivavoceError) as caught:
            await attempt
        assert reason_of(caught) == ("forbidden", "role_forbids")


async def test_the_owner_and_admins_change_a_set_and_others_read_it(shelf: Shelf) -> None:
    await shelf.library.create(person(), "set1", "Title", "en", (question(),))
    colleague = person("int", "interviewer")
    assert (await shelf.library.show(colleague, "set1")).title == "Title"
    with pytest.raises(VivavoceError) as caught:
        await shelf.library.change(colleague, "set1", {"title": "Mine"})
    assert reason_of(caught) == ("forbidden", "question_set_not_yours")
    changed = await shelf.library.change(person("root", "admin"), "set1", {"title": "Better"})
    assert (changed.version, changed.updated_by, changed.created_by) == (2, "root", "rec")


async def test_every_change_is_a_version_and_nothing_is_none(shelf: Shelf) -> None:
    first = await shelf.library.create(person(), "set1", "Title", "en", (question(),))
    shelf.clock.advance(5)
    second = await shelf.library.change(person(), "set1", {"questions": [question("Why?", "q1"), question("How?")]})
    assert second.version == 2
    assert second.updated_at == first.created_at + 5000
    assert [entry.question_id for entry in second.questions] == ["q1", "q2"]
    assert await shelf.library.change(person(), "set1", {"title": "Title"}) == second
    assert await shelf.library.show(person(), "set1", 1) == first
    assert shelf.actions == ["question_set_created", "question_set_changed"]


async def test_a_change_made_on_an_older_version_is_a_conflict(shelf: Shelf) -> None:
    await shelf.library.create(person(), "set1", "Title", "en", (question(),))
    await shelf.library.change(person(), "set1", {"title": "Second"}, expected=1)
    with pytest.raises(VivavoceError) as caught:
        await shelf.library.change(person(), "set1", {"title": "Third"}, expected=1)
    assert reason_of(caught) == ("conflict", "question_set_changed")
    assert caught.value.info == {"version": 2}


async def test_an_archived_set_is_not_changed_until_it_is_back(shelf: Shelf) -> None:
    await shelf.library.create(person(), "set1", "Title", "en", (question(),))
    archived = await shelf.library.archive(person(), "set1", archived=True)
    assert archived.archived_at == shelf.clock.now_ms()
    assert await shelf.library.archive(person(), "set1", archived=True) == archived
    with pytest.raises(VivavoceError) as caught:
        await shelf.library.change(person(), "set1", {"title": "Second"})
    assert reason_of(caught) == ("conflict", "question_set_archived")
    await shelf.library.archive(person(), "set1", archived=False)
    assert (await shelf.library.change(person(), "set1", {"title": "Second"})).archived_at == 0
    assert shelf.actions[1:3] == ["question_set_archived", "question_set_restored"]


def rubric(**changes: Any) -> QuestionRubric:
    return QuestionRubric(**changes)


@pytest.mark.parametrize(
    ("questions", "code", "field"),
    [
        ([], "invalid_payload", "questions"),
        ([question()] * (QUESTIONS_LIMIT + 1), "too_large", "questions"),
        ([question("A", "x"), question("B", "x")], "invalid_payload", "questions"),
        ([question(" ")], "invalid_payload", "questions.0.text"),
        ([question("A" * 4001)], "too_large", "questions.0.text"),
        ([question(), question("B", "-x")], "invalid_payload", "questions.1.question_id"),
        ([question(time_limit_s=4)], "invalid_payload", "questions.0.time_limit_s"),
        ([question(time_limit_s=14_401)], "invalid_payload", "questions.0.time_limit_s"),
        ([question(competency="Team Work")], "invalid_payload", "questions.0.competency"),
        (
            [question(rubric=rubric(expected_points=("p",) * (POINTS_LIMIT + 1)))],
            "too_large",
            "questions.0.rubric.expected_points",
        ),
        ([question(rubric=rubric(expected_points=("",)))], "invalid_payload", "questions.0.rubric.expected_points.0"),
        (
            [question(rubric=rubric(criteria=(QuestionCriterion(name="Depth", weight=0),)))],
            "invalid_payload",
            "questions.0.rubric.criteria.0.weight",
        ),
        (
            [question(rubric=rubric(criteria=(QuestionCriterion(name="D"), QuestionCriterion(name="D"))))],
            "invalid_payload",
            "questions.0.rubric.criteria",
        ),
    ],
)
def test_what_is_wrong_with_a_question_is_named_by_its_field(
    questions: list[SetQuestion], code: str, field: str
) -> None:
    with pytest.raises(VivavoceError) as caught:
        checked_questions(questions)
    assert (caught.value.code, caught.value.info["field"]) == (code, field)


async def test_what_was_pinned_stays_when_the_set_changes(shelf: Shelf) -> None:
    pinned = (await shelf.library.create(person(), "set1", "Title", "en", (question("One"), question("Two")))).pinned()
    await shelf.library.change(person(), "set1", {"questions": [question("Another", "q2")]})
    found = pinned.question("q2")
    assert found is not None
    assert (pinned.version, found.text) == (1, "Two")
    assert pinned.question("q9") is None
