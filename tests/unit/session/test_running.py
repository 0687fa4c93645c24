"""The way of a command: decided, stored, acknowledged, published; and what happens when the store goes another way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.fakes.clock import FakeClock
from vivavoce.adapters.memory.stores import MemoryEventLog, MemoryHeartbeats, MemorySessionIndex, MemoryStore
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewPlan
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import Policy
from vivavoce.ports import Append, Appended, StoreUnavailableError
from vivavoce.session.hub import Sessions
from vivavoce.session.running import RunningSession
from vivavoce.session.subscription import Subscription

PLAN = InterviewPlan(competencies=(), bank_version="t")


class SlowLog(MemoryEventLog):
    """A log whose commits are let through by hand, and which can fail."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.held: list[tuple[Append, asyncio.Future[Appended]]] = []
        self.holding = False

    def append(self, request: Append) -> asyncio.Future[Appended]:
        if not self.holding:
            return super().append(request)
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self.held.append((request, future))
        return future

    def let_through(self, failing: Exception | None = None) -> None:
        held, self.held = self.held, []
        for request, future in held:
            if failing is not None:
                future.set_exception(failing)
                continue
            result = super().append(request)
            if result.exception() is not None:
                future.set_exception(result.exception())  # type: ignore[arg-type]
            else:
                future.set_result(result.result())


class Process:
    """A server process over a shared store."""

    def __init__(self, store: MemoryStore, clock: FakeClock) -> None:
        self.log = SlowLog(store)
        self.sessions = Sessions(
            self.log, MemorySessionIndex(store), MemoryHeartbeats(store), clock, Policy(), process_id="p"
        )


class Viewer:
    def __init__(self, room: bool = True) -> None:
        self.seen: list[int] = []
        self.room = room
        self.was_lost = False

    def show(self, events: Sequence[e.Recorded]) -> None:
        self.seen += [recorded.seq for recorded in events]

    def ephemeral(self, message: object) -> None: ...

    def ready(self) -> bool:
        return self.room

    def lost(self) -> None:
        self.was_lost = True


def say(text: str = "hi") -> c.SubmitInput:
    return c.SubmitInput(user_id="rec", text=text, plan=PLAN)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def process(store: MemoryStore) -> Process:
    return Process(store, FakeClock())


@pytest.fixture
async def session(process: Process) -> RunningSession:
    opened = await process.sessions.open("s")
    await opened.submit(c.CreateSession(session_id="s", creator_role="recruiter"), "rec")
    return opened


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_spec_0_1_nothing_is_acknowledged_or_published_before_it_is_stored(
    process: Process, session: RunningSession
) -> None:
    viewer = Viewer()
    Subscription(session, process.sessions, viewer, session.published)
    process.log.holding = True
    future = session.submit(say(), "rec")
    await settle()
    assert (future.done(), viewer.seen) == (False, [])
    process.log.let_through()
    receipt = await future
    assert viewer.seen == [recorded.seq for recorded in receipt.events] == [3, 4]


async def test_a_busy_session_shares_commits_and_keeps_the_order(process: Process, session: RunningSession) -> None:
    process.log.holding = True
    futures = [session.submit(say(str(n)), "rec") for n in range(5)]
    await settle()
    assert len(process.log.held) == 5
    process.log.let_through()
    assert [(await future).last_seq for future in futures] == [4, 5, 6, 7, 8]
    assert [entry.text for entry in session.state.inputs] == ["0", "1", "2", "3", "4"]


async def test_spec_0_3_the_same_client_id_happens_once_and_gets_the_same_answer(
    process: Process, session: RunningSession
) -> None:
    first = await session.submit(say(), "rec", "c1")
    again = await session.submit(say(), "rec", "c1")
    assert (again.duplicate, again.events) == (True, first.events)
    assert len(session.state.inputs) == 1


