"""Files as pages: PDF, PNG and JPEG, under limits that are held before anything big is unpacked."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from threading import Lock
from typing import Any, Final

import msgspec
import numpy as np
import pypdfium2
from PIL import Image, ImageOps

from vivavoce.domain.errors import VivavoceError
from vivavoce.engines.ocr.contract import Picture
from vivavoce.engines.ocr.kinds import kind_of

#: Dots per inch at which the pages of a PDF are drawn.
RESOLUTION: Final = 200
_POINTS_PER_INCH: Final = 72
_FEWEST_PIXELS: Final = 32
#: Sentences that name the page, where a file has several.
_ON_PAGE: Final = {"scan_too_large": "scan_page_too_large", "scan_unreadable": "scan_page_unreadable"}
#: PDFium is not made for several threads.
_PDFIUM: Final = Lock()


class ScanLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The most that is read: bytes of a file, pages, and pixels of a page."""

    most_bytes: int = 50 * 2**20
    most_pages: int = 50
    most_pixels: int = 40_000_000


def pages_of(data: bytes, limits: ScanLimits) -> Iterator[Picture]:
    """The pages of a file, one by one, upright as the camera says.

    Raises VivavoceError: `too_large` beyond a limit, `unsupported_media` for other kinds of files,
    `invalid_payload` for files that are broken or locked.
    """
    _check_bytes(data, limits)
    if kind_of(data) == "pdf":
        yield from _pdf(data, limits)
    else:
        yield _image(data, limits)


def page_of(data: bytes, number: int, limits: ScanLimits) -> tuple[Picture | None, int]:
    """One page (from 1), None where the file has no such page, and how many it has. Raises as `pages_of`."""
    _check_bytes(data, limits)
    if kind_of(data) == "image":
        return (_image(data, limits) if number == 1 else None), 1
    with _PDFIUM:
        document = _opened(data)
        try:
            count = _counted(document, limits)
            return (_drawn(document, number - 1, limits) if number <= count else None), count
        finally:
            document.close()


def _check_bytes(data: bytes, limits: ScanLimits) -> None:
    if len(data) > limits.most_bytes:
        raise _too_large(f"a scan has at most {limits.most_bytes} bytes", limit=limits.most_bytes)


def _image(data: bytes, limits: ScanLimits) -> Picture:
    try:
        with warnings.catch_warnings():
            # The size is checked here, against our own limit.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
                _check_size(*image.size, limits)
                return _grey(ImageOps.exif_transpose(image))
    except VivavoceError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(f"a page has at most {limits.most_pixels} pixels", limit=limits.most_pixels) from error
    except Exception as error:
        # Broken files fail in as many ways as there are decoders.
        raise _unreadable("the picture is broken") from error


def _grey(image: Image.Image) -> Picture:
    """Grey values; what is transparent is paper."""
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    return np.asarray(image.convert("L"), np.uint8)


def _pdf(data: bytes, limits: ScanLimits) -> Iterator[Picture]:
    with _PDFIUM:
        document = _opened(data)
    try:
        with _PDFIUM:
            count = _counted(document, limits)
        for index in range(count):
            with _PDFIUM:
                picture = _drawn(document, index, limits)
            yield picture
    finally:
        with _PDFIUM:
            document.close()


def _counted(document: Any, limits: ScanLimits) -> int:
    count = len(document)
    if not count:
        raise _unreadable("the PDF has no pages")
    if count > limits.most_pages:
        raise _too_large(f"a scan has at most {limits.most_pages} pages", limit=limits.most_pages)
    return count


def _opened(data: bytes) -> Any:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise _unreadable("the PDF is locked with a password" if locked else "the PDF is broken") from error


def _drawn(document: Any, index: int, limits: ScanLimits) -> Picture:
    try:
        return _rendered(document, index, limits)
    except VivavoceError as error:
        info = {**error.info, "page": index + 1}
        raise VivavoceError(error.code, error.details, reason=_ON_PAGE[error.reason], info=info) from error


def _rendered(document: Any, index: int, limits: ScanLimits) -> Picture:
    try:
        page = document[index]
        width, height = page.get_size()
        scale = RESOLUTION / _POINTS_PER_INCH
        _check_size(round(width * scale), round(height * scale), limits)
        bitmap = page.render(scale=scale, grayscale=True)
        picture = np.array(bitmap.to_numpy(), np.uint8).reshape(bitmap.height, bitmap.width)
        bitmap.close()
        page.close()
    except pypdfium2.PdfiumError as error:
        raise _unreadable(f"page {index + 1} of the PDF is broken") from error
    return picture


def _check_size(width: int, height: int, limits: ScanLimits) -> None:
    if width * height > limits.most_pixels:
        raise _too_large(f"a page has at most {limits.most_pixels} pixels", limit=limits.most_pixels)
    if min(width, height) < _FEWEST_PIXELS:
        raise _unreadable("a page is too small to be read")


def _too_large(details: str, *, limit: int) -> VivavoceError:
    return VivavoceError("too_large", details, reason="scan_too_large", info={"limit": limit})


def _unreadable(details: str) -> VivavoceError:
    return VivavoceError("invalid_payload", details, reason="scan_unreadable")
