"""Giving memory back to the system after many connections, as far as CPython and the C library let it go.

Python frees memory in pieces of a megabyte, and one small object that lives keeps its piece. So when a crowd has left,
what pins pieces here and there is let go of, and what comes next is made where old objects are. Nothing here changes
what a program does; where an interpreter or a C library has no such thing, it is left out.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from typing import Final

#: Small objects of one size share pools; these are the sizes that come and go most, in bytes.
_SIZES: Final = range(32, 272, 16)
_INTEGER: Final = 32
_BYTES_HEADER: Final = sys.getsizeof(b"")
#: More than the event loop keeps of its freed objects.
_KEPT_FOR_REUSE: Final = 600
_FILLING: Final = 2 << 20


def let_small_things_go() -> None:
    """Empty what the interpreter keeps for reuse: lists of freed objects, and names of attributes it was asked for.

    C code that asks for an attribute makes a new string of the name each time; the cache of look-ups keeps up to 4,096
    of them, wherever there was room.
    """
    gc.collect()
    sys._clear_type_cache()


def prefer_old_memory() -> None:
    """Have new small objects made beside old ones.

    Of the pools with room, Python takes the one that was full last. So all are filled, and then emptied in the order of
    their addresses: the system hands out addresses from the top, so the oldest are freed last, and taken first. The
    lists of freed objects that the event loop keeps are changed likewise. To be called on the event loop.
    """
    loop = asyncio.get_running_loop()
    handles = [loop.call_soon(_nothing) for _ in range(_KEPT_FOR_REUSE)]
    awaited = loop.create_future()
    iterators = [awaited.__await__() for _ in range(_KEPT_FOR_REUSE)]
    while iterators:
        iterators.pop()
    loop.call_soon(_drop, handles)
    for size in _SIZES:
        made: list[object] = [_made(size, number) for number in range(_FILLING // size)]
        made.sort(key=id, reverse=True)
        while made:
            made.pop()


def _nothing() -> None: ...


def _drop(handles: list[asyncio.Handle]) -> None:
    """The last first: those that are freed first are kept for reuse, and they were made last."""
    while handles:
        handles.pop()


def _made(size: int, number: int) -> object:
    """An object of so many bytes, with their header; bytes begin at 48, integers of this length have 32."""
    return bytes(size - _BYTES_HEADER) if size > _INTEGER else (1 << 40) + number


def trim() -> None:
    """Have the C library return what it holds of freed memory (glibc)."""
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if give_back is not None:
        give_back(0)
