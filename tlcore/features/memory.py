"""Whether the memory of this machine will do, before a long job begins and not an hour later.

What fine-tuning needs was measured: the most resident memory of a fresh process (VmHWM) over thirteen training steps
with 32 random photos and Adam, TensorFlow 2 on two cores, less what the process held when the network was built
(0.7 GB, most of it TensorFlow, which is there already when this file is asked):

| network, what is unfrozen, image size | outputs of the unfrozen layers | weights | measured | share of the outputs |
|---|---|---|---|---|
| EfficientNet-Lite0, upper third, 160 px | 144 MB | 11 MB | 192 MB | 1.12 |
| EfficientNet-Lite0, all, 160 px | 1,316 MB | 13 MB | 952 MB | 0.69 |
| EfficientNet-Lite0, all, 224 px | 2,579 MB | 13 MB | 1,545 MB | 0.58 |
| MobileNetV2 × 0.35, all, 160 px | 630 MB | 2 MB | 438 MB | 0.69 |

The last column is what is left after the weights, their gradients and Adam's two slots. It is below 1 since TensorFlow
computes activations and additions in place. `OUTPUT_SHARE` is below the lowest of them, so that nothing is refused
that works; a training that is let through may still be too large by a few hundred MB. A whole run of the second row
held 0.76 GB before, 1.73 GB while it trained, and 2.1 to 2.3 GB while the network was converted for the packed model.
That end is not counted here: by then the test figures are there.
"""

from dataclasses import dataclass
from pathlib import Path

import psutil

from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.features.activations import size_text
from tlcore.machine import GROUPS, MEMBERSHIP, limited_groups

SPARE_BYTES = 200_000_000  # what the rest of a training takes meanwhile
COPIES = 2  # the rows as they are read, and as a tensor
OUTPUT_SHARE = 0.55  # see above
SLOTS = {"adam": 2, "adamw": 2, "sgd": 1, "rmsprop": 1}  # numbers that an optimizer keeps for each weight
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Demand:
    """What one step of fine-tuning holds in memory at once, in numbers.

    `outputs`: of all unfrozen layers for a whole batch; `weights` that train; `slots` of the optimizer for each weight.
    """

    outputs: int
    weights: int
    slots: int

    @property
    def bytes(self) -> int:
        """At least: outputs are kept for the way back; weights have a gradient each."""
        return int(FLOAT_BYTES * (OUTPUT_SHARE * self.outputs + self.weights * (1 + self.slots)))


def check_head_memory(num_rows: int, row_bytes: int) -> None:
    """Before `num_rows` rows are held in memory at once, to train a head on them.

    Raises:
        UserError: they would not fit into what is free; the sentence has the estimate.
    """
    needed, free = COPIES * num_rows * row_bytes + SPARE_BYTES, free_memory()
    if needed > free:
        raise UserError(
            f"Training the head on {num_rows:,} photos needs about {size_text(needed)} of memory; "
            f"{size_text(free)} is free.",
            "Choose fewer photos or the pooling head, or close other programs.",
        )


def check_fine_tune_memory(demand: Demand, config: TrainConfig) -> None:
    """Before a network is fine-tuned; TensorFlow and the network are in memory already.

    Raises:
        UserError: it would not fit into what is free; the sentence has the estimate.
    """
    needed, free = demand.bytes, free_memory()
    if needed <= free:
        return
    fewer = "fine-tune fewer layers" if config.partly_frozen else "choose hybrid, which fine-tunes fewer layers"
    raise UserError(
        f"Fine-tuning with a batch size of {config.batch_size} at {config.image_size} pixels needs at least "
        f"{size_text(needed)} of memory; {size_text(free)} is free.",
        f"Choose a smaller batch size or image size, {fewer}, or close other programs.",
    )


def total_memory(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> int:
    """Bytes that this machine has, its swap included, or its container or service may take, if that is less."""
    total = int(psutil.virtual_memory().total + psutil.swap_memory().total)
    return min([total, *(group.limit for group in limited_groups(groups, membership))])


def free_memory(groups: Path = GROUPS, membership: Path = MEMBERSHIP) -> int:
    """Bytes that can still be used: what the machine has free, or what its container or service may still take, if
    that is less.

    A group's count includes files that Linux keeps in memory and drops when the space is needed; they are free.

    Args:
        groups: where Linux reports the limits of control groups.
        membership: the file that tells which of them this process is in.
    """
    free = [int(psutil.virtual_memory().available)]
    for group in limited_groups(groups, membership):
        try:
            used = int(group.used.read_text()) - _file_bytes(group.used.parent)
        except (OSError, ValueError):
            continue
        free.append(group.limit - max(0, used))
    return max(0, min(free))


def _file_bytes(group: Path) -> int:
    """Bytes of files that a group's count includes; version 1 counts those of the groups within it apart."""
    try:
        rows = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return sum(int(rows.get(f"total_{name}", rows[name])) for name in ("active_file", "inactive_file"))
    except (OSError, ValueError, KeyError):
        return 0
