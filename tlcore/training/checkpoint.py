"""Where a training stands after an epoch, as one file: enough to resume as if nothing had happened [no TF].

The file is a plain NumPy archive of arrays (never pickled) and one JSON string of the small values.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.workspace import CHECKPOINT, write_atomic

_UNREADABLE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Checkpoint:
    """`values`: small things (epoch, early stopping); `arrays`: groups of variables, such as "model" and "best"."""

    values: dict[str, Any]
    arrays: dict[str, list[np.ndarray]]


def save_checkpoint(folder: Path, checkpoint: Checkpoint, file: str = CHECKPOINT) -> None:
    """Write the checkpoint of a run's folder, whole or not at all.

    Args:
        file: another name for arrays and values of another meaning.

    Raises:
        UserError: the disk is full.
    """
    flat = {
        f"{group}/{number}": array for group, arrays in checkpoint.arrays.items() for number, array in enumerate(arrays)
    }
    buffer = io.BytesIO()
    np.savez(buffer, **{"values": np.array(json.dumps(checkpoint.values))} | flat)  # type: ignore[arg-type]  # its stub takes **arrays for allow_pickle
    write_atomic(folder / file, buffer.getvalue())


def load_checkpoint_epoch(folder: Path) -> int:
    """The epoch after which a run's checkpoint was written, 0 where there is none; its arrays, which are large, are not
    read."""
    try:
        with open(folder / CHECKPOINT, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return int(json.loads(str(archive["values"]))["epoch"])
    except _UNREADABLE:
        return 0


def load_checkpoint(folder: Path, file: str = CHECKPOINT) -> Checkpoint | None:
    """The checkpoint of a run's folder, or None where there is none that can be read."""
    try:
        with open(folder / file, "rb") as opened, np.load(opened, allow_pickle=False) as archive:
            values = json.loads(str(archive["values"]))
            groups: dict[str, dict[int, np.ndarray]] = {}
            for name in archive.files:
                if "/" in name:
                    group, number = name.rsplit("/", 1)
                    groups.setdefault(group, {})[int(number)] = archive[name]
    except _UNREADABLE:
        return None
    return Checkpoint(values, {group: [rows[i] for i in sorted(rows)] for group, rows in groups.items()})
