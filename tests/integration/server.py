"""A real server process for tests: started, killed without mercy, started again on the same data and port."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

_START_S = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """`vivavoce serve` in development mode unless `environment` says otherwise."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.sockets = f"ws://127.0.0.1:{self.port}"
        self.link = ""
        self._environment = {**os.environ, "VIVAVOCE_MODE": "development", **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._log = data_dir.parent / f"{data_dir.name}.log"

    def start(self) -> float:
        """Start and wait until text can be served; the seconds that took."""
        started = time.monotonic()
        with self._log.open("a") as log:
            offset = self._log.stat().st_size
            where = ["--port", str(self.port), "--data-dir", str(self.data_dir)]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vivavoce.cli", "serve", "--sign-in-link", *where],
                stdout=log,
                stderr=log,
                text=True,
                env=self._environment,
            )
        while time.monotonic() - started < _START_S:
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended: {self.output()[-2000:]}")
            try:
                if httpx.get(f"{self.base}/readyz", timeout=5).status_code == 200:
                    found = re.search(r"link=(\S+)", self.output()[offset:])
                    self.link = found.group(1) if found else ""
                    return time.monotonic() - started
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server was not ready: {self.output()[-2000:]}")

    def kill(self) -> None:
        """`kill -9`: nothing is flushed, nobody is told."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def output(self) -> str:
        return self._log.read_text() if self._log.exists() else ""
