"""SPEC 0.7: at most so many bytes or messages wait; ephemeral ones go first; a larger one may go into an empty one."""

from __future__ import annotations

from vivavoce.gateway.send_queue import SendQueue


def contents(queue: SendQueue) -> list[bytes]:
    return [queue.pop() for _ in range(len(queue))]


def test_spec_0_7_frames_come_out_in_order_and_are_counted() -> None:
    queue = SendQueue()
    for frame in (b"one", b"two", b"three"):
        assert queue.put(frame, False, 100, 10)
    assert queue.size == 11
    assert contents(queue) == [b"one", b"two", b"three"]
    assert queue.size == 0


def test_spec_0_7_an_empty_queue_takes_one_frame_of_any_size() -> None:
    queue = SendQueue()
    assert queue.put(b"x" * 1000, False, 100, 10)
    assert not queue.put(b"y", False, 100, 10)


def test_spec_0_7_too_many_messages_are_refused() -> None:
    queue = SendQueue()
    assert all(queue.put(b"x", False, 100, 3) for _ in range(3))
    assert not queue.put(b"x", False, 100, 3)


def test_spec_0_7_ephemeral_frames_give_way_to_others() -> None:
    queue = SendQueue()
    assert queue.put(b"typing", True, 20, 10)
    assert queue.put(b"keep", False, 20, 10)
    assert queue.put(b"level", True, 20, 10)
    assert queue.put(b"x" * 16, False, 20, 10)
    assert queue.size == 20
    assert contents(queue) == [b"keep", b"x" * 16]


def test_spec_0_7_an_ephemeral_frame_without_room_is_dropped_and_nobody_is_cut() -> None:
    queue = SendQueue()
    assert queue.put(b"x" * 20, False, 20, 10)
    assert queue.put(b"typing", True, 20, 10)
    assert contents(queue) == [b"x" * 20]
