"""What is read from scanned sheets, and what every engine that reads print promises."""

from __future__ import annotations

import math
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from vivavoce.domain.answer_sheet import Box, Bubble
from vivavoce.domain.interview import Language

#: Rows of grey values, 0 is black.
Picture = NDArray[np.uint8]
#: What each degree of skew takes off a page's picture.
_SKEW_WEIGHT: Final = 0.1 / 3.0


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer stands: a rectangle of a page (counted from 1). With `bubbles` it is ticked, else written."""

    region_id: str
    page: int
    box: Box
    bubbles: tuple[Bubble, ...] = ()


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """Where the answers stand on a sheet; regions usually carry the ids of their questions."""

    regions: tuple[Region, ...]


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word, or a character where words are not spaced; `box` is in shares of the picture that was read."""

    text: str
    confidence: float
    box: Box


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A printed line, its words from left to right."""

    text: str
    words: tuple[Word, ...]


class OcrEngine(Protocol):
    """Reads the print on a picture of one block of text.

    - `read` may take seconds and is called from a worker thread, one call at a time for each engine.
    - Lines come from top to bottom. Words that the engine is unsure of are there, with a low confidence.
    - An engine whose program is not installed reads no language, and says why in `missing`.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def reads(self, language: Language) -> bool: ...

    @property
    def missing(self) -> str:
        """What to install so that it reads (more), as a sentence; empty when nothing is missing."""
        ...

    def read(self, picture: Picture, language: Language) -> tuple[Line, ...]:
        """Raises VivavoceError `unavailable` when the engine broke off."""
        ...


class PageQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How good a page's picture is: `sharpness` and `contrast` from 0 to 1, `skew` in degrees as it was scanned."""

    sharpness: float
    contrast: float
    skew: float

    @property
    def share(self) -> float:
        """The page's picture as one figure, 0 to 1: what its sharpness, contrast and skew leave."""
        straight = max(0.0, 1.0 - _SKEW_WEIGHT * abs(self.skew))
        return math.sqrt(self.sharpness * self.contrast) * straight


class RegionReading(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a region: `text` and `words` of a written one (boxes in shares of the region), `chosen` of a
    ticked one.

    `overall_quality` (0 to 1) is the page's picture and how surely it was read; `picture` is the region as a PNG, for
    the person who looks. `engine` is empty where nothing was read, because none reads the language or the page is too
    poor: the text is empty then, the quality 0.
    """

    region_id: str
    page: int
    text: str = ""
    words: tuple[Word, ...] = ()
    chosen: tuple[str, ...] = ()
    overall_quality: float
    engine: str = ""
    picture: bytes = b""


class SheetPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page as it is read, straightened, as a PNG; `count` is how many pages its file has."""

    picture: bytes
    count: int


class SheetReading(msgspec.Struct, frozen=True, kw_only=True):
    """`pages` in their order, `regions` in that of the template; regions of pages that are not there are left out."""

    pages: tuple[PageQuality, ...]
    regions: tuple[RegionReading, ...]
