"""Files as pages: what is read, and how what cannot be is refused (no fonts, no networks)."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest

from vivavoce.domain.errors import VivavoceError

Image = pytest.importorskip("PIL.Image", reason="pages are read with the extra `ocr`")
pytest.importorskip("pypdfium2", reason="pages are read with the extra `ocr`")

from vivavoce.engines.ocr.documents import ScanLimits, pages_of  # noqa: E402


def picture(width: int = 200, height: int = 100, mode: str = "L") -> Image.Image:
    page = Image.new(mode, (width, height), "white")
    page.paste("black", (10, 20, 60, 40))
    return page


def as_file(page: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    page.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_pictures_are_one_page_of_grey_values(kind: str, mode: str) -> None:
    (page,) = pages_of(as_file(picture(mode=mode), kind), ScanLimits())
    assert page.shape == (100, 200)
    assert page.dtype == np.uint8
    assert page[30, 30] < 30
    assert page[80, 150] > 225


def test_the_camera_says_which_way_is_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    (page,) = pages_of(as_file(picture(), "JPEG", exif=exif), ScanLimits())
    assert page.shape == (200, 100)


def test_what_is_transparent_is_paper() -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    (page,) = pages_of(as_file(clear, "PNG"), ScanLimits())
    assert page.min() == 255


def test_a_pdf_has_its_pages_in_order_at_200_dots_an_inch() -> None:
    first, second = picture(400, 300), Image.new("L", (300, 400), "white")
    data = as_file(first, "PDF", resolution=100.0, save_all=True, append_images=[second])
    pages = list(pages_of(data, ScanLimits()))
    assert [page.shape for page in pages] == [(600, 800), (800, 600)]
    assert pages[0][60, 60] < 60
    assert pages[1].min() > 200


def refusal(data: bytes, limits: ScanLimits | None = None) -> tuple[str, str]:
    with pytest.raises(VivavoceError) as caught:
        list(pages_of(data, limits or ScanLimits()))
    return caught.value.code, caught.value.reason


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 10_000), (60_000, 60_000)])
def test_a_bomb_is_refused_by_what_its_head_says(size: tuple[int, int]) -> None:
    assert refusal(bomb(*size)) == ("too_large", "scan_too_large")


def test_a_pdf_of_huge_pages_is_refused_before_it_is_drawn() -> None:
    assert refusal(as_file(picture(), "PDF", resolution=1.0)) == ("too_large", "scan_page_too_large")


def test_too_many_pages_and_bytes_are_refused() -> None:
    page = picture()
    data = as_file(page, "PDF", save_all=True, append_images=[page] * 3)
    assert refusal(data, ScanLimits(most_pages=3)) == ("too_large", "scan_too_large")
    assert refusal(data, ScanLimits(most_bytes=100)) == ("too_large", "scan_too_large")


@pytest.mark.parametrize("data", [b"", b"hello", b"GIF89a" + bytes(50), b"<svg></svg>", b"PK\x03\x04"])
def test_other_files_are_not_scans(data: bytes) -> None:
    assert refusal(data) == ("unsupported_media", "scan_kind")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "PDF"])
@pytest.mark.parametrize("kept", [0.1, 0.6])
def test_half_a_file_is_refused_or_read_as_far_as_it_goes(kind: str, kept: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 300), np.uint8))
    data = as_file(noise, kind)
    half = data[: int(len(data) * kept)]
    if kind == "PDF":
        # Such a PDF may be mended by its reader; it must not be anything but refused or read.
        try:
            assert all(page.ndim == 2 for page in pages_of(half, ScanLimits()))
        except VivavoceError as refused:
            assert refused.reason in ("scan_unreadable", "scan_page_unreadable")
    else:
        assert refusal(half) == ("invalid_payload", "scan_unreadable")


def test_a_dot_is_no_page() -> None:
    assert refusal(as_file(Image.new("L", (5, 5)), "PNG")) == ("invalid_payload", "scan_unreadable")
