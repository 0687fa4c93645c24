"""Texts for people in their language: `text("ko", "errors.not_found")`. English stands in for what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast, get_args

from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.locales import Area, catalogue

_AREAS: Final = frozenset(get_args(Area))


class _Values(dict[str, Any]):
    """A placeholder without a value stays as it is written."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def text(language: str, key: str, /, **values: object) -> str:
    """The text `<area>.<name>` of the catalogue with its placeholders filled in.

    An unknown language is English. A name that is in no catalogue gives the text of the area's `internal`, or the name
    itself: a missing sentence must not turn an error into another one.
    """
    area, _, name = key.partition(".")
    known = as_language(language)
    template = _find(area, name, known) or _find(area, name, "en") or _find(area, "internal", known) or name
    try:
        return template.format_map(_Values(values))
    except (ValueError, IndexError, AttributeError, KeyError):
        return template


def as_language(language: str) -> Language:
    """One of our languages for a tag such as `ko-KR`; English for others."""
    primary = language.strip().lower().replace("_", "-").partition("-")[0]
    return next((known for known in LANGUAGES if known == primary), "en")


def negotiate(accept_language: str | None, default: Language = "en") -> Language:
    """The language that an `Accept-Language` header likes best among ours."""
    best, best_quality = default, 0.0
    for entry in (accept_language or "")[:1000].split(","):
        tag, _, parameters = entry.strip().partition(";")
        quality = _quality(parameters)
        primary = tag.strip().lower().partition("-")[0]
        if quality > best_quality and primary in (*LANGUAGES, "*"):
            best, best_quality = default if primary == "*" else as_language(primary), quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _find(area: str, name: str, language: Language) -> str | None:
    if area not in _AREAS:
        return None
    try:
        texts: Mapping[str, str] = catalogue(cast(Area, area), language)
    except FileNotFoundError:
        return None
    return texts.get(name)
