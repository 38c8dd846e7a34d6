"""Read the tensors of a PyTorch checkpoint in torch's first file format, without torch and without trusting the file.

The format (torch/serialization.py, `_legacy_save`, https://github.com/pytorch/pytorch) is five pickles one after the
other (magic number, protocol version, system facts, the object, the keys of its storages), then, for each storage, the
number of its elements as int64 and its raw bytes. A pickle can name any function for the reader to call; this one
builds tensors and ordered dicts and refuses everything else.
"""

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001
_STORAGE_DTYPES = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
}


@dataclass
class _Storage:
    """A flat run of elements that tensors look into; its elements stand at the end of the file."""

    dtype: np.dtype
    num_elements: int
    elements: np.ndarray | None = None


@dataclass(frozen=True)
class _Tensor:
    """A view into a storage; offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class TensorUnpickler(pickle.Unpickler):
    """An unpickler that knows tensors, their storages and ordered dicts, and calls nothing else."""

    def __init__(self, file: BinaryIO, storages: dict[str, _Storage]) -> None:
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _STORAGE_DTYPES:
            return _STORAGE_DTYPES[name]
        raise pickle.UnpicklingError(f"Received: a pickle that asks for {module}.{name}. Allowed: tensors only.")

    def persistent_load(self, pid: Any) -> _Storage:
        if not (isinstance(pid, tuple) and len(pid) == 6 and pid[0] == "storage" and pid[5] is None):
            raise pickle.UnpicklingError(f"Received: persistent id {pid!r}. Allowed: whole storages.")
        _, dtype, key, _device, num_elements, _view = pid
        if not isinstance(dtype, np.dtype) or not isinstance(key, str) or not isinstance(num_elements, int):
            raise pickle.UnpicklingError(f"Received: a storage described as {pid!r}.")
        return self._storages.setdefault(key, _Storage(dtype, num_elements))


def read_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a state dict by name, each contiguous.

    Raises:
        pickle.UnpicklingError: the file holds something that is not a tensor.
        ValueError: the file is of another format, or damaged.
    """
    storages: dict[str, _Storage] = {}
    with open(path, "rb") as file:

        def load() -> Any:
            return TensorUnpickler(file, storages).load()

        if (load(), load()) != (_MAGIC_NUMBER, _PROTOCOL_VERSION):
            raise ValueError(f"{path} is not a checkpoint in torch's first file format.")
        if not load().get("little_endian"):
            raise ValueError(f"{path} was written big-endian; only little-endian files are read.")
        tensors = load()
        for key in load():
            _read_elements(file, storages[key])
    return {name: _resolve(tensor) for name, tensor in tensors.items()}


def strided_array(elements: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> np.ndarray:
    """A contiguous copy of a strided view; offset and strides count elements.

    Strides matter: torch may store a convolution kernel in any axis order. A plain reshape of such a storage has the
    right shape and scrambled values.

    Raises:
        ValueError: the view reaches outside of `elements`.
    """
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if offset < 0 or min((*shape, *strides), default=0) < 0 or (0 not in shape and last >= elements.size):
        raise ValueError(
            f"A tensor of shape {shape} with strides {strides} reaches outside of its {elements.size} elements."
        )
    byte_strides = [stride * elements.itemsize for stride in strides]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(elements[offset:], shape, byte_strides))


def _rebuild_tensor(storage: _Storage, offset: int, shape: tuple, strides: tuple, *_: Any) -> _Tensor:
    """Stands in for torch._utils._rebuild_tensor_v2, whose further arguments concern gradients."""
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("Received: a tensor without a storage.")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _read_elements(file: BinaryIO, storage: _Storage) -> None:
    num_elements = int.from_bytes(file.read(8), "little")
    data = file.read(storage.num_elements * storage.dtype.itemsize)
    if num_elements != storage.num_elements or len(data) != num_elements * storage.dtype.itemsize:
        raise ValueError("The checkpoint ends too early or its sizes disagree.")
    storage.elements = np.frombuffer(data, storage.dtype)


def _resolve(tensor: Any) -> np.ndarray:
    if not isinstance(tensor, _Tensor) or tensor.storage.elements is None:
        raise ValueError("The checkpoint is not a flat dict of stored tensors.")
    return strided_array(tensor.storage.elements, tensor.offset, tensor.shape, tensor.strides)
