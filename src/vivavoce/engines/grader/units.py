"""Units of measure: what quantity a unit belongs to, and its size in base units."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

Dimensions = tuple[tuple[str, int], ...]


class Unit(msgspec.Struct, frozen=True):
    """`value * factor + offset` is the value in base units; `offset` is for temperatures only."""

    dimensions: Dimensions
    factor: float
    offset: float = 0.0


_NONE: Final[Dimensions] = ()
_PREFIXES: Final = {
    **{"Y": 1e24, "Z": 1e21, "E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2, "da": 1e1},
    **{"d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18},
}
_PREFIX_NAMES: Final = {
    **{"giga": 1e9, "mega": 1e6, "kilo": 1e3, "hecto": 1e2, "deci": 1e-1, "centi": 1e-2, "milli": 1e-3},
    **{"micro": 1e-6, "nano": 1e-9, "pico": 1e-12},
    **{"기가": 1e9, "메가": 1e6, "킬로": 1e3, "헥토": 1e2, "데시": 1e-1, "센티": 1e-2, "밀리": 1e-3},
    **{
        "마이크로": 1e-6,
        "나노": 1e-9,
        "千": 1e3,
        "百": 1e2,
        "分": 1e-1,
        "厘": 1e-2,
        "毫": 1e-3,
        "微": 1e-6,
        "纳": 1e-9,
    },
    **{"兆": 1e6, "吉": 1e9},
}


def _d(**exponents: int) -> Dimensions:
    return tuple(sorted((base, power) for base, power in exponents.items() if power))


_FORCE: Final = _d(kg=1, m=1, s=-2)
_ENERGY: Final = _d(kg=1, m=2, s=-2)
_POWER: Final = _d(kg=1, m=2, s=-3)
_PRESSURE: Final = _d(kg=1, m=-1, s=-2)
_VOLT: Final = _d(kg=1, m=2, s=-3, A=-1)
_OHM: Final = _d(kg=1, m=2, s=-3, A=-2)
#: Symbols that take prefixes. Case counts: `m` and `M`, `s` and `S` differ.
_SYMBOLS: Final[dict[str, Unit]] = {
    "m": Unit(_d(m=1), 1.0),
    "g": Unit(_d(kg=1), 1e-3),
    "s": Unit(_d(s=1), 1.0),
    "A": Unit(_d(A=1), 1.0),
    "K": Unit(_d(K=1), 1.0),
    "mol": Unit(_d(mol=1), 1.0),
    "cd": Unit(_d(cd=1), 1.0),
    "Hz": Unit(_d(s=-1), 1.0),
    "N": Unit(_FORCE, 1.0),
    "Pa": Unit(_PRESSURE, 1.0),
    "J": Unit(_ENERGY, 1.0),
    "W": Unit(_POWER, 1.0),
    "Wh": Unit(_ENERGY, 3600.0),
    "C": Unit(_d(A=1, s=1), 1.0),
    "V": Unit(_VOLT, 1.0),
    "F": Unit(_d(kg=-1, m=-2, s=4, A=2), 1.0),
    "Ω": Unit(_OHM, 1.0),
    "S": Unit(_d(kg=-1, m=-2, s=3, A=2), 1.0),
    "Wb": Unit(_d(kg=1, m=2, s=-2, A=-1), 1.0),
    "T": Unit(_d(kg=1, s=-2, A=-1), 1.0),
    "H": Unit(_d(kg=1, m=2, s=-2, A=-2), 1.0),
    "lm": Unit(_d(lm=1), 1.0),
    "lx": Unit(_d(lm=1, m=-2), 1.0),
    "Bq": Unit(_d(s=-1), 1.0),
    "Gy": Unit(_d(m=2, s=-2), 1.0),
    "Sv": Unit(_d(m=2, s=-2), 1.0),
    "L": Unit(_d(m=3), 1e-3),
    "l": Unit(_d(m=3), 1e-3),
    "eV": Unit(_ENERGY, 1.602176634e-19),
    "bar": Unit(_PRESSURE, 1e5),
    "cal": Unit(_ENERGY, 4.184),
    "t": Unit(_d(kg=1), 1e3),
    "rad": Unit(_d(rad=1), 1.0),
    "B": Unit(_d(byte=1), 1.0),
    "bit": Unit(_d(byte=1), 0.125),
    "M": Unit(_d(mol=1, m=-3), 1e3),
}
#: Symbols that take none.
_FIXED: Final[dict[str, Unit]] = {
    "min": Unit(_d(s=1), 60.0),
    "h": Unit(_d(s=1), 3600.0),
    "hr": Unit(_d(s=1), 3600.0),
    "d": Unit(_d(s=1), 86400.0),
    "atm": Unit(_PRESSURE, 101325.0),
    "mmHg": Unit(_PRESSURE, 133.322387415),
    "ha": Unit(_d(m=2), 1e4),
    "°": Unit(_d(rad=1), 0.017453292519943295),
    "deg": Unit(_d(rad=1), 0.017453292519943295),
    "%": Unit(_NONE, 1e-2),
    "‰": Unit(_NONE, 1e-3),
    "ppm": Unit(_NONE, 1e-6),
    "°C": Unit(_d(K=1), 1.0, 273.15),
    "°F": Unit(_d(K=1), 5 / 9, 273.15 - 32 * 5 / 9),
    "in": Unit(_d(m=1), 0.0254),
    "ft": Unit(_d(m=1), 0.3048),
    "mi": Unit(_d(m=1), 1609.344),
    "lb": Unit(_d(kg=1), 0.45359237),
    "oz": Unit(_d(kg=1), 0.028349523125),
    "cc": Unit(_d(m=3), 1e-6),
    "bps": Unit((("byte", 1), ("s", -1)), 0.125),
    "Mbps": Unit((("byte", 1), ("s", -1)), 125_000.0),
    "Gbps": Unit((("byte", 1), ("s", -1)), 125_000_000.0),
    "kbps": Unit((("byte", 1), ("s", -1)), 125.0),
    "kph": Unit((("m", 1), ("s", -1)), 1 / 3.6),
    "kmh": Unit((("m", 1), ("s", -1)), 1 / 3.6),
    "mph": Unit((("m", 1), ("s", -1)), 0.44704),
}
#: Names that take prefix names, and the symbol each stands for.
_NAMES: Final[dict[str, str]] = {
    **{"meter": "m", "metre": "m", "gram": "g", "gramme": "g", "second": "s", "sec": "s", "ampere": "A", "amp": "A"},
    **{"kelvin": "K", "mole": "mol", "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J"},
    **{"watt": "W", "coulomb": "C", "volt": "V", "farad": "F", "ohm": "Ω", "siemens": "S", "weber": "Wb"},
    **{"tesla": "T", "henry": "H", "lumen": "lm", "lux": "lx", "liter": "L", "litre": "L", "calorie": "cal"},
    **{"tonne": "t", "byte": "B", "radian": "rad", "minute": "min", "hour": "h", "day": "d", "inch": "in"},
    **{"foot": "ft", "feet": "ft", "mile": "mi", "pound": "lb", "percent": "%", "degree": "°", "celsius": "°C"},
    **{"미터": "m", "그램": "g", "초": "s", "분": "min", "시간": "h", "암페어": "A", "켈빈": "K", "몰": "mol"},
    **{"헤르츠": "Hz", "뉴턴": "N", "뉴튼": "N", "파스칼": "Pa", "줄": "J", "와트": "W", "쿨롱": "C", "볼트": "V"},
    **{"패럿": "F", "옴": "Ω", "테슬라": "T", "헨리": "H", "리터": "L", "칼로리": "cal", "톤": "t", "바이트": "B"},
    **{"퍼센트": "%", "프로": "%", "도": "°", "일": "d", "비트": "bit"},
    **{"米": "m", "克": "g", "秒": "s", "秒钟": "s", "分钟": "min", "小时": "h", "天": "d", "安": "A", "安培": "A"},
    **{"开尔文": "K", "摩尔": "mol", "赫兹": "Hz", "赫": "Hz", "牛": "N", "牛顿": "N", "帕": "Pa", "帕斯卡": "Pa"},
    **{"焦": "J", "焦耳": "J", "瓦": "W", "瓦特": "W", "瓦时": "Wh", "库仑": "C", "库": "C", "伏": "V", "伏特": "V"},
    **{"法拉": "F", "欧": "Ω", "欧姆": "Ω", "特斯拉": "T", "亨利": "H", "升": "L", "卡": "cal", "吨": "t"},
    **{"字节": "B", "比特": "bit", "度": "°", "摄氏度": "°C", "公顷": "ha", "弧度": "rad"},
    **{"섭씨도": "°C", "섭씨": "°C", "华氏度": "°F", "라디안": "rad"},
}
_FIXED_NAMES: Final[dict[str, str]] = {
    **{"公里": "km", "公斤": "kg", "斤": "500g", "里": "500m", "公尺": "m", "公分": "cm", "킬로": "kg"},
}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SPELLINGS = str.maketrans(
    {"µ": "u", "μ": "u", "Ω": "Ω", "·": "*", "⋅": "*", "•": "*", "×": "*", "∙": "*", "−": "-", "／": "/", "º": "°"}
)
_FACTOR = re.compile(r"(?P<name>[^\s\d^*/()+-]+)(?:\^?\(?(?P<power>[+-]?\d+)\)?)?")
_SQUARED = re.compile(r"(?:square |제곱|平方|二次方)\s*([^\W\d_]+)|([^\W\d_]+)[ -]squared\b")
_CUBED = re.compile(r"(?:cubic |세제곱|立方|三次方)\s*([^\W\d_]+)|([^\W\d_]+)[ -]cubed\b")
_PER_WORDS = re.compile(r"\s+per\s+|毎|每")


def _normal(unit: str) -> str:
    unit = unit.replace("℃", "°C").replace("℉", "°F")
    raised = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda found: "^" + found[0].translate(_SUPERSCRIPTS), unit)
    raised = unicodedata.normalize("NFKC", raised.translate(_SPELLINGS)).translate(_SPELLINGS)
    raised = _CUBED.sub(lambda found: f"{found[1] or found[2]}^3", raised)
    raised = _SQUARED.sub(lambda found: f"{found[1] or found[2]}^2", raised)
    return _PER_WORDS.sub("/", raised).strip(" .。,，;；")


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit | None:
    """The unit that `text` names; None for no unit. A word that is no known unit is a quantity of its own, so that
    `3 apples` and `3 pears` differ."""
    text = _normal(text)
    if not text:
        return None
    whole = _single(text)
    if whole is not None:
        return whole
    totals: dict[str, int] = {}
    factor = 1.0
    sign = 1
    depth_sign = [1]
    position = 0
    while position < len(text):
        character = text[position]
        if character == "/":
            sign = -1
            position += 1
        elif character == "(":
            depth_sign.append(depth_sign[-1] * sign)
            sign = 1
            position += 1
        elif character == ")":
            if len(depth_sign) > 1:
                depth_sign.pop()
            sign = 1
            position += 1
        elif (found := _FACTOR.match(text, position)) is not None:
            unit = _single(found["name"]) or Unit(((f"word:{found['name'].casefold()}", 1),), 1.0)
            power = int(found["power"] or 1) * sign * depth_sign[-1]
            for base, exponent in unit.dimensions:
                totals[base] = totals.get(base, 0) + exponent * power
            factor *= unit.factor**power
            # What follows a division without another sign is multiplied again: `J/kg K` is `J/(kg K)` to most people.
            position = found.end()
            if position < len(text) and text[position] == "*":
                sign = 1
        else:
            position += 1
    return Unit(tuple(sorted((base, power) for base, power in totals.items() if power)), factor)


@lru_cache(maxsize=4096)
def _single(name: str) -> Unit | None:
    """One symbol or name, with or without a prefix."""
    for table in (_FIXED, _SYMBOLS):
        if name in table:
            return table[name]
    for prefix, size in _PREFIXES.items():
        rest = name[len(prefix) :]
        if name.startswith(prefix) and rest in _SYMBOLS:
            unit = _SYMBOLS[rest]
            return Unit(unit.dimensions, unit.factor * size)
    lowered = name.casefold()
    if lowered in _FIXED_NAMES:
        return _multiple(_FIXED_NAMES[lowered])
    for candidate in (lowered, lowered.removesuffix("s"), lowered.removesuffix("es")):
        if candidate in _NAMES:
            return _symbol(_NAMES[candidate])
        for prefix, size in _PREFIX_NAMES.items():
            rest = candidate[len(prefix) :]
            if candidate.startswith(prefix) and _NAMES.get(rest) in _SYMBOLS:
                unit = _SYMBOLS[_NAMES[rest]]
                return Unit(unit.dimensions, unit.factor * size)
    # A symbol in the wrong case is understood where only one unit can be meant.
    return _miswritten(lowered)


def _symbol(symbol: str) -> Unit:
    return _FIXED.get(symbol) or _SYMBOLS[symbol]


def _multiple(written: str) -> Unit | None:
    digits = re.match(r"\d*", written)
    assert digits is not None
    unit = parse_unit(written[digits.end() :])
    if unit is None:
        return None
    return Unit(unit.dimensions, unit.factor * float(digits[0] or 1))


@lru_cache(maxsize=1024)
def _miswritten(lowered: str) -> Unit | None:
    found: dict[tuple[Dimensions, float], Unit] = {}
    for symbol, unit in {**_FIXED, **_SYMBOLS}.items():
        if symbol.casefold() == lowered:
            found[(unit.dimensions, unit.factor)] = unit
    for prefix in ("k", "c", "m", "M", "G"):
        for symbol, unit in _SYMBOLS.items():
            if len(symbol) + len(prefix) > 1 and (prefix + symbol).casefold() == lowered:
                size = unit.factor * _PREFIXES[prefix]
                found[(unit.dimensions, size)] = Unit(unit.dimensions, size)
    return next(iter(found.values())) if len(found) == 1 else None
