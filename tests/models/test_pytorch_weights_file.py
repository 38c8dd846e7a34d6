"""Files of PyTorch weights: what torch 2.14 wrote is read as it stands, and what nobody should trust is refused.

The files in torch_files/ were written by torch; each holds `weight`, (0, 1, …, 5) / 4 as 2 × 3, and `count`, 7.
"""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tlcore.errors import UserError
from tlcore.models.pytorch.weights_file import open_weights

FILES = Path(__file__).parent / "torch_files"
WEIGHT = np.arange(6, dtype=np.float32).reshape(2, 3) / 4
MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("zip.pth", "what torch writes today"),
        ("before-1.6.pth", "what torch wrote before 1.6, as many published files still are"),
        ("half.pth", "16 bits"),
        ("bfloat16.pth", "16 bits with the exponent of 32, which NumPy doesn’t know"),
        ("bfloat16.safetensors", "the same in a safetensors file"),
        ("strided.pth", "another order of the axes in the file: a plain reshape would scramble it"),
        ("offset.pth", "a view that begins inside its storage"),
        ("training-checkpoint.pth", "in {'state_dict': …} with an optimizer, as parameters, behind `module.`"),
    ],
)
def test_what_torch_wrote_is_read(name, reason):
    weights = open_weights(FILES / name)
    assert dict(weights.shapes) == {"weight": (2, 3), "count": ()}
    np.testing.assert_array_equal(weights.read("weight"), WEIGHT)
    assert weights.read("count") == 7 and weights.read("weight").dtype == np.float32


class _Called:
    """What pickles as a call of any function; nothing may ever make that call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def zipped(pickled: bytes, storages: dict[str, bytes] | None = None, method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("archive/data.pkl", pickled)
        for key, data in (storages or {}).items():
            archive.writestr(f"archive/data/{key}", data)
    return buffer.getvalue()


def tensor_pickle(length: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """{"weight": a tensor of storage "0"} in pickle's own operations."""

    def number(value: int) -> bytes:
        return b"I%d\n" % value

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu" + number(length) + b"tQ"
    rebuilt = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) + numbers(shape) + numbers(strides)
    return b"\x80\x02}X\x06\0\0\0weight" + rebuilt + b"\x89}tRs."


def legacy(pickled: bytes, end: bytes) -> bytes:
    system = pickle.dumps({"little_endian": True}, 2)
    return MAGIC + pickle.dumps(1001, 2) + system + pickled + pickle.dumps(["0"], 2) + end


def in_itself() -> bytes:
    value: dict = {}
    value["state_dict"] = value
    return pickle.dumps(value, 2)


def safetensors(header: dict, data: bytes = b"", claimed: int = 0) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", claimed or len(text)) + text + data


FOUR = np.zeros(4, np.float32).tobytes()
WHOLE = (FILES / "zip.pth").read_bytes()
OLD = (FILES / "before-1.6.pth").read_bytes()
HOSTILE = {
    "calls the system": (zipped(pickle.dumps(_Called(exec, "raise SystemExit(3)"), 2)), "builtin"),
    "calls it as the first of several pickles": (
        MAGIC[:2] + b"\x8a\x0a" + b"\0" * 10 + b"cos\nsystem\n(X\x04\0\0\0truetR.",
        "os.system",
    ),
    "calls what torch has": (zipped(b"\x80\x02ctorch.hub\nload\n)R."), "torch.hub.load"),
    "calls it by a name on the stack": (zipped(b"\x80\x04\x8c\x02os\x8c\x06system\x93)R."), "os.system"),
    "makes an object": (zipped(b"\x80\x02(dcbuiltins\nobject\n)\x81."), "something else"),
    "is a whole model": ((FILES / "whole-model.pth").read_bytes(), "torch.nn.modules.linear.Linear"),
    "is cut off": (WHOLE[:900], "cut off"),
    "is cut off, older format": (OLD[:-4], "cut off"),
    "ends in a pickle, older format": (OLD[:300], "cut off"),
    "is empty": (b"", "not a file of PyTorch weights"),
    "is text": (b"weights, honestly", "not a file of PyTorch weights"),
    "claims more than it has": (zipped(tensor_pickle(10**12, (10**6, 10**6), (10**6, 1)), {"0": FOUR}), "larger"),
    "claims it, older format": (legacy(tensor_pickle(4, (4,), (1,)), struct.pack("<q", 2**60) + FOUR), "cut off"),
    "claims less than nothing": (legacy(tensor_pickle(4, (4,), (1,)), struct.pack("<q", -4) + FOUR), "cut off"),
    "repeats one value a trillion times": (zipped(tensor_pickle(4, (10**6, 10**6), (0, 0)), {"0": FOUR}), "larger"),
    "reaches beyond its storage": (zipped(tensor_pickle(4, (2, 2), (3, 1)), {"0": FOUR}), "larger"),
    "reaches back": (zipped(tensor_pickle(4, (2,), (-1,)), {"0": FOUR}), "impossible size"),
    "lacks its storage": (zipped(tensor_pickle(4, (4,), (1,))), "larger"),
    "unpacks to more": (zipped(tensor_pickle(4, (4,), (1,)), {"0": bytes(10**6)}, zipfile.ZIP_DEFLATED), "packed"),
    "contains itself": (zipped(in_itself()), "no weights"),
    "has a key of tuples in tuples": (zipped(b"\x80\x02})" + b"\x85" * 10**5 + b"K\x01s."), "uncommon key"),
    "remembers at an absurd place": (zipped(b"\x80\x02}r\xff\xff\xff\xff."), "no weights"),
    "claims a number of 2 GB": (zipped(b"\x80\x02\x8b\xff\xff\xff\x7f\x01."), "cut off"),
    "claims a text of an exabyte": (zipped(b"\x80\x04\x8d" + struct.pack("<Q", 2**60) + b"a."), "cut off"),
    "takes from an empty stack": (zipped(b"\x80\x02R."), "cut off"),
    "ends a list that never began": (zipped(b"\x80\x02}u."), "cut off"),
    "has no tensors": (zipped(pickle.dumps({"epoch": 3}, 2)), "no weights"),
    "is another zip": (zipped(b"x").replace(b"data.pkl", b"data.txt"), "without"),
    "claims an absurd header": (safetensors({}, claimed=2**50), "cut off"),
    "lies outside": (
        safetensors({"a": {"dtype": "F32", "shape": [10**6], "data_offsets": [0, 4 * 10**6]}}, b"\0" * 8),
        "cut off",
    ),
    "overlaps": (
        safetensors({n: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for n in "ab"}, b"\0" * 8),
        "cut off",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_or_damaged_ends_in_a_sentence(tmp_path, case):
    data, phrase = HOSTILE[case]
    path = tmp_path / ("a.safetensors" if case in ("claims an absurd header", "lies outside", "overlaps") else "a.pth")
    path.write_bytes(data)
    with pytest.raises(UserError, match=phrase) as caught:
        open_weights(path)
    assert caught.value.what.startswith("a.") and caught.value.fix


def test_torchscript_is_told_apart(tmp_path):
    path = tmp_path / "a.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.pkl", "code/a.py", "constants.pkl"):
            archive.writestr(f"a/{name}", b"")
    with pytest.raises(UserError, match="TorchScript"):
        open_weights(path)


def test_a_name_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps({}, 2))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a/data.pkl", pickle.dumps({"state_dict": {}}, 2))
    with pytest.raises(UserError, match="packed"):
        open_weights(path)
