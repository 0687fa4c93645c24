"""Numbers as people write them: separators, exponents, fractions, per cent, digits and numerals of several scripts."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Final

import msgspec

from vivavoce.engines.grader.text import western_digits

_LARGEST_POWER: Final = 300
_DASHES = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "﹣": "-", "’": "'", "٫": ".", "٬": ",", "，": ","})
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_PLAIN: Final = r"\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*|\.\d+"
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w)^])[+-]\s*)?(?<!\^)(?<!\^[+-])(?P<mantissa>{_PLAIN})"
    r"(?:\s*(?:[x×*·✕]\s*10\s*(?:\^|\*\*)?\s*\(?(?P<power>[+-]?\d+)\)?|[eE](?P<exponent>[+-]?\d+)(?![\w.])"
    r"|(?:\^|\*\*)\s*\(?(?P<raised>[+-]?\d{1,3})\)?))?"
    rf"(?:\s*/\s*(?P<over>{_PLAIN})(?![\w]))?"
)
_MIXED = re.compile(r"(?P<whole>\d+)\s+(?P<top>\d+)\s*/\s*(?P<bottom>\d+)")
_TAIL = re.compile(r"\s*(\d[\d,]*(?:\.\d+)?)")
_DIGITS: Final = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    **{"〇": 0, "两": 2, "兩": 2, "영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7},
    **{"팔": 8, "구": 9},
}
_SMALL: Final = {"十": 10, "百": 100, "千": 1000, "십": 10, "백": 100, "천": 1000}
_LARGE: Final = {
    "万": 10**4,
    "萬": 10**4,
    "亿": 10**8,
    "億": 10**8,
    "兆": 10**12,
    "만": 10**4,
    "억": 10**8,
    "조": 10**12,
}
_MULTIPLIED = re.compile(r"(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<large>[十百千万萬亿億兆십백천만억조]+)")
_NUMERALS = re.compile(r"[负負]?[零〇一二两兩三四五六七八九十百千万萬亿億兆]+(?:点[零〇一二三四五六七八九]+)?")
_KOREAN_NUMERALS = re.compile(r"^[영공일이삼사오육칠팔구십백천만억조]+$")


class Found(msgspec.Struct, frozen=True):
    """A number, where it stands (code points of the text as it was given), and what follows it directly."""

    value: float
    start: int
    end: int
    rest: str


def numbers(text: str) -> list[Found]:
    """Every number in a text, in order. `1,234.5`, `1.234,5`, `1 234`, `3.2e-4`, `3.2×10⁻⁴`, `2/3`, `1 1/2`, `３．５`,
    `٣٫٥`, `3만 5천`, `三百二十` are numbers. Digits inside of a word are not."""
    written, where = _aligned(text)
    found: list[Found] = []
    position = 0
    while position < len(written):
        item = _next(written, position)
        if item is None:
            break
        value, start, end = item
        found.append(Found(value, where[start], where[end - 1] + 1, written[end:]))
        position = end
    return found


def _aligned(text: str) -> tuple[str, list[int]]:
    """The text in western digits and ASCII signs, and for each of its characters the place it came from."""
    if text.isascii():
        return text, list(range(len(text)))
    parts: list[str] = []
    where: list[int] = []
    raised = False
    for index, character in enumerate(text):
        if character in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺":
            # After a digit a raised number is its exponent; elsewhere (`m²`) it belongs to a unit.
            part = character.translate(_RAISED) if raised or (parts and parts[-1].isdigit()) else character
            if not raised and part != character:
                part = "^" + part
            raised = part != character
        else:
            raised = False
            part = unicodedata.normalize("NFKC", western_digits(character)).translate(_DASHES)
            if "\u2044" in part:
                part = " " + part.replace("\u2044", "/")
        parts.append(part)
        where.extend([index] * len(part))
    return "".join(parts), where


def _next(text: str, position: int) -> tuple[float, int, int] | None:
    best = _digits(text, position)
    readers = [_mixed] if "/" in text else []
    if not text.isascii():
        readers += [_multiplied, _numerals]
    for reader in readers:
        item = reader(text, position)
        # The first one wins; of several at one place the longest.
        if item is not None and (best is None or (item[1], -item[2]) < (best[1], -best[2])):
            best = item
    return best


def _digits(text: str, position: int) -> tuple[float, int, int] | None:
    for match in _NUMBER.finditer(text, position):
        before = text[match.start() - 1] if match.start() else " "
        if before.isascii() and (before.isalpha() or before == "_"):
            continue
        value = _value(match["mantissa"])
        power = match["power"] or match["exponent"]
        if power is not None:
            if abs(int(power)) > _LARGEST_POWER:
                continue
            value *= 10.0 ** int(power)
        elif match["raised"] is not None:
            if value == 0 or abs(int(match["raised"]) * math.log10(value)) > _LARGEST_POWER:
                continue
            value = value ** int(match["raised"])
        end = match.end()
        if match["over"] is not None:
            below = _value(match["over"])
            if below:
                value /= below
            else:
                end = match.start("over")
        if match["sign"] and "-" in match["sign"]:
            value = -value
        return value, match.start(), end
    return None


def _value(written: str) -> float:
    """The number that digits and separators stand for. The last of two kinds of separators is the decimal one; one
    kind that comes several times, or commas in groups of three, separate thousands."""
    written = re.sub(r"[ \u00a0\u202f']", "", written)
    dot, comma = written.rfind("."), written.rfind(",")
    if dot >= 0 and comma >= 0:
        thousands = "," if dot > comma else "."
        return float(written.replace(thousands, "").replace(",", "."))
    for mark in (",", "."):
        count = written.count(mark)
        if count > 1:
            return float(written.replace(mark, ""))
        if count == 1 and mark == ",":
            head, tail = written.split(",")
            thousand = len(tail) == 3 and 1 <= len(head) <= 3 and head != "0"
            return float(head + tail) if thousand else float(f"{head}.{tail}")
    return float(written)


def _mixed(text: str, position: int) -> tuple[float, int, int] | None:
    match = _MIXED.search(text, position)
    if match is None or int(match["bottom"]) == 0 or int(match["top"]) >= int(match["bottom"]):
        return None
    start = match.start()
    value = int(match["whole"]) + int(match["top"]) / int(match["bottom"])
    if start and text[start - 1] == "-":
        return -value, start - 1, match.end()
    if start and (text[start - 1].isdigit() or text[start - 1] in ".,"):
        return None
    return value, start, match.end()


def _multiplied(text: str, position: int) -> tuple[float, int, int] | None:
    """`3만 5천`, `1.2亿`: digits with numerals for their size, added up while the sizes fall."""
    match = _MULTIPLIED.search(text, position)
    if match is None:
        return None
    start, total, size_before = match.start(), 0.0, float("inf")
    end = start
    while match is not None and (end == start or not text[end : match.start()].strip()):
        size = 1.0
        for character in match["large"]:
            size *= _SMALL.get(character) or _LARGE[character]
        if size >= size_before:
            break
        total += float(match["number"].replace(",", "")) * size
        end, size_before = match.end(), size
        match = _MULTIPLIED.search(text, end)
    tail = _TAIL.match(text, end)
    if tail is not None and (rest := float(tail[1].replace(",", ""))) < size_before:
        total, end = total + rest, tail.end()
    if start and text[start - 1] == "-":
        return -total, start - 1, end
    return total, start, end


def _numerals(text: str, position: int) -> tuple[float, int, int] | None:
    for match in _NUMERALS.finditer(text, position):
        value = _spelled(match[0])
        if value is not None:
            return value, match.start(), match.end()
    whole = text.strip()
    if position == 0 and _KOREAN_NUMERALS.match(whole):
        value = _spelled(whole)
        start = text.index(whole)
        return None if value is None else (value, start, start + len(whole))
    return None


def _spelled(word: str) -> float | None:
    negative = word[0] in "负負"
    word, _, fraction = word.lstrip("负負").partition("点")
    if not word:
        return None
    if len(word) > 1 and all(character in _DIGITS for character in word):
        whole = float("".join(str(_DIGITS[character]) for character in word))
    else:
        total = section = digit = 0
        for character in word:
            if character in _DIGITS:
                digit = _DIGITS[character]
            elif character in _SMALL:
                section += (digit or 1) * _SMALL[character]
                digit = 0
            else:
                total += ((section + digit) or 1) * _LARGE[character]
                section = digit = 0
        whole = float(total + section + digit)
    if fraction:
        whole += float("0." + "".join(str(_DIGITS[character]) for character in fraction))
    return -whole if negative else whole
