"""When a figure of quality is out of bounds, and what becomes of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

AlertLevel = Literal["warning", "critical"]

#: A figure below its threshold is bad.
FLOORS: Final[Mapping[str, float]] = {"accuracyRate": 0.9, "consistencyScore": 0.7, "processingSpeed": 0.0}
#: A figure above its threshold is bad. `severity` and `drift` are a rater's, as a share of the maximum.
CEILINGS: Final[Mapping[str, float]] = {"errorRate": 0.05, "severity": 0.15, "drift": 0.15}
DEFAULT_THRESHOLDS: Final[Mapping[str, float]] = {**FLOORS, **CEILINGS}
#: So much further than the threshold a figure is critical, as a share of the threshold.
_CRITICAL: Final = 0.2


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as it is now. `about` names the rater it is of, empty for the whole exam."""

    metric: str
    value: float
    about: str = ""

    @property
    def key(self) -> str:
        return f"{self.metric}:{self.about}" if self.about else self.metric


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A figure that crossed its threshold; times are epoch ms, 0: not yet."""

    alert_id: str = ""
    metric: str = ""
    about: str = ""
    value: float = 0.0
    threshold: float = 0.0
    level: AlertLevel = "warning"
    raised_at: int = 0
    acknowledged_by: str = ""
    acknowledged_at: int = 0
    resolved_at: int = 0

    @property
    def key(self) -> str:
        return f"{self.metric}:{self.about}" if self.about else self.metric


def is_bad(figure: Figure, thresholds: Mapping[str, float]) -> bool:
    threshold = thresholds.get(figure.metric)
    if threshold is None:
        return False
    if figure.metric in FLOORS:
        return figure.value < threshold
    return figure.value > threshold


def level_of(figure: Figure, threshold: float) -> AlertLevel:
    beyond = threshold - figure.value if figure.metric in FLOORS else figure.value - threshold
    return "critical" if beyond > _CRITICAL * abs(threshold) else "warning"


def judged(
    figures: Sequence[Figure], thresholds: Mapping[str, float], open_alerts: Mapping[str, Alert]
) -> tuple[list[Figure], list[Alert]]:
    """The figures that newly are out of bounds, and the alerts that are over. `open_alerts` are by key."""
    raised = [figure for figure in figures if figure.key not in open_alerts and is_bad(figure, thresholds)]
    known = {figure.key: figure for figure in figures}
    over = [
        alert
        for key, alert in open_alerts.items()
        if (now := known.get(key)) is not None and not is_bad(now, thresholds)
    ]
    return raised, over
