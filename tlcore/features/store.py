"""A content-addressed store of feature vectors on disk, shared by all runs.

One folder holds the vectors of one backbone file at one image size and resizing policy. In it lie two files that are
only ever appended to: `vectors.bin` (float32 rows) and `keys.bin` (the SHA-256 of the photo of each row). A vector is
written and flushed to the disk before its key, so a kill at any moment leaves at most vectors without a key; the next
writer cuts them off. Readers take no lock: they see the rows whose keys are there.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from tlcore.workspace import Workspace, disk_error

KEY_BYTES = 32
READ_ROWS = 1024
LOCK_SECONDS = 60


@dataclass(frozen=True)
class FeatureKind:
    """What decides a feature vector beside the photo.

    `backbone`: a name that changes whenever the backbone's numbers change (its content fingerprint is part of it);
    `image_size` in pixels; `policy`: how a photo is brought to the square; `dimension`: length of a vector.
    """

    backbone: str
    image_size: int
    policy: str
    dimension: int

    @property
    def folder_name(self) -> str:
        return f"{self.backbone}-{self.image_size}px-{self.policy}"


class FeatureStore:
    """The vectors of one `FeatureKind`, by the SHA-256 of the photo (64 hex digits).

    One object belongs to one thread; any number of objects and processes may share the folder.
    """

    def __init__(self, workspace: Workspace, kind: FeatureKind) -> None:
        self.kind = kind
        self.folder: Path = workspace.features / kind.folder_name
        self._row_bytes = kind.dimension * 4
        self._rows: dict[bytes, int] = {}
        self._keys_read = 0
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
        """Learn of the rows that others have appended since the last look."""
        complete = min(_size(self._keys_path) // KEY_BYTES, _size(self._vectors_path) // self._row_bytes)
        if complete <= self._keys_read:
            return
        with open(self._keys_path, "rb") as file:
            file.seek(self._keys_read * KEY_BYTES)
            data = file.read((complete - self._keys_read) * KEY_BYTES)
        for row in range(complete - self._keys_read):
            key = data[row * KEY_BYTES : (row + 1) * KEY_BYTES]
            self._rows.setdefault(key, self._keys_read + row)
        self._keys_read = complete

    def missing(self, sha256s: Iterable[str]) -> list[str]:
        """Those of the photos that have no vector yet, each once, in their order."""
        return [sha256 for sha256 in dict.fromkeys(sha256s) if sha256 not in self]

    def append(self, sha256s: Sequence[str], vectors: np.ndarray) -> None:
        """Add rows; photos that another writer was faster with are left out.

        Args:
            vectors: float32 (len(sha256s), dimension).

        Raises:
            UserError: the disk is full or cannot be written. What was there before is kept.
        """
        if vectors.shape != (len(sha256s), self.kind.dimension):
            raise ValueError(f"vectors {vectors.shape} for {len(sha256s)} photos of dimension {self.kind.dimension}")
        try:
            with self._lock:
                self.refresh()
                fresh = [index for index, sha256 in enumerate(sha256s) if sha256 not in self]
                if fresh:
                    self._write([bytes.fromhex(sha256s[i]) for i in fresh], vectors[fresh].astype("<f4"))
                    self.refresh()
        except OSError as error:
            raise disk_error(self._vectors_path, error) from error

    def _write(self, keys: list[bytes], rows: np.ndarray) -> None:
        """Append at the end of the complete rows, over whatever a killed writer left behind them."""
        for path, data, start in (
            (self._vectors_path, rows.tobytes(), self._keys_read * self._row_bytes),
            (self._keys_path, b"".join(keys), self._keys_read * KEY_BYTES),
        ):
            with open(path, "r+b" if path.exists() else "w+b") as file:
                file.seek(start)
                file.truncate()
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

    def read(self, sha256s: Sequence[str]) -> np.ndarray:
        """The vectors of these photos, float32 (len(sha256s), dimension).

        Raises:
            KeyError: a photo has no vector; ask `missing` first.
        """
        rows = np.array([self._rows[bytes.fromhex(sha256)] for sha256 in sha256s], dtype=np.int64)
        result = np.empty((len(rows), self.kind.dimension), dtype=np.float32)
        if not len(rows):
            return result
        table = np.memmap(self._vectors_path, dtype="<f4", mode="r", shape=(self._keys_read, self.kind.dimension))
        for start in range(0, len(rows), READ_ROWS):
            result[start : start + READ_ROWS] = table[rows[start : start + READ_ROWS]]
        return result


def _size(path: Path) -> int:
    """Bytes in the file, 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
