"""Choosing among the phrases of the catalogue: styles differ, and nothing is said twice while there is a choice."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Final

from vivavoce.domain.interview import InterviewStyle, Language
from vivavoce.locales import catalogue

_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


@cache
def _alternatives(language: Language) -> Mapping[str, tuple[str, ...]]:
    """The catalogue's phrases grouped by key, in their numbered order."""
    grouped: dict[str, list[tuple[int, str]]] = {}
    for key, text in catalogue("dialogue", language).items():
        if key.startswith("phrase."):
            name, _, number = key.removeprefix("phrase.").rpartition(".")
            grouped.setdefault(name, []).append((int(number), text))
    return {name: tuple(text for _, text in sorted(texts)) for name, texts in grouped.items()}


class Phrases:
    """The phrases of one reply: knows what was said before in the interview, and remembers what it gave out itself.

    `said` is every earlier reply's text joined; `seed` makes interviews differ while the same request always gives the
    same words.
    """

    def __init__(self, language: Language, style: InterviewStyle, said: str, seed: str) -> None:
        self._by_key = _alternatives(language)
        self._style = style
        self._said = said
        self._seed = seed

    def pick(self, key: str, suffix: str = "", /, **values: str) -> str:
        """Return a phrase for `key` in this interview's style where the style has its own, filled in with `values`.

        `suffix` names a variant (`role`, `nameless`) that is used where it exists.
        """
        choices = self._choices(key, suffix)
        fresh = [choice for choice in choices if self._last_said(choice) < 0]
        if fresh:
            chosen = fresh[zlib.crc32(f"{self._seed}{key}".encode()) % len(fresh)]
        else:
            chosen = min(choices, key=self._last_said)
        text = chosen.format(**values)
        self._said += "\n" + text
        return text

    def _choices(self, key: str, suffix: str) -> tuple[str, ...]:
        for name in (f"{key}.{self._style}.{suffix}", f"{key}.{self._style}", key):
            if name in self._by_key:
                return self._by_key[name]
        raise KeyError(key)

    def _last_said(self, template: str) -> int:
        """Tell where a template was last used, -1 for never, by its longest fixed part, whatever was filled in."""
        fixed = max((part.strip() for part in _PLACEHOLDER.split(template)), key=len)
        return self._said.rfind(fixed) if fixed else -1
