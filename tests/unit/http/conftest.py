from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.api import ApiHouse


@pytest.fixture
def house() -> ApiHouse:
    return ApiHouse()


@pytest.fixture
def development() -> ApiHouse:
    return ApiHouse(mode="development")


@pytest.fixture
def web_app(tmp_path: Path) -> Path:
    folder = tmp_path / "webapp"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Vivavoce</title>")
    (folder / "assets" / "index-abc123.js").write_text("export {}")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / ".secret").write_text("hidden")
    (tmp_path / "outside.txt").write_text("outside")
    return folder
