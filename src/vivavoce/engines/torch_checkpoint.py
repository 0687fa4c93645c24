"""Reads the tensors of a PyTorch checkpoint without PyTorch, and without running anything that stands in it.

A checkpoint is a zip with a pickle and one file of raw numbers a tensor. The pickle may name four harmless things;
anything else in it is refused.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_DTYPES: Final = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
}


def read_checkpoint(path: Path) -> Any:
    """The checkpoint's object with numpy arrays for its tensors. Raises ValueError for anything but plain data."""
    try:
        with zipfile.ZipFile(path) as archive:
            pickled = next((name for name in archive.namelist() if name.endswith("/data.pkl")), None)
            if pickled is None:
                raise ValueError(f"{path.name} is not a checkpoint")
            with archive.open(pickled) as file:
                return _Reader(file, archive, pickled.removesuffix("data.pkl")).load()
    except (zipfile.BadZipFile, pickle.UnpicklingError, KeyError, EOFError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error


class _Reader(pickle.Unpickler):
    """Knows tensors, their storages and ordered dictionaries; refuses every other name."""

    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(file)
        self._archive = archive
        self._folder = folder

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise ValueError(f"the checkpoint wants {module}.{name}, which is no plain data")

    def persistent_load(self, pid: Any) -> Array:
        _, dtype, key, _, count = pid
        numbers = np.frombuffer(self._archive.read(f"{self._folder}data/{key}"), dtype)
        if len(numbers) < count:
            raise ValueError("the checkpoint is cut short")
        return numbers


def _tensor(storage: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> Array:
    size = storage.dtype.itemsize
    reach = offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True)) + 1
    if offset < 0 or min((*strides, 0)) < 0 or min((*shape, 1)) < 1 or reach > len(storage):
        raise ValueError("a tensor of the checkpoint lies outside its numbers")
    view = np.lib.stride_tricks.as_strided(storage[offset:], shape, tuple(stride * size for stride in strides))
    return view.copy()
