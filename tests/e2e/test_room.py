"""Two real browsers, an interviewer's and a candidate's, hold a whole interview; the server is killed in the middle."""

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
@pytest.mark.timeout(180)
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (`apt-get install chromium`)")
@pytest.mark.skipif(not (WEB / "node_modules").exists(), reason="the web app's packages are not installed (`npm ci`)")
def test_spec_1_two_browsers_hold_an_interview_in_a_room(tmp_path: Path) -> None:
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
        command = ["node", "scripts/room-journey.mjs", "--link", f"{server.base}/sign-in?link={server.link}"]
        command += ["--pictures", str(Path(__file__).parent / "screenshots" / "room")]
        command += ["--restart", f"touch {asked}; while [ ! -e {done} ]; do sleep 0.1; done"]
        journey = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=150, check=False)
    finally:
        over.set()
        watcher.join()
        server.stop()
    assert journey.returncode == 0, f"{journey.stdout}\n{journey.stderr[-2000:]}\n{server.output()[-2000:]}"
    assert done.exists(), "the server was not killed in the middle"
