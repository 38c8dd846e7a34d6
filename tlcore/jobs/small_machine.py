"""What a server does otherwise where memory is short: no trainer waits, and a worker gives memory back at once."""

import os
from collections.abc import Mapping

from tlcore.machine import is_small

WARM_VARIABLE = "TRANSFERLAB_WARM"
"""A trainer with TensorFlow loaded waits (600 MB): "1" for always, "0" for never; training then starts some seconds
later. Unset, it waits where there is memory for it."""

FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "1000000",
    "MALLOC_TRIM_THRESHOLD_": "1000000",
    "TF_ONEDNN_USE_SYSTEM_ALLOCATOR": "1",
}
"""How glibc and TensorFlow are told to give memory back, at the price of a tenth more time; by themselves they keep
what they once had. A hybrid training of 100 photos at 224 px: 1,154 MB, which it held to its end, and so 712 MB."""


def keeps_trainer_warm(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a trainer shall wait for the next training."""
    wish = environment.get(WARM_VARIABLE, "")
    return wish != "0" if wish else not is_small()


def frugal_environment() -> dict[str, str]:
    """The variables of a worker here: none where there is enough memory."""
    return dict(FRUGAL) if is_small() else {}
