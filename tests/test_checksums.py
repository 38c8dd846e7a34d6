"""A JSON file says that it was damaged, and nothing that a person wrote makes it say so."""

import pytest

from tlcore.checksums import DamagedFile, dump_json, parse_json

WRITTEN = dump_json({"name": "leaves", "num_photos": 12})
DIGITS = "0" * 32


@pytest.mark.parametrize("name", ["leaves", "blake2b: my test", f"blake2b:{DIGITS}", "checksum", "\u202eabc"])
def test_any_name_is_read_back(name):
    assert parse_json(dump_json({"name": name})) == {"name": name}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (WRITTEN.replace(b"12", b"13"), "another figure"),
        (WRITTEN.replace(b'"checksum"', b'"checksun"'), "the key of the checksum itself"),
        (WRITTEN[:-20], "its end is missing"),
        (b"[" * 100_000, "nested absurdly deep"),
        (b"\xff" + WRITTEN, "no text"),
    ],
)
def test_what_was_not_written_is_damaged(data, reason):
    with pytest.raises(DamagedFile):
        parse_json(data)


def test_a_file_of_an_earlier_version_has_no_checksum():
    assert parse_json(b'{"name": "leaves"}') == {"name": "leaves"}
