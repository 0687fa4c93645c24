"""How much is read of printed pages in three languages, clean and damaged: `python -m bench.ocr.pages`."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.ocr.paper import (
    CHOICE_REGION,
    DAMAGES,
    TEXT_REGION,
    TEXTS,
    as_file,
    character_accuracy,
    fonts,
    sheet,
    template,
)
from bench.speech.setup import write_results
from vivavoce.engines.ocr.rapid import RapidOcrEngine
from vivavoce.engines.ocr.sheets import SheetReader
from vivavoce.engines.ocr.tesseract import TesseractEngine


def main() -> None:
    console = Console(width=130)
    if not fonts():
        console.print("No Noto CJK fonts here (package fonts-noto-cjk): nothing to measure.")
        return
    reader = SheetReader([RapidOcrEngine(threads=2), TesseractEngine()])
    rows: list[dict[str, Any]] = []
    table = Table("page", "damage", "characters", "quality", "sharpness", "contrast", "skew", "ticked", "plain", "s")
    for language, text in TEXTS.items():
        if missing := reader.missing(language):
            console.print(f"{language}: {missing}")
            continue
        for font in fonts():
            for damage, done in DAMAGES.items():
                data = as_file(done(sheet(text, font=font, ticked=("B", "D"))))
                started = time.perf_counter()
                reading = reader.read_now(data, language, template())
                seconds = time.perf_counter() - started
                by_id = {region.region_id: region for region in reading.regions}
                page, written, choice = reading.pages[0], by_id[TEXT_REGION], by_id[CHOICE_REGION]
                row = {
                    "page": f"{language}, {font.stem.removeprefix('Noto')}",
                    "damage": damage,
                    "characters": round(character_accuracy(text, written.text), 4),
                    "quality": written.overall_quality,
                    "sharpness": page.sharpness,
                    "contrast": page.contrast,
                    "skew": page.skew,
                    "ticked": "".join(choice.chosen),
                    "plain": choice.overall_quality,
                    "seconds": round(seconds, 2),
                }
                rows.append(row)
                table.add_row(*(str(value) for value in row.values()))
    console.print(table)
    console.print(f"written to {write_results('ocr', {'rows': rows})}")


if __name__ == "__main__":
    main()
