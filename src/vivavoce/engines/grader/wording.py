"""The sentences of graders, in the languages of the house."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from vivavoce.domain.interview import Language


@cache
def _sentences() -> dict[str, dict[Language, str]]:
    text = files("vivavoce.engines.grader").joinpath("wording.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, dict[Language, str]])


def say(name: str, language: Language, /, **values: object) -> str:
    """The sentence of this name. Raises KeyError for one there is not."""
    return _sentences()[name][language].format(**values)
