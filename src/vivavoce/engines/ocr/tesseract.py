"""Print in Korean, and in whatever else it has data for, by the program Tesseract where it is installed."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from vivavoce.domain.answer_sheet import Box
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import Language
from vivavoce.engines.ocr.contract import Line, Picture, Word

NAME: Final = "tesseract"
_DATA: Final[dict[Language, str]] = {"ko": "kor", "en": "eng", "zh": "chi_sim"}
#: Layout analysis as one block of text: regions are such, and whole pages are read far worse.
_ONE_BLOCK: Final = "6"
_WORD_LEVEL: Final = "5"
_TIMEOUT_S: Final = 60.0
_RESOLUTION: Final = (200, 200)


class TesseractEngine:
    """Calls the program for each picture; it has one core for itself and is stopped when it takes too long."""

    def __init__(self, program: str = "tesseract") -> None:
        self._program = shutil.which(program)

    @property
    def name(self) -> str:
        return NAME

    @cached_property
    def version(self) -> str:
        """As the program says, empty where there is none."""
        return self._said("--version").partition("\n")[0].removeprefix("tesseract").strip()

    @property
    def missing(self) -> str:
        if self._program is None:
            return "Korean print is read with Tesseract (packages tesseract-ocr and tesseract-ocr-kor)."
        if not self.reads("ko"):
            return "Tesseract has no data for Korean (package tesseract-ocr-kor)."
        return ""

    def reads(self, language: Language) -> bool:
        return _DATA[language] in self._languages

    def read(self, picture: Picture, language: Language) -> tuple[Line, ...]:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG", dpi=_RESOLUTION, compress_level=1)
        with TemporaryDirectory() as folder:
            found = Path(folder) / "found"
            self._run(
                "stdin", str(found), "-l", _DATA[language], "--psm", _ONE_BLOCK, "txt", "tsv", given=buffer.getvalue()
            )
            text = found.with_suffix(".txt").read_text("utf-8", "replace")
            table = found.with_suffix(".tsv").read_text("utf-8", "replace")
        return _lines(text, list(_pieces(table, picture.shape[1], picture.shape[0])))

    @cached_property
    def _languages(self) -> frozenset[str]:
        return frozenset(self._said("--list-langs").split("\n")[1:])

    def _said(self, option: str) -> str:
        try:
            return self._run(option)
        except VivavoceError:
            return ""

    def _run(self, *arguments: str, given: bytes = b"") -> str:
        if self._program is None:
            raise VivavoceError("unavailable", self.missing)
        try:
            done = subprocess.run(  # noqa: S603
                [self._program, *arguments],
                input=given,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=True,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise VivavoceError("unavailable", f"the text could not be read ({type(error).__name__})") from error
        return done.stdout.decode("utf-8", "replace")


def _lines(text: str, pieces: list[Word]) -> tuple[Line, ...]:
    """Words as they are spaced in the text. The table cuts Korean words into pieces, each with its own confidence."""
    left = deque(pieces)
    lines = []
    for written in text.splitlines():
        words = tuple(_joined(word, left) for word in written.split())
        if words:
            lines.append(Line(text=" ".join(word.text for word in words), words=words))
    return tuple(lines)


def _joined(text: str, left: deque[Word]) -> Word:
    """The word made of the next pieces."""
    parts: list[Word] = []
    length = 0
    while left and length < len(text):
        parts.append(left.popleft())
        length += len(parts[-1].text)
    if not parts:
        return Word(text=text, confidence=0.0, box=Box(0.0, 0.0, 1.0, 1.0))
    return Word(
        text=text,
        confidence=round(sum(part.confidence * len(part.text) for part in parts) / length, 4),
        box=Box(
            min(part.box.left for part in parts),
            min(part.box.top for part in parts),
            max(part.box.right for part in parts),
            max(part.box.bottom for part in parts),
        ),
    )


def _pieces(table: str, width: int, height: int) -> Iterator[Word]:
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = (row["text"] or "").strip()
        if row["level"] != _WORD_LEVEL or not text:
            continue
        left, top = int(row["left"]), int(row["top"])
        right, bottom = left + int(row["width"]), top + int(row["height"])
        yield Word(
            text=text,
            confidence=round(min(1.0, max(0.0, float(row["conf"]) / 100)), 4),
            box=Box(left / width, top / height, right / width, bottom / height),
        )
