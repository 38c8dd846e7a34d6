"""Whether the memory of this machine will do, before a long job begins and not an hour later."""

from pathlib import Path

import psutil

from tlcore.errors import UserError
from tlcore.features.activations import size_text

SPARE_BYTES = 200_000_000  # what the rest of a training takes meanwhile
COPIES = 2  # the rows as they are read, and as a tensor


def check_memory(num_rows: int, row_bytes: int) -> None:
    """Before `num_rows` rows are held in memory at once, to train a head on them.

    Raises:
        UserError: they would not fit into what is free; the sentence has the estimate.
    """
    needed, free = COPIES * num_rows * row_bytes + SPARE_BYTES, free_memory()
    if needed > free:
        raise UserError(
            f"Learning the last step from {num_rows:,} photos would take about {size_text(needed)} of "
            f"memory; {size_text(free)} are free.",
            "Choose fewer photos or the pooling head, or close other programs.",
        )


def free_memory(group: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that can still be used: what the machine has free, or what its container may still take, if that is less.

    Args:
        group: where Linux tells the limits of a container (control groups, version 2).
    """
    free = int(psutil.virtual_memory().available)
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    return max(0, min(free, limit - used))
