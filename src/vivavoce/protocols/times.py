"""Times on the wire: ISO 8601 UTC with milliseconds (SPEC.md 0.8)."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(epoch_ms: int) -> str:
    """`2026-01-31T08:15:00.123Z`."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """Epoch ms of a time in ISO 8601 with its offset. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time says its offset from UTC, or Z")
    return round(moment.timestamp() * 1000)


def iso_or_none(epoch_ms: int) -> str | None:
    return iso(epoch_ms) if epoch_ms else None
