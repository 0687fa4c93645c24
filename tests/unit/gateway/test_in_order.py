"""SPEC.md 0.1: no message of a connection is lost or overtaken, whatever the work before it comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from vivavoce.domain.errors import VivavoceError, invalid
from vivavoce.gateway.doors.in_order import BACKLOG, InOrder


class Door:
    """Spawns as a door does, and counts how often reading was stopped and begun again."""

    def __init__(self) -> None:
        self.paused = False
        self.pauses = 0
        self.refused: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []

    def spawn(self, work: Coroutine[Any, Any, None], then: Callable[[], None] | None = None) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.append(task)

        def ended(done: asyncio.Task[None]) -> None:
            done.exception()
            if then is not None:
                then()

        task.add_done_callback(ended)
        return task

    def pause_reading(self) -> None:
        self.paused = True
        self.pauses += 1

    def resume_reading(self) -> None:
        self.paused = False

    def refuse(self, _error: VivavoceError, message: int) -> None:
        self.refused.append(message)


async def settled(order: InOrder[int]) -> None:
    while order.busy:
        await asyncio.sleep(0)


async def test_work_is_done_one_after_the_other_and_a_refusal_stops_nothing() -> None:
    door, done = Door(), list[int]()
    order = InOrder[int](door.spawn, door, door.refuse)

    async def work(message: int) -> None:
        for _ in range(5 - message):
            await asyncio.sleep(0)
        if message == 2:
            raise invalid("no", reason="empty_text")
        done.append(message)

    for message in range(5):
        order.add(work, message)
    await settled(order)
    assert done == [0, 1, 3, 4]
    assert door.refused == [2]
    assert len(door.tasks) == 1


async def test_what_comes_while_the_task_ends_is_done() -> None:
    door, done = Door(), list[int]()
    order = InOrder[int](door.spawn, door, door.refuse)

    def late() -> None:
        assert door.tasks[0].done()
        assert order.busy, "that its task has ended is told after this"
        order.add(work, 2)

    async def work(message: int) -> None:
        done.append(message)
        if message == 1:
            asyncio.get_running_loop().call_soon(late)

    order.add(work, 1)
    await settled(order)
    assert done == [1, 2]


async def test_what_breaks_takes_nothing_with_it() -> None:
    door, done = Door(), list[int]()
    order = InOrder[int](door.spawn, door, door.refuse)

    async def work(message: int) -> None:
        if message == 0:
            raise RuntimeError("a defect")
        done.append(message)

    for message in range(3):
        order.add(work, message)
    await settled(order)
    assert done == [1, 2]


async def test_a_sender_that_is_ahead_is_not_read_for_a_while() -> None:
    door = Door()
    order = InOrder[int](door.spawn, door, door.refuse)

    async def work(message: int) -> None:
        await asyncio.sleep(0)

    for message in range(BACKLOG):
        order.add(work, message)
    assert door.paused
    await settled(order)
    assert not door.paused
    assert door.pauses == 1
