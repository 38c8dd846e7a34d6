"""Where a training stands after an epoch, as one file: enough to resume as if nothing had happened [no TF].

The file is a plain NumPy archive of arrays (never pickled) and one JSON string of the small values, with a checksum
behind it that other readers of such archives pass over. The one before is kept: where the newest is damaged, training
goes on from that.
"""

import hashlib
import io
import json
import logging
import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.workspace import CHECKPOINT, PREVIOUS_CHECKPOINT, disk_error, write_atomic

_MARK = b"\0checksum"  # in front of the digest; version 0.1.0 wrote neither
_DIGEST_BYTES = 32
_UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """`values`: small things (epoch, early stopping); `arrays`: groups of variables, such as "model" and "best"."""

    values: dict[str, Any]
    arrays: dict[str, list[np.ndarray]]


def save_checkpoint(folder: Path, checkpoint: Checkpoint, file: str = CHECKPOINT) -> None:
    """Write the checkpoint of a run's folder, whole or not at all; the one that was there becomes the one before.

    Args:
        file: another name for arrays and values of another meaning; no other copy of that one is kept.

    Raises:
        UserError: the disk is full.
    """
    flat = {
        f"{group}/{number}": array for group, arrays in checkpoint.arrays.items() for number, array in enumerate(arrays)
    }
    buffer = io.BytesIO()
    np.savez(buffer, **{"values": np.array(json.dumps(checkpoint.values))} | flat)  # type: ignore[arg-type]  # its stub takes **arrays for allow_pickle
    buffer.write(_MARK + hashlib.blake2b(buffer.getbuffer(), digest_size=_DIGEST_BYTES).digest())
    if file != CHECKPOINT:
        write_atomic(folder / file, buffer.getvalue())
        return
    fresh, newest = folder / f"next-{CHECKPOINT}", folder / CHECKPOINT
    write_atomic(fresh, buffer.getvalue())
    try:
        if newest.exists():
            os.replace(newest, folder / PREVIOUS_CHECKPOINT)  # a kill from here on leaves that one to go on from
        os.replace(fresh, newest)
    except OSError as error:
        raise disk_error(newest, error) from error


def begin_checkpoints(folder: Path) -> None:
    """Mark that fine-tuning comes next, where no checkpoint is there: a run that ends before its first epoch goes on.

    Raises:
        UserError: the disk is full.
    """
    if not any((folder / name).exists() for name in (CHECKPOINT, PREVIOUS_CHECKPOINT)):
        save_checkpoint(folder, Checkpoint({"epoch": 0}, {}))


def load_checkpoint_epoch(folder: Path) -> int:
    """The epoch after which the checkpoint was written that `load_checkpoint` gives, 0 where it gives none.

    Its arrays, which are large, are not loaded.
    """
    for path in (folder / CHECKPOINT, folder / PREVIOUS_CHECKPOINT):
        try:
            if _is_whole(path):
                with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                    return int(json.loads(str(archive["values"]))["epoch"])
        except _UNREADABLE:
            continue
    return 0


def load_checkpoint(folder: Path, file: str = CHECKPOINT) -> Checkpoint | None:
    """The checkpoint of a run's folder, the one before where the newest is damaged; None where there is none.

    Args:
        file: another name, as for `save_checkpoint`; of such a file there is none before.
    """
    if file != CHECKPOINT:
        return _load(folder / file)
    newest, previous = folder / CHECKPOINT, folder / PREVIOUS_CHECKPOINT
    found = _load(newest)
    if found is not None or not (newest.exists() or previous.exists()):
        return found
    found = _load(previous)
    if found is None:
        _log.warning("The checkpoint of %s is damaged; this part of the training starts over.", folder.name)
        return None
    _log.warning("The last checkpoint of %s is damaged; training continues from the one before.", folder.name)
    os.replace(previous, newest)  # or the damaged one would become the one before
    return found


def _load(path: Path) -> Checkpoint | None:
    """The checkpoint in a file, None where it is missing or damaged."""
    try:
        if not _is_whole(path):
            return None
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            values = json.loads(str(archive["values"]))
            groups: dict[str, dict[int, np.ndarray]] = {}
            for name in archive.files:
                if "/" in name:
                    group, number = name.rsplit("/", 1)
                    groups.setdefault(group, {})[int(number)] = archive[name]
    except _UNREADABLE:
        return None
    return Checkpoint(values, {group: [rows[i] for i in sorted(rows)] for group, rows in groups.items()})


def _is_whole(path: Path) -> bool:
    """Whether a file is what was written, as far as its checksum tells; raises OSError where there is no file."""
    state = path.stat()
    return _fits_checksum(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=8)
def _fits_checksum(path: Path, size: int, _time: int) -> bool:
    end = size - len(_MARK) - _DIGEST_BYTES
    with open(path, "rb") as file:
        file.seek(max(0, end))
        mark, _, expected = file.read().partition(_MARK)
        if mark or len(expected) != _DIGEST_BYTES:
            return True  # it has none; what is wrong with it shows when it is read
        file.seek(0)
        digest, left = hashlib.blake2b(digest_size=_DIGEST_BYTES), end
        while left > 0 and (block := file.read(min(left, 2**20))):
            digest.update(block)
            left -= len(block)
    return digest.digest() == expected
