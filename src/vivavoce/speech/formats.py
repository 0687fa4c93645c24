"""Audio formats: what a client calls them, what the bytes say, and what a stream needs to be decodable."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from vivavoce.domain.errors import VivavoceError

AudioFormat = Literal["wav", "pcm", "mp3", "m4a", "webm", "ogg", "flac"]

_NAMES: Final[dict[str, AudioFormat]] = {
    "wav": "wav",
    "wave": "wav",
    "x-wav": "wav",
    "vnd.wave": "wav",
    "pcm": "pcm",
    "pcm16": "pcm",
    "l16": "pcm",
    "raw": "pcm",
    "s16le": "pcm",
    "mp3": "mp3",
    "mpeg": "mp3",
    "mpga": "mp3",
    "m4a": "m4a",
    "mp4": "m4a",
    "x-m4a": "m4a",
    "aac": "m4a",
    "webm": "webm",
    "mkv": "webm",
    "x-matroska": "webm",
    "matroska": "webm",
    "ogg": "ogg",
    "oga": "ogg",
    "opus": "ogg",
    "flac": "flac",
    "x-flac": "flac",
}
_DEMUXERS: Final[dict[AudioFormat, str]] = {
    "mp3": "mp3",
    "m4a": "mov",
    "webm": "matroska",
    "ogg": "ogg",
    "flac": "flac",
    "wav": "wav",
}
_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_EBML: Final = b"\x1a\x45\xdf\xa3"


class PcmLayout(msgspec.Struct, frozen=True):
    """Raw 16-bit little-endian samples: their rate and channels."""

    rate: int = 16_000
    channels: int = 1


def named_format(name: str | None) -> AudioFormat | None:
    """The format of a client's name for it (`webm`, `audio/webm;codecs=opus`, `.m4a`), None for no name.

    Raises `unsupported_media` for a name that is none of ours.
    """
    if not name:
        return None
    bare = name.split(";")[0].strip().lower().removeprefix("audio/").removeprefix("video/").lstrip(".")
    found = _NAMES.get(bare)
    if found is None:
        raise unsupported(f"the audio format {bare[:32]!r} is not known", known=sorted(set(_NAMES.values())))
    return found


def pcm_layout(name: str | None) -> PcmLayout:
    """Rate and channels of raw samples from the parameters of their name: `pcm;rate=48000;channels=2`."""
    parameters: dict[str, int] = {}
    for part in (name or "").split(";")[1:]:
        key, _, value = part.partition("=")
        if value.strip().isdigit():
            parameters[key.strip().lower()] = int(value)
    layout = PcmLayout(parameters.get("rate", 16_000), parameters.get("channels", 1))
    check_layout(layout.rate, layout.channels)
    return layout


def check_layout(rate: int, channels: int) -> None:
    """Raises `unsupported_media` for a sample rate or a number of channels that no recording has."""
    if not 4_000 <= rate <= 384_000:
        raise unsupported(f"a sample rate of {rate} Hz is not supported", rate=rate)
    if not 1 <= channels <= 16:
        raise unsupported(f"{channels} channels are not supported", channels=channels)


def sniffed_format(head: bytes) -> AudioFormat | None:
    """The format that the first bytes of a recording show, None when they show none."""
    if head[:4] in {b"RIFF", b"RF64", b"RIFX"} and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == _EBML:
        return "webm"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:4] == b"fLaC":
        return "flac"
    if head[4:8] in {b"ftyp", b"styp", b"moov"}:
        return "m4a"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 in {0xE2, 0xE4, 0xE6}):
        return "mp3"
    return None


def chosen_format(name: str | None, head: bytes) -> AudioFormat:
    """The format to decode with: what the bytes show, over what the client said.

    Raises `unsupported_media` for bytes that are no audio of a known format.
    """
    named = named_format(name)
    sniffed = sniffed_format(head)
    if sniffed is not None and named != "pcm":
        return sniffed
    # Raw samples, and MPEG frames behind junk, cannot be told by their first bytes: there the name is believed.
    if named == "pcm" or (named == "mp3" and not _is_archive(head)):
        return named
    raise unsupported("the bytes are not audio of a known format", named=named or "")


def demuxer(audio_format: AudioFormat) -> str:
    """FFmpeg's name for a container."""
    return _DEMUXERS[audio_format]


def starts_recording(audio_format: AudioFormat, chunk: bytes) -> bool:
    """Whether a chunk begins a recording of its own (a header), instead of going on with one."""
    match audio_format:
        case "webm":
            return chunk[:4] == _EBML
        case "ogg":
            return chunk[:4] == b"OggS" and len(chunk) > 5 and bool(chunk[5] & 0x02)
        case "flac":
            return chunk[:4] == b"fLaC"
        case "m4a":
            return chunk[4:8] == b"ftyp"
        case "mp3":
            return chunk[:3] == b"ID3"
        case _:
            return False


def webm_header(data: bytes) -> bytes | None:
    """The bytes before the first cluster: put before a later chunk they make it decodable. None before they came."""
    at = data.find(_CLUSTER)
    return data[:at] if data[:4] == _EBML and at > 0 else None


def needs_whole_file(head: bytes) -> bool:
    """Whether decoding an MP4 has to wait for its end, because its index is not in front."""
    at = 0
    while at + 8 <= len(head):
        size, kind = int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8]
        if kind == b"moov":
            return False
        if kind == b"mdat" or size < 8:
            return True
        at += size
    return True


def unsupported(details: str, **info: object) -> VivavoceError:
    """The refusal of something that is not usable audio."""
    return VivavoceError("unsupported_media", details, info=info)


def _is_archive(head: bytes) -> bool:
    return head[:2] in {b"PK", b"\x1f\x8b", b"BZ", b"MZ"} or head[:4] in {b"7z\xbc\xaf", b"%PDF", b"\x7fELF"}
