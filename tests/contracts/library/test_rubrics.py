"""What rubrics rely on, of every store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vivavoce.adapters.memory.rubrics import MemoryRubrics
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.migrate import migrate
from vivavoce.adapters.sql.rubrics import SqlRubrics
from vivavoce.domain.rubrics import Localised, RubricCriterion, RubricVersion
from vivavoce.ports import Rubrics


@pytest.fixture(params=["memory", "sqlite"])
async def rubrics(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rubrics]:
    if request.param == "memory":
        yield MemoryRubrics()
        return
    migrate(tmp_path / "store.db")
    database = Database(tmp_path / "store.db")
    database.start()
    yield SqlRubrics(database)
    await database.stop()


def a_rubric(rubric_id: str = "r1", **changes: Any) -> RubricVersion:
    criterion = RubricCriterion(
        criterion_id="care", name=Localised(en="Care", ko="돌봄"), levels=tuple(Localised(en=f"L{n}") for n in range(5))
    )
    fields: dict[str, Any] = {"version": "1", "title": "Nurses", "criteria": (criterion,), "created_by": "ann"}
    return RubricVersion(rubric_id=rubric_id, **{**fields, **changes})


async def test_a_rubric_comes_back_as_it_was_written(rubrics: Rubrics) -> None:
    assert await rubrics.add(a_rubric())
    assert await rubrics.by_id("r1") == a_rubric()
    assert await rubrics.by_id("r1", "1") == a_rubric()
    assert not await rubrics.add(a_rubric(title="Another"))
    assert (await rubrics.by_id("r1")) == a_rubric()


@pytest.mark.parametrize(("rubric_id", "version"), [("r2", None), ("r1", "2"), ("r1", "x"), ("r1", "9" * 30)])
async def test_what_is_not_there_is_none(rubrics: Rubrics, rubric_id: str, version: str | None) -> None:
    await rubrics.add(a_rubric())
    assert await rubrics.by_id(rubric_id, version) is None


async def test_every_version_stays_and_none_is_skipped(rubrics: Rubrics) -> None:
    await rubrics.add(a_rubric())
    second = a_rubric(version="2", title="Ward nurses")
    assert not await rubrics.put_version(a_rubric(version="3"))
    assert not await rubrics.put_version(a_rubric("unknown", version="2"))
    assert await rubrics.put_version(second)
    assert not await rubrics.put_version(msgspec.structs.replace(second, title="Late"))
    assert await rubrics.by_id("r1") == second
    assert await rubrics.by_id("r1", "1") == a_rubric()


async def test_of_two_who_write_the_next_version_one_wins(rubrics: Rubrics) -> None:
    await rubrics.add(a_rubric())
    won = await asyncio.gather(*(rubrics.put_version(a_rubric(version="2", title=title)) for title in ("A", "B")))
    assert sorted(won) == [False, True]


async def test_pages_hold_the_newest_versions_newest_rubric_first(rubrics: Rubrics) -> None:
    for number in range(5):
        await rubrics.add(a_rubric(f"r{number}", created_at=number // 2))
    await rubrics.put_version(a_rubric("r0", version="2", title="Changed"))
    first = await rubrics.page(None, 3)
    assert [rubric.rubric_id for rubric in first] == ["r4", "r3", "r2"]
    rest = await rubrics.page((first[-1].created_at, first[-1].rubric_id), 3)
    assert [(rubric.rubric_id, rubric.version) for rubric in rest] == [("r1", "1"), ("r0", "2")]
