"""Keeps the garbage collector's pauses short while thousands of connections are there.

A full collection walks every object, and every connection has about ten. None of them is ever garbage in a cycle:
they go when their connection does, by counting references. So what has proved to live is put out of the collector's
sight in steps, each after a collection of what is new since the last one. When nearly all have gone, everything is
looked at again, and memory that nobody uses any more is given back to the system.
"""

from __future__ import annotations

import ctypes
import gc
import math
from collections.abc import Callable
from typing import Final

_NEW_CONNECTIONS: Final = 500
_FEW_CONNECTIONS: Final = 100
#: A room that people have left stays at hand for two minutes; by then it has gone as well.
_SETTLED_S: Final = 150.0


class CollectorCare:
    """Is swept with the gateway."""

    def __init__(self, total: Callable[[], int], active: Callable[[], int]) -> None:
        """`total` counts all connections since the start, `active` those there are."""
        self._total = total
        self._active = active
        self._seen = 0
        self._many = False
        self._look_at = math.inf

    def sweep(self, now: float) -> None:
        """After enough new connections: collect what is new, and put what is left out of sight. `now` in seconds."""
        total = self._total()
        if total - self._seen >= _NEW_CONNECTIONS:
            self._seen = total
            self._many = True
            gc.collect()
            gc.freeze()
        if not self._many or self._active() >= _FEW_CONNECTIONS:
            self._look_at = math.inf
        elif self._look_at == math.inf:
            self._look_at = now + _SETTLED_S
        elif now >= self._look_at:
            self._many, self._look_at = False, math.inf
            # What was put out of sight alive and has become garbage in a cycle since.
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            _give_back()

    def stop(self) -> None:
        """The gateway stops: nothing is kept here."""


def _give_back() -> None:
    """Have the C library return what it holds of freed memory, where it can be asked to (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
