"""Coming in while somebody else is naming the session that one asks for."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.clock import FakeClock
from vivavoce.adapters.memory.stores import MemoryEventLog, MemoryHeartbeats, MemorySessionIndex, MemoryStore
from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewConfig
from vivavoce.domain.session.state import Policy
from vivavoce.identity.membership import admit
from vivavoce.session.entry import Entry
from vivavoce.session.hub import Sessions

ANN = Identity(user_id="ann", role="interviewer")


def entry() -> Entry:
    store = MemoryStore()
    log = MemoryEventLog(store)
    return Entry(
        Sessions(log, MemorySessionIndex(store), MemoryHeartbeats(store), FakeClock(), Policy(), process_id="p"), admit
    )


@pytest.mark.parametrize("turns", range(1, 12))
async def test_spec_0_6_who_asks_after_somebody_has_begun_to_name_a_session_finds_it(turns: int) -> None:
    door = entry()

    async def name() -> None:
        session, _ = await door.enter_or_name(ANN, "s1")
        await door.create(session, ANN, InterviewConfig())

    naming = asyncio.create_task(name())
    for _ in range(turns):
        await asyncio.sleep(0)
    session, viewer = await door.enter(ANN, "s1")
    assert session.state.exists
    assert viewer.user_id == "ann"
    await naming


async def test_spec_0_6_a_session_that_nobody_names_does_not_exist() -> None:
    with pytest.raises(VivavoceError) as refused:
        await entry().enter(ANN, "s1")
    assert refused.value.reason == "session_not_found"
