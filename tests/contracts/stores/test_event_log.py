"""SPEC 0.1–0.3: the log gives `seq` without gaps, appends all or nothing, and knows a command it has seen."""

from __future__ import annotations

import asyncio

import pytest

from tests.contracts.stores.backends import Stores
from vivavoce.ports import (
    Append,
    MembershipRow,
    NewEvent,
    OutboxItem,
    SequenceConflictError,
    SessionFilter,
    SessionRow,
    stored_events,
)


def event(name: str = "x") -> NewEvent:
    return NewEvent(f"id-{name}", "Said", 1000, f'{{"type":"Said","text":"{name}"}}'.encode())


def request(stream: str, expected: int, *names: str, client_id: str | None = None, actor: str = "u") -> Append:
    events = tuple(event(name) for name in names)
    return Append(stream=stream, expected=expected, actor=actor, events=events, client_id=client_id)


def row(session_id: str, **changed: object) -> SessionRow:
    values: dict[str, object] = {
        "session_id": session_id,
        "kind": "dialogue",
        "title": "",
        "status": "live",
        "created_by": "u",
        "by_guest": False,
        "created_at": 1,
        "role": "",
        "language": "en",
        "candidate_name": "",
        "interview_style": "formal",
        "competencies": "",
        "duration_minutes": 30,
        "visibility": "sealed",
        "began_at": 0,
        "ended_at": 0,
        "end_reason": "",
        "answered": 0,
        "clock_ms": 0,
        "clock_running_since": 0,
        "connected": False,
        "reply_due": False,
        "next_due": 0,
        "report": "none",
    }
    return SessionRow(**{**values, **changed})  # type: ignore[arg-type]


async def test_spec_0_seq_counts_from_one_without_gaps_in_each_stream(stores: Stores) -> None:
    assert (await stores.log.append(request("a", 0, "1", "2"))).last == 2
    assert (await stores.log.append(request("b", 0, "1"))).last == 1
    assert (await stores.log.append(request("a", 2, "3"))).first == 3
    assert [stored.seq for stored in stored_events(await stores.log.read("a", 0, 10))] == [1, 2, 3]
    assert [stored.seq for stored in stored_events(await stores.log.read("a", 1, 1))] == [2]
    assert stored_events(await stores.log.read("unknown", 0, 10)) == []


async def test_a_wrong_head_is_a_conflict_and_stores_nothing(stores: Stores) -> None:
    await stores.log.append(request("a", 0, "1"))
    with pytest.raises(SequenceConflictError) as caught:
        await stores.log.append(request("a", 0, "2", "3"))
    assert caught.value.head == 1
    assert len(stored_events(await stores.log.read("a", 0, 10))) == 1


async def test_a_conflict_in_a_group_fails_only_its_own_append(stores: Stores) -> None:
    results = await asyncio.gather(
        stores.log.append(request("a", 0, "1")),
        stores.log.append(request("a", 0, "rival")),
        stores.log.append(request("b", 0, "1")),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results] == ["Appended", "SequenceConflictError", "Appended"]


async def test_appends_of_one_stream_are_written_in_the_order_they_were_handed_in(stores: Stores) -> None:
    futures = [stores.log.append(request("a", n, str(n))) for n in range(50)]
    assert [(await future).last for future in futures] == list(range(1, 51))


async def test_spec_0_3_a_command_sent_twice_is_stored_once(stores: Stores) -> None:
    first = await stores.log.append(request("a", 0, "1", "2", client_id="c1"))
    again = await stores.log.append(request("a", 0, "1", "2", client_id="c1"))
    assert (first.duplicate, again.duplicate) == (False, True)
    assert (again.first, again.last) == (1, 2)
    assert len(stored_events(await stores.log.read("a", 0, 10))) == 2
    assert await stores.log.find("a", "u", "c1") == again
    assert await stores.log.find("a", "somebody else", "c1") is None


async def test_spec_0_3_the_same_command_twice_in_one_group_is_stored_once(stores: Stores) -> None:
    results = await asyncio.gather(
        *(stores.log.append(request("a", 0, "1", client_id="c1")) for _ in range(3)), return_exceptions=True
    )
    assert sorted(result.duplicate for result in results) == [False, True, True]  # type: ignore[union-attr]
    assert len(stored_events(await stores.log.read("a", 0, 10))) == 1


