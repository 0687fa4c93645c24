"""The main job in a real browser, from sign-in to report, with the server killed and started again in the middle."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from tests.integration.server import ServerProcess

WEB = Path(__file__).parent.parent.parent / "web"
CHROMIUM = shutil.which("chromium")


@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (`apt-get install chromium`)")
@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_from_sign_in_to_report_in_a_browser(tmp_path: Path, language: str) -> None:
    server = ServerProcess(tmp_path / "data")
    server.start()
    asked, done = tmp_path / "restart-asked", tmp_path / "restart-done"
    over = threading.Event()

    def restart_when_asked() -> None:
        while not over.wait(0.05):
            if asked.exists():
                server.kill()
                server.start()
                done.touch()
                return

    watcher = threading.Thread(target=restart_when_asked)
    watcher.start()
    try:
        command = ["node", "scripts/journey.mjs", "--language", language]
        command += ["--link", f"{server.base}/sign-in?link={server.link}"]
        command += ["--pictures", str(Path(__file__).parent / "screenshots" / language)]
        command += ["--restart", f"touch {asked}; while [ ! -e {done} ]; do sleep 0.1; done"]
        journey = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=360, check=False)
    finally:
        over.set()
        watcher.join()
        server.stop()
    assert journey.returncode == 0, f"{journey.stdout}\n{journey.stderr[-2000:]}\n{server.output()[-2000:]}"
    assert done.exists(), "the server was not killed in the middle"
