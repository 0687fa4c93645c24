"""The reader of scanned sheets, with the engines that are installed on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import Language
from vivavoce.engines.ocr.contract import SheetPage, SheetReading, Template
from vivavoce.engines.ocr.kinds import kind_of

if TYPE_CHECKING:
    from vivavoce.engines.ocr.sheets import SheetReader

_PACKAGES: Final = {"PIL": "pillow", "pypdfium2": "pypdfium2"}


@cache
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


class SheetReaderOnDemand:
    """The installed reader, made when something is read for the first time: most processes read nothing."""

    def __init__(self) -> None:
        self._made: asyncio.Task[SheetReader | None] | None = None

    def check(self, data: bytes) -> None:
        """Raises VivavoceError: `unavailable` without the extra `ocr`, `unsupported_media` for other kinds of files."""
        if missing_packages():
            raise _missing()
        kind_of(data)

    async def read(
        self, data: bytes, language: Language, template: Template, progress: Callable[[int], None]
    ) -> SheetReading:
        """As `SheetReader.read`. Raises VivavoceError `unavailable` without the extra `ocr`."""
        return await (await self._reader()).read(data, language, template, progress)

    async def page(self, data: bytes, number: int) -> SheetPage:
        """As `SheetReader.page`. Raises VivavoceError `unavailable` without the extra `ocr`."""
        return await (await self._reader()).page(data, number)

    async def _reader(self) -> SheetReader:
        if self._made is None:
            self._made = asyncio.create_task(asyncio.to_thread(installed_reader))
        reader = await asyncio.shield(self._made)
        if reader is None:
            raise _missing()
        return reader

    def close(self) -> None:
        if self._made is not None and self._made.done() and (reader := self._made.result()) is not None:
            reader.close()


def _missing() -> VivavoceError:
    return VivavoceError("unavailable", "scans are read with the extra `ocr`", reason="ocr_missing")