async def test_spec_0_3_a_repetition_at_the_right_head_takes_nothing_from_its_group(stores: Stores) -> None:
    await stores.log.append(request("a", 0, "1", client_id="c1"))
    results = await asyncio.gather(
        stores.log.append(request("b", 0, "1", "2", client_id="c1")),
        stores.log.append(request("a", 1, "1", client_id="c1")),
        stores.log.append(request("a", 1, "2", client_id="c2")),
        stores.log.append(request("b", 2, "3")),
    )
    assert [(result.first, result.last, result.duplicate) for result in results] == [
        (1, 2, False),
        (1, 1, True),
        (2, 2, False),
        (3, 3, False),
    ]
    assert [stored.seq for stored in stored_events(await stores.log.read("a", 0, 10))] == [1, 2]
    assert [stored.seq for stored in stored_events(await stores.log.read("b", 0, 10))] == [1, 2, 3]


async def test_spec_0_3_client_ids_are_unique_per_sender_and_stream(stores: Stores) -> None:
    await stores.log.append(request("a", 0, "1", client_id="c1", actor="u"))
    assert not (await stores.log.append(request("a", 1, "2", client_id="c1", actor="v"))).duplicate
    assert not (await stores.log.append(request("b", 0, "1", client_id="c1", actor="u"))).duplicate


async def test_the_client_id_stands_on_the_last_event_of_its_command(stores: Stores) -> None:
    await stores.log.append(request("a", 0, "1", "2", client_id="c1"))
    assert [stored.client_id for stored in stored_events(await stores.log.read("a", 0, 10))] == [None, "c1"]


async def test_a_position_names_the_head_and_one_epoch_for_the_store(stores: Stores) -> None:
    await stores.log.append(request("a", 0, "1"))
    known, unknown = await stores.log.position("a"), await stores.log.position("unknown")
    assert (known.head, unknown.head) == (1, 0)
    assert known.epoch == unknown.epoch != ""


async def test_spec_6_9_erasure_replaces_payloads_and_keeps_the_sequence(stores: Stores) -> None:
    await stores.log.append(request("a", 0, "1", "secret", "3"))
    before = stored_events(await stores.log.read("a", 0, 10))
    await stores.log.rewrite("a", [(2, b'{"type":"Said","redacted":true}')])
    after = stored_events(await stores.log.read("a", 0, 10))
    assert [(e.seq, e.event_id, e.at) for e in after] == [(e.seq, e.event_id, e.at) for e in before]
    assert b"secret" not in bytes(after[1].payload)
    assert after[0] == before[0]


async def test_rows_come_with_the_events_or_not_at_all(stores: Stores) -> None:
    good = Append(
        stream="session:s1",
        expected=0,
        actor="u",
        events=(event(),),
        session_row=row("s1", reply_due=True, next_due=500),
        memberships=(MembershipRow("s1", "u", "interviewer", active=True),),
        outbox=(OutboxItem("k", "report", "s1"),),
    )
    await stores.log.append(good)
    lost = Append(
        stream="session:s1",
        expected=0,
        actor="u",
        events=(event(),),
        session_row=row("s1", status="ended"),
        outbox=(OutboxItem("other", "report", "s1"),),
    )
    with pytest.raises(SequenceConflictError):
        await stores.log.append(lost)
    assert [r.row.status for r in await stores.index.page(SessionFilter(user_id="u"))] == ["live"]
    assert [item.key for item in await stores.outbox.waiting(0, 10)] == ["k"]
    assert await stores.index.awaiting_reply(10) == ["s1"]
    assert (await stores.index.due(499, 10), await stores.index.due(500, 10)) == ([], ["s1"])


async def test_a_line_of_the_index_can_be_written_without_an_event(stores: Stores) -> None:
    await stores.log.append(
        Append(stream="session:s1", expected=0, actor="u", events=(event(),), session_row=row("s1", next_due=5))
    )
    await stores.log.append(
        Append(stream="session:s1", expected=1, actor="u", events=(), session_row=row("s1", next_due=9))
    )
    assert await stores.index.due(8, 10) == []
    assert (await stores.log.position("session:s1")).head == 1
