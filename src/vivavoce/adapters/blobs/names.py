"""What may name a blob."""

from __future__ import annotations

import re
from typing import Final

_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:-]{0,127}")


def parts_of(name: str) -> list[str]:
    """The parts of a blob's name. Raises ValueError for what is none."""
    parts = name.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        raise ValueError(f"{name[:200]!r} cannot name a blob")
    return parts
