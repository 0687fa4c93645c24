"""Who is asked for a sign of life, and when it is judged: virtual time, no timers."""

from __future__ import annotations

import itertools

from vivavoce.gateway.engineio.heartbeats import Heartbeats


def run(beats: Heartbeats[str], ticks: int, now: float = 0.0, tick_s: float = 1.0) -> list[tuple[float, str, float]]:
    """What happened at each tick: asked (time, who, nan) or judged (time, who, when it was asked)."""
    found: list[tuple[float, str, float]] = []
    for number in range(1, ticks + 1):
        at = now + number * tick_s
        found += [(at, f"judge {who}", asked_at) for asked_at, who in beats.judged(at)]
        found += [(at, f"ask {who}", at) for who in beats.asked(at)]
    return found


def test_a_connection_is_asked_every_interval_and_first_after_half_of_one() -> None:
    beats: Heartbeats[str] = Heartbeats(10, 60, 1)
    beats.join("a")
    asked = [at for at, what, _ in run(beats, 40) if what == "ask a"]
    assert 5 <= asked[0] <= 10
    assert [later - earlier for earlier, later in itertools.pairwise(asked)] == [10] * (len(asked) - 1)


def test_each_question_is_judged_one_timeout_later_also_when_that_is_longer_than_the_interval() -> None:
    beats: Heartbeats[str] = Heartbeats(10, 25, 1)
    beats.join("a")
    found = run(beats, 100)
    asked = [at for at, what, _ in found if what == "ask a"]
    judged = [(at, since) for at, what, since in found if what == "judge a"]
    assert judged == [(at + 25, at) for at in asked if at + 25 <= 100]


def test_those_that_come_together_are_spread() -> None:
    beats: Heartbeats[str] = Heartbeats(10, 60, 1)
    for name in "abcde":
        beats.join(name)
    asked = [at for at, what, _ in run(beats, 10) if what.startswith("ask")]
    assert len(asked) == 5
    assert len(set(asked)) == 5


def test_who_has_left_is_neither_asked_nor_judged() -> None:
    beats: Heartbeats[str] = Heartbeats(10, 20, 1)
    bucket = beats.join("a")
    assert beats.count == 1
    run(beats, 12)
    beats.leave("a", bucket)
    assert beats.count == 0
    assert run(beats, 60, now=12) == []


def test_after_a_stall_nobody_is_judged_until_the_next_tick() -> None:
    beats: Heartbeats[str] = Heartbeats(10, 5, 1)
    beats.join("a")
    (asked_at,) = [at for at, what, _ in run(beats, 7) if what == "ask a"]
    assert list(beats.judged(1_000)) == []
    beats.asked(1_000)
    assert list(beats.judged(1_001)) == [(asked_at, "a")]
