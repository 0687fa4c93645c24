"""What is given back after a crowd: names that the interpreter keeps, and the objects that it keeps for reuse."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vivavoce.gateway import memory


class Asked:
    pass


def test_names_of_attributes_that_were_asked_for_are_let_go() -> None:
    name = "".join(["never", "_", "interned"])
    before = sys.getrefcount(name)
    with pytest.raises(AttributeError):
        type.__getattribute__(Asked, name)
    assert sys.getrefcount(name) > before, "the interpreter keeps what it was asked for"
    memory.let_small_things_go()
    assert sys.getrefcount(name) == before


#: In a process of its own, where nothing else has left room in old memory.
CROWD = """
import asyncio, gc
from vivavoce.gateway import memory

async def main():
    old = [bytes(60) for _ in range(20_000)]
    crowd = [bytes(60) for _ in range(200_000)]
    middle, last = sum(map(id, old)) / len(old), id(crowd[-1])
    del old[::2], crowd
    gc.collect()
    memory.prefer_old_memory()
    await asyncio.sleep(0)
    new = [bytes(60) for _ in range(1_000)]
    memory.trim()
    assert abs(sum(map(id, new)) / len(new) - middle) < abs(last - middle)

asyncio.run(main())
"""


def test_new_objects_are_made_beside_old_ones() -> None:
    subprocess.run([sys.executable, "-c", CROWD], check=True, timeout=60)
