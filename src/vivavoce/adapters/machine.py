"""How much of this machine is in use, as Linux tells it; what another system does not tell is None."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

_STAT: Final = Path("/proc/stat")
_MEMORY: Final = Path("/proc/meminfo")


class Machine:
    """Call it for percentages: `cpu_percent` since the call before, `memory_percent`, `disk_percent` of `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._busy, self._all = _cpu()

    def __call__(self) -> dict[str, float | None]:
        busy, total = _cpu()
        passed = total - self._all
        cpu = round(100 * (busy - self._busy) / passed, 1) if passed > 0 else None
        if passed > 0:
            self._busy, self._all = busy, total
        return {"cpu_percent": cpu, "memory_percent": _memory(), "disk_percent": _disk(self._folder)}


def _cpu() -> tuple[int, int]:
    """Ticks that all processors were busy, and ticks in all."""
    try:
        ticks = [int(field) for field in _STAT.read_text().partition("\n")[0].split()[1:9]]
    except (OSError, ValueError):
        return 0, 0
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)


def _memory() -> float | None:
    try:
        lines = _MEMORY.read_text().splitlines()
        known = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        return round(100 * (1 - known["MemAvailable"] / known["MemTotal"]), 1)
    except (OSError, ValueError, KeyError, IndexError, ZeroDivisionError):
        return None


def _disk(folder: Path) -> float | None:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return round(100 * usage.used / usage.total, 1) if usage.total else None
