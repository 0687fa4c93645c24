"""Make the packaged fonts of the PDF report from the full Noto Sans SC and KR (docs/decisions/0005-pdf-fonts.md).

uv run --with fonttools tools/subset_fonts.py FOLDER_WITH_FULL_TTFS
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "src" / "vivavoce" / "evaluation" / "fonts"
#: Characters of given names that GB 2312 and Big5 lack or that are easily missed.
NAMES = set(map(ord, "喆珺頔堃昇祎赟燚淼叡珏琨玥瑀璟煊熠昱晟晞翀翊曈頫囍镕堉玮钰煜烨彧焱犇骉"))
SIGNS = set(range(0x20, 0x250)) | set(range(0x2000, 0x2200)) | set(range(0x25A0, 0x2600))
SIGNS |= set(range(0x3000, 0x3020)) | set(range(0xFF00, 0xFF65))
WIDE = set(range(0x20, 0x2E80)) | set(range(0x3000, 0x3040)) | set(range(0xFF00, 0xFFF0))
HANGUL = set(range(0xAC00, 0xD7A4)) | set(range(0x3130, 0x3190))


def characters(encoding: str, rows: range, cells: list[int]) -> set[int]:
    """Code points of a two-byte character set."""
    found = set()
    for row in rows:
        for cell in cells:
            try:
                found.add(ord(bytes([row, cell]).decode(encoding)))
            except (UnicodeDecodeError, TypeError):
                continue
    return found


EUC_CELLS = list(range(0xA1, 0xFF))
GB2312 = characters("gb2312", range(0xB0, 0xF8), EUC_CELLS)
GB2312_COMMON = characters("gb2312", range(0xB0, 0xD8), EUC_CELLS)
BIG5_COMMON = characters("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *EUC_CELLS])
KSX1001 = characters("euc_kr", range(0xB0, 0xC9), EUC_CELLS)

FONTS = (
    ("NotoSansSC_400Regular.ttf", "SC", "Regular", WIDE | GB2312 | BIG5_COMMON | NAMES),
    ("NotoSansSC_700Bold.ttf", "SC", "Bold", SIGNS | GB2312_COMMON),
    ("NotoSansKR_400Regular.ttf", "KR", "Regular", SIGNS | HANGUL),
    ("NotoSansKR_700Bold.ttf", "KR", "Bold", SIGNS | KSX1001),
)


def make(source: Path, script: str, style: str, code_points: set[int]) -> Path:
    font = TTFont(source)
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "liga", "palt"]
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=code_points)
    subsetter.subset(font)
    family = f"Vivavoce Sans {script}"
    names = {
        1: family,
        16: family,
        3: f"{family} {style} 1.0",
        4: f"{family} {style}",
        6: f"VivavoceSans{script}-{style}",
    }
    for record in list(font["name"].names):
        if record.nameID in names:
            font["name"].setName(
                names[record.nameID], record.nameID, record.platformID, record.platEncID, record.langID
            )
    target = TARGET / f"VivavoceSans{script}-{style}.ttf"
    font.save(target)
    return target


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, script, style, code_points in FONTS:
        path = make(next(folder.rglob(name)), script, style, code_points)
        sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")
