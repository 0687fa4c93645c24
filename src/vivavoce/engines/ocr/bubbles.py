"""Which bubbles of a sheet are ticked, and how plainly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from vivavoce.domain.answer_sheet import Bubble
from vivavoce.engines.ocr.contract import Picture
from vivavoce.engines.ocr.straightening import Tones

#: The share of ink within a bubble from which it is ticked; an empty one has its letter.
_TICKED: Final = 0.45
#: This far from that share a bubble is beyond doubt.
_PLAIN: Final = 0.2
#: What is looked at of a bubble: its middle, without the printed ring.
_MIDDLE: Final = 0.7


def ticked(picture: Picture, bubbles: Sequence[Bubble], tones: Tones) -> tuple[tuple[str, ...], float]:
    """The options that are ticked on a straightened page, and how plainly (0 to 1) the least plain bubble shows it."""
    fills = [_fill(picture, bubble, tones) for bubble in bubbles]
    chosen = tuple(bubble.option_id for bubble, fill in zip(bubbles, fills, strict=True) if fill >= _TICKED)
    plain = min((abs(fill - _TICKED) / _PLAIN for fill in fills), default=0.0)
    return chosen, min(1.0, plain)


def _fill(picture: Picture, bubble: Bubble, tones: Tones) -> float:
    """The share of ink in the middle of a bubble, by how dark it is."""
    height, width = picture.shape
    box = bubble.box
    x, y = (box.left + box.right) / 2 * width, (box.top + box.bottom) / 2 * height
    half_width = max(1.0, (box.right - box.left) / 2 * width * _MIDDLE)
    half_height = max(1.0, (box.bottom - box.top) / 2 * height * _MIDDLE)
    top, bottom = max(0, int(y - half_height)), min(height, int(y + half_height) + 1)
    left, right = max(0, int(x - half_width)), min(width, int(x + half_width) + 1)
    if top >= bottom or left >= right:
        return 0.0
    rows, columns = np.ogrid[top:bottom, left:right]
    inside = ((rows - y) / half_height) ** 2 + ((columns - x) / half_width) ** 2 <= 1.0
    grey = picture[top:bottom, left:right][inside].astype(float)
    if not grey.size:
        return 0.0
    return float(np.clip((tones.paper - grey) / max(1.0, tones.paper - tones.ink), 0.0, 1.0).mean())
