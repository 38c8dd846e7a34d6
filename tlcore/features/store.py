"""The feature cache: a content-addressed store of arrays on disk, shared by all runs; one row a photo.

One folder holds the rows of one kind: the feature vectors of one backbone file at one image size and resizing policy,
say; `Kind.folder_name` names it. In it lie three files that are appended to: `vectors.bin` (the rows), `checks.bin` (a
checksum of each, row_checks.py) and `keys.bin` (the SHA-256 of the photo of each row). A row and its checksum are
written and flushed to the disk before its key, so a kill at any moment leaves at most rows without a key; the next
writer cuts them off. Readers take no lock: they see the rows whose keys are there.

A row is held against its checksum when it is read first. Where one does not fit, all of the store's rows are looked
through, those that are damaged are dropped, and `DamagedRows` is raised: whoever needs them has them recomputed.

Rows are read with plain file reads and not through a memory map: what a map has touched counts as memory of this
process, so that going through a large store once would look, and on small machines act, like holding all of it.

What enters a trained block and decoded photos are stored the same way (activations.py).
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from math import prod
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from filelock import FileLock, Timeout

from tlcore.data.wanted import PIXELS_VERSION
from tlcore.errors import UserError
from tlcore.features.row_checks import CHECK_BYTES, DROPPED, RowChecks, checksum, pack
from tlcore.models.predictor import EXACT
from tlcore.workspace import Workspace, disk_error, touch_used

KEY_BYTES = 32
LOCK_SECONDS = 60
MOST_REPAIRS = 3  # times that one piece of work has damaged rows recomputed; then its disk is to blame


class DamagedRows(UserError):
    """Stored rows are not what was written. They are dropped: `missing` has them now, and they can be recomputed."""

    def __init__(self, folder: Path, number: int) -> None:
        what = f"Some stored features were damaged on the disk, so they were discarded ({number} in {folder.name})."
        super().__init__(what, "Restart: they will be recomputed, and the others are kept.")


class Kind(Protocol):
    """What decides a row beside the photo, and with it the folder.

    `folder_name`: changes whenever the numbers would; `shape` and `dtype` ("<f4" or "u1") of a row; `image_size` in
    pixels and `policy`: how a photo is brought to the square; `output`: the network's output that is kept; `precision`:
    EXACT where the numbers have to be those of 32 bits, else the lower one that will do.
    """

    @property
    def image_size(self) -> int: ...

    @property
    def policy(self) -> str: ...

    @property
    def output(self) -> str: ...

    @property
    def precision(self) -> str: ...

    @property
    def dtype(self) -> str: ...

    @property
    def folder_name(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class FeatureKind:
    """What decides a feature vector beside the photo.

    `backbone`: a name that changes whenever the backbone's numbers change (its content fingerprint is part of it);
    `image_size` in pixels; `policy`: how a photo is brought to the square; `dimension`: length of a vector;
    `views`: the name of the augmentation (`Views.name`), "" for the photos as they are; `precision`: see `Kind`.
    """

    backbone: str
    image_size: int
    policy: str
    dimension: int
    views: str = ""
    precision: str = EXACT

    dtype = "<f4"
    output = "pooled"

    @property
    def folder_name(self) -> str:
        name = f"{self.backbone}-{self.image_size}px-{self.policy}-pixels{PIXELS_VERSION}"
        return name + name_ending(self.views, self.precision)

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.dimension,)


class RowStore:
    """The rows of one `Kind` in one folder, by a SHA-256 (64 hex digits), mostly that of the photo.

    One object is written to by one thread and may be read by several; any number of objects and processes may share
    the folder.

    Raises:
        UserError: the folder cannot be made.
    """

    def __init__(self, folder: Path, kind: Kind) -> None:
        self.kind = kind
        self.folder = folder
        self._row_bytes = row_bytes(kind)
        self._rows: dict[bytes, int] = {}
        self._dropped: set[bytes] = set()  # since the store was opened
        self._keys_read = 0
        self._checks = RowChecks(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(self.folder, error) from error
        self._lock = FileLock(self.folder / "write.lock", timeout=LOCK_SECONDS)
        self.refresh()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, sha256: str) -> bool:
        return bytes.fromhex(sha256) in self._rows

    @property
    def _vectors_path(self) -> Path:
        return self.folder / "vectors.bin"

    @property
    def _keys_path(self) -> Path:
        return self.folder / "keys.bin"

    def refresh(self) -> None:
        """Learn of the rows that others have appended since the last refresh."""
        complete = min(_size(self._keys_path) // KEY_BYTES, _size(self._vectors_path) // self._row_bytes)
        if complete <= self._keys_read:
            return
        with open(self._keys_path, "rb") as file:
            file.seek(self._keys_read * KEY_BYTES)
            data = file.read((complete - self._keys_read) * KEY_BYTES)
        self._checks.read_to(complete)
        dropped = self._checks.dropped_from(self._keys_read)
        keys = [data[start : start + KEY_BYTES] for start in range(0, len(data), KEY_BYTES)]
        for row, key in enumerate(keys, self._keys_read):  # 200,000 times where a large store is opened
            if row not in dropped:
                self._rows.setdefault(key, row)
        if self._dropped:
            self._dropped -= {key for row, key in enumerate(keys, self._keys_read) if row not in dropped}
        self._keys_read = complete

    def missing(self, sha256s: Iterable[str]) -> list[str]:
        """Those of the photos that have no row yet, each once, in their order."""
        return [sha256 for sha256 in dict.fromkeys(sha256s) if sha256 not in self]

    def append(self, sha256s: Sequence[str], vectors: np.ndarray) -> None:
        """Add rows; photos that another writer was faster with are left out.

        Args:
            vectors: (len(sha256s), *kind.shape), of the kind's type or one that converts to it.

        Raises:
            UserError: the disk is full or cannot be written. What was there before is kept.
        """
        if vectors.shape != (len(sha256s), *self.kind.shape):
            raise ValueError(f"Received: {vectors.shape} for {len(sha256s)} photos. Allowed: {self.kind.shape} each.")
        try:
            with self._lock:
                self.refresh()
                fresh = [index for index, sha256 in enumerate(sha256s) if sha256 not in self]
                if fresh:
                    rows = vectors if len(fresh) == len(sha256s) else vectors[fresh]
                    self._write([bytes.fromhex(sha256s[i]) for i in fresh], rows)
                    self.refresh()
        except OSError as error:
            raise disk_error(self._vectors_path, error) from error

    def _write(self, keys: list[bytes], rows: np.ndarray) -> None:
        """Append at the end of the complete rows, over whatever a killed writer left behind them."""
        vectors = np.ascontiguousarray(rows, dtype=self.kind.dtype).data.cast("B")
        for path, data, start in (
            (self._vectors_path, vectors, self._keys_read * self._row_bytes),
            (self._checks.path, pack(keys, vectors, self._row_bytes), self._keys_read * CHECK_BYTES),
            (self._keys_path, b"".join(keys), self._keys_read * KEY_BYTES),
        ):
            with open(path, "r+b" if path.exists() else "w+b") as file:
                file.seek(start)
                file.truncate()
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

    def read(self, sha256s: Sequence[str]) -> np.ndarray:
        """The rows of these photos, in this order: (len(sha256s), *kind.shape) of the kind's type.

        Raises:
            KeyError: a photo has no row; ask `missing` first.
            DamagedRows: a row is not what was written; all such rows are dropped now.
        """
        keys = [bytes.fromhex(sha256) for sha256 in sha256s]
        try:
            rows = [self._rows[key] for key in keys]
        except KeyError:
            if self._dropped.isdisjoint(keys):
                raise
            raise DamagedRows(self.folder, len(self._dropped)) from None
        result = np.empty((len(rows), *self.kind.shape), dtype=self.kind.dtype)
        if not rows:
            return result
        data = result.data.cast("B")
        try:
            with open(self._vectors_path, "rb", buffering=0) as file:
                for first, last in _runs(rows):
                    _fill(file, rows[first] * self._row_bytes, data[first * self._row_bytes : last * self._row_bytes])
        except EOFError as error:  # it was cut since its keys were read; who opens the store again does not find them
            raise DamagedRows(self.folder, len(rows)) from error
        self._check(keys, rows, data)
        return result

    def was_dropped(self, sha256: str) -> bool:
        """Whether a row was found damaged since the store was opened, and is not there again yet."""
        return bytes.fromhex(sha256) in self._dropped

    def _check(self, keys: list[bytes], rows: list[int], data: memoryview) -> None:
        """Hold rows against their checksums, each once; raises DamagedRows when all of the store was looked through."""
        checks, size, unchecked = self._checks, self._row_bytes, {}
        for number, (key, row) in enumerate(zip(keys, rows, strict=True)):
            if checks.is_verified(row):
                continue
            part = data[number * size : (number + 1) * size]
            if checks.is_unchecked(row):
                unchecked[row] = checksum(key, part)
            elif not checks.verify(row, key, part):
                raise DamagedRows(self.folder, self._drop_damaged())
        if unchecked:
            self._add_checks(unchecked)

    def _add_checks(self, values: dict[int, int]) -> None:
        """Give rows of version 0.1.0 a checksum; where that cannot be written they stay without."""
        try:
            with self._lock:
                self._checks.write(values)
        except (OSError, Timeout):
            return

    def _drop_damaged(self) -> int:
        """Look through all rows, drop those that are damaged, and return how many were."""
        try:
            with self._lock:
                bad = {row: key for key, row in self._rows.items() if not self._fits(key, row)}
                self._checks.write(dict.fromkeys(bad, DROPPED))
                self._dropped.update(bad.values())  # before they are gone: another thread may be reading
                for key in bad.values():
                    del self._rows[key]
        except OSError as error:
            raise disk_error(self._checks.path, error) from error
        return len(bad)

    def _fits(self, key: bytes, row: int) -> bool:
        if self._checks.is_verified(row):
            return True
        data = bytearray(self._row_bytes)
        try:
            with open(self._vectors_path, "rb", buffering=0) as file:
                _fill(file, row * self._row_bytes, memoryview(data))
        except EOFError:
            return False
        return self._checks.verify(row, key, memoryview(data))

    def close(self) -> None:
        """Give up the folder. A feature store has nothing to give up; an activation cache has."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class FeatureStore(RowStore):
    """The vectors of one `FeatureKind`, by the SHA-256 of the photo, in the workspace's own folder for them."""

    def __init__(self, workspace: Workspace, kind: FeatureKind) -> None:
        super().__init__(workspace.features / kind.folder_name, kind)
        touch_used(self.folder)


def name_ending(views: str, precision: str) -> str:
    """What a folder's name ends in where the rows are augmented views, or computed in fewer than 32 bits."""
    return (f"-views-{views}" if views else "") + (f"-{precision}" if precision != EXACT else "")


def row_bytes(kind: Kind) -> int:
    """Bytes of one row on the disk."""
    return prod(kind.shape) * np.dtype(kind.dtype).itemsize


def _runs(rows: list[int]) -> Iterator[tuple[int, int]]:
    """Stretches of rows that lie one behind the other in the file: one read each."""
    first = 0
    for index in range(1, len(rows) + 1):
        if index == len(rows) or rows[index] != rows[index - 1] + 1:
            yield first, index
            first = index


def _fill(file: FileIO, start: int, target: memoryview) -> None:
    """Read exactly len(target) bytes from `start`; one call reads at most 2 GB on Linux."""
    file.seek(start)
    while target:
        count = file.readinto(target)
        if not count:
            raise EOFError(f"{file.name} is shorter than its keys say")
        target = target[count:]


def _size(path: Path) -> int:
    """Bytes in the file, 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
