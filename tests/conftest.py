from __future__ import annotations

from pathlib import Path

import pytest

from tests.models import speech_models

__all__ = ["speech_models"]

_WHOLE = tuple(Path(__file__).parent / name for name in ("integration", "e2e"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the whole start servers, browsers and recognisers: slow, and one at a time, for two of them at once on
    two cores are only slow to each other."""
    for item in items:
        if any(folder in item.path.parents for folder in _WHOLE):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("whole"))
