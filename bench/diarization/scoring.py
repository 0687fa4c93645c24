"""Scores of who spoke when, by pyannote.metrics."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

from bench.diarization.compose import Reference
from vivavoce.domain.diarization import SpeakerTurn

COLLAR_S: Final = 0.5
"""pyannote counts both sides together: ±0.25 s."""


def score(reference: Sequence[Reference], found: Sequence[SpeakerTurn]) -> dict[str, float]:
    """The diarization error rate with its parts, as shares of the reference's speech; overlapped speech counts."""
    from pyannote.core import Annotation, Segment
    from pyannote.metrics.diarization import DiarizationErrorRate

    expected, heard = Annotation(), Annotation()
    for index, turn in enumerate(reference):
        expected[Segment(turn.start_s, turn.end_s), index] = turn.speaker
    for index, said in enumerate(found):
        heard[Segment(said.start_s, said.end_s), index] = said.speaker
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = DiarizationErrorRate(collar=COLLAR_S, skip_overlap=False)(expected, heard, detailed=True)
    total = parts["total"]
    return {
        "der": parts["diarization error rate"],
        "missed": parts["missed detection"] / total,
        "false_alarm": parts["false alarm"] / total,
        "confusion": parts["confusion"] / total,
    }
