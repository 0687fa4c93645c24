"""The reader of scanned sheets, with the engines that are installed on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vivavoce.engines.ocr.sheets import SheetReader

_PACKAGES: Final = {"PIL": "pillow", "pypdfium2": "pypdfium2"}


def missing_packages() -> tuple[str, ...]:
    """What of the extra `ocr` is needed to open scans at all and is not installed."""
    return tuple(package for module, package in _PACKAGES.items() if find_spec(module) is None)


def installed_reader(*, threads: int = 1) -> SheetReader | None:
    """RapidOCR for English and Chinese, Tesseract for Korean and for what RapidOCR is missing for; None without the
    extra `ocr`. Make one for a process: its networks take 100 MB once they have read something."""
    if missing_packages():
        return None
    from vivavoce.engines.ocr.rapid import RapidOcrEngine
    from vivavoce.engines.ocr.sheets import SheetReader
    from vivavoce.engines.ocr.tesseract import TesseractEngine

    return SheetReader([RapidOcrEngine(threads=threads), TesseractEngine()])
