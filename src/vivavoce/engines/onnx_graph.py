"""Writes small ONNX models without the `onnx` package: nodes, constants, one input, one output.

The protobuf wire format is small enough that writing it here is cheaper than another large dependency.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Attribute = int | float | str | Sequence[int]

OPSET: Final = 17
_IR_VERSION: Final = 8
_FLOAT: Final = 1
_INT64: Final = 7


class OnnxGraph:
    """A graph while it is built: `node` and `constant` return the names to be used as inputs of later nodes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._shared: dict[tuple[int, ...], str] = {}
        self._count = 0

    def constant(self, value: Array) -> str:
        """A tensor, stored as float32."""
        name = self._fresh("w")
        self._constants.append(_tensor(name, np.ascontiguousarray(value, dtype="<f4"), _FLOAT))
        return name

    def integers(self, *values: int) -> str:
        """A vector of int64, written once however often it is asked for."""
        if values not in self._shared:
            name = self._shared[values] = self._fresh("i")
            self._constants.append(_tensor(name, np.array(values, "<i8"), _INT64))
        return self._shared[values]

    def node(self, operation: str, *inputs: str, **attributes: Attribute) -> str:
        """Adds an operation with one output and returns that output's name; an input "" is left out."""
        output = self._fresh(operation.lower())
        body = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, operation)
        body += b"".join(_bytes(5, _attribute(name, value)) for name, value in sorted(attributes.items()))
        self._nodes.append(body)
        return output

    def encode(self, feed: tuple[str, Sequence[int | str]], result: tuple[str, str, Sequence[int | str]]) -> bytes:
        """The model's bytes. `feed` is the input's name and shape (names for free sizes); `result` is the node's name
        that is the output, what the output is called, and its shape.
        """
        source, called, shape = result
        self._nodes.append(_text(1, source) + _text(2, called) + _text(4, "Identity"))
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, self._name)
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += _bytes(11, _value(*feed)) + _bytes(12, _value(called, shape))
        opset = _bytes(8, _integer(2, OPSET))
        return _integer(1, _IR_VERSION) + _text(2, "vivavoce") + _bytes(7, graph) + opset

    def _fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, str):
        return _text(1, name) + _text(4, value) + _integer(20, 3)
    if isinstance(value, float):
        return _text(1, name) + b"\x15" + np.array(value, "<f4").tobytes() + _integer(20, 1)
    if isinstance(value, int):
        return _text(1, name) + _integer(3, value) + _integer(20, 2)
    return _text(1, name) + b"".join(_integer(8, item) for item in value) + _integer(20, 7)


def _tensor(name: str, value: Array, kind: int) -> bytes:
    dims = b"".join(_integer(1, length) for length in value.shape)
    return dims + _integer(2, kind) + _text(8, name) + _bytes(9, value.tobytes())


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(_bytes(1, _integer(1, size) if isinstance(size, int) else _text(2, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _integer(1, _FLOAT) + _bytes(2, dims)))


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & (1 << 64) - 1)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
