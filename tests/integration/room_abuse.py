"""What bad clients send to a server in production, one thing after the other, and what they get.

`python -m tests.integration.room_abuse` prints each answer, and how long the health check took at worst meanwhile.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.integration.room_load import SECRET
from tests.integration.server import ServerProcess
from vivavoce.adapters.clock import SystemClock
from vivavoce.domain.access import Role
from vivavoce.identity.keyring import Keyring
from vivavoce.identity.tokens import Tokens

ROOM = "interview_of_somebody"
DOORS = ("/socket.io/?EIO=4&transport=websocket", "/api/v1/ws", "/api/v1/realtime-interview/ws/interview/x")
HANDSHAKES = 1_000
FORGIVEN_WITHIN_S = 30.0
_TOKENS = Tokens(Keyring([SECRET], "production"), SystemClock())


def token(name: str, role: Role, *rooms: str, ttl_s: float = 3600) -> str:
    return _TOKENS.mint(name, role=role, sessions=list(rooms), ttl_s=ttl_s)


class RawClient:
    """A WebSocket client that may send anything."""

    def __init__(self, port: int, path: str = DOORS[0], headers: str = "") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._held = b""
        self._socket.sendall(handshake(port, path, headers))
        self.head = self._until(b"\r\n\r\n")
        self.status = int(self.head.split()[1])

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def enter(self, token: str) -> str:
        """CONNECT; the packet that answers it."""
        self.packet()
        self.say("40" + json.dumps({"token": token}))
        return self.packet()

    def say(self, packet: str) -> None:
        self._socket.sendall(frame(packet.encode()))

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def call(self, name: str, payload: object) -> dict[str, Any]:
        """An event; its acknowledgement."""
        return self.call_raw("421" + json.dumps([name, payload]))

    def call_raw(self, packet: str) -> dict[str, Any]:
        self.say(packet)
        while not (answer := self.packet()).startswith("431["):
            pass
        found: dict[str, Any] = json.loads(answer[3:])[0]
        return found

    def lives(self) -> bool:
        return "server_time" in self.call("ping", {})

    def packet(self) -> str:
        """The next text; what a close frame says becomes `close CODE`."""
        while True:
            head = self._take(2)
            size = head[1] & 127
            if size == 126:
                size = int.from_bytes(self._take(2))
            elif size == 127:
                size = int.from_bytes(self._take(8))
            payload = self._take(size)
            if head[0] & 15 == 8:
                return f"close {int.from_bytes(payload[:2])}"
            if head[0] & 15 == 1 and payload != b"2":
                return payload.decode()

    def closed_with(self) -> int:
        while not (packet := self.packet()).startswith("close "):
            pass
        return int(packet[6:])

    def body(self) -> dict[str, Any]:
        """Of a refused handshake."""
        at = self.head.lower().index(b"content-length:") + 15
        found: dict[str, Any] = json.loads(self._take(int(self.head[at:].split(b"\r\n")[0])))
        return found

    def _take(self, size: int) -> bytes:
        while len(self._held) < size:
            self._read()
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def _until(self, end: bytes) -> bytes:
        while end not in self._held:
            self._read()
        taken, _, self._held = self._held.partition(end)
        return taken + end

    def _read(self) -> None:
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionError("closed without a word")
        self._held += piece


def handshake(port: int, path: str = DOORS[0], headers: str = "") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{headers}\r\n"
    ).encode()


def frame(payload: bytes, first: int = 0x81) -> bytes:
    """A masked frame; the mask is zero."""
    size = len(payload)
    if size < 126:
        head = bytes([first, 0x80 | size])
    elif size < 1 << 16:
        head = bytes([first, 0xFE]) + size.to_bytes(2)
    else:
        head = bytes([first, 0xFF]) + size.to_bytes(8)
    return head + bytes(4) + payload


# --- the cases: what was sent, and what came ------------------------------------------------------------------------


def wrong_origins(port: int) -> object:
    answers = []
    for door in DOORS:
        with RawClient(port, door, "Origin: https://elsewhere.example\r\n") as client:
            answers.append((client.status, client.body()["error"]))
    polling = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling"
    polled = httpx.get(polling, headers={"Origin": "https://elsewhere.example"}, timeout=30)
    return [*answers, (polled.status_code, polled.json()["message"])]


def bad_tokens(port: int) -> object:
    good = token("kim", "interviewer")
    bad = ("", good[:-6] + "AAAAAA", token("kim", "interviewer", ttl_s=-60), "eyJhbGciOiJub25lIn0.eyJzdWIiOiJraW0ifQ.")
    codes = []
    for text in (*bad, "a" * 9_000):
        with RawClient(port) as client:
            codes.append(json.loads(client.enter(text)[2:])["data"]["error"])
    return codes


def flood(port: int) -> object:
    with RawClient(port) as client:
        client.enter(token("flooder", "interviewer"))
        client.send(frame(b'42["ping",{}]') * 300)
        while "rate_limited" not in client.packet():
            pass
        until = time.monotonic() + FORGIVEN_WITHIN_S
        while not (lives := client.lives()) and time.monotonic() < until:
            time.sleep(0.1)
        return lives


def broken_frames(port: int) -> object:
    broken = {
        "invalid UTF-8": frame(b"4\xff\xfe"),
        "unmasked": b"\x81\x01" + b"3",
        "reserved bit": frame(b"3", 0xC1),
        "reserved opcode": frame(b"3", 0x83),
        "length of 2^62": b"\x81\xff" + (1 << 62).to_bytes(8) + bytes(4),
        "10^9 attachments": frame(b'451000000000-["send_message",{"_placeholder":true,"num":0}]'),
    }
    codes = {}
    for name, data in broken.items():
        with RawClient(port) as client:
            client.enter(token("breaker", "interviewer"))
            client.send(data)
            codes[name] = client.closed_with()
    return codes


def bad_payloads(port: int) -> object:
    bad = {
        "deep JSON": '421["ping",' + "[" * 100 + "]" * 100 + "]",
        "a number of 20,000 digits": '421["ping",{"timestamp":' + "9" * 20_000 + "}]",
        "a text of 10,001 characters": "421"
        + json.dumps(["send_message", {"interview_id": ROOM, "message": "x" * 10001}]),
        "a payload of 70 kB": "421"
        + json.dumps(["send_message", {"interview_id": ROOM, "message": "x", "y": "z" * 70000}]),
        "an unknown event": '421["nonsense",{}]',
    }
    codes: dict[str, object] = {}
    with RawClient(port) as client:
        client.enter(token("owner", "interviewer", ROOM))
        client.call("join_interview", {"interview_id": ROOM})
        for name, packet in bad.items():
            codes[name] = client.call_raw(packet)["error"]
        client.say("43999[]")
        codes["alive"] = client.lives()
    return codes


def _message(**payload: str) -> str:
    return "421" + json.dumps(["send_message", {"interview_id": ROOM, **payload}])


def large_requests(port: int) -> object:
    with RawClient(port, headers=f"X-Large: {'x' * 40_000}\r\n") as client:
        header = client.status
    with RawClient(port, "/socket.io/?EIO=4&transport=websocket&x=" + "x" * 40_000) as client:
        url = client.status
    opened = httpx.get(f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling", timeout=30).text
    sid = json.loads(opened[1:])["sid"]
    posted = httpx.post(
        f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling&sid={sid}", content=b"4" * (9 << 20), timeout=30
    )
    return header, url, posted.status_code


def strangers(port: int) -> object:
    codes = []
    with RawClient(port) as client:
        client.enter(token("eve", "candidate"))
        for name, payload in (
            ("join_interview", {"interview_id": ROOM}),
            ("join_interview", {"interview_id": ROOM, "last_seq": 0}),
            ("send_message", {"interview_id": ROOM, "message": "x"}),
            ("interview_status", {"interview_id": ROOM}),
        ):
            codes.append(client.call(name, payload)["error"])
    return codes


def half_open(port: int) -> object:
    """Connections that say nothing, or half a request."""
    silent = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(500)]
    for number, connection in enumerate(silent):
        connection.sendall(b"GET / HTTP/1.1\r\nHo" if number % 2 else b"")
    with RawClient(port) as client:
        client.enter(token("kim", "interviewer"))
        alive = client.lives()
    for connection in silent:
        connection.close()
    return alive


def many_handshakes(port: int) -> object:
    """A thousand at once; how many were taken."""
    taken = 0
    with selectors.DefaultSelector() as selector:
        waiting = []
        for _ in range(HANDSHAKES):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connection.sendall(handshake(port))
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ)
            waiting.append(connection)
        left = HANDSHAKES
        while left and (ready := selector.select(30)):
            for key, _ in ready:
                connection = key.fileobj  # type: ignore[assignment]
                taken += connection.recv(65536).startswith(b"HTTP/1.1 101")
                selector.unregister(connection)
                left -= 1
        for connection in waiting:
            connection.close()
    return taken


CASES: dict[str, tuple[Callable[[int], object], object]] = {
    "a page of another origin, at every door": (wrong_origins, [(403, "forbidden")] * 3 + [(403, "Forbidden")]),
    "tokens: none, forged, expired, unsigned, of 9 kB": (bad_tokens, ["unauthorized"] * 5),
    "300 messages at once": (flood, True),
    "broken frames": (
        broken_frames,
        {
            "invalid UTF-8": 1007,
            "unmasked": 1002,
            "reserved bit": 1002,
            "reserved opcode": 1002,
            "length of 2^62": 1009,
            "10^9 attachments": 1002,
        },
    ),
    "bad payloads, and an unknown acknowledgement": (
        bad_payloads,
        {
            "deep JSON": "invalid_payload",
            "a number of 20,000 digits": "invalid_payload",
            "a text of 10,001 characters": "too_large",
            "a payload of 70 kB": "too_large",
            "an unknown event": "invalid_payload",
            "alive": True,
        },
    ),
    "a header, a URL, a body too large": (large_requests, (431, 431, 413)),
    "a stranger who joins, replays, posts, asks": (strangers, ["not_found"] * 4),
    "500 half-open connections": (half_open, True),
    "1,000 handshakes at once": (many_handshakes, HANDSHAKES),
}


@contextmanager
def health(base: str) -> Iterator[list[float]]:
    """Asks the whole time; seconds that each answer took."""
    took: list[float] = []
    done = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=30) as http:
            while not (took and done.is_set()):
                asked = time.perf_counter()
                http.get(f"{base}/healthz").raise_for_status()
                took.append(time.perf_counter() - asked)
                done.wait(0.05)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield took
    finally:
        done.set()
        thread.join()


def start(data_dir: Path) -> ServerProcess:
    server = ServerProcess(data_dir, {"VIVAVOCE_JWT_SECRET": SECRET, "VIVAVOCE_MODE": "production"})
    server.start()
    return server


def refusals_of(server: ServerProcess, actor: str) -> list[dict[str, Any]]:
    """The audit's lines about somebody."""
    headers = {"Authorization": f"Bearer {token('ada', 'admin')}"}
    lines = httpx.get(f"{server.base}/api/v1/audit?limit=100", headers=headers, timeout=30).json()["items"]
    return [line for line in lines if line["actor"] == actor]


def main() -> int:
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "data")
        try:
            with health(server.base) as took:
                for name, (case, wanted) in CASES.items():
                    found = case(server.port)
                    wrong += found != wanted
                    sys.stdout.write(f"{'as it should' if found == wanted else 'WRONG':<12}  {name}: {found}\n")
        finally:
            server.stop()
    sys.stdout.write(f"the health check took {max(took) * 1000:.0f} ms at worst, of {len(took)}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
