"""What bytes are taken for, and WAV as it really comes (issue: bad input gets an answer)."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.speech import pcm, tone
from vivavoce.domain.errors import VivavoceError
from vivavoce.speech.formats import (
    chosen_format,
    named_format,
    needs_whole_file,
    pcm_layout,
    sniffed_format,
    starts_recording,
    webm_header,
)
from vivavoce.speech.wav import WavReader, read_header


def wav_file(samples: bytes, *, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return buffer.getvalue()


def header(code: int, bits: int, *, rate: int = 16_000, channels: int = 1, data_size: int = 0xFFFFFFFF) -> bytes:
    block = channels * bits // 8
    layout = struct.pack("<HHIIHH", code, channels, rate, rate * block, block, bits)
    riff = struct.pack("<4sI4s4sI", b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16)
    return riff + layout + struct.pack("<4sI", b"data", data_size)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("wav", "wav"), ("audio/webm;codecs=opus", "webm"), (".M4A", "m4a"), ("audio/mpeg", "mp3"), ("opus", "ogg")],
)
def test_formats_are_known_by_their_usual_names(name: str, expected: str) -> None:
    assert named_format(name) == expected


@pytest.mark.parametrize("name", ["exe", "audio/midi", "zip", "../../etc/passwd"])
def test_an_unknown_format_is_unsupported_media(name: str) -> None:
    with pytest.raises(VivavoceError) as refusal:
        named_format(name)
    assert refusal.value.code == "unsupported_media"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wav"),
        (b"\x1a\x45\xdf\xa3rest", "webm"),
        (b"OggS\x00\x02", "ogg"),
        (b"fLaC\x00\x00", "flac"),
        (b"\x00\x00\x00\x18ftypM4A ", "m4a"),
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"PK\x03\x04", None),
        (b"hello world!", None),
        (b"", None),
    ],
)
def test_bytes_show_their_format(head: bytes, expected: str | None) -> None:
    assert sniffed_format(head) == expected


def test_bytes_are_believed_over_the_name() -> None:
    assert chosen_format("audio/wav", b"OggS\x00\x02aaaa") == "ogg"


@pytest.mark.parametrize("head", [b"PK\x03\x04zipzip", b"just text", b"%PDF-1.7", b"\x7fELF\x02", b"\x89PNG\r\n"])
def test_what_is_no_audio_is_unsupported_media(head: bytes) -> None:
    for name in (None, "wav", "webm", "ogg"):
        with pytest.raises(VivavoceError) as refusal:
            chosen_format(name, head)
        assert refusal.value.code == "unsupported_media"


def test_a_zip_called_mp3_is_unsupported_media() -> None:
    with pytest.raises(VivavoceError):
        chosen_format("mp3", b"PK\x03\x04")


@pytest.mark.parametrize("name", ["pcm;rate=999999999", "pcm;channels=64", "pcm;rate=1"])
def test_raw_samples_of_an_impossible_layout_are_unsupported_media(name: str) -> None:
    with pytest.raises(VivavoceError) as refusal:
        pcm_layout(name)
    assert refusal.value.code == "unsupported_media"


def test_a_webm_header_ends_where_the_first_cluster_begins() -> None:
    assert webm_header(b"\x1a\x45\xdf\xa3head\x1f\x43\xb6\x75cluster") == b"\x1a\x45\xdf\xa3head"
    assert webm_header(b"\x1a\x45\xdf\xa3head") is None


def test_only_the_first_page_of_an_ogg_stream_begins_a_recording() -> None:
    assert starts_recording("ogg", b"OggS\x00\x02rest")
    assert not starts_recording("ogg", b"OggS\x00\x00rest")


def test_an_mp4_with_its_index_behind_needs_the_whole_file() -> None:
    kind = struct.pack(">I4s8s", 16, b"ftyp", b"M4A     ")
    assert needs_whole_file(kind + struct.pack(">I4s", 100_000, b"mdat"))
    assert not needs_whole_file(kind + struct.pack(">I4s", 100, b"moov"))


@pytest.mark.parametrize(
    ("code", "bits", "data"),
    [
        (1, 8, bytes([255, 0, 128])),
        (1, 16, struct.pack("<3h", 32767, -32768, 0)),
        (1, 24, b"\xff\xff\x7f\x00\x00\x80\x00\x00\x00"),
        (1, 32, struct.pack("<3i", 2147483647, -2147483648, 0)),
        (3, 32, struct.pack("<3f", 1.0, -1.0, 0.0)),
        (3, 64, struct.pack("<3d", 1.0, -1.0, 0.0)),
    ],
)
def test_every_plain_sample_format_is_read(code: int, bits: int, data: bytes) -> None:
    samples = WavReader().feed(header(code, bits) + data)
    assert samples == pytest.approx([1.0, -1.0, 0.0], abs=0.01)


@pytest.mark.parametrize("code", [6, 7])
def test_telephone_formats_are_read(code: int) -> None:
    samples = WavReader().feed(header(code, 8) + bytes(range(256)))
    assert len(samples) == 256
    assert float(np.abs(samples).max()) > 0.9
    assert abs(float(samples.mean())) < 0.01


def test_a_header_that_promises_four_gigabytes_gives_the_samples_that_are_there() -> None:
    reader = WavReader()
    assert len(reader.feed(header(1, 16) + pcm(tone(440, 0.1)))) == 1600


def test_a_header_in_each_chunk_and_raw_continuation_are_the_same_stream() -> None:
    first, second = pcm(tone(440, 0.1)), pcm(tone(880, 0.1))
    whole = WavReader().feed(wav_file(first + second))
    reader = WavReader()
    raw = np.concatenate([reader.feed(wav_file(first)), reader.feed(second)])
    reader = WavReader()
    headed = np.concatenate([reader.feed(wav_file(first)), reader.feed(wav_file(second))])
    assert np.array_equal(whole, raw)
    assert np.array_equal(whole, headed)


def test_a_chunk_in_another_sample_format_is_invalid() -> None:
    reader = WavReader()
    reader.feed(wav_file(pcm(tone(440, 0.1))))
    with pytest.raises(VivavoceError) as refusal:
        reader.feed(wav_file(pcm(tone(440, 0.1)), rate=48_000))
    assert refusal.value.code == "invalid_payload"


def test_eight_channels_become_one() -> None:
    mono = tone(440, 0.1)
    eight = np.repeat(mono[:, None], 8, axis=1).reshape(-1)
    reader = WavReader()
    samples = reader.feed(wav_file(pcm(eight), rate=192_000, channels=8))
    assert reader.rate == 192_000
    assert samples == pytest.approx(mono, abs=1e-3)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=12))
def test_chunk_borders_do_not_change_the_samples(sizes: list[int]) -> None:
    data = wav_file(pcm(tone(440, 0.05)))
    reader = WavReader()
    found = []
    at = 0
    for size in [*sizes, len(data)]:
        found.append(reader.feed(data[at : at + size]))
        at += size
    assert np.array_equal(np.concatenate(found), WavReader().feed(data))


@given(st.binary(max_size=300))
def test_a_broken_header_is_refused_or_waited_for(junk: bytes) -> None:
    try:
        found = read_header(b"RIFF\x00\x00\x00\x00WAVE" + junk)
    except VivavoceError as error:
        assert error.code == "unsupported_media"
    else:
        assert found is None or found.rate > 0


def test_infinite_and_missing_samples_become_finite_ones() -> None:
    data = struct.pack("<3f", float("nan"), float("inf"), -float("inf"))
    assert WavReader().feed(header(3, 32) + data).tolist() == [0.0, 1.0, -1.0]
