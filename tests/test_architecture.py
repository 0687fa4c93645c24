"""DESIGN: arrows point one way. The contracts stand in pyproject.toml."""

from __future__ import annotations

from importlinter.cli import lint_imports


def test_the_arrows_of_the_house_point_one_way() -> None:
    assert lint_imports(no_cache=True) == 0
