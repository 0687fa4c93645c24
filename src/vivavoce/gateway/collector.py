"""Keeps the garbage collector's pauses short while thousands of connections are there.

A full collection walks every object, and every connection has about ten. None of them is ever garbage in a cycle:
they go when their connection does, by counting references. So what has proved to live is put out of the collector's
sight in steps, each after a collection of what is new since the last one. When nearly all have gone, everything is
looked at again, and memory that nobody uses any more is given back to the system.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from typing import Final

from vivavoce.gateway import memory

_NEW_CONNECTIONS: Final = 500
_FEW_CONNECTIONS: Final = 100
#: A room that people have left stays at hand for two minutes; by then it has gone as well.
_SETTLED_S: Final = 128.0
#: Seconds in which what is being let go of is collected, again and again.
_LETTING_GO_S: Final = 40.0
#: The last of them, in which new objects are made beside old ones and the others go.
_DRAINING_S: Final = 35.0


class CollectorCare:
    """Is swept with the gateway."""

    def __init__(
        self, total: Callable[[], int], active: Callable[[], int], let_go: Callable[[], None] = lambda: None
    ) -> None:
        """`total` counts all connections since the start, `active` those there are; `let_go` is called when nearly all
        have gone, for what else was kept for them."""
        self._total = total
        self._active = active
        self._let_go = let_go
        self._seen = 0
        self._many = False
        self._look_at = math.inf
        self._trim_at = math.inf
        self._preferring = False

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
            self._let_go()
            self._trim_at = now + _LETTING_GO_S
        if self._active() >= _FEW_CONNECTIONS:
            self._trim_at, self._preferring = math.inf, False  # they are back: no pauses for them
        if self._trim_at < math.inf:
            # What is freed meanwhile joins the lists that are emptied here.
            memory.let_small_things_go()
            if not self._preferring and now >= self._trim_at - _DRAINING_S:
                self._preferring = True
                memory.prefer_old_memory()
            if now >= self._trim_at:
                self._trim_at, self._preferring = math.inf, False
                memory.trim()

    def stop(self) -> None:
        """The gateway stops: nothing is kept here."""
