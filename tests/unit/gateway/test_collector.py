"""The collector's care: what has proved to live is not walked again, and all of it is looked at now and then."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from vivavoce.gateway.collector import CollectorCare


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_connections_that_stay_are_put_out_of_sight_in_steps() -> None:
    counts = {"total": 0, "active": 1_000}
    care = CollectorCare(lambda: counts["total"], lambda: counts["active"])
    kept = [[number] for number in range(100)]
    gc.unfreeze()
    care.sweep(0.0)
    assert gc.get_freeze_count() == 0, "nobody has come"
    counts["total"] = 500
    care.sweep(1.0)
    frozen = gc.get_freeze_count()
    assert frozen >= len(kept)
    counts["total"] = 999
    care.sweep(2.0)
    assert gc.get_freeze_count() <= frozen, "too few have come since"


@pytest.mark.slow
async def test_everything_is_looked_at_again_when_nearly_all_have_gone() -> None:
    class Node:
        alive = 0

        def __init__(self) -> None:
            self.itself = self
            Node.alive += 1

        def __del__(self) -> None:
            Node.alive -= 1

    counts = {"total": 0, "active": 1_000}
    let_go: list[int] = []
    care = CollectorCare(lambda: counts["total"], lambda: counts["active"], lambda: let_go.append(1))
    node: Node | None = Node()
    counts["total"] += 500
    care.sweep(0.0)
    assert node is not None
    node = None
    gc.collect()
    assert Node.alive == 1, "it is garbage in a cycle, out of sight"
    counts["active"] = 5
    care.sweep(1_000.0)
    care.sweep(1_100.0)
    assert (Node.alive, let_go) == (1, []), "their rooms are still at hand"
    for now in range(1_151, 1_201):
        care.sweep(float(now))
    assert (Node.alive, let_go) == (0, [1])


@pytest.mark.slow
def test_nothing_is_looked_at_again_while_many_are_there_or_none_came() -> None:
    counts = {"total": 100, "active": 5}
    care = CollectorCare(lambda: counts["total"], lambda: counts["active"])
    gc.unfreeze()
    for now in (0.0, 1_000.0):
        care.sweep(now)
    assert gc.get_freeze_count() == 0
    counts |= {"total": 1_000, "active": 900}
    care.sweep(2_000.0)
    frozen = gc.get_freeze_count()
    new = [[number] for number in range(10_000)]
    for now in (3_000.0, 4_000.0):
        care.sweep(now)
    assert new
    assert gc.get_freeze_count() <= frozen
