"""Printed answer sheets made by a script, and what happens to them on the way through a scanner."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from vivavoce.domain.answer_sheet import Box, Bubble
from vivavoce.domain.interview import Language
from vivavoce.engines.ocr.contract import Region, Template

FONTS: Final = Path("/usr/share/fonts/opentype/noto")
#: A4 at 200 dots per inch.
WIDTH, HEIGHT = 1654, 2339
TEXT_REGION: Final = "q1"
CHOICE_REGION: Final = "q2"
OPTIONS: Final = "ABCD"
_LINE = 1.75
_TEXT_BOX: Final = Box(0.06, 0.1, 0.94, 0.62)
_BUBBLE = 26
_FIRST_BUBBLE = (300, 1700)
_BUBBLES_APART = 200

TEXTS: Final[dict[Language, str]] = {
    "en": """The mitochondrion makes most of the energy that a cell
uses. It breaks down sugar with the help of oxygen and
keeps the energy in small molecules called ATP.
When the temperature rises from 20 to 45 degrees, enzymes
work faster at first; above 40 degrees they lose their
shape, so the reaction slows down and finally stops.
In the experiment we measured 12.5 ml of gas after 3 min,
but only 4.2 ml when the solution had been boiled.
Therefore heat destroys the enzyme, and not the sugar.""",
    "zh": """光合作用把光能转化为化学能，并储存在有机物中。
植物吸收二氧化碳和水，在叶绿体里合成葡萄糖，
同时放出氧气。温度升高时反应速率会发生变化：
起初酶的活性增强，反应加快；超过四十度以后，
酶失去活性，反应变慢，直到完全停止。
实验中我们在三分钟后收集到12.5毫升气体，
而煮沸过的溶液只产生了4.2毫升。
因此高温破坏的是酶，而不是糖。""",
    "ko": """광합성은 빛에너지를 화학 에너지로 바꾸어 유기물에
저장한다. 식물은 이산화탄소와 물을 흡수하여 엽록체에서
포도당을 만들고 산소를 내보낸다. 온도가 올라가면
처음에는 효소가 활발해져 반응이 빨라지지만, 40도를
넘으면 효소가 제 기능을 잃어 반응이 느려지다가 멈춘다.
실험에서는 3분 뒤에 기체를 12.5 모았지만, 끓인 용액에서는
4.2만 나왔다. 따라서 열은 당이 아니라 효소를 파괴한다.""",
}


def fonts() -> list[Path]:
    """The fonts that the pages are printed in; empty where they are not installed."""
    return sorted(FONTS.glob("Noto*CJK-Regular.ttc"))


def sheet(text: str, *, size: int = 40, font: Path | None = None, ticked: Sequence[str] = ("B",)) -> Image.Image:
    """A page with a text and a row of bubbles, as it leaves the printer and the student's pencil."""
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(page)
    letters = ImageFont.truetype(font or fonts()[0], size)
    for number, line in enumerate(text.splitlines()):
        draw.text((WIDTH * 0.09, HEIGHT * 0.13 + number * size * _LINE), line, font=letters, fill=25)
    small = ImageFont.truetype(font or fonts()[0], 26)
    for option in OPTIONS:
        x, y = bubble_centre(option)
        ring = (x - _BUBBLE, y - _BUBBLE, x + _BUBBLE, y + _BUBBLE)
        if option in ticked:
            draw.ellipse(ring, fill=60)
        draw.ellipse(ring, outline=40, width=3)
        if option not in ticked:
            draw.text((x, y), option, font=small, fill=90, anchor="mm")
    return page


def bubble_centre(option: str) -> tuple[int, int]:
    x, y = _FIRST_BUBBLE
    return x + OPTIONS.index(option) * _BUBBLES_APART, y


def template() -> Template:
    """Where the text and the bubbles of `sheet` stand."""
    bubbles = []
    for option in OPTIONS:
        x, y = bubble_centre(option)
        box = Box((x - _BUBBLE) / WIDTH, (y - _BUBBLE) / HEIGHT, (x + _BUBBLE) / WIDTH, (y + _BUBBLE) / HEIGHT)
        bubbles.append(Bubble(option_id=option, box=box))
    return Template(
        regions=(
            Region(region_id=TEXT_REGION, page=1, box=_TEXT_BOX),
            Region(region_id=CHOICE_REGION, page=1, box=Box(0.1, 0.68, 0.7, 0.78), bubbles=tuple(bubbles)),
        )
    )


def turned(page: Image.Image, degrees: float) -> Image.Image:
    return page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)


def blurred(page: Image.Image, radius: float) -> Image.Image:
    return page.filter(ImageFilter.GaussianBlur(radius))


def noisy(page: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(7).normal(0.0, deviation, (page.height, page.width))
    return Image.fromarray(np.clip(np.asarray(page, float) + noise, 0, 255).astype(np.uint8))


def faded(page: Image.Image, left: float) -> Image.Image:
    """With only the share `left` of its contrast."""
    return Image.fromarray((255 - (255 - np.asarray(page, float)) * left).astype(np.uint8))


#: What is done to a page, mild and hard.
DAMAGES: Final[dict[str, Callable[[Image.Image], Image.Image]]] = {
    "clean": lambda page: page,
    "rotated 3°": lambda page: turned(page, 3.0),
    "blurred": lambda page: blurred(page, 2.0),
    "noisy": lambda page: noisy(page, 25.0),
    "very blurred": lambda page: blurred(page, 5.0),
    "very noisy": lambda page: noisy(page, 90.0),
    "faded": lambda page: faded(page, 0.12),
}


def as_file(page: Image.Image, kind: str = "PNG") -> bytes:
    """The page as a PNG, JPEG or PDF file."""
    buffer = io.BytesIO()
    page.save(buffer, kind, **({"resolution": 200.0} if kind == "PDF" else {}))
    return buffer.getvalue()


def character_accuracy(wanted: str, read: str) -> float:
    """1 minus the edit distance over the length, without regard to white space."""
    wanted, read = "".join(wanted.split()), "".join(read.split())
    row = np.arange(len(read) + 1)
    for index, character in enumerate(wanted, 1):
        before, row = row, np.empty_like(row)
        row[0] = index
        substituted = before[:-1] + np.array([other != character for other in read], int)
        for column in range(1, len(read) + 1):
            row[column] = min(row[column - 1] + 1, before[column] + 1, substituted[column - 1])
    return 1.0 - float(row[-1]) / max(1, len(wanted))
