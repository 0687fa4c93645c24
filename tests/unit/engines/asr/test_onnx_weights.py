"""Reading weights of an ONNX file, on a small model written here byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from vivavoce.engines.asr.onnx_weights import read_onnx_weights


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name: str, array: np.ndarray, kind: int) -> bytes:
    dims = b"".join(field(1, size) for size in array.shape)
    return dims + field(2, kind) + field(8, name.encode()) + field(9, array.tobytes())


def model(tmp_path: Path, graph: bytes) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(field(1, 8) + field(7, graph))
    return path


def test_initialisers_nodes_and_subgraphs_are_read(tmp_path: Path) -> None:
    floats = np.array([[1.5, -2.0]], np.float32)
    inner = field(5, tensor("inner", np.array([7], np.int64), 7))
    attribute = field(1, b"else_branch") + field(6, inner)
    node = field(1, b"x") + field(1, b"w") + field(3, b"/layer/MatMul") + field(4, b"If") + field(5, attribute)
    weights = read_onnx_weights(model(tmp_path, field(1, node) + field(5, tensor("w", floats, 1))))
    assert np.array_equal(weights.tensors["w"], floats)
    assert weights.tensors["inner"].tolist() == [7]
    assert weights.nodes[0].name == "/layer/MatMul"
    assert weights.nodes[0].inputs == ("x", "w")


def test_quantised_weights_become_floats(tmp_path: Path) -> None:
    graph = (
        field(5, tensor("w_quantized", np.array([[128, 130]], np.uint8), 2))
        + field(5, tensor("w_scale", np.array(0.5, np.float32), 1))
        + field(5, tensor("w_zero_point", np.array(128, np.uint8), 2))
    )
    weights = read_onnx_weights(model(tmp_path, graph))
    assert weights.dequantised("w_quantized").tolist() == [[0.0, 1.0]]


def test_negative_numbers_and_packed_fields_are_read(tmp_path: Path) -> None:
    packed = b"".join(varint(value) for value in (-1, 5))
    data = field(1, 2) + field(2, 7) + field(7, packed) + field(8, b"n")
    floats = field(1, 2) + field(2, 1) + field(4, struct.pack("<2f", 1.0, 2.0)) + field(8, b"f")
    weights = read_onnx_weights(model(tmp_path, field(5, data) + field(5, floats)))
    assert weights.tensors["n"].tolist() == [-1, 5]
    assert weights.tensors["f"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("data", [b"\xff" * 40, field(1, 8), b"\x3a\xff\xff\xff\x0fcut"])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(data)
    with pytest.raises((ValueError, IndexError)):
        read_onnx_weights(path)
