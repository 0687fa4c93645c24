"""Print in English and Chinese by PP-OCR, run by RapidOCR on onnxruntime; its models are part of the package."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from vivavoce.domain.answer_sheet import Box
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import Language
from vivavoce.engines.ocr.contract import Line, Picture, Word

NAME: Final = "rapidocr"
_LANGUAGES: Final[frozenset[Language]] = frozenset(("en", "zh"))


class RapidOcrEngine:
    """Reads English and Chinese. The networks are loaded when something is read for the first time."""

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads
        self._is_there = find_spec("rapidocr") is not None
        self._reader: Any = None

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return version("rapidocr") if self._is_there else ""

    @property
    def missing(self) -> str:
        return (
            ""
            if self._is_there
            else "English and Chinese print is read with the extra `ocr` (pip install 'vivavoce[ocr]')."
        )

    def reads(self, language: Language) -> bool:
        return self._is_there and language in _LANGUAGES

    def read(self, picture: Picture, language: Language) -> tuple[Line, ...]:
        try:
            found = self._loaded()(picture, return_word_box=True)
        except Exception as error:
            raise VivavoceError("unavailable", f"the text could not be read ({type(error).__name__})") from error
        if found.boxes is None or found.txts is None:
            return ()
        height, width = picture.shape
        words_by_line = found.word_results or ((),) * len(found.txts)
        lines = []
        for box, text, score, parts in zip(found.boxes, found.txts, found.scores, words_by_line, strict=True):
            words = tuple(_word(part[0], part[1], part[2], width, height) for part in parts if part[2] is not None)
            words = words or (_word(text, score, box, width, height),)
            lines.append((np.asarray(box, float), Line(text=text, words=words)))
        return _in_rows(lines)

    def _loaded(self) -> Any:
        if self._reader is None:
            from rapidocr import RapidOCR

            self._reader = RapidOCR(
                params={
                    "Global.log_level": "error",
                    "Global.use_cls": False,
                    # What it is unsure of is kept: leaving it out would make the rest look surer.
                    "Global.text_score": 0.0,
                    "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                }
            )
        return self._reader


def _word(text: str, confidence: float, corners: Any, width: int, height: int) -> Word:
    points = np.asarray(corners, float)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return Word(
        text=text,
        confidence=round(min(1.0, max(0.0, float(confidence))), 4),
        box=Box(left / width, top / height, right / width, bottom / height),
    )


def _in_rows(lines: list[tuple[Any, Line]]) -> tuple[Line, ...]:
    """From top to bottom; what stands side by side is one line, from left to right."""
    rows: list[list[tuple[Any, Line]]] = []
    for box, line in sorted(lines, key=lambda item: item[0][:, 1].mean()):
        middle = box[:, 1].mean()
        if rows and rows[-1][-1][0][:, 1].min() <= middle <= rows[-1][-1][0][:, 1].max():
            rows[-1].append((box, line))
        else:
            rows.append([(box, line)])
    joined = []
    for row in rows:
        parts = [line for _, line in sorted(row, key=lambda item: item[0][:, 0].min())]
        joined.append(
            Line(text=" ".join(part.text for part in parts), words=tuple(word for part in parts for word in part.words))
        )
    return tuple(joined)
