"""From a scanned file to what stands in each region of a template."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from PIL import Image

from vivavoce.domain.answer_sheet import Box
from vivavoce.domain.errors import not_found
from vivavoce.domain.interview import Language
from vivavoce.engines.ocr.bubbles import ticked
from vivavoce.engines.ocr.contract import (
    Line,
    OcrEngine,
    PageQuality,
    Picture,
    Region,
    RegionReading,
    SheetPage,
    SheetReading,
    Template,
)
from vivavoce.engines.ocr.documents import ScanLimits, page_of, pages_of
from vivavoce.engines.ocr.straightening import Tones, quality_of, skew_of, straightened, tones_of

#: Without a template the first page is one region of this name.
WHOLE_PAGE: Final = "page"
_WHOLE: Final = Template(regions=(Region(region_id=WHOLE_PAGE, page=1, box=Box(0.0, 0.0, 1.0, 1.0)),))
#: A picture this poor is not read: what engines make of noise is nonsense, and takes them long.
_HOPELESS: Final = 0.1
#: A page is shown at most this wide and high, in pixels.
_SHOWN: Final = (1654, 2339)
#: Confidences of readers are rosy; squared, a doubtful word weighs as it should.
_ROSY: Final = 2


class SheetReader:
    """Reads scans in a thread of its own, page by page. `engines` are asked in their order; the first that reads the
    language does.

    Wire it once for a process (`SheetReader([RapidOcrEngine(), TesseractEngine()])`), call `await read(...)` from
    anywhere on the loop, and `close()` it at the end. A region's reading fills an `Answer`: `text` or `chosen`, and
    `overall_quality` as its `quality`, by which graders send poor scans to people.
    """

    def __init__(self, engines: Sequence[OcrEngine], *, limits: ScanLimits | None = None) -> None:
        self._engines = tuple(engines)
        self._limits = limits or ScanLimits()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sheet-reader")

    def engine_for(self, language: Language) -> OcrEngine | None:
        """Asks programs of the machine the first time: call it off the loop."""
        return next((engine for engine in self._engines if engine.reads(language)), None)

    def missing(self, language: Language) -> str:
        """Why the language's print cannot be read here, as a sentence; empty when it can."""
        if self.engine_for(language) is not None:
            return ""
        return " ".join(engine.missing for engine in self._engines if engine.missing)

    async def read(
        self,
        data: bytes,
        language: Language,
        template: Template | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> SheetReading:
        """Read a file (PDF, PNG or JPEG). `progress` is told on the loop how many regions are read.

        Raises VivavoceError: `too_large`, `unsupported_media` or `invalid_payload` for the file, `unavailable` when
        an engine broke off.
        """
        loop = asyncio.get_running_loop()

        def tell(read: int) -> None:
            if progress is not None:
                with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits for this file any more
                    loop.call_soon_threadsafe(progress, read)

        return await loop.run_in_executor(self._thread, self.read_now, data, language, template, tell)

    async def page(self, data: bytes, number: int) -> SheetPage:
        """A page (from 1) as it is read. Raises VivavoceError as `read`, and not_found where there is no such page."""
        return await asyncio.to_thread(self.page_now, data, number)

    def page_now(self, data: bytes, number: int) -> SheetPage:
        """The same as `page`, for callers that have no event loop."""
        picture, count = page_of(data, number, self._limits)
        if picture is None:
            raise not_found("the file has no such page", reason="scan_page_not_found")
        tones = tones_of(picture)
        image = Image.fromarray(straightened(picture, skew_of(picture, tones), tones))
        image.thumbnail(_SHOWN)
        return SheetPage(picture=_png(np.asarray(image, np.uint8)), count=count)

    def read_now(
        self,
        data: bytes,
        language: Language,
        template: Template | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> SheetReading:
        """The same as `read`, for callers that have no event loop; `progress` is told in the caller's thread."""
        template = template or _WHOLE
        engine = self.engine_for(language)
        pages: list[PageQuality] = []
        found: dict[str, RegionReading] = {}
        for number, picture in enumerate(pages_of(data, self._limits), 1):
            tones = tones_of(picture)
            skew = skew_of(picture, tones)
            quality = quality_of(picture, tones, skew)
            pages.append(quality)
            regions = [region for region in template.regions if region.page == number]
            if regions:
                straight = straightened(picture, skew, tones)
                for region in regions:
                    found[region.region_id] = _read(region, straight, tones, quality, engine, language)
                    if progress is not None:
                        progress(len(found))
        ordered = (found[region.region_id] for region in template.regions if region.region_id in found)
        return SheetReading(pages=tuple(pages), regions=tuple(ordered))

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


def _read(
    region: Region,
    page: Picture,
    tones: Tones,
    quality: PageQuality,
    engine: OcrEngine | None,
    language: Language,
) -> RegionReading:
    picture = _cut(page, region.box)
    shot = _png(picture)
    if region.bubbles:
        chosen, plain = ticked(page, region.bubbles, tones)
        return RegionReading(
            region_id=region.region_id,
            page=region.page,
            chosen=chosen,
            overall_quality=round(quality.share * plain, 4),
            engine="bubbles",
            picture=shot,
        )
    if engine is None or quality.share < _HOPELESS:
        return RegionReading(region_id=region.region_id, page=region.page, overall_quality=0.0, picture=shot)
    lines = engine.read(picture, language)
    return RegionReading(
        region_id=region.region_id,
        page=region.page,
        text="\n".join(line.text for line in lines),
        words=tuple(word for line in lines for word in line.words),
        overall_quality=round(quality.share * _sureness(lines), 4),
        engine=f"{engine.name} {engine.version}",
        picture=shot,
    )


def _sureness(lines: Sequence[Line]) -> float:
    """How sure the engine was, by characters. Where nothing was read there is nothing to be unsure of."""
    words = [word for line in lines for word in line.words]
    characters = sum(len(word.text) for word in words)
    if not characters:
        return 1.0
    return float((sum(word.confidence * len(word.text) for word in words) / characters) ** _ROSY)


def _cut(page: Picture, box: Box) -> Picture:
    height, width = page.shape
    top, bottom = sorted(round(min(1.0, max(0.0, share)) * height) for share in (box.top, box.bottom))
    left, right = sorted(round(min(1.0, max(0.0, share)) * width) for share in (box.left, box.right))
    return page[top : max(top + 1, bottom), left : max(left + 1, right)]


def _png(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
