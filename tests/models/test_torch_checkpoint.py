"""Reading a torch checkpoint: strides are honoured, and nothing but tensors is unpickled."""

import pickle
import struct
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def torch_checkpoint(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import torch_checkpoint

    yield torch_checkpoint
    sys.modules.pop("torch_checkpoint")


def global_reference(module: str, name: str) -> bytes:
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def number(value: int) -> bytes:
    return b"I" + str(value).encode() + b"\n"


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def state_dict_pickle(num_elements: int, offset: int, shape: tuple, strides: tuple) -> bytes:
    """OrderedDict(kernel=…) in pickle's own opcodes, as torch writes it (which is not installed here)."""
    storage = (
        b"(S'storage'\n" + global_reference("torch", "FloatStorage") + b"S'7'\nS'cpu'\n" + number(num_elements) + b"NtQ"
    )
    empty = global_reference("collections", "OrderedDict") + b")R"
    tensor = (
        global_reference("torch._utils", "_rebuild_tensor_v2")
        + b"("
        + storage
        + number(offset)
        + numbers(shape)
        + numbers(strides)
        + b"I00\n"
        + empty
        + b"tR"
    )
    return b"\x80\x02" + empty + b"S'kernel'\n" + tensor + b"s."


def write_checkpoint(path: Path, elements: np.ndarray, state_dict: bytes) -> Path:
    header = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    path.write_bytes(
        b"".join(pickle.dumps(value, 2) for value in header)
        + state_dict
        + pickle.dumps(["7"], 2)
        + struct.pack("<q", elements.size)
        + elements.astype("<f4").tobytes()
    )
    return path


@pytest.mark.parametrize(
    ("axes", "reason"),
    [((0, 1, 2), "contiguous"), ((2, 0, 1), "stored in another axis order"), ((1, 2, 0), "and in a third")],
)
def test_strides_are_honoured(torch_checkpoint, tmp_path, axes, reason):
    kernel = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    stored = np.ascontiguousarray(kernel.transpose(axes))
    strides = [0, 0, 0]
    for position, axis in enumerate(axes):
        strides[axis] = stored.strides[position] // stored.itemsize
    state_dict = state_dict_pickle(24, 0, kernel.shape, tuple(strides))
    tensors = torch_checkpoint.read_checkpoint(write_checkpoint(tmp_path / "a.pth", stored, state_dict))
    np.testing.assert_array_equal(tensors["kernel"], kernel)
    assert tensors["kernel"].flags.c_contiguous


def test_offset_is_honoured(torch_checkpoint):
    elements = np.arange(10, dtype=np.float32)
    np.testing.assert_array_equal(torch_checkpoint.strided_array(elements, 3, (2, 2), (1, 3)), [[3, 6], [4, 7]])


@pytest.mark.parametrize(
    ("offset", "shape", "strides", "reason"),
    [
        (0, (5, 5), (5, 1), "longer than its storage"),
        (8, (3,), (1,), "begins too late"),
        (-1, (2,), (1,), "begins before"),
        (5, (3,), (-1,), "runs backwards"),
        (0, (2, 2), (100, 1), "jumps out"),
    ],
)
def test_a_tensor_that_reaches_outside_is_refused(torch_checkpoint, offset, shape, strides, reason):
    with pytest.raises(ValueError, match="outside"):
        torch_checkpoint.strided_array(np.arange(10, dtype=np.float32), offset, shape, strides)


class Malicious:
    """Unpickled by plain pickle, this would run a command."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (Malicious(exec, "raise SystemExit('the pickle ran code')"), "builtins.exec"),
        (Malicious(print, "the pickle ran code"), "builtins.print"),
        (OrderedDict(kernel=Malicious(getattr, 1, "real")), "hidden inside an ordered dict"),
        (np.zeros(3), "numpy's own way of pickling"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_anything_but_tensors_is_refused(torch_checkpoint, tmp_path, capsys, payload, reason):
    path = write_checkpoint(tmp_path / "evil.pth", np.zeros(1), pickle.dumps(payload, 2))
    with pytest.raises(pickle.UnpicklingError, match="tensors only"):
        torch_checkpoint.read_checkpoint(path)
    assert "ran code" not in capsys.readouterr().out


def test_evil_first_pickle_is_refused_too(torch_checkpoint, tmp_path):
    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(Malicious(print, "the pickle ran code"), 2))
    with pytest.raises(pickle.UnpicklingError, match="tensors only"):
        torch_checkpoint.read_checkpoint(path)


def test_truncated_file_is_refused(torch_checkpoint, tmp_path):
    state_dict = state_dict_pickle(24, 0, (24,), (1,))
    path = write_checkpoint(tmp_path / "a.pth", np.zeros(24), state_dict)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match="too early"):
        torch_checkpoint.read_checkpoint(path)
