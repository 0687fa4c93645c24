"""WAV as it really comes: lying sizes, a header in every chunk, raw continuation, odd sample formats."""

from __future__ import annotations

import struct
from typing import Final, Literal

import msgspec
import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import Samples
from vivavoce.speech.formats import PcmLayout, check_layout, unsupported

_LONGEST_HEADER: Final = 1 << 16
_EXTENSIBLE: Final = 0xFFFE

SampleKind = Literal["u8", "s16", "s24", "s32", "f32", "f64", "alaw", "mulaw"]
_WIDTHS: Final[dict[SampleKind, int]] = {
    "u8": 1,
    "s16": 2,
    "s24": 3,
    "s32": 4,
    "f32": 4,
    "f64": 8,
    "alaw": 1,
    "mulaw": 1,
}


class WavHeader(msgspec.Struct, frozen=True):
    """What a header says, and where the samples begin in the bytes it was read from."""

    rate: int
    channels: int
    kind: SampleKind
    data_at: int

    @property
    def frame_bytes(self) -> int:
        return _WIDTHS[self.kind] * self.channels


def read_header(data: bytes) -> WavHeader | None:
    """Reads a header; None while it has not come whole. The data chunk's size is not believed.

    Raises `unsupported_media` for a broken header or a compression that is not plain samples.
    """
    if len(data) < 12:
        return None
    if data[:4] not in {b"RIFF", b"RF64"} or data[8:12] != b"WAVE":
        raise unsupported("the bytes are not a WAV file")
    at = 12
    layout: tuple[int, int, SampleKind] | None = None
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"data":
            if layout is None:
                raise unsupported("the WAV header says nothing about its samples")
            return WavHeader(*layout, at + 8)
        if at + 8 + size > len(data):
            if at + 8 + size > _LONGEST_HEADER:
                raise unsupported("the WAV header is broken")
            return None
        if kind == b"fmt ":
            layout = _layout(data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    if len(data) > _LONGEST_HEADER:
        raise unsupported("the WAV header is broken")
    return None


def _layout(chunk: bytes) -> tuple[int, int, SampleKind]:
    if len(chunk) < 16:
        raise unsupported("the WAV header is broken")
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        code = int.from_bytes(chunk[24:26], "little")
    check_layout(rate, channels)
    kinds: dict[tuple[int, int], SampleKind] = {
        (1, 8): "u8",
        (1, 16): "s16",
        (1, 24): "s24",
        (1, 32): "s32",
        (3, 32): "f32",
        (3, 64): "f64",
        (6, 8): "alaw",
        (7, 8): "mulaw",
    }
    kind = kinds.get((code, bits))
    if kind is None:
        raise unsupported(f"WAV with codec {code} and {bits} bits is not supported", codec=code, bits=bits)
    return rate, channels, kind


class WavReader:
    """Turns chunks of WAV bytes into mono float32 samples at the file's own rate."""

    def __init__(self, raw: PcmLayout | None = None) -> None:
        """`raw` is given for samples without any header."""
        self._rest = b""
        self._header = None if raw is None else WavHeader(raw.rate, raw.channels, "s16", 0)

    @property
    def rate(self) -> int:
        """Samples a second of what `feed` returns; 0 before the header came."""
        return self._header.rate if self._header else 0

    def feed(self, chunk: bytes) -> Samples:
        """The samples of a chunk, which may begin with a header of its own (then the same layout is expected)."""
        if self._header is not None and chunk[:4] == b"RIFF" and chunk[8:12] == b"WAVE":
            chunk = self._without_header(chunk)
        self._rest += chunk
        if self._header is None:
            header = read_header(self._rest)
            if header is None:
                return np.zeros(0, np.float32)
            self._header = header
            self._rest = self._rest[header.data_at :]
        usable = len(self._rest) // self._header.frame_bytes * self._header.frame_bytes
        samples = _decoded(self._rest[:usable], self._header)
        self._rest = self._rest[usable:]
        return samples

    def _without_header(self, chunk: bytes) -> bytes:
        header = read_header(chunk)
        if header is None or self._header is None:
            return chunk
        if (header.rate, header.channels, header.kind) != (
            self._header.rate,
            self._header.channels,
            self._header.kind,
        ):
            raise VivavoceError("invalid_payload", "the chunks of one stream have different sample formats")
        # A half sample at the end of the chunk before cannot belong to this one.
        self._rest = b""
        return chunk[header.data_at :]


def _decoded(data: bytes, header: WavHeader) -> Samples:
    match header.kind:
        case "u8":
            values = (np.frombuffer(data, np.uint8).astype(np.float32) - 128.0) / 128.0
        case "s16":
            values = np.frombuffer(data, "<i2").astype(np.float32) / 32768.0
        case "s24":
            parts = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32)
            wide = (parts[:, 0] << 8) | (parts[:, 1] << 16) | (parts[:, 2] << 24)
            values = wide.astype(np.float32) / 2147483648.0
        case "s32":
            values = np.frombuffer(data, "<i4").astype(np.float32) / 2147483648.0
        case "f32":
            values = np.frombuffer(data, "<f4").astype(np.float32)
        case "f64":
            values = np.frombuffer(data, "<f8").astype(np.float32)
        case "mulaw":
            values = _mulaw(np.frombuffer(data, np.uint8))
        case "alaw":
            values = _alaw(np.frombuffer(data, np.uint8))
    values = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=-1.0)
    if header.channels > 1:
        values = values.reshape(-1, header.channels).mean(axis=1)
    bounded: Samples = np.clip(values, -1.0, 1.0).astype(np.float32, copy=False)
    return bounded


def _mulaw(codes: Samples) -> Samples:
    inverted = (~codes).astype(np.int32) & 0xFF
    magnitude = (((inverted & 0x0F) << 3) + 0x84 << ((inverted & 0x70) >> 4)) - 0x84
    samples: Samples = np.where(inverted & 0x80, -magnitude, magnitude).astype(np.float32) / 32768.0
    return samples


def _alaw(codes: Samples) -> Samples:
    toggled = codes.astype(np.int32) ^ 0x55
    exponent = (toggled & 0x70) >> 4
    mantissa = ((toggled & 0x0F) << 4) + 8
    magnitude = np.where(exponent > 0, (mantissa + 0x100) << np.maximum(exponent - 1, 0), mantissa)
    samples: Samples = np.where(toggled & 0x80, magnitude, -magnitude).astype(np.float32) / 32768.0
    return samples
