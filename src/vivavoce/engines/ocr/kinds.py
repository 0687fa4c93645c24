"""What kind of file a scan is, by its first bytes: nothing of it is opened, and nothing big is loaded for it."""

from __future__ import annotations

from typing import Final, Literal

from vivavoce.domain.errors import VivavoceError

FileKind = Literal["pdf", "image"]

_HEAD: Final = 1024
_IMAGES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
#: The brands of HEIF files, in which telephones keep photographs.
_HEIF: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
_TAKEN: Final = "PDF, PNG, JPEG"


def kind_of(data: bytes) -> FileKind:
    """Raises VivavoceError `unsupported_media` for what is neither PDF, PNG nor JPEG."""
    if b"%PDF-" in data[:_HEAD]:
        return "pdf"
    if data.startswith(_IMAGES):
        return "image"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        raise VivavoceError(
            "unsupported_media",
            "HEIC photographs are not read: convert them to JPEG or PDF",
            reason="scan_heic",
            info={"kinds": _TAKEN},
        )
    raise VivavoceError(
        "unsupported_media", "a scan is a PDF, PNG or JPEG file", reason="scan_kind", info={"kinds": _TAKEN}
    )
