"""A file of PyTorch weights (.pth, .pt, .safetensors) as a table of named tensors, each read when it is asked for.

Three formats: safetensors, read by its own library; the zip that PyTorch writes since 1.6; and the stream that it wrote
before, in which many published files still are. Nothing is unpickled (tensor_pickle.py). What a file claims is held
against its size before memory is reserved, and a tensor's bytes are read only when its name and shape are wanted.
"""

import io
import math
import struct
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.models.pytorch.tensor_pickle import NotTensors, Storage, StoredTensor, read_pickle

MOST_FILE_BYTES = 2_000_000_000
MOST_PICKLE_BYTES = 64_000_000
SUFFIXES = (".pth", ".pt", ".safetensors")
SAVE_WEIGHTS = "Save only the weights: torch.save(model.state_dict(), "
_FIX = f"{SAVE_WEIGHTS}“weights.pth”), and add that file."

_MAGIC = 0x1950A86A20F9469CFC6C  # how PyTorch's older format begins, as a number
_MAGIC_BYTES = b"\x80\x02\x8a\x0a"
_DTYPES = {
    "Float": "<f4",
    "Half": "<f2",
    "BFloat16": "<u2",  # NumPy has no such type; see _to_float32
    "Double": "<f8",
    "Long": "<i8",
    "Int": "<i4",
    "Short": "<i2",
    "Char": "i1",
    "Byte": "u1",
    "Bool": "?",
}
_NESTED = ("state_dict", "model_state_dict", "model", "module", "state_dict_ema", "model_ema")
_PREFIXES = ("module.", "model.", "_orig_mod.", "backbone.", "net.")
_MOST_NESTED = 3


@dataclass(frozen=True)
class WeightsFile:
    """The tensors of a file by their names, without the prefix that all of them share (`module.`).

    `name`: the file's; `shapes`: what it says of each tensor; `read`: gives one by name, float32 of that shape, and
    raises UserError where the file is damaged.
    """

    name: str
    shapes: Mapping[str, tuple[int, ...]]
    read: Callable[[str], npt.NDArray[np.float32]]


def open_weights(path: Path) -> WeightsFile:
    """The tensors that a file holds.

    Raises:
        UserError: it can't be read, is damaged or cut off, claims more than it holds, or holds something else than
            tensors; the sentence says what.
    """
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            start = file.read(16)
    except OSError as error:
        raise UserError(
            f"{path.name} can’t be read: {why_file_failed(error)}.", "Copy or download it again."
        ) from error
    if size > MOST_FILE_BYTES:
        raise UserError(f"{path.name} is larger than {MOST_FILE_BYTES / 1e9:.0f} GB.", _FIX)
    try:
        if start.startswith(b"PK\x03\x04"):
            return _open_zip(path)
        if start.startswith(_MAGIC_BYTES):
            return _open_stream(path)
        if path.suffix.lower() == ".safetensors":
            return _open_safetensors(path)
    except NotTensors as error:
        fix = "Copy or download it again." if "damaged" in str(error) else _FIX
        raise UserError(f"{path.name} {error}, so it was not opened.", fix) from error
    except OSError as error:
        raise UserError(
            f"{path.name} can’t be read: {why_file_failed(error)}.", "Copy or download it again."
        ) from error
    raise UserError(f"{path.name} is not a file of PyTorch weights, or it is damaged.", _FIX)


def _open_zip(path: Path) -> WeightsFile:
    """The zip of `torch.save`: data.pkl, and each storage as a file data/KEY, never compressed."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {info.filename.partition("/")[2]: info for info in archive.infolist()}
            _check_entries(entries, len(archive.infolist()), path.stat().st_size)
            if entries["data.pkl"].file_size > MOST_PICKLE_BYTES:
                raise NotTensors("holds more than the weights of a network")
            value = read_pickle(archive.read(entries["data.pkl"]))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, RuntimeError, NotImplementedError) as error:
        raise NotTensors("is damaged or cut off") from error

    def storage_bytes(storage: Storage) -> bytes:
        try:
            with zipfile.ZipFile(path) as archive:
                return archive.read(entries[f"data/{storage.key}"])
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError, RuntimeError) as error:
            raise NotTensors("is damaged or cut off") from error

    stored = {key.removeprefix("data/"): info.file_size for key, info in entries.items() if key.startswith("data/")}
    return _from_tensors(path.name, value, stored, storage_bytes)


def _check_entries(entries: Mapping[str, zipfile.ZipInfo], count: int, file_bytes: int) -> None:
    if "constants.pkl" in entries or any(name.startswith("code/") for name in entries):
        raise NotTensors("is a TorchScript program, not a file of weights")
    if "data.pkl" not in entries:
        raise NotTensors("is a zip without PyTorch weights")
    packed = any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 for info in entries.values())
    if packed or len(entries) != count or sum(info.file_size for info in entries.values()) > file_bytes:
        raise NotTensors("is packed in a way in which PyTorch never writes")


def _open_stream(path: Path) -> WeightsFile:
    """The format before PyTorch 1.6: five pickles, then each storage as its length (8 bytes) and its values."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = io.BytesIO(file.read(MOST_PICKLE_BYTES))
        if read_pickle(head) != _MAGIC:
            raise NotTensors("is not a file of PyTorch weights, or it is damaged")
        read_pickle(head)  # the version of the format
        system = read_pickle(head)
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise NotTensors("was written on a computer with another order of bytes")
        value, keys = read_pickle(head), read_pickle(head)
        if not isinstance(keys, list):
            raise NotTensors("is damaged or cut off")
        kinds = {tensor.storage.key: tensor.storage.kind for tensor in _all_tensors(value)}
        places: dict[str, tuple[int, int]] = {}
        place = head.tell()
        for key in map(str, keys):
            file.seek(place)
            (length,) = struct.unpack("<q", _exactly(file.read(8), 8))
            num_bytes = length * _dtype(kinds.get(key, "FloatStorage")).itemsize
            if length < 0 or place + 8 + num_bytes > size:
                raise NotTensors("is damaged or cut off")
            places[key] = (place + 8, num_bytes)
            place += 8 + num_bytes

    def storage_bytes(storage: Storage) -> bytes:
        begin, num_bytes = places[storage.key]
        with open(path, "rb") as file:
            file.seek(begin)
            return _exactly(file.read(num_bytes), num_bytes)

    return _from_tensors(path.name, value, {key: num_bytes for key, (_, num_bytes) in places.items()}, storage_bytes)


