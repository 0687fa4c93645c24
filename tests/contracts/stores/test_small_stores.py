"""The stores beside the log keep the same promises on every backend."""

from __future__ import annotations

from tests.contracts.stores.backends import Stores
from tests.contracts.stores.test_event_log import event, row
from vivavoce.ports import Append, MembershipRow, OutboxItem, SessionFilter


async def put(stores: Stores, session_id: str, member: str, **changed: object) -> None:
    await stores.log.append(
        Append(
            stream=f"session:{session_id}",
            expected=(await stores.log.position(f"session:{session_id}")).head,
            actor=member,
            events=(event(),),
            session_row=row(session_id, **changed),
            memberships=(MembershipRow(session_id, member, "recruiter", active=True),),
        )
    )


async def test_spec_0_6_a_person_lists_only_sessions_they_belong_to(stores: Stores) -> None:
    await put(stores, "s1", "ann")
    await put(stores, "s2", "ben")
    await put(stores, "s3", "guest:1", by_guest=True)
    assert [r.row.session_id for r in await stores.index.page(SessionFilter(user_id="ann"))] == ["s1"]
    guests = await stores.index.page(SessionFilter(user_id="guest:2", guest_sessions=True))
    assert [r.row.session_id for r in guests] == ["s3"]
    assert len(await stores.index.page(SessionFilter())) == 3
    (listed,) = await stores.index.page(SessionFilter(user_id="ann"))
    assert (listed.my_role, listed.last_seq) == ("recruiter", 1)


async def test_a_removed_member_no_longer_lists_the_session(stores: Stores) -> None:
    await put(stores, "s1", "ann")
    await stores.log.append(
        Append(
            stream="session:s1",
            expected=1,
            actor="u",
            events=(event(),),
            memberships=(MembershipRow("s1", "ann", "", active=False),),
        )
    )
    assert await stores.index.page(SessionFilter(user_id="ann")) == []


async def test_pages_go_on_after_their_cursor_newest_first(stores: Stores) -> None:
    for number in range(5):
        await put(stores, f"s{number}", "ann", created_at=number // 2)
    seen: list[str] = []
    before = None
    while page := await stores.index.page(SessionFilter(user_id="ann", before=before, limit=2)):
        seen += [r.row.session_id for r in page]
        before = (page[-1].row.created_at, page[-1].row.session_id)
    assert seen == ["s4", "s3", "s2", "s1", "s0"]


async def test_lists_are_narrowed_by_status_and_words(stores: Stores) -> None:
    await put(stores, "s1", "ann", status="ended", role="Data engineer")
    await put(stores, "s2", "ann", candidate_name="Mina Park")
    assert [r.row.session_id for r in await stores.index.page(SessionFilter(status="ended"))] == ["s1"]
    assert [r.row.session_id for r in await stores.index.page(SessionFilter(query="data"))] == ["s1"]
    assert [r.row.session_id for r in await stores.index.page(SessionFilter(query="mina"))] == ["s2"]


async def test_an_outbox_item_waits_until_it_is_done_and_is_queued_once(stores: Stores) -> None:
    item = OutboxItem("k", "report", "s1")
    for expected in (0, 1):
        await stores.log.append(Append(stream="a", expected=expected, actor="u", events=(event(),), outbox=(item,)))
    assert list(await stores.outbox.waiting(0, 10)) == [item]
    await stores.outbox.postpone("k", 100)
    assert list(await stores.outbox.waiting(99, 10)) == []
    assert list(await stores.outbox.waiting(100, 10)) == [item]
    await stores.outbox.done("k")
    assert list(await stores.outbox.waiting(1000, 10)) == []


async def test_a_lease_has_one_holder_until_it_expires_and_tokens_only_grow(stores: Stores) -> None:
    first = await stores.leases.acquire("x", "p1", now=0, ttl_ms=100)
    assert first is not None
    assert await stores.leases.acquire("x", "p2", now=50, ttl_ms=100) is None
    again = await stores.leases.acquire("x", "p1", now=60, ttl_ms=100)
    assert again is not None and again > first
    taken = await stores.leases.acquire("x", "p2", now=160, ttl_ms=100)
    assert taken is not None and taken > again
    await stores.leases.release("x", first)  # an old token releases nothing
    assert await stores.leases.acquire("x", "p1", now=170, ttl_ms=100) is None
    await stores.leases.release("x", taken)
    assert await stores.leases.acquire("x", "p1", now=171, ttl_ms=100) is not None


async def test_reports_are_replaced(stores: Stores) -> None:
    assert await stores.reports.get("s1") is None
    await stores.reports.put("s1", b"{}", 1)
    await stores.reports.put("s1", b'{"a":1}', 2)
    assert await stores.reports.get("s1") == b'{"a":1}'
    await stores.reports.delete("s1")
    assert await stores.reports.get("s1") is None


async def test_the_newest_beat_of_any_process_is_known(stores: Stores) -> None:
    assert await stores.heartbeats.last_beat() == 0
    await stores.heartbeats.beat("p1", 5)
    await stores.heartbeats.beat("p2", 9)
    await stores.heartbeats.beat("p1", 7)
    assert await stores.heartbeats.last_beat() == 9


async def test_the_audit_is_read_newest_first_and_by_subject(stores: Stores) -> None:
    for number in range(3):
        await stores.audit.record(number, "ann", "report.read", f"s{number % 2}", {"n": number})
    assert [entry["details"]["n"] for entry in await stores.audit.page(None, None, 10)] == [2, 1, 0]
    newest = (await stores.audit.page("s0", None, 1))[0]
    assert newest["details"] == {"n": 2}
    assert [entry["details"]["n"] for entry in await stores.audit.page("s0", newest["id"], 10)] == [0]
