"""Socket.IO: the gateway beside Node's socket.io, Flask-SocketIO on gevent and python-socketio on uvicorn, in one run.

`python -m bench.socketio` prints a table and writes bench/results/socketio.json. Each server is pinned to the first
core and the load to the second; the rounds of the servers alternate, and the table shows medians. Only the gateway
checks tokens, keeps session state and counts limits; the others let everybody in.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench.gateway.websocket import LOAD_CORE, RESULTS, SERVER_CORE, ask, cpu_s, free_port, raise_file_limit, started
from bench.socketio.peers.install import commands
from bench.socketio.server import token

HERE = Path(__file__).parent
OURS = "vivavoce"
NODE = "Node socket.io"
FLASK = "Flask-SocketIO gevent"
SIZE = 200
RECEIVERS = 1_000
ROOM = 20
WARM_UP_S = 1.0

Samples = dict[str, dict[str, list[float]]]

MEASURES: dict[str, tuple[str, str]] = {
    "echo_us": ("CPU per echo with acknowledgement", "µs"),
    "fan_1_us": ("CPU per delivery, 1,000 receivers, one broadcast under way", "µs"),
    "fan_8_us": ("CPU per delivery, 1,000 receivers, eight under way", "µs"),
    "connect_us": ("CPU to connect a WebSocket client", "µs"),
    "ws_small_kib": ("memory per WebSocket connection, fewer clients", "KiB"),
    "ws_kib": ("memory per WebSocket connection, more clients", "KiB"),
    "poll_small_kib": ("memory per held poll, fewer clients", "KiB"),
    "poll_kib": ("memory per held poll, more clients", "KiB"),
    "p50_ms": ("median delivery at the paced rate", "ms"),
    "p99_ms": ("99th percentile delivery at the paced rate", "ms"),
    "longest_gc_ms": ("longest pause of the collector by itself", "ms"),
    "full_gc_ms": ("a full collection with all clients there", "ms"),
}


#: What is to hold (measure, against whom, at most): ours divided by theirs, or in the unit of the measure.
FIGURES: tuple[tuple[str, str | None, float], ...] = (
    ("echo_us", NODE, 1 / 2),
    ("echo_us", FLASK, 1 / 15),
    ("fan_1_us", NODE, 1 / 1.5),
    ("fan_8_us", NODE, 1 / 5),
    ("connect_us", NODE, 1 / 2.5),
    ("p99_ms", NODE, 0.7),
    ("ws_kib", None, 5.0),
    ("poll_kib", None, 12.0),
    ("full_gc_ms", None, 10.0),
)


class Bench:
    """Runs the measurements and keeps what they show, a value a round."""

    def __init__(self, servers: dict[str, Sequence[str]], load: Path) -> None:
        self.servers = servers
        self.samples: Samples = {name: {} for name in servers}
        self.load_us: list[float] = []
        self._load = load
        self._token = token()

    def add(self, server: str, measure: str, value: float) -> None:
        self.samples[server].setdefault(measure, []).append(value)

    def rounds(self, count: int, measure: Callable[[str], None]) -> None:
        """Take a measurement of every server in turn, `count` times; one that fails is left out, and said."""
        for number in range(count):
            for name in self.servers:
                try:
                    measure(name)
                except Exception as error:
                    print(f"{name}: {measure.__name__} failed: {error}", file=sys.stderr)
            print(f"{measure.__name__}: round {number + 1} of {count}", file=sys.stderr)

    def messages(self, seconds: float, clients: int) -> Callable[[str], None]:
        def messages(name: str) -> None:
            with ExitStack() as stack:
                port = free_port()
                server = stack.enter_context(started([*self.servers[name], str(port)], SERVER_CORE, "ready"))
                process = psutil.Process(server.pid)
                load = stack.enter_context(
                    started(self._command(port, clients, clients, "websocket"), LOAD_CORE, "connected")
                )
                ask(load, f"echo {WARM_UP_S}")
                before = cpu_s(process)
                answer = ask(load, f"echo {seconds}")
                self.add(name, "echo_us", (cpu_s(process) - before) / answer["messages"] * 1e6)
                self.load_us.append(answer["load_cpu"] / answer["messages"] * 1e6)
            for window in (1, 8):
                with ExitStack() as stack:
                    port = free_port()
                    server = stack.enter_context(started([*self.servers[name], str(port)], SERVER_CORE, "ready"))
                    process = psutil.Process(server.pid)
                    load = stack.enter_context(
                        started(self._command(port, RECEIVERS, RECEIVERS, "websocket"), LOAD_CORE, "connected")
                    )
                    ask(load, f"fan {WARM_UP_S} {window}")
                    before = cpu_s(process)
                    answer = ask(load, f"fan {seconds} {window}")
                    self.add(name, f"fan_{window}_us", (cpu_s(process) - before) / answer["messages"] * 1e6)

        return messages

    def held(self, clients: int, transport: str, measure: str) -> Callable[[str], None]:
        def held(name: str) -> None:
            with ExitStack() as stack:
                port = free_port()
                server = stack.enter_context(started([*self.servers[name], str(port)], SERVER_CORE, "ready"))
                process = psutil.Process(server.pid)
                with started(self._command(port, 200, 200, transport), LOAD_CORE, "connected") as first:
                    if transport == "websocket":
                        ask(first, "echo 0.3")
                    settle(process)
                settle(process)
                memory, before = process.memory_info().rss, cpu_s(process)
                stack.enter_context(started(self._command(port, clients, ROOM, transport), LOAD_CORE, "connected"))
                used = cpu_s(process) - before
                settle(process)
                self.add(name, measure, (process.memory_info().rss - memory) / 1024 / clients)
                if measure == "ws_kib":
                    self.add(name, "connect_us", used / clients * 1e6)
                    self.add(name, "full_gc_ms", collector(server)["full_gc_ms"])

        return held

    def paced(self, seconds: float, clients: int, rate: float) -> Callable[[str], None]:
        def paced(name: str) -> None:
            with ExitStack() as stack:
                port = free_port()
                server = stack.enter_context(started([*self.servers[name], str(port)], SERVER_CORE, "ready"))
                load = stack.enter_context(
                    started(self._command(port, clients, ROOM, "websocket"), LOAD_CORE, "connected")
                )
                ask(load, f"pace {WARM_UP_S} {rate}")
                answer = ask(load, f"pace {seconds} {rate}")
                if answer["missing"]:
                    print(f"{name}: {answer['missing']} deliveries did not come in time", file=sys.stderr)
                self.add(name, "p50_ms", answer["p50_ms"])
                self.add(name, "p99_ms", answer["p99_ms"])
                self.add(name, "longest_gc_ms", collector(server)["longest_gc_ms"])

        return paced

    def _command(self, port: int, clients: int, room: int, transport: str) -> list[str]:
        return [str(self._load), str(port), str(clients), str(room), str(SIZE), transport, self._token]


def collector(server: subprocess.Popen[str]) -> dict[str, float]:
    """What a server tells of its garbage collector."""
    server.send_signal(signal.SIGUSR2)
    assert server.stdout is not None
    found: dict[str, float] = json.loads(server.stdout.readline())
    return found


def settle(process: psutil.Process) -> None:
    """Wait until the process has nothing to do."""
    for _ in range(20):
        before = cpu_s(process)
        time.sleep(0.25)
        if cpu_s(process) - before < 0.01:
            return


def table(samples: Samples, load_us: float) -> str:
    """Medians, and how many times ours each is."""
    names = list(samples)
    width = max(len(title) for title, _ in MEASURES.values())
    lines = [f"{'':<{width}}  " + "".join(f"{name:>26}" for name in names)]
    for measure, (title, unit) in MEASURES.items():
        ours = samples.get(OURS, {}).get(measure)
        cells = []
        for name in names:
            values = samples[name].get(measure)
            if not values:
                cells.append(f"{'–':>26}")
                continue
            median = statistics.median(values)
            times = f"({median / statistics.median(ours):.2f}×)" if ours and name != OURS else ""
            cells.append(f"{median:>12.2f} {unit:<3} {times:>9}")
        lines.append(f"{title:<{width}}  " + "".join(cells))
    lines.append(f"the load generator's own cost: {load_us:.2f} µs an echo")
    return "\n".join(lines)


def figures(samples: Samples) -> list[dict[str, object]]:
    """The figures to hold of which both sides were measured."""
    found: list[dict[str, object]] = []
    for measure, against, at_most in FIGURES:
        ours = samples.get(OURS, {}).get(measure)
        theirs = samples.get(against, {}).get(measure) if against else [1.0]
        if ours and theirs:
            value = statistics.median(ours) / statistics.median(theirs)
            found.append({"figure": measure, "against": against, "at_most": at_most, "found": value})
    return found


def figures_table(found: Sequence[dict[str, object]]) -> str:
    lines = ["to hold, of medians of the same run:"]
    for line in found:
        title, unit = MEASURES[str(line["figure"])]
        against, at_most, value = line["against"], float(str(line["at_most"])), float(str(line["found"]))
        scale = f"of {against}" if against else unit
        verdict = "holds" if value <= at_most else "DOES NOT HOLD"
        lines.append(f"  {title:<60} {value:8.3f} {scale:<26} at most {at_most:7.3f}  {verdict}")
    return "\n".join(lines)


def main() -> None:
    """Run all rounds, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--held-rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--echo-clients", type=int, default=RECEIVERS)
    parser.add_argument("--clients", type=int, nargs=2, default=(5_000, 10_000), metavar=("FEWER", "MORE"))
    parser.add_argument("--rate", type=float, default=20_000, help="deliveries a second")
    parser.add_argument("--paced-clients", type=int, default=5_000)
    parser.add_argument("--only", nargs="*", default=(), help="names of servers; all of them otherwise")
    parser.add_argument("--parts", nargs="*", default=("messages", "held", "paced"))
    given = parser.parse_args()
    raise_file_limit()
    load, servers = commands()
    bench = Bench({name: command for name, command in servers.items() if not given.only or name in given.only}, load)
    if "messages" in given.parts:
        bench.rounds(given.rounds, bench.messages(given.seconds, given.echo_clients))
    if "paced" in given.parts:
        bench.rounds(given.held_rounds, bench.paced(given.seconds * 2, given.paced_clients, given.rate))
    if "held" in given.parts:
        fewer, more = given.clients
        for clients, suffix in ((fewer, "_small_kib"), (more, "_kib")):
            bench.rounds(given.held_rounds, bench.held(clients, "websocket", f"ws{suffix}"))
            bench.rounds(given.held_rounds, bench.held(clients, "polling", f"poll{suffix}"))
    load_us = statistics.median(bench.load_us) if bench.load_us else float("nan")
    held = figures(bench.samples)
    print(table(bench.samples, load_us))
    print(figures_table(held))
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {
        "benchmark": "socketio",
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
        "message_bytes": SIZE,
        "arguments": vars(given),
        "load_us_per_echo": load_us,
        "figures": held,
        "servers": bench.samples,
    }
    (RESULTS / "socketio.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
