"""Where a class finds the server: never at an address that means the pupil's own device."""

import pytest

from tlcore.classroom.addresses import class_address, is_this_computer, network_addresses, read_address
from tlcore.errors import UserError

HERE = ["192.168.1.20", "10.0.0.5"]


@pytest.mark.parametrize(
    ("url", "addresses", "expected"),
    [
        ("http://localhost:8501/classroom", HERE, "http://192.168.1.20:8501"),
        ("http://127.0.0.1:8501/classroom", HERE, "http://192.168.1.20:8501"),
        ("http://[::1]:8501/classroom", HERE, "http://192.168.1.20:8501"),
        ("http://localhost:8501/classroom", [], "http://localhost:8501"),  # no network: nothing better is known
        ("http://10.0.0.5:8501/classroom", HERE, "http://10.0.0.5:8501"),  # the teacher's browser reached it there
        ("https://lab.school.org/classroom", HERE, "https://lab.school.org"),
        ("https://lab.school.org/ai/classroom", HERE, "https://lab.school.org/ai"),  # a base path stays
    ],
)
def test_the_address_for_a_class(url, addresses, expected):
    assert class_address(url, addresses) == expected


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("192.168.1.20:8501", "http://192.168.1.20:8501"),  # people leave the scheme out
        (" https://lab.school.org/ ", "https://lab.school.org"),
        ("http://[fe80::1]:8501", "http://[fe80::1]:8501"),
        ("", ""),
    ],
)
def test_what_somebody_types(typed, kept):
    assert read_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "ftp://x",
        "http://a b",
        "http://x:99999",
        "http://u:p@x",
        "http://x/?key=1",
        "http://x/#y",
        "http://<b>",
        "http://x" * 60,
    ],
)
def test_what_is_no_address(typed):
    with pytest.raises(UserError, match="not the address of a server"):
        read_address(typed)


def test_none_of_this_computers_addresses_means_only_itself():
    assert not [each for each in network_addresses() if is_this_computer(each) or each.startswith("169.254.")]
