"""The recognition worker: a process of its own that reads jobs from its standard input and answers on its output.

Started as `python -m vivavoce.speech.worker`. A message is a 4-byte length and that many bytes of msgpack; a job's
audio (16-bit samples) follows it. The process ends when its input does, so it never outlives the server.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import numpy as np

from vivavoce.domain.errors import ErrorCode, VivavoceError
from vivavoce.domain.speech import Recogniser, Recognition, RecognitionRequest

LENGTH_BYTES: Final = 4
_PAGE: Final = 4096


class Setup(msgspec.Struct, frozen=True):
    """The first message: what to open. `factory` is `module:function`, called with `settings`."""

    factory: str
    settings: bytes
    niceness: int = 5


class Job(msgspec.Struct, frozen=True, tag="job"):
    """A piece of audio to recognise; `audio_bytes` of samples follow the message."""

    job: int
    request: RecognitionRequest
    audio_bytes: int


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Are you there?"""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The recogniser is loaded (the first answer), or alive (the answer to a ping)."""

    engine: str
    languages: tuple[str, ...]
    rss_bytes: int


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A job's result and what it cost."""

    job: int
    recognition: Recognition
    cost_s: float
    rss_bytes: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A job (or, with job 0, the opening) was refused."""

    job: int
    code: ErrorCode
    reason: str
    details: str


Order = Job | Ping
Answer = Ready | Done | Failed


def write_message(stream: BinaryIO, message: msgspec.Struct, audio: bytes = b"") -> None:
    """Writes a message and the audio that belongs to it."""
    body = msgspec.msgpack.encode(message)
    stream.write(len(body).to_bytes(LENGTH_BYTES, "big") + body + audio)
    stream.flush()


def read_message(stream: BinaryIO) -> bytes | None:
    """The next message's bytes, None at the end of the stream."""
    prefix = stream.read(LENGTH_BYTES)
    if len(prefix) < LENGTH_BYTES:
        return None
    size = int.from_bytes(prefix, "big")
    body = stream.read(size)
    return body if len(body) == size else None


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Opens the recogniser and answers orders until there are none."""
    first = read_message(orders)
    if first is None:
        return
    setup = msgspec.msgpack.decode(first, type=Setup)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(setup.niceness)
    try:
        recogniser = _open(setup)
    except VivavoceError as error:
        write_message(answers, Failed(0, error.code, error.reason, error.details))
        return
    except Exception as error:
        write_message(answers, Failed(0, "internal", "recogniser_failed", f"{type(error).__name__}: {error}"[:300]))
        return
    alive = Ready(recogniser.name, tuple(sorted(recogniser.languages())), rss_bytes())
    write_message(answers, alive)
    while (body := read_message(orders)) is not None:
        order = msgspec.msgpack.decode(body, type=Order)
        if isinstance(order, Ping):
            write_message(answers, msgspec.structs.replace(alive, rss_bytes=rss_bytes()))
            continue
        audio = orders.read(order.audio_bytes)
        write_message(answers, _recognised(recogniser, order, audio))


def _recognised(recogniser: Recogniser, job: Job, audio: bytes) -> Answer:
    started = time.perf_counter()
    samples = np.frombuffer(audio, "<i2").astype(np.float32) / 32768.0
    try:
        recognition = recogniser.recognise(samples, job.request)
    except VivavoceError as error:
        return Failed(job.job, error.code, error.reason, error.details)
    except Exception as error:
        return Failed(job.job, "internal", "recogniser_failed", f"{type(error).__name__}: {error}"[:300])
    return Done(job.job, recognition, round(time.perf_counter() - started, 4), rss_bytes())


def _open(setup: Setup) -> Recogniser:
    module, _, name = setup.factory.partition(":")
    factory: Callable[[bytes], Any] = getattr(importlib.import_module(module), name)
    recogniser: Recogniser = factory(setup.settings)
    return recogniser


def rss_bytes() -> int:
    """Resident memory of this process, 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def main() -> None:
    """Serves on the process's own pipes; what a library prints goes to the error output instead of between messages."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
