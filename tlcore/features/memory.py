"""Whether the memory of this machine will do, before a long job begins and not an hour later."""

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
    needed, free = COPIES * num_rows * row_bytes + SPARE_BYTES, psutil.virtual_memory().available
    if needed > free:
        raise UserError(
            f"Learning the last step from {num_rows:,} views of your photos would take about {size_text(needed)} of "
            f"memory; {size_text(free)} are free.",
            "Choose the pooling head, fewer views of each photo, a smaller image size or fewer photos, or close other "
            "programs.",
        )
