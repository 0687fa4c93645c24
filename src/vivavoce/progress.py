"""How far the download of a model is, in lines for a terminal or a log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vivavoce.engines.catalogue_pull import Progress

_STEPS: Final = 10


class ProgressLines:
    """Says a line for every tenth of a model, and for what is done with it afterwards."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: dict[str, tuple[str, int]] = {}

    def __call__(self, progress: Progress) -> None:
        known = progress.total_bytes > 0
        step = _STEPS * progress.done_bytes // progress.total_bytes if known else 0
        if self._said.get(progress.name) == (progress.stage, step):
            return
        self._said[progress.name] = (progress.stage, step)
        if progress.stage != "fetching":
            self._say(f"  {progress.name}: {progress.stage}")
        elif known:
            bar = "█" * step + "░" * (_STEPS - step)
            megabytes = f"{progress.done_bytes / 1e6:.0f} of {progress.total_bytes / 1e6:.0f} MB"
            self._say(f"  {progress.name}  {bar}  {megabytes}")
