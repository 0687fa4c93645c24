"""Reading in the background: what becomes of a scan when the reader, or the process, breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.grading import GradingHouse
from vivavoce.adapters.sql.scans import SqlScanStore
from vivavoce.domain.answer_sheet import Box, Place
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.questions import ExamHead, Question
from vivavoce.domain.interview import Language
from vivavoce.engines.ocr.contract import PageQuality, RegionReading, SheetPage, SheetReading, Template
from vivavoce.grading.scans import Scans, Sheet

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


class Breaking:
    """A reader that breaks off as long as there is `trouble`, or goes on until it is told to stop."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.busy = asyncio.Event()
        self.endless = False

    def check(self, data: bytes) -> None:
        pass

    async def read(
        self, data: bytes, language: Language, template: Template, progress: Callable[[int], None]
    ) -> SheetReading:
        progress(1)
        self.busy.set()
        if self.endless:
            await asyncio.Event().wait()
        if self.trouble is not None:
            raise self.trouble
        region = RegionReading(region_id="q1", page=1, text=data.decode(), overall_quality=0.9, picture=b"png")
        return SheetReading(pages=(PageQuality(sharpness=1.0, contrast=1.0, skew=0.0),), regions=(region,))

    async def page(self, data: bytes, number: int) -> SheetPage:
        raise NotImplementedError


async def handed_in() -> tuple[Scans, SqlScanStore, Breaking, GradingHouse]:
    house = GradingHouse(FakeClock())
    exam = await house.parts.exams.open("e1")
    question = Question(question_id="q1", type="essay", text="Why?", place=Place(box=WHOLE))
    await exam.submit(lambda state: rules.create(state, "e1", ExamHead(title="Ice"), [question], "ann"), "ann")
    reader = Breaking()
    database: Any = house.database
    store = SqlScanStore(database)
    tasks: Any = None
    scans = Scans(house.parts.exams, tasks, store, house.blobs, reader, FakeClock())
    await scans.hand_in(exam, "sub_1", Sheet(student_id="s1"), b"Ice floats.", "ann")
    return scans, store, reader, house


async def standing(store: SqlScanStore) -> tuple[str, int]:
    scan = await store.scan("sub_1")
    assert scan is not None
    return scan.status, scan.tries


async def test_a_reader_that_is_away_is_waited_for_and_a_file_that_breaks_it_is_given_up() -> None:
    scans, store, reader, house = await handed_in()
    reader.trouble = VivavoceError("unavailable", "it broke off", reason="ocr_missing")
    for tries in (1, 2):
        with pytest.raises(VivavoceError):
            await scans.reading.work()
        assert await standing(store) == ("waiting", tries)
    await scans.reading.work()
    assert await standing(store) == ("failed", 3)
    assert await house.blobs.total() == 0


async def test_a_file_with_which_the_process_dies_each_time_is_given_up() -> None:
    scans, store, _, house = await handed_in()
    for _ in range(3):
        assert await store.begin(0) is not None
        assert await store.take_up(0) == []
    await scans.reading.work()
    assert (await standing(store))[0] == "failed"
    exam = await house.parts.exams.existing("e1")
    assert exam.state.submissions == 0


async def test_a_crash_between_the_submission_and_the_end_stores_it_once() -> None:
    scans, store, _, house = await handed_in()
    await scans.reading.work()
    house.database.raw.execute("UPDATE scans SET status = 'reading', outcome = ''")
    assert await store.take_up(0) == []
    await scans.reading.work()
    exam = await house.parts.exams.existing("e1")
    assert (await standing(store), exam.state.submissions) == (("read", 2), 1)


async def test_what_had_not_arrived_at_the_crash_is_cleared_away() -> None:
    scans, store, _, house = await handed_in()
    house.database.raw.execute("UPDATE scans SET status = 'arriving'")
    await scans.reading.start()
    await scans.reading.stop()
    assert await store.scan("sub_1") is None
    assert await house.blobs.total() == 0


async def test_a_server_that_stops_puts_back_what_it_was_reading_and_counts_no_try() -> None:
    scans, store, reader, _ = await handed_in()
    reader.endless = True
    await scans.reading.start()
    await reader.busy.wait()
    assert (await standing(store), scans.reading.answers_read) == (("reading", 1), {"sub_1": 1})
    await scans.reading.stop()
    assert (await standing(store), scans.reading.answers_read) == (("waiting", 0), {})