async def test_spec_0_3_a_repetition_is_known_after_a_restart_and_after_the_end(
    process: Process, session: RunningSession, store: MemoryStore
) -> None:
    first = await session.submit(say(), "rec", "c1")
    await session.submit(c.EndSession(by="rec", role="recruiter"), "rec")
    restarted = await Process(store, FakeClock()).sessions.open("s")
    again = await restarted.submit(say(), "rec", "c1")
    assert (again.duplicate, again.last_seq) == (True, first.last_seq)
    with pytest.raises(VivavoceError, match="conflict"):
        await restarted.submit(say(), "rec", "c2")


async def test_a_repetition_that_the_memory_forgot_is_found_by_the_store(
    process: Process, session: RunningSession, store: MemoryStore
) -> None:
    first = await session.submit(say("one"), "rec", "c1")
    restarted = await Process(store, FakeClock()).sessions.open("s")
    later = [restarted.submit(say("one"), "rec", "c1"), restarted.submit(say("two"), "rec", "c2")]
    assert (await later[0]).last_seq == first.last_seq
    assert (await later[1]).duplicate is False
    assert [entry.text for entry in restarted.state.inputs] == ["one", "two"]


async def test_two_processes_decide_in_turn_and_both_see_everything(store: MemoryStore) -> None:
    clock = FakeClock()
    one, two = Process(store, clock), Process(store, clock)
    here = await one.sessions.open("s")
    await here.submit(c.CreateSession(session_id="s", creator_role="recruiter"), "rec")
    there = await two.sessions.open("s")
    viewer = Viewer()
    Subscription(here, one.sessions, viewer, here.published)
    assert (await there.submit(c.RequestPatience(user_id="rec", seconds=1), "rec")).last_seq == 3
    receipts = await asyncio.gather(here.submit(say("a"), "rec"), here.submit(say("b"), "rec"))
    assert [receipt.last_seq for receipt in receipts] == [5, 6]
    assert viewer.seen == [3, 4, 5, 6]


async def test_a_store_that_fails_refuses_and_recovers(process: Process, session: RunningSession) -> None:
    process.log.holding = True
    futures = [session.submit(say(str(n)), "rec") for n in range(3)]
    await settle()
    process.log.holding = False
    process.log.let_through(StoreUnavailableError("disk full"))
    for future in futures:
        with pytest.raises(VivavoceError, match="unavailable"):
            await future
    assert (await session.submit(say("later"), "rec")).last_seq == 4
    assert [entry.text for entry in (await session.settled()).inputs] == ["later"]


async def test_spec_0_2_a_reader_gets_what_it_missed_and_then_goes_on_live(
    process: Process, session: RunningSession
) -> None:
    for n in range(4):
        await session.submit(say(str(n)), "rec")
    viewer = Viewer()
    subscription = Subscription(session, process.sessions, viewer, 3)
    assert not subscription.live
    live = session.submit(say("live"), "rec")  # while it catches up
    await subscription.caught_up()
    await live
    await session.submit(say("more"), "rec")
    assert viewer.seen == [4, 5, 6, 7, 8, 9]


async def test_spec_0_2_replay_waits_for_a_slow_socket_and_loses_nothing(
    process: Process, session: RunningSession
) -> None:
    await session.submit(say(), "rec")
    viewer = Viewer(room=False)
    subscription = Subscription(session, process.sessions, viewer, 0)
    await settle()
    assert viewer.seen == []
    await session.submit(say(), "rec")
    viewer.room = True
    subscription.wake()
    await subscription.caught_up()
    assert viewer.seen == [1, 2, 3, 4, 5]
    assert subscription.live


async def test_a_closed_subscription_is_told_nothing(process: Process, session: RunningSession) -> None:
    viewer = Viewer()
    subscription = Subscription(session, process.sessions, viewer, session.published)
    subscription.close()
    await session.submit(say(), "rec")
    assert viewer.seen == []
    assert session.idle
