"""Where things live on disk: the folders of one workspace, and writing into them without half-written files.

Every function of tlcore takes the workspace it works in; nothing is global.
"""

import errno
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from tlcore.checksums import dump_json, parse_json
from tlcore.errors import UserError

CHECKPOINT, PREVIOUS_CHECKPOINT = "checkpoint.npz", "previous-checkpoint.npz"
"""In a run's folder: training writes them, and whether one is there decides what can be continued."""

FULL = (errno.ENOSPC, errno.EDQUOT)
GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)
TRAINED = "trained.npz"  # in a run's folder from its test figures until its model is packed: what it has learned


@dataclass(frozen=True)
class Workspace:
    """The folders under one root. Make one with `open_workspace`."""

    root: Path

    @property
    def datasets(self) -> Path:
        """One folder a data set."""
        return self.root / "datasets"

    @property
    def incoming(self) -> Path:
        """Uploads that are not a data set yet, one folder each."""
        return self.root / "incoming"

    @property
    def imports(self) -> Path:
        """Jobs that make a data set, one folder each."""
        return self.root / "imports"

    @property
    def runs(self) -> Path:
        """Training runs, one folder each."""
        return self.root / "runs"

    @property
    def features(self) -> Path:
        """The feature store, shared by all runs."""
        return self.root / "features"

    @property
    def recommendations(self) -> Path:
        """Jobs that find out what a data set needs, one folder a data set, under its id."""
        return self.root / "advice"  # its name on disk up to version 0.1.0

    @property
    def downloads(self) -> Path:
        """Archives that were fetched, kept under their checksum."""
        return self.root / "downloads"


def open_workspace(root: Path | str | None = None) -> Workspace:
    """Make the folders of a workspace and check that they can be written.

    Args:
        root: the folder; None means `$TRANSFERLAB_HOME`, else the user's data folder.

    Raises:
        UserError: the folder cannot be made or written.
    """
    chosen = root or os.environ.get("TRANSFERLAB_HOME") or user_data_path("transferlab", appauthor=False)
    workspace = Workspace(Path(chosen).expanduser().resolve())
    folders = (
        workspace.datasets,
        workspace.incoming,
        workspace.imports,
        workspace.runs,
        workspace.features,
        workspace.downloads,
    )
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        probe = workspace.root / f".probe-{secrets.token_hex(4)}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"The workspace folder {workspace.root} cannot be written ({error.strerror or error}).",
            "Give TRANSFERLAB_HOME a folder that you may write to, and start again.",
        ) from error
    return workspace


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a kill at any moment leaves the old file or the new one.

    Raises:
        UserError: the disk is full or the folder cannot be written; no half-written file is left.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise disk_error(path, error) from error


def write_json(path: Path, value: Any) -> None:
    """Write `value` as readable JSON, atomically; an object gets a checksum (checksums.py)."""
    write_atomic(path, dump_json(value))


def read_json(path: Path) -> Any:
    """The value in a JSON file, without its checksum.

    Raises:
        DamagedFile: it is no JSON, or not what was written.
        OSError: it cannot be read.
    """
    return parse_json(path.read_bytes())


def disk_error(path: Path, error: OSError) -> UserError:
    """The sentence for a person when the disk says no."""
    if error.errno in FULL:
        return UserError(
            f"The disk that holds {path.parent} is full.",
            "Free some space and start again; what was finished before is kept.",
        )
    if error.errno in GONE:
        return UserError(f"The folder {path.parent} is no longer there.", "Put it back, or start again.")
    return UserError(
        f"{path} could not be written ({error.strerror or error}).",
        "Check that the folder exists and that you may write to it.",
    )


_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")


def is_id(text: str) -> bool:
    """Whether a text can be an id, and so the name of a folder; it may come from a URL."""
    return _ID.fullmatch(text) is not None


def new_id(prefix: str) -> str:
    """A fresh id for a folder and a URL: readable in front, 64 random bits behind, so it cannot be guessed."""
    return f"{prefix}-{secrets.token_hex(8)}"
