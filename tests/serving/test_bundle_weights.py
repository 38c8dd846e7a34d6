"""The weights beside a model come back as they were; a file of anybody ends in a sentence, and takes no memory."""

import io
import zipfile

import numpy as np
import pytest

from tlcore.errors import UserError
from tlcore.serving.bundle_weights import pack_arrays, unpack_arrays

HEAD = [np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros(3, np.float32)]


def test_arrays_come_back_in_their_order():
    many = [np.full(2, number, np.float32) for number in range(12)]
    found = unpack_arrays(pack_arrays({"head": HEAD, "network": [*many, np.array([1, 2], np.uint32)]}))
    assert list(found) == ["head", "network"] and len(found["network"]) == 13
    for given, expected in zip([*found["head"], *found["network"][:12]], [*HEAD, *many], strict=True):
        np.testing.assert_array_equal(given, expected)


def member(name="head/0.npy", array=HEAD[0], header=None, method=zipfile.ZIP_STORED, pickled=False):
    content = io.BytesIO()
    np.lib.format.write_array(content, array, (1, 0), allow_pickle=pickled)
    data = content.getvalue()
    if header:
        data = data.replace(*header)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


BAD = [
    (b"", "empty"),
    (b"PK\x03\x04 and no more", "no zip"),
    (pack_arrays({"head": HEAD})[:-40], "cut off"),
    (member(name="head.npy"), "no group"),
    (member(name="head/first.npy"), "no number"),
    (member(header=(b"(2, 3)", b"(9**9, 3)")), "a shape that is no number"),
    (member(header=(b"(2, 3), }   ", b"(99999999,), }")), "a shape that would take the memory"),
    (member(array=np.zeros(9_000_000, np.float32), method=zipfile.ZIP_DEFLATED), "36 MB out of some thousand bytes"),
    (member(array=np.array([np.nan], np.float32)), "not a number"),
    (member(array=np.array(["a"])), "text"),
    (member(array=np.array([{}], object), pickled=True), "anything at all, pickled"),
]


@pytest.mark.parametrize(("data", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_file_that_is_none_is_refused(data, reason):
    with pytest.raises(UserError, match="can’t be read"):
        unpack_arrays(data)
