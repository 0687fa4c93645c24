"""Plain WebSocket echo: the gateway beside a C reference on epoll and Node's `ws`, in one run.

`python -m bench.gateway.websocket` prints a table and writes bench/results/gateway-websocket.json. Each server is
pinned to the first core and the load to the second; the rounds of the servers alternate, and the table shows medians.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / "bench" / ".cache"
RESULTS = ROOT / "bench" / "results"
NATIVE = HERE / "native"
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "a" * 160 + "." + "b" * 43
PATH = f"/api/v1/ws/session-%08d?ticket={TOKEN}"
SIZE = 200
SERVER_CORE, LOAD_CORE = 0, 1


@dataclass
class Samples:
    """What one server showed, a value a round."""

    echo_us: list[float] = field(default_factory=list)
    connect_us: list[float] = field(default_factory=list)
    kib_per_connection: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Ceiling:
    """What the load generator itself costs: it must not be the limit."""

    us_per_echo: float


def build(name: str) -> Path:
    """Compile one of the native programs."""
    CACHE.mkdir(parents=True, exist_ok=True)
    target = CACHE / name
    subprocess.run(["cc", "-O2", "-o", str(target), str(NATIVE / f"{name}.c")], check=True)
    return target


def install_ws() -> Path | None:
    """Node's `ws` with its native masking, in a folder of its own; None where it cannot be had."""
    folder = CACHE / "node"
    if shutil.which("npm") is None:
        return None
    if not (folder / "node_modules" / "ws").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        if subprocess.run([*command, "ws@8", "bufferutil@4"], check=False).returncode != 0:
            return None
    return folder


def servers() -> dict[str, list[str]]:
    """The command of every server that can be had, without its port."""
    commands = {
        "vivavoce": [sys.executable, "-m", "bench.gateway.echo_server"],
        "C + epoll": [str(build("echo_server"))],
    }
    folder = install_ws()
    if folder is not None:
        script = folder / "node_echo.js"
        shutil.copy(NATIVE / "node_echo.js", script)
        commands["Node ws"] = ["node", str(script)]
    return commands


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def take_core(core: int) -> None:
    """Stay on one core, before others there where that is allowed."""
    os.sched_setaffinity(0, {core})
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)


@contextlib.contextmanager
def started(command: Sequence[str], core: int, ready: str) -> Iterator[subprocess.Popen[str]]:
    """A child process on one core, once it has said that it is ready."""
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        preexec_fn=lambda: take_core(core),
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != ready:
            raise RuntimeError(f"{command[0]} did not start")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds of a process so far, from the scheduler where it tells (its clock ticks are 10 ms long)."""
    total = 0.0
    try:
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError):
        total = 0.0
    if total:
        return total
    times = process.cpu_times()
    return float(times.user + times.system)


def load(port: int, connections: int) -> list[str]:
    return [str(CACHE / "load"), str(port), PATH, str(connections), str(SIZE)]


def measure_echo(command: Sequence[str], connections: int, seconds: float) -> tuple[float, float]:
    """Server and load CPU in µs per echo."""
    port = free_port()
    with started([*command, str(port)], SERVER_CORE, "ready") as server:
        process = psutil.Process(server.pid)
        with started(load(port, connections), LOAD_CORE, "connected") as client:
            ask(client, "echo 1")
            before = cpu_s(process)
            answer = ask(client, f"echo {seconds}")
            used = cpu_s(process) - before
    return used / answer["messages"] * 1e6, answer["load_cpu"] / answer["messages"] * 1e6


def measure_held(command: Sequence[str], connections: int) -> tuple[float, float]:
    """KiB of resident memory and µs of CPU a connection."""
    port = free_port()
    with started([*command, str(port)], SERVER_CORE, "ready") as server:
        process = psutil.Process(server.pid)
        with started(load(port, 200), LOAD_CORE, "connected") as client:
            ask(client, "echo 0.5")
        time.sleep(0.5)
        memory, before = process.memory_info().rss, cpu_s(process)
        with started(load(port, connections), LOAD_CORE, "connected"):
            time.sleep(2)
            used = cpu_s(process) - before
            memory = process.memory_info().rss - memory
    return memory / 1024 / connections, used / connections * 1e6


def ask(client: subprocess.Popen[str], line: str) -> dict[str, float]:
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(line + "\n")
    client.stdin.flush()
    answer: dict[str, float] = json.loads(client.stdout.readline())
    return answer


def raise_file_limit() -> int:
    """As many open files as this process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else max(soft, 1 << 20)


def table(samples: dict[str, Samples], ceiling: Ceiling, connections: int, held: int) -> str:
    reference = samples.get("C + epoll")
    base = statistics.median(reference.echo_us) if reference else float("nan")
    lines = [
        f"{SIZE}-byte JSON echo, {connections} connections; memory and connecting at {held} connections; medians",
        f"{'server':<12} {'CPU µs/echo':>12} {'× C':>7} {'KiB/connection':>16} {'CPU µs/connect':>16}",
    ]
    for name, found in samples.items():
        echo = statistics.median(found.echo_us)
        memory = statistics.median(found.kib_per_connection)
        connect = statistics.median(found.connect_us)
        lines.append(f"{name:<12} {echo:>12.2f} {echo / base:>7.2f} {memory:>16.2f} {connect:>16.1f}")
    lines.append(f"the load generator's own cost: {ceiling.us_per_echo:.2f} µs an echo")
    return "\n".join(lines)


def main() -> None:
    """Run all rounds, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--held", type=int, default=10_000)
    parser.add_argument("--held-rounds", type=int, default=3)
    given = parser.parse_args()
    held = min(given.held, raise_file_limit() - 500)
    build("load")
    commands = servers()
    samples = {name: Samples() for name in commands}
    own: list[float] = []
    for _ in range(given.rounds):
        for name, command in commands.items():
            echo_us, load_us = measure_echo(command, given.connections, given.seconds)
            samples[name].echo_us.append(echo_us)
            own.append(load_us)
    for _ in range(given.held_rounds):
        for name, command in commands.items():
            memory, connect_us = measure_held(command, held)
            samples[name].kib_per_connection.append(memory)
            samples[name].connect_us.append(connect_us)
    ceiling = Ceiling(statistics.median(own))
    print(table(samples, ceiling, given.connections, held))
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {
        "benchmark": "gateway-websocket",
        "python": platform.python_version(),
        "message_bytes": SIZE,
        "connections": given.connections,
        "held": held,
        "load_us_per_echo": ceiling.us_per_echo,
        "servers": {name: asdict(found) for name, found in samples.items()},
    }
    (RESULTS / "gateway-websocket.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
