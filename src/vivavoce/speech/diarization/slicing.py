"""Cuts the activity of local speakers into stretches of one voice alone and stretches of several at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Activity = NDArray[Any]
"""Probabilities [frames, local speakers] that each speaks."""

_ACTIVE: Final = 0.5
_BRIDGED_S: Final = 0.3
_SHORTEST_S: Final = 0.1
_SHORTEST_TURN_S: Final = 0.45
_LEAD_S: Final = 0.35
_SPOKEN: Final = 0.6
#: So near to what was noticed nothing else is looked for.
_EDGE_S: Final = 0.1
#: The local speaker of what only a voice detector hears.
UNNOTICED: Final = 3


class Alone(msgspec.Struct, frozen=True):
    """One local speaker, nobody else: seconds."""

    local: int
    start_s: float
    end_s: float


class Together(msgspec.Struct, frozen=True):
    """Several local speakers at once: seconds."""

    locals: tuple[int, ...]
    start_s: float
    end_s: float


def slice_activity(activity: Activity, frame_s: float, start_s: float) -> tuple[list[Alone], list[Together]]:
    """Stretches of one voice and of several, each in order of time; `start_s` is the first frame's time.

    Pauses of up to 0.3 s of a voice are bridged, sounds under 0.1 s are left out.
    """
    active = activity >= _ACTIVE
    for local in range(active.shape[1]):
        column = active[:, local]
        for first, last in _runs(~column):
            if first > 0 and last < len(column) and (last - first) * frame_s <= _BRIDGED_S:
                column[first:last] = True
        for first, last in _runs(column.copy()):
            if first > 0 and last < len(column) and (last - first) * frame_s < _SHORTEST_S:
                column[first:last] = False
    alone: list[Alone] = []
    together: list[Together] = []
    codes = active @ (1 << np.arange(active.shape[1]))
    edges = np.flatnonzero(np.diff(codes)) + 1
    for first, last in zip([0, *edges], [*edges, len(codes)], strict=True):
        if first == last or codes[first] == 0:
            continue
        speaking = tuple(int(local) for local in np.flatnonzero(active[first]))
        begin_s, end_s = start_s + first * frame_s, start_s + last * frame_s
        if len(speaking) == 1:
            alone.append(Alone(speaking[0], float(begin_s), float(end_s)))
        else:
            together.append(Together(speaking, float(begin_s), float(end_s)))
    return alone, together


def unnoticed(
    alone: Sequence[Alone], together: Sequence[Together], speech: NDArray[Any], frame_s: float, start_s: float
) -> list[Alone]:
    """Stretches in which a voice detector hears speech (`speech`: its probabilities, from `start_s` on) and the network
    nobody: it takes a new voice after a long one for none, for up to four seconds. They are `UNNOTICED`'s, who may be
    anybody."""
    spoken = np.asarray(speech) >= _SPOKEN
    noticed = [(item.start_s, item.end_s) for item in alone] + [(item.start_s, item.end_s) for item in together]
    for begin_s, end_s in noticed:
        first = round((begin_s - _EDGE_S - start_s) / frame_s)
        spoken[max(0, first) : max(0, round((end_s + _EDGE_S - start_s) / frame_s))] = False
    for first, last in _runs(~spoken):
        if first > 0 and last < len(spoken) and (last - first) * frame_s <= _BRIDGED_S:
            spoken[first:last] = True
    return [
        Alone(UNNOTICED, start_s + first * frame_s, start_s + last * frame_s)
        for first, last in _runs(spoken)
        if (last - first) * frame_s >= _SHORTEST_TURN_S
    ]


def voice_changes(alone: Sequence[Alone]) -> list[float]:
    """Where one voice gives way to another, in seconds; who says less than a word or two takes nothing over."""
    runs: list[list[Alone]] = []
    for item in alone:
        if runs and runs[-1][-1].local == item.local:
            runs[-1].append(item)
        else:
            runs.append([item])
    found: list[float] = []
    before: Alone | None = None
    for run in runs:
        if sum(item.end_s - item.start_s for item in run) < _SHORTEST_TURN_S:
            continue
        if before is not None and before.local != run[0].local:
            middle_s = (before.end_s + run[0].start_s) / 2
            found.append(max(middle_s, run[0].start_s - _LEAD_S))
        before = run[-1]
    return found


def _runs(flags: NDArray[Any]) -> list[tuple[int, int]]:
    """[first, last) of each run of true flags."""
    padded = np.concatenate([[False], flags, [False]])
    edges = np.flatnonzero(np.diff(padded.astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
