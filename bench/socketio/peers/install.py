"""Gets the servers to compare with, each in a folder of its own, and the load generator."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.gateway.websocket import CACHE

HERE = Path(__file__).parent
_NODE_PACKAGES = ("socket.io@4.8", "ws@8", "bufferutil@4")
_PYTHON_PACKAGES = (
    "flask-socketio",
    "gevent",
    "gevent-websocket",
    "simple-websocket",
    "python-socketio",
    "uvicorn[standard]",
)


def commands() -> tuple[Path, dict[str, Sequence[str]]]:
    """The load generator, and the command of every server that can be had, without its port."""
    CACHE.mkdir(parents=True, exist_ok=True)
    load = CACHE / "socketio-load"
    subprocess.run(["cc", "-O2", "-o", str(load), str(HERE.parent / "native" / "load.c")], check=True)
    servers: dict[str, Sequence[str]] = {"vivavoce": [sys.executable, "-m", "bench.socketio.server"]}
    node = _node()
    if node is not None:
        servers["Node socket.io"] = ["node", "--expose-gc", str(node)]
    python = _python()
    if python is not None:
        servers["Flask-SocketIO gevent"] = [str(python), str(HERE / "flask_server.py")]
        servers["python-socketio uvicorn"] = [str(python), str(HERE / "uvicorn_server.py")]
    return load, servers


def _node() -> Path | None:
    """Node's server in a folder that has its packages; None where they cannot be had."""
    folder = CACHE / "socketio-node"
    if shutil.which("npm") is None:
        return None
    if not (folder / "node_modules" / "socket.io").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *_NODE_PACKAGES]
        if subprocess.run(install, check=False).returncode != 0:
            return None
    shutil.copy(HERE / "node_server.js", folder)
    return folder / "node_server.js"


def _python() -> Path | None:
    """An interpreter that has the Python servers; None where they cannot be had."""
    folder = CACHE / "socketio-python"
    python = folder / "bin" / "python"
    if python.is_file():
        return python
    if subprocess.run([sys.executable, "-m", "venv", str(folder)], check=False).returncode != 0:
        return None
    install = [str(python), "-m", "pip", "install", "--quiet", *_PYTHON_PACKAGES]
    return python if subprocess.run(install, check=False).returncode == 0 else None