def _exactly(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise NotTensors("is damaged or cut off")
    return data


def _all_tensors(value: Any) -> list[StoredTensor]:
    """All tensors anywhere in a value; what contains itself is looked at once."""
    found, pending, seen = [], [value], set()
    while pending:
        item = pending.pop()
        if isinstance(item, StoredTensor):
            found.append(item)
        elif isinstance(item, dict | list | tuple) and id(item) not in seen:
            seen.add(id(item))
            pending += item.values() if isinstance(item, dict) else item
    return found


def _from_tensors(
    name: str, value: Any, stored: Mapping[str, int], storage_bytes: Callable[[Storage], bytes]
) -> WeightsFile:
    """The table of the tensors in a value; `stored`: the bytes that there are of each storage."""
    tensors = _state_dict(value)
    for tensor in tensors.values():
        last = tensor.offset + sum((side - 1) * step for side, step in zip(tensor.shape, tensor.strides, strict=True))
        length = stored.get(tensor.storage.key, 0) // _dtype(tensor.storage.kind).itemsize
        count = math.prod(list(tensor.shape))
        if count > length or (count and last >= length):
            raise NotTensors("claims tensors that are larger than the file")

    def read(key: str) -> npt.NDArray[np.float32]:
        tensor = tensors[key]
        try:
            values = np.frombuffer(storage_bytes(tensor.storage), _dtype(tensor.storage.kind))
        except (NotTensors, ValueError, OSError) as error:
            raise UserError(f"{name} is damaged or cut off.", "Copy or download it again.") from error
        steps = tuple(step * values.itemsize for step in tensor.strides)
        view = np.lib.stride_tricks.as_strided(values[tensor.offset :], tensor.shape, steps, writeable=False)
        return _to_float32(view, tensor.storage.kind)

    return _without_prefix(WeightsFile(name, {key: tensor.shape for key, tensor in tensors.items()}, read))


def _state_dict(value: Any) -> dict[str, StoredTensor]:
    """The tensors by name: a dictionary of them, or what training programs put around one ({"state_dict": …})."""
    for _ in range(_MOST_NESTED):
        if not isinstance(value, dict):
            break
        if tensors := {key: item for key, item in value.items() if isinstance(item, StoredTensor)}:
            if all(isinstance(key, str) for key in tensors):
                return tensors
            break
        value = next((value[key] for key in _NESTED if isinstance(value.get(key), dict)), None)
    raise NotTensors("holds no weights by their names")


def _dtype(kind: str) -> np.dtype[Any]:
    return np.dtype(_DTYPES[kind.removesuffix("Storage")])


def _to_float32(values: npt.NDArray[Any], kind: str) -> npt.NDArray[np.float32]:
    """The values as float32; those of 16 bits in Google's format are the upper half of a float32."""
    if kind == "BFloat16Storage":
        return (np.ascontiguousarray(values).astype(np.uint32) << 16).view(np.float32)
    return np.ascontiguousarray(values, np.float32)


def _open_safetensors(path: Path) -> WeightsFile:
    """A file of the safetensors library, which holds what a file claims against its size."""
    from safetensors import SafetensorError, safe_open

    with suppress(ImportError):
        import ml_dtypes  # noqa: F401  # with it NumPy knows bfloat16

    try:
        with safe_open(path, framework="np") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in list(file.keys())}
    except (SafetensorError, ValueError, OverflowError) as error:
        raise NotTensors("is damaged or cut off") from error

    def read(key: str) -> npt.NDArray[np.float32]:
        try:
            with safe_open(path, framework="np") as file:
                return np.ascontiguousarray(file.get_tensor(key), np.float32)
        except (SafetensorError, TypeError, ValueError, OSError) as error:
            raise UserError(f"{path.name} is damaged, or its numbers are of an uncommon type.", _FIX) from error

    return _without_prefix(WeightsFile(path.name, shapes, read))


def _without_prefix(file: WeightsFile) -> WeightsFile:
    """The same tensors without the prefixes that wrappers give to all names (`module.` of DataParallel)."""
    names = {key: key for key in file.shapes}
    while names:
        first = next(iter(names)).partition(".")[0] + "."
        if first not in _PREFIXES or not all(key.startswith(first) for key in names):
            break
        names = {key.removeprefix(first): original for key, original in names.items()}
    shapes = {key: file.shapes[original] for key, original in names.items()}
    return WeightsFile(file.name, shapes, lambda key: file.read(names[key]))
