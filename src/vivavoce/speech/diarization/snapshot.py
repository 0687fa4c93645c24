"""What a diarizer knows as bytes, and back."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.speech.diarization.diarizer import Memory, Span
from vivavoce.speech.diarization.evidence import Stretch


class _Document(msgspec.Struct):
    stretches: list[dict[str, Any]]
    spans: list[Span]
    speaker_of: dict[int, str]
    sureness: dict[int, float]
    stands_for: dict[int, int]
    merged: dict[str, str]
    last_number: int
    last_speaker: int


def write_memory(memory: Memory) -> bytes:
    """The bytes of a memory; embeddings in half precision."""
    rows = [
        {
            **{name: getattr(item, name) for name in item.__struct_fields__},
            "vector": item.vector.astype("<f2").tobytes(),
        }
        for item in memory.stretches
    ]
    document = _Document(
        rows,
        memory.spans,
        memory.speaker_of,
        memory.sureness,
        memory.stands_for,
        memory.merged,
        memory.last_number,
        memory.last_speaker,
    )
    return msgspec.msgpack.encode(document)


def read_memory(data: bytes) -> Memory:
    """The memory that was written. Raises `unavailable` when the bytes are no such thing."""
    try:
        document = msgspec.msgpack.decode(data, type=_Document)
        stretches = [
            Stretch(**{**row, "vector": np.frombuffer(row["vector"], "<f2").astype(np.float32)})
            for row in document.stretches
        ]
    except (msgspec.MsgspecError, TypeError, KeyError) as error:
        raise VivavoceError("unavailable", "the memory of voices cannot be read") from error
    return Memory(
        stretches,
        document.spans,
        document.speaker_of,
        document.sureness,
        document.stands_for,
        document.merged,
        document.last_number,
        document.last_speaker,
    )
