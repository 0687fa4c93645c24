"""Real browsers take an exam through its whole life against a real server."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.integration.server import ServerProcess

WEB = Path(__file__).parent.parent.parent / "web"
CHROMIUM = shutil.which("chromium")


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (`apt-get install chromium`)")
@pytest.mark.skipif(not (WEB / "node_modules").exists(), reason="the web app's packages are not installed (`npm ci`)")
@pytest.mark.skipif(find_spec("dbos") is None, reason="the extra `grading` is not installed")
def test_spec_4_an_exam_from_its_first_question_to_an_answered_appeal(tmp_path: Path) -> None:
    """A teacher writes it, imports 200 submissions and watches the batch; a marker marks; a disagreement is moderated;
    a student reads the result and appeals. Where scans are read, a printed sheet is handed in too."""
    server = ServerProcess(tmp_path / "data")
    server.start()
    try:
        command = ["node", "scripts/grading-journey.mjs", "--link", f"{server.base}/sign-in?link={server.link}"]
        command += ["--pictures", str(Path(__file__).parent / "screenshots" / "grading")]
        if find_spec("pypdfium2") is not None and find_spec("PIL") is not None:
            command.append("--scan")
        journey = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=170, check=False)
    finally:
        server.stop()
    assert journey.returncode == 0, f"{journey.stdout}\n{journey.stderr[-2000:]}\n{server.output()[-2000:]}"
