"""The message catalogue: every text for a person, by area and language. Files are flat JSON, key to text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

import msgspec

from vivavoce.domain.interview import Language

Area = Literal["errors", "dialogue", "report", "web", "voice", "room", "rooms", "panel", "grading", "notices"]


@cache
def catalogue(area: Area, language: Language) -> Mapping[str, str]:
    """All texts of one area in one language; placeholders are written `{name}`. Read once, then kept."""
    data = (files(__package__) / f"{area}.{language}.json").read_bytes()
    return MappingProxyType(msgspec.json.decode(data, type=dict[str, str]))
