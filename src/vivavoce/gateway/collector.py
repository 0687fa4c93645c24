"""Keeps the garbage collector's pauses short while thousands of connections are there.

A full collection walks every object, and every connection has about ten. None of them is ever garbage in a cycle:
they go when their connection does, by counting references. So what has proved to live is put out of the collector's
sight in steps, each after a collection of what is new since the last one.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final

_NEW_CONNECTIONS: Final = 500
_FEW_CONNECTIONS: Final = 100
_TURNS_UNTIL_ALL: Final = 50


class CollectorCare:
    """Is swept with the gateway; looks at everything again now and then, when hardly anybody is there."""

    def __init__(self, total: Callable[[], int], active: Callable[[], int]) -> None:
        """`total` counts all connections since the start, `active` those there are."""
        self._total = total
        self._active = active
        self._seen = 0
        self._turns = 0

    def sweep(self, _now: float) -> None:
        """After enough new connections: collect what is new, and put what is left out of sight."""
        total = self._total()
        if total - self._seen < _NEW_CONNECTIONS:
            return
        self._seen = total
        self._turns += 1
        if self._turns >= _TURNS_UNTIL_ALL and self._active() < _FEW_CONNECTIONS:
            # What was put out of sight alive and has become garbage in a cycle since.
            self._turns = 0
            gc.unfreeze()
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """The gateway stops: nothing is kept here."""
