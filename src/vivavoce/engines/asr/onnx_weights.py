"""Reads the weights of a quantised ONNX graph without the `onnx` package.

Only what a weight conversion needs: initialisers as numpy arrays, and the nodes' names with their inputs. The
protobuf wire format is small enough that reading it here is cheaper than another large dependency.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_DTYPES: Final = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 10: np.float16}


class OnnxNode(msgspec.Struct, frozen=True):
    """One operation: its name, its type and the names of what it reads."""

    name: str
    op_type: str
    inputs: tuple[str, ...]


class OnnxWeights(msgspec.Struct):
    """The constants of a model (subgraphs included) and its nodes in file order."""

    tensors: dict[str, Array]
    nodes: list[OnnxNode]

    def dequantised(self, name: str) -> Array:
        """The float32 value of a tensor, whether it is stored as floats or as `<name>_quantized`."""
        if not name.endswith("_quantized"):
            return self.tensors[name].astype(np.float32)
        stem = name.removesuffix("_quantized")
        scale = self.tensors[f"{stem}_scale"].astype(np.float32)
        zero = self.tensors[f"{stem}_zero_point"].astype(np.float32)
        return (self.tensors[name].astype(np.float32) - zero) * scale


def read_onnx_weights(path: Path) -> OnnxWeights:
    """Reads every constant of the model at `path`. Raises ValueError when the file is not an ONNX model."""
    weights = OnnxWeights({}, [])
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = False
        for field, value in _fields(data, 0, len(data)):
            if field == 7 and isinstance(value, tuple):
                _graph(data, value, weights)
                found = True
    if not found:
        raise ValueError(f"{path.name} holds no ONNX graph")
    return weights


def _graph(data: mmap.mmap, span: tuple[int, int], weights: OnnxWeights) -> None:
    for field, value in _fields(data, *span):
        if not isinstance(value, tuple):
            continue
        if field == 1:
            _node(data, value, weights)
        elif field in (5, 7):
            name, array = _tensor(data, value)
            weights.tensors[name] = array


def _node(data: mmap.mmap, span: tuple[int, int], weights: OnnxWeights) -> None:
    name = op_type = ""
    inputs: list[str] = []
    attributes: list[tuple[int, int]] = []
    outputs: list[str] = []
    for field, value in _fields(data, *span):
        if not isinstance(value, tuple):
            continue
        match field:
            case 1:
                inputs.append(data[value[0] : value[1]].decode())
            case 2:
                outputs.append(data[value[0] : value[1]].decode())
            case 3:
                name = data[value[0] : value[1]].decode()
            case 4:
                op_type = data[value[0] : value[1]].decode()
            case 5:
                attributes.append(value)
    weights.nodes.append(OnnxNode(name, op_type, tuple(inputs)))
    for attribute in attributes:
        for field, value in _fields(data, *attribute):
            if field == 6 and isinstance(value, tuple):
                _graph(data, value, weights)
            elif field == 5 and isinstance(value, tuple) and op_type == "Constant" and outputs:
                weights.tensors[outputs[0]] = _tensor(data, value)[1]


def _tensor(data: mmap.mmap, span: tuple[int, int]) -> tuple[str, Array]:
    dims: list[int] = []
    kind = 1
    name = ""
    raw = b""
    floats: list[float] = []
    integers: list[int] = []
    for field, value in _fields(data, *span):
        if isinstance(value, int):
            match field:
                case 1:
                    dims.append(value)
                case 2:
                    kind = value
                case 5 | 7:
                    integers.append(value)
        elif field == 1:
            dims.extend(_varints(data, *value))
        elif field == 4:
            floats.extend(np.frombuffer(data[value[0] : value[1]], np.float32).tolist())
        elif field in (5, 7):
            integers.extend(_varints(data, *value))
        elif field == 8:
            name = data[value[0] : value[1]].decode()
        elif field == 9:
            raw = data[value[0] : value[1]]
    dtype = _DTYPES.get(kind)
    if dtype is None:
        raise ValueError(f"tensor {name} has the unknown type {kind}")
    signed = [value - (1 << 64) if value >> 63 else value for value in integers]
    values = np.frombuffer(raw, dtype) if raw else np.array(floats or signed, dtype)
    return name, values.reshape(dims)


def _fields(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, int | tuple[int, int]]]:
    """Yields (field number, integer or (start, end) of the bytes) of the message in data[start:end]."""
    at = start
    while at < end:
        key, at = _varint(data, at)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield field, value
        elif wire == 2:
            size, at = _varint(data, at)
            if at + size > end:
                raise ValueError("the file is cut short")
            yield field, (at, at + size)
            at += size
        elif wire == 5:
            yield field, (at, at + 4)
            at += 4
        elif wire == 1:
            yield field, (at, at + 8)
            at += 8
        else:
            raise ValueError("the file is not a protobuf message")


def _varints(data: mmap.mmap, start: int, end: int) -> Iterator[int]:
    at = start
    while at < end:
        value, at = _varint(data, at)
        yield value


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("the file is not a protobuf message")
