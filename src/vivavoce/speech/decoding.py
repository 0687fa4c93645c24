"""Bytes to 16 kHz mono samples, in a thread of its own: PyAV for containers, the WAV reader for plain samples."""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.speech.formats import (
    AudioFormat,
    check_layout,
    chosen_format,
    demuxer,
    needs_whole_file,
    pcm_layout,
    starts_recording,
    unsupported,
    webm_header,
)
from vivavoce.speech.wav import WavReader

_HEAD: Final = 64
_BUFFER: Final = 512
_WHOLE_FILE_LIMIT: Final = 256 << 20


class ByteFeed:
    """Bytes on their way from the event loop to a decoding thread, chunk by chunk.

    `put` and `close` never block; `read` does. One chunk that begins a recording of its own ends the part before it:
    `read` says end of file there, and `next_part` goes on.
    """

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._boundary = False
        self._seen = 0
        self._dry: list[Callable[[], None]] = []
        self._left = False
        self.format: AudioFormat | None = None
        self.waiting = 0

    def put(self, chunk: bytes) -> None:
        """Hands over a chunk."""
        with self._changed:
            self._chunks.append(chunk)
            self.waiting += len(chunk)
            self._changed.notify()

    def close(self) -> None:
        """No more chunks will come."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def when_dry(self, told: Callable[[], None]) -> None:
        """Have `told` called once the reader has done with every chunk handed over so far: from the thread that reads,
        when it asks for more, or by `leave`."""
        with self._changed:
            self._dry.append(told)
            if self._left:
                self._ran_dry()
            self._changed.notify()

    def leave(self) -> None:
        """The reader is gone: nobody waits for it."""
        with self._changed:
            self._left = True
            self._ran_dry()

    def _ran_dry(self) -> None:
        told, self._dry = self._dry, []
        for one in told:
            one()

    def _wait(self) -> None:
        """Wait for more; everything that came before was worked through."""
        self._ran_dry()
        self._changed.wait()

    def head(self, size: int = _HEAD) -> bytes:
        """The first bytes of the part, without taking them; fewer only when the stream ends before."""
        with self._changed:
            while sum(map(len, self._chunks)) < size and not self._closed:
                self._wait()
            return b"".join(self._chunks)[:size]

    def chunk(self) -> bytes | None:
        """The next chunk whole, None at the end."""
        with self._changed:
            while not self._chunks and not self._closed:
                self._wait()
            if not self._chunks:
                return None
            return self._took(self._chunks.popleft())

    def read(self, size: int = -1) -> bytes:
        """Some bytes of the part (at most `size`), b"" at its end. What PyAV reads from."""
        with self._changed:
            while not self._chunks and not self._closed:
                self._wait()
            if not self._chunks or self._boundary:
                return b""
            if self._seen and self.format and starts_recording(self.format, self._chunks[0]):
                self._boundary = True
                return b""
            chunk = self._chunks.popleft()
            if 0 <= size < len(chunk):
                self._chunks.appendleft(chunk[size:])
                chunk = chunk[:size]
            return self._took(chunk)

    def next_part(self) -> bool:
        """Steps over a boundary. False when there is nothing more."""
        with self._changed:
            if not self._boundary:
                return False
            self._boundary = False
            self._seen = 0
            return True

    def _took(self, chunk: bytes) -> bytes:
        self._seen += len(chunk)
        self.waiting -= len(chunk)
        return chunk


class Decoder:
    """Decodes one stream. `blocks` runs in a thread and yields samples as they become available."""

    def __init__(self, feed: ByteFeed, name: str | None) -> None:
        self._feed = feed
        self._name = name
        self.header: bytes | None = None
        self.truncated = False

    def blocks(self) -> Iterator[Samples]:
        """16 kHz mono samples to the end of the stream.

        Raises `unsupported_media` for bytes that are no audio and `invalid_payload` for a stream without any sound.
        Bytes that break off or turn to nonsense end the stream there, with `truncated` set.
        """
        head = self._feed.head()
        if not head:
            raise VivavoceError("invalid_payload", "no audio came", info={"field": "audio_data"})
        chosen = chosen_format(self._name, head)
        self._feed.format = chosen
        if chosen in {"wav", "pcm"}:
            yield from self._plain(chosen)
            return
        yield from self._container(chosen)
        while self._feed.next_part():
            yield from self._container(chosen)

    def _plain(self, chosen: AudioFormat) -> Iterator[Samples]:
        reader = WavReader(pcm_layout(self._name) if chosen == "pcm" else None)
        resampler: Any = None
        came = False
        while (chunk := self._feed.chunk()) is not None:
            samples = reader.feed(chunk)
            if len(samples) == 0:
                continue
            came = True
            if resampler is None:
                resampler = open_resampler(reader.rate)
            yield resampler.resample_chunk(samples)
        if not came:
            raise VivavoceError("invalid_payload", "the audio has no samples", info={"field": "audio_data"})
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def _container(self, chosen: AudioFormat) -> Iterator[Samples]:
        try:
            import av
        except ImportError as error:
            raise VivavoceError(
                "unavailable", "PyAV is not installed: install the extra `speech`", reason="speech_missing"
            ) from error
        source: Any = self._feed
        if chosen == "m4a" and needs_whole_file(self._feed.head(4096)):
            source = self._whole_file()
        elif chosen == "webm":
            source = _HeaderKeeper(self._feed, self)
        options = {"fflags": "nobuffer", "probesize": "2048", "analyzeduration": "0"}
        if chosen in {"mp3", "m4a", "flac"}:
            options = {"probesize": "32768"}
        heard = False
        try:
            with av.open(source, format=demuxer(chosen), options=options, buffer_size=_BUFFER) as container:
                if not container.streams.audio:
                    raise unsupported("the file has no sound track")
                for block in _resampled(av, container):
                    heard = True
                    yield block
        except (av.error.FFmpegError, ValueError, EOFError) as error:
            self._drain()
            if not heard:
                raise unsupported("no audio could be decoded", trouble=type(error).__name__) from error
            self.truncated = True
        if not heard:
            raise VivavoceError("invalid_payload", "the audio has no samples", info={"field": "audio_data"})

    def _whole_file(self) -> io.BytesIO:
        whole = io.BytesIO()
        while block := self._feed.read(1 << 20):
            whole.write(block)
            if whole.tell() > _WHOLE_FILE_LIMIT:
                raise VivavoceError("too_large", "the recording is too large", info={"limit": _WHOLE_FILE_LIMIT})
        whole.seek(0)
        return whole

    def _drain(self) -> None:
        """Throws away what is left of a broken part, so that the part after it can begin."""
        while self._feed.read(1 << 20):
            continue


class _HeaderKeeper:
    """Passes reads on and keeps the bytes before the first cluster."""

    def __init__(self, feed: ByteFeed, decoder: Decoder) -> None:
        self._feed = feed
        self._decoder = decoder
        self._start = b""

    def read(self, size: int = -1) -> bytes:
        block = self._feed.read(size)
        if self._decoder.header is None and len(self._start) < 1 << 16:
            self._start += block
            self._decoder.header = webm_header(self._start)
        return block


def open_resampler(rate: int) -> Any:
    """A streaming resampler from `rate` to 16 kHz mono. Raises `unavailable` without the package."""
    try:
        import soxr
    except ImportError as error:
        raise VivavoceError(
            "unavailable", "soxr is not installed: install the extra `speech`", reason="speech_missing"
        ) from error
    return soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")


def _resampled(av: Any, container: Any) -> Iterator[Samples]:
    resampler: Any = None
    converter: Any = None
    layout: tuple[int, int] | None = None
    for frame in _frames(av, container):
        now = (frame.sample_rate, len(frame.layout.channels))
        if now != layout:
            # The layout may change inside a stream: the converters are made anew.
            if resampler is not None:
                yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
            check_layout(*now)
            layout = now
            resampler = open_resampler(frame.sample_rate)
            converter = av.AudioResampler(format="fltp", layout=frame.layout, rate=frame.sample_rate)
        for converted in converter.resample(frame):
            mono = converted.to_ndarray().mean(axis=0, dtype=np.float32)
            yield resampler.resample_chunk(np.clip(np.nan_to_num(mono), -1.0, 1.0))
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _frames(av: Any, container: Any) -> Iterator[Any]:
    """Decoded frames; a few packets that do not decode are stepped over, as players do."""
    bad = 0
    for packet in container.demux(container.streams.audio[0]):
        try:
            yield from packet.decode()
            bad = 0
        except av.error.InvalidDataError:
            bad += 1
            if bad > 50:
                raise
