"""What question sets rely on, of every store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vivavoce.adapters.memory.library import MemoryQuestionSets
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.library import SqlQuestionSets
from vivavoce.adapters.sql.migrate import migrate
from vivavoce.domain.question_sets import QuestionCriterion, QuestionRubric, QuestionSet, SetQuestion
from vivavoce.ports import QuestionSetFilter, QuestionSets


@pytest.fixture(params=["memory", "sqlite"])
async def sets(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[QuestionSets]:
    if request.param == "memory":
        yield MemoryQuestionSets()
        return
    migrate(tmp_path / "store.db")
    database = Database(tmp_path / "store.db")
    database.start()
    yield SqlQuestionSets(database)
    await database.stop()


RUBRIC = QuestionRubric(criteria=(QuestionCriterion(name="Depth", weight=2.0),), expected_points=("names an example",))


def a_set(set_id: str = "set1", **changes: Any) -> QuestionSet:
    fields: dict[str, Any] = {
        "version": 1,
        "title": "Backend, first round",
        "language": "en",
        "questions": (
            SetQuestion(question_id="q1", text="What did you build?", time_limit_s=120, rubric=RUBRIC),
            SetQuestion(question_id="q2", text="팀에서 맡은 일은?", competency="teamwork"),
        ),
        "created_by": "rec",
        "created_at": 1000,
        "updated_by": "rec",
        "updated_at": 1000,
    }
    return QuestionSet(question_set_id=set_id, **{**fields, **changes})


async def test_a_set_is_found_as_it_was_stored(sets: QuestionSets) -> None:
    assert await sets.add(a_set())
    assert await sets.by_id("set1") == a_set()
    assert await sets.by_id("set1", 1) == a_set()
    assert await sets.by_id("set1", 2) is None
    assert await sets.by_id("nothing") is None


async def test_an_id_is_taken_once(sets: QuestionSets) -> None:
    added = await asyncio.gather(*(sets.add(a_set(title=f"Title {number}")) for number in range(4)))
    assert sorted(added) == [False, False, False, True]
    assert (await sets.by_id("set1")) == a_set(title=f"Title {added.index(True)}")


async def test_versions_follow_each_other_and_all_stay(sets: QuestionSets) -> None:
    await sets.add(a_set())
    second = a_set(version=2, title="Backend, second round", updated_at=2000, updated_by="ann")
    assert await sets.put_version(second)
    assert not await sets.put_version(second)
    assert not await sets.put_version(a_set(version=4))
    assert not await sets.put_version(a_set("nothing", version=2))
    assert await sets.by_id("set1") == second
    assert await sets.by_id("set1", 1) == a_set()
    assert [(line.version, line.title) for line in await sets.page(QuestionSetFilter())] == [(2, second.title)]


async def test_of_two_changes_at_once_one_is_stored(sets: QuestionSets) -> None:
    await sets.add(a_set())
    changes = [a_set(version=2, title=f"Title {number}") for number in range(5)]
    stored = await asyncio.gather(*(sets.put_version(change) for change in changes))
    assert stored.count(True) == 1
    assert await sets.by_id("set1") == changes[stored.index(True)]


async def test_archived_sets_are_listed_apart_and_come_back(sets: QuestionSets) -> None:
    await sets.add(a_set())
    await sets.add(a_set("set2"))
    await sets.set_archived("set1", 5000)
    assert await sets.by_id("set1") == a_set(archived_at=5000)
    assert [line.question_set_id for line in await sets.page(QuestionSetFilter())] == ["set2"]
    assert [line.archived_at for line in await sets.page(QuestionSetFilter(archived=True))] == [5000]
    await sets.put_version(a_set(version=2))
    assert await sets.by_id("set1") == a_set(version=2, archived_at=5000)
    await sets.set_archived("set1", 0)
    assert await sets.by_id("set1", 1) == a_set()


async def test_sets_are_listed_newest_first_page_by_page(sets: QuestionSets) -> None:
    for number in range(5):
        await sets.add(a_set(f"set{number}", created_at=1000 + number // 2))
    first = await sets.page(QuestionSetFilter(limit=2))
    assert [line.question_set_id for line in first] == ["set4", "set3"]
    rest = await sets.page(QuestionSetFilter(before=(first[-1].created_at, first[-1].question_set_id)))
    assert [line.question_set_id for line in rest] == ["set2", "set1", "set0"]
    assert msgspec.structs.asdict(rest[-1]) == {
        "question_set_id": "set0",
        "version": 1,
        "title": "Backend, first round",
        "language": "en",
        "question_count": 2,
        "time_s": 120,
        "created_by": "rec",
        "created_at": 1000,
        "updated_by": "rec",
        "updated_at": 1000,
        "archived_at": 0,
    }


async def test_lists_are_narrowed_by_owner_language_and_words(sets: QuestionSets) -> None:
    await sets.add(a_set("mine", title="Data 100%"))
    await sets.add(a_set("theirs", created_by="ann", language="ko", title="데이터 면접"))

    async def found(**wanted: Any) -> list[str]:
        return [line.question_set_id for line in await sets.page(QuestionSetFilter(**wanted))]

    assert await found(created_by="ann") == ["theirs"]
    assert await found(language="en") == ["mine"]
    assert await found(query="DATA") == ["mine"]
    assert await found(query="데이터") == ["theirs"]
    assert await found(query="0%") == ["mine"]
    assert await found(query="_") == []
