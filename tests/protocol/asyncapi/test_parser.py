"""The AsyncAPI document is valid by the official parser."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WEB = Path(__file__).parents[3] / "web"


@pytest.mark.slow
def test_the_official_parser_finds_nothing_wrong() -> None:
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules/@asyncapi/parser").exists():
        pytest.skip("the AsyncAPI parser is not installed (cd web && npm ci)")
    printed = subprocess.run(
        [sys.executable, "-m", "vivavoce.cli", "asyncapi"], capture_output=True, text=True, check=True, timeout=60
    )
    checked = subprocess.run(
        [node, "scripts/check-asyncapi.mjs"],
        cwd=WEB,
        input=printed.stdout,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.startswith("AsyncAPI 3.0.0: ")
