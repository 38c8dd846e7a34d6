"""What a bad disk, a bad memory or a broken copy does to a file, as hypothesis draws it."""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

Damage = Callable[[bytes], bytes]

EXAMPLES = 200

sweep = settings(
    max_examples=EXAMPLES,
    derandomize=True,  # the same ones in every run
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""For a test of many damages: the fixtures are made once, each example puts whole files back first."""


@st.composite
def damages(draw: st.DrawFn) -> tuple[str, Damage]:
    """A name for messages, and the damage: a bit that is flipped, an end that is lost, or a block of zeros."""
    kind = draw(st.sampled_from(["flip", "flip", "flip", "truncate", "zeros"]))  # flips are what there is most of
    place = draw(st.floats(0, 1, exclude_max=True))
    if kind == "flip":
        bit = draw(st.integers(0, 7))
        return f"bit {bit} at {place}", lambda data: flip(data, int(place * len(data)), bit)
    if kind == "truncate":
        return f"cut at {place}", lambda data: data[: int(place * len(data))]
    length = draw(st.sampled_from([1, 4, 64, 4096]))
    return f"{length} zeros at {place}", lambda data: zeros(data, int(place * len(data)), length)


def flip(data: bytes, place: int, bit: int) -> bytes:
    """The bytes with one bit turned over; nothing where there are none."""
    changed = bytearray(data)
    if changed:
        changed[place] ^= 1 << bit
    return bytes(changed)


def zeros(data: bytes, place: int, length: int) -> bytes:
    """The bytes with some of them zero."""
    return data[:place] + bytes(min(length, len(data) - place)) + data[place + length :]
