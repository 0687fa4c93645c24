"""How a page lies and how good its picture is: skew, sharpness, contrast. Pure, on grey values."""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vivavoce.engines.ocr.contract import PageQuality, Picture

#: Pages are looked at up to this angle, in degrees, coarsely and then finely.
_FARTHEST: Final = 12.0
_COARSE: Final = 0.5
_FINE: Final = 0.05
_MOST_POINTS: Final = 40_000
#: Below this share of ink a page counts as empty.
_EMPTY: Final = 1e-4
#: The step of a crisp edge from one pixel to the next after smoothing, as a share of the contrast.
_CRISP: Final = 0.3
#: Print this much darker than its paper (as a share of black to white) has all the contrast it needs.
_PLAIN: Final = 0.55
#: What each standard deviation of the noise takes off the contrast, as a share of it.
_NOISE: Final = 2.5


class Tones(msgspec.Struct, frozen=True):
    """Grey values of a page: of its paper, of its ink, between the two, and the noise's standard deviation."""

    paper: float
    ink: float
    threshold: float
    noise: float


def tones_of(picture: Picture) -> Tones:
    counts = np.bincount(picture.ravel(), minlength=256).astype(float)
    threshold = _otsu(counts)
    values = np.arange(256)
    dark, light = counts[: threshold + 1], counts[threshold + 1 :]
    ink = float((dark * values[: threshold + 1]).sum() / max(1.0, dark.sum()))
    paper = float((light * values[threshold + 1 :]).sum() / max(1.0, light.sum()))
    return Tones(paper, ink, threshold, _noise_of(picture))


def _otsu(counts: NDArray[np.float64]) -> int:
    """The grey value that parts the values into two groups as unlike as can be."""
    values = np.arange(256)
    weight = np.cumsum(counts)
    total = np.cumsum(counts * values)
    rest = weight[-1] - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        between = weight * rest * (total / weight - (total[-1] - total) / rest) ** 2
    return int(np.nanargmax(np.nan_to_num(between, nan=-1.0)))


def _noise_of(picture: Picture) -> float:
    """The standard deviation of what changes from pixel to pixel, where most pixels are paper."""
    rows = picture[::2].astype(np.int16) if picture.size > 2_000_000 else picture.astype(np.int16)
    second = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return float(1.4826 * np.median(np.abs(second)) / math.sqrt(6.0))


def skew_of(picture: Picture, tones: Tones) -> float:
    """By how many degrees the page is turned against the clock: lines of print are narrowest across when seen so."""
    step = max(1, round(max(picture.shape) / 1600))
    small = picture[::step, ::step]
    rows, columns = np.nonzero(small <= tones.threshold)
    if len(rows) < 50:
        return 0.0
    if len(rows) > _MOST_POINTS:
        chosen = np.random.default_rng(0).choice(len(rows), _MOST_POINTS, replace=False)
        rows, columns = rows[chosen], columns[chosen]
    points = rows.astype(np.float32), columns.astype(np.float32)
    coarse = _best(points, np.arange(-_FARTHEST, _FARTHEST + _COARSE / 2, _COARSE))
    return _best(points, np.arange(coarse - _COARSE, coarse + _COARSE + _FINE / 2, _FINE))


def _best(points: tuple[NDArray[np.float32], NDArray[np.float32]], angles: NDArray[np.float64]) -> float:
    rows, columns = points
    scores = []
    for angle in np.radians(angles):
        across = rows * math.cos(angle) + columns * math.sin(angle)
        profile = np.bincount((across - across.min()).astype(np.intp)).astype(float)
        scores.append(float(np.square(np.diff(profile)).sum()))
    return round(float(angles[int(np.argmax(scores))]), 2) + 0.0


def straightened(picture: Picture, skew: float, tones: Tones) -> Picture:
    if abs(skew) < _FINE:
        return picture
    turned = Image.fromarray(picture).rotate(-skew, Image.Resampling.BICUBIC, fillcolor=round(tones.paper))
    return np.asarray(turned, np.uint8)


def quality_of(picture: Picture, tones: Tones, skew: float) -> PageQuality:
    span = tones.paper - tones.ink
    ink = picture <= tones.threshold
    if span <= 0 or ink.mean() < _EMPTY:
        return PageQuality(sharpness=0.0, contrast=0.0, skew=skew)
    contrast = min(1.0, span / 255.0 / _PLAIN) * (1.0 - _NOISE * tones.noise / span)
    return PageQuality(sharpness=_sharpness(picture, ink, span), contrast=_share(contrast), skew=skew)


def _sharpness(picture: Picture, ink: NDArray[np.bool_], span: float) -> float:
    """How steep the edges of the print are: the step from pixel to pixel, smoothed, as a share of the contrast."""
    grey = picture.astype(np.float32)
    smooth = grey[:, :-2] + grey[:, 1:-1] + grey[:, 2:]
    smooth = (smooth[:-2] + smooth[1:-1] + smooth[2:]) / 9.0
    edges = ink[1:-1, 1:-2] != ink[1:-1, 2:-1]
    if not edges.any():
        return 0.0
    steps = np.abs(smooth[:, 1:] - smooth[:, :-1])[edges]
    return _share(float(np.median(steps)) / span / _CRISP)


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
