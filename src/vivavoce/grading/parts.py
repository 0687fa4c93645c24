"""What the doors and the HTTP API need of grading."""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.exam_ports import Roster
from vivavoce.grading.appeals import Appeals
from vivavoce.grading.batches import Batches
from vivavoce.grading.erasure import Erasure
from vivavoce.grading.exams import Exams
from vivavoce.grading.marking import Marking
from vivavoce.grading.quality import QualityMonitor
from vivavoce.grading.results import Results
from vivavoce.grading.scans import Scans


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingParts:
    exams: Exams
    batches: Batches
    marking: Marking
    appeals: Appeals
    results: Results
    quality: QualityMonitor
    scans: Scans
    erasure: Erasure
    roster: Roster
