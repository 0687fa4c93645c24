"""The polling transport: what waits, the poll that waits, the way to a WebSocket, the end."""

from __future__ import annotations

from vivavoce.gateway.engineio.packets import Problem
from vivavoce.gateway.engineio.polling import Polling

ROOM = (1 << 20, 1_000)


class Answered:
    """An exchange that keeps its answer."""

    def __init__(self) -> None:
        self.body: bytes | None = None

    def answer(self, status: int, body: bytes) -> None:
        assert status == 200
        assert self.body is None, "answered twice"
        self.body = body

    def refuse(self, problem: Problem) -> None:
        raise AssertionError("refused")


class Flushes:
    """Counts how often a flush is asked for."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def polling() -> tuple[Polling, Flushes]:
    flushes = Flushes()
    return Polling(0.0, flushes), flushes


def test_a_poll_with_nothing_to_say_is_held_until_something_is_sent() -> None:
    side, flushes = polling()
    poll = Answered()
    assert not side.poll(poll)
    assert poll.body is None
    assert side.put(b"4a", False, *ROOM)
    assert flushes.count == 1
    assert side.put(b"4b", False, *ROOM)
    assert flushes.count == 1, "one flush a tick is enough"
    assert side.flush()
    assert poll.body == b"4a\x1e4b"
    assert side.size == 0


def test_what_was_sent_between_polls_is_the_next_answer() -> None:
    side, flushes = polling()
    side.put(b"4a", False, *ROOM)
    assert flushes.count == 0
    poll = Answered()
    assert side.poll(poll)
    assert poll.body == b"4a"


def test_spec_0_7_beyond_the_bound_there_is_no_room_and_the_ephemeral_goes_first() -> None:
    side, _ = polling()
    assert side.put(b"x" * 500, False, 1000, 10)
    assert side.put(b"e" * 400, True, 1000, 10)
    assert side.put(b"e" * 400, True, 1000, 10), "an ephemeral packet without room is dropped"
    assert side.put(b"y" * 500, False, 1000, 10)
    assert not side.put(b"z" * 500, False, 1000, 10)
    assert side.take() == b"x" * 500 + b"\x1e" + b"y" * 500


def test_a_held_poll_woken_by_the_probe_is_answered_by_noop_never_by_nothing() -> None:
    side, _ = polling()
    poll = Answered()
    side.poll(poll)
    side.begin_probe()
    assert poll.body == b"6"


def test_a_poll_while_probing_is_answered_at_once() -> None:
    side, _ = polling()
    side.begin_probe()
    poll = Answered()
    assert not side.poll(poll)
    assert poll.body == b"6"


def test_a_poll_while_probing_takes_what_waits() -> None:
    side, _ = polling()
    side.begin_probe()
    side.put(b"4late", False, *ROOM)
    poll = Answered()
    side.poll(poll)
    assert poll.body == b"4late"


def test_a_client_that_polls_on_while_probing_is_held_again_after_a_while() -> None:
    side, _ = polling()
    side.begin_probe()
    for _ in range(16):
        poll = Answered()
        side.poll(poll)
        assert poll.body == b"6"
    poll = Answered()
    side.poll(poll)
    assert poll.body is None


def test_what_was_sent_before_the_end_goes_out_with_the_poll_that_waits() -> None:
    side, _ = polling()
    poll = Answered()
    side.poll(poll)
    side.put(b"4last", False, *ROOM)
    assert side.close()
    assert poll.body == b"4last"


def test_the_end_of_a_connection_without_anything_to_say_is_a_noop() -> None:
    side, _ = polling()
    poll = Answered()
    side.poll(poll)
    assert side.close()
    assert poll.body == b"6"


def test_the_end_waits_for_a_client_that_has_yet_to_poll() -> None:
    side, _ = polling()
    side.put(b"4last", False, *ROOM)
    assert not side.close()
    poll = Answered()
    side.poll(poll)
    assert poll.body == b"4last"
