"""Checkpoints are read without running them, and graphs written without `onnx` do what they say."""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from vivavoce.engines.onnx_graph import OnnxGraph
from vivavoce.engines.torch_checkpoint import read_checkpoint


class Named:
    """Stands for a class that is not here, under the name that a checkpoint has for it."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class Writer(pickle._Pickler):  # the one in Python can be taught to write names
    def persistent_id(self, obj: object) -> object:
        return obj.pid if isinstance(obj, Storage) else None

    def save(self, obj: object, save_persistent_id: bool = True) -> None:
        if isinstance(obj, Named):
            self.write(f"c{obj.module}\n{obj.name}\n".encode())
            return
        if isinstance(obj, Tensor):
            self.save(Named("torch._utils", "_rebuild_tensor_v2"))
            self.save((obj.storage, 0, obj.shape, obj.strides, False, OrderedDict()))
            self.write(pickle.REDUCE)
            return
        super().save(obj, save_persistent_id)


class Storage:
    def __init__(self, kind: str, count: int) -> None:
        self.pid = ("storage", Named("torch", kind), "0", "cpu", count)


class Tensor:
    def __init__(self, storage: Storage, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.storage, self.shape, self.strides = storage, shape, strides


def checkpoint(path: Path, content: object, numbers: bytes) -> Path:
    pickled = path.with_suffix(".pkl")
    with pickled.open("wb") as file:
        Writer(file, 2).dump(content)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(pickled, "archive/data.pkl")
        archive.writestr("archive/data/0", numbers)
    return path


def test_tensors_come_back_with_their_shape_and_strides(tmp_path: Path) -> None:
    numbers = np.arange(6, dtype="<f4")
    tensor = Tensor(Storage("FloatStorage", 6), (3, 2), (1, 3))
    found = read_checkpoint(checkpoint(tmp_path / "a.pt", {"weight": tensor}, numbers.tobytes()))
    assert found["weight"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_tensor_outside_its_numbers_is_refused(tmp_path: Path) -> None:
    tensor = Tensor(Storage("FloatStorage", 6), (3, 3), (3, 1))
    path = checkpoint(tmp_path / "a.pt", {"weight": tensor}, np.arange(6, dtype="<f4").tobytes())
    with pytest.raises(ValueError, match="outside"):
        read_checkpoint(path)


def test_nothing_in_a_checkpoint_is_ever_run(tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "a.pt", {"weight": Named("os", "system")}, b"")
    with pytest.raises(ValueError, match=r"os\.system"):
        read_checkpoint(path)
    (tmp_path / "b.pt").write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"b\.pt"):
        read_checkpoint(tmp_path / "b.pt")


def test_a_written_graph_runs() -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    graph = OnnxGraph("sum")
    x = graph.node("MatMul", "in", graph.constant(np.array([[1.0, 2.0], [3.0, 4.0]])))
    x = graph.node("LeakyRelu", x, alpha=0.5)
    x = graph.node("Reshape", graph.node("Transpose", x, perm=[1, 0]), graph.integers(-1))
    model = graph.encode(("in", ["rows", 2]), (x, "out", ["values"]))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"in": np.array([[1, 1], [-1, -1]], np.float32)})
    assert found.tolist() == [4.0, -2.0, 6.0, -3.0]
