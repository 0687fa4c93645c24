"""Skew, sharpness, contrast and ticked bubbles, on pages drawn without fonts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("PIL", reason="pages are read with the extra `ocr`")

from PIL import Image, ImageDraw, ImageFilter

from vivavoce.domain.answer_sheet import Box, Bubble
from vivavoce.engines.ocr.bubbles import ticked
from vivavoce.engines.ocr.contract import PageQuality, Picture
from vivavoce.engines.ocr.straightening import (
    quality_of,
    skew_of,
    straightened,
    tones_of,
)

CENTRES = {"A": 100, "B": 200, "C": 300, "D": 400}


def page(*filled: str, grey: int = 40) -> Image.Image:
    """Lines of short strokes, as print is, and a row of bubbles."""
    image = Image.new("L", (600, 500), 255)
    draw = ImageDraw.Draw(image)
    for row in range(10):
        for column in range(45):
            x, y = 40 + column * 11, 40 + row * 30
            draw.rectangle((x, y, x + 3, y + 12), fill=30)
    for option, x in CENTRES.items():
        draw.ellipse((x - 14, 400, x + 14, 428), outline=40, width=2, fill=grey if option in filled else None)
    return image


def grey_values(image: Image.Image) -> Picture:
    return np.asarray(image, np.uint8)


def noisy(image: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, deviation, (image.height, image.width))
    return Image.fromarray(np.clip(np.asarray(image, float) + noise, 0, 255).astype(np.uint8))


def judged(image: Image.Image) -> PageQuality:
    picture = grey_values(image)
    tones = tones_of(picture)
    return quality_of(picture, tones, skew_of(picture, tones))


@pytest.mark.parametrize("angle", [-8.0, -3.0, -0.5, 0.0, 1.2, 3.0, 10.0])
def test_the_skew_is_found_and_taken_out(angle: float) -> None:
    turned = grey_values(page().rotate(angle, Image.Resampling.BICUBIC, fillcolor=255))
    tones = tones_of(turned)
    skew = skew_of(turned, tones)
    assert skew == pytest.approx(angle, abs=0.2)
    straight = straightened(turned, skew, tones)
    assert skew_of(straight, tones_of(straight)) == pytest.approx(0.0, abs=0.2)


def test_quality_falls_with_every_damage_and_with_more_of_it() -> None:
    clean = page()
    rows = [
        [clean.filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 1.5, 3, 6)],
        [noisy(clean, deviation) for deviation in (0, 15, 40, 90)],
        [
            Image.fromarray((255 - (255 - np.asarray(clean, float)) * left).astype(np.uint8))
            for left in (1, 0.4, 0.2, 0.1)
        ],
        [clean.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255) for angle in (0, 2, 5, 10)],
    ]
    for damaged in rows:
        shares = [judged(image).share for image in damaged]
        assert all(better > worse for better, worse in pairwise(shares)), shares
        assert shares[0] > 0.95


def test_an_empty_page_has_no_quality() -> None:
    assert judged(Image.new("L", (600, 500), 250)).share == 0.0


def bubbles() -> list[Bubble]:
    return [
        Bubble(option_id=option, box=Box((x - 14) / 600, 400 / 500, (x + 14) / 600, 428 / 500))
        for option, x in CENTRES.items()
    ]


@pytest.mark.parametrize("chosen", [(), ("A",), ("B", "D"), ("A", "B", "C", "D")])
def test_ticked_bubbles_are_read(chosen: tuple[str, ...]) -> None:
    picture = grey_values(page(*chosen))
    assert ticked(picture, bubbles(), tones_of(picture)) == (chosen, 1.0)


def test_a_bubble_half_rubbed_out_is_in_doubt() -> None:
    picture = grey_values(page("C", grey=165))
    _, plain = ticked(picture, bubbles(), tones_of(picture))
    assert plain < 0.5


def test_a_bubble_beyond_the_page_is_empty() -> None:
    picture = grey_values(page("A"))
    outside = Bubble(option_id="Z", box=Box(1.5, 1.5, 1.6, 1.6))
    chosen, _ = ticked(picture, [outside], tones_of(picture))
    assert chosen == ()
