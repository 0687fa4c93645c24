"""How far a batch has come, and when it will be done: `GRADING_PROGRESS` (SPEC.md 4)."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from vivavoce.domain.exam.batch import BatchState

_WINDOW_MS: Final = 30_000


class Pace:
    """Responses done within the last half minute, as this process saw them; a batch's mean where it saw nothing."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque()

    def note(self, at: int, done: int) -> None:
        """`done` responses in all at epoch ms `at`."""
        self._seen.append((at, done))
        while self._seen[0][0] < at - _WINDOW_MS:
            self._seen.popleft()

    def per_s(self, state: BatchState, now: int) -> float:
        """Responses a second; 0 while the batch does not run."""
        if not state.running_since:
            return 0.0
        if self._seen:
            (begun, before), (_, after) = self._seen[0], self._seen[-1]
            if begun >= now - _WINDOW_MS and now > begun and after > before:
                return (after - before) * 1000 / (now - begun)
        active = state.active_at(now)
        return (state.completed + state.failed) * 1000 / active if active else 0.0


def progress(state: BatchState, pace: Pace, under_way: int, now: int) -> dict[str, Any]:
    """Times are epoch ms or None; an end is foreseen only for what runs and moves."""
    rate = pace.per_s(state, now)
    return {
        "total": state.total,
        "completed": state.completed,
        "failed": state.failed,
        "processing": min(under_way, max(0, state.left)) if state.status == "running" else 0,
        "throughput": round(rate, 3),
        "started_at": state.created_at or None,
        "estimated_completion": now + int(state.left * 1000 / rate) if rate and state.left > 0 else None,
    }
