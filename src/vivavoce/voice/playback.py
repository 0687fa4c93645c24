"""Turning stored recordings into what can be played, and into what is kept. Decoding runs in threads."""

from __future__ import annotations

import asyncio
import struct
import tempfile
from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from typing import IO, TYPE_CHECKING, Any, Final

from vivavoce.domain.errors import VivavoceError, invalid

if TYPE_CHECKING:
    from vivavoce.domain.speech import Samples

LONGEST_CLIP_S: Final = 600.0
#: Samples a second of everything that was decoded, as in `domain.speech`, which costs the start more than it may.
SAMPLE_RATE: Final = 16_000
_AHEAD: Final = 1 << 20
_BACKOFF_S: Final = 0.01
_PIECE: Final = 256 << 10
_MEDIA_TYPES: Final = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "webm": "audio/webm",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
}


def media_type(audio_format: str) -> str:
    return _MEDIA_TYPES.get(audio_format.partition(";")[0], "application/octet-stream")


def check_range(start_s: float, end_s: float) -> None:
    """Raise invalid_payload unless seconds [start, end) can be played at once."""
    if not 0 <= start_s < end_s:
        raise invalid("from is less than to, and neither is negative", field="from")
    if end_s - start_s > LONGEST_CLIP_S:
        raise invalid(f"at most {LONGEST_CLIP_S:g} seconds are played at once", field="to", limit=LONGEST_CLIP_S)


async def clip(pieces: AsyncIterator[bytes], audio_format: str, start_s: float, end_s: float) -> bytes:
    """Seconds [start, end) of a recording as WAV (16 kHz, one channel, 16 bits); shorter where it ends before."""
    samples: list[bytes] = []

    def take(blocks: Any) -> None:
        at = 0
        first, last = round(start_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE)
        for block in blocks:
            wanted = block[max(0, first - at) : max(0, last - at)]
            at += len(block)
            if len(wanted):
                samples.append(as_pcm(wanted))
            if at >= last:
                return

    await _decoded(pieces, audio_format, take)
    return wav(b"".join(samples))


async def compressed(pieces: AsyncIterator[bytes], audio_format: str) -> AsyncIterator[bytes]:
    """A recording as FLAC: what the recogniser heard, without loss, at about half the bytes; in pieces."""
    with tempfile.TemporaryFile() as file:
        await _decoded(pieces, audio_format, lambda blocks: _encode(blocks, file))
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def wav(pcm: bytes) -> bytes:
    """Samples as they come from decoding, with a header."""
    return wav_header(len(pcm), SAMPLE_RATE, 1) + pcm


def wav_header(size: int, rate: int, channels: int) -> bytes:
    """What stands before `size` bytes of 16-bit samples."""
    frame = channels * 2
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * frame, frame, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)


async def with_header(pieces: AsyncIterator[bytes], size: int, audio_format: str) -> AsyncIterator[bytes]:
    """Raw samples (`pcm;rate=…;channels=…`) as a WAV file."""
    from vivavoce.speech.formats import pcm_layout

    layout = pcm_layout(audio_format)
    yield wav_header(size, layout.rate, layout.channels)
    async for piece in pieces:
        yield piece


def as_pcm(samples: Samples) -> bytes:
    import numpy as np

    return (np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


async def _decoded(pieces: AsyncIterator[bytes], audio_format: str, take: Callable[[Any], None]) -> None:
    """Give the samples of a recording to `take`, in a thread, while its bytes are read. What breaks off ends there."""
    from vivavoce.speech.decoding import ByteFeed, Decoder

    feed = ByteFeed()
    taking = asyncio.ensure_future(asyncio.to_thread(take, Decoder(feed, audio_format).blocks()))
    try:
        async for piece in pieces:
            while feed.waiting > _AHEAD and not taking.done():  # noqa: ASYNC110
                await asyncio.sleep(_BACKOFF_S)
            if taking.done():
                break
            feed.put(piece)
    finally:
        feed.close()
        await taking


def _encode(blocks: Any, file: IO[bytes]) -> None:
    import av
    import numpy as np

    with av.open(file, "w", format="flac") as output:
        stream: Any = output.add_stream("flac", rate=SAMPLE_RATE)
        stream.layout = "mono"
        at = 0
        for block in blocks:
            if len(block) == 0:
                continue
            samples = np.frombuffer(as_pcm(block), np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            frame.pts, frame.time_base = at, Fraction(1, SAMPLE_RATE)
            at += len(block)
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    if at == 0:
        raise VivavoceError("unsupported_media", "the recording has no samples")
