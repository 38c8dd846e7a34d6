"""Where things live on disk: the folders of one workspace, and writing into them without half-written files.

Every function of tlcore takes the workspace it works in; nothing is global.
"""

import errno
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from tlcore.checksums import dump_json, parse_json
from tlcore.error_reasons import why_file_failed
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

    def dataset_folder(self, dataset_id: str) -> Path:
        """The folder of a data set, whichever of its versions the id means."""
        return self.datasets / split_version(dataset_id)[0]

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
    def networks(self) -> Path:
        """Networks that people have brought, one folder each."""
        return self.root / "networks"

    @property
    def additions(self) -> Path:
        """Jobs that read a network which somebody brought, one folder each."""
        return self.root / "additions"

    @property
    def features(self) -> Path:
        """The feature store, shared by all runs."""
        return self.root / "features"

    @property
    def recommendations(self) -> Path:
        """Jobs that find out what a data set needs, one folder a data set, under its id."""
        return self.root / "advice"  # its name on disk up to version 0.1.0

    @property
    def checks(self) -> Path:
        """Jobs that look for photos to correct or leave out, one folder for all versions of a data set."""
        return self.root / "checks"

    @property
    def analyses(self) -> Path:
        """Jobs that find out more about a finished run, one folder for each run and analysis."""
        return self.root / "analyses"

    @property
    def scorings(self) -> Path:
        """Jobs that judge what the groups of a classroom hand in, one folder a classroom, under its id."""
        return self.root / "scorings"

    @property
    def downloads(self) -> Path:
        """Archives that were fetched, kept under their checksum."""
        return self.root / "downloads"


def workspace_root(root: Path | str | None = None) -> Path:
    """The folder of a workspace, there or not: `root`, else `$TRANSFERLAB_HOME`, else the user's data folder."""
    chosen = root or os.environ.get("TRANSFERLAB_HOME") or user_data_path("transferlab", appauthor=False)
    return Path(chosen).expanduser().resolve()


def open_workspace(root: Path | str | None = None) -> Workspace:
    """Make the folders of a workspace and check that they can be written.

    Args:
        root: the folder; None: as `workspace_root` says.

    Raises:
        UserError: the folder cannot be made or written.
    """
    workspace = Workspace(workspace_root(root))
    folders = (
        workspace.datasets,
        workspace.incoming,
        workspace.imports,
        workspace.runs,
        workspace.features,
        workspace.downloads,
        workspace.root / TRASH,  # deleting must not need room on the disk
    )
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        probe = workspace.root / f".probe-{secrets.token_hex(4)}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"The workspace folder {workspace.root} can’t be written to: {why_file_failed(error)}.",
            "Set TRANSFERLAB_HOME to a folder you can write to, and start again.",
        ) from error
    return workspace


_opened: dict[Path | str | None, Workspace] = {}


def opened_workspace(root: Path | str | None = None) -> Workspace:
    """As `open_workspace`, but its folders are made and tried once a process, and again only when they are gone."""
    workspace = _opened.get(root)
    if workspace is None or not workspace.runs.is_dir():
        workspace = _opened[root] = open_workspace(root)
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


def replace_folder(draft: Path, target: Path, old: Path) -> None:
    """Move a folder to where it belongs, and what was there to `old`, on the same disk.

    Raises:
        OSError: it cannot be moved; what was there is there again.
    """
    if not target.exists():
        draft.rename(target)
        return
    target.rename(old)
    try:
        draft.rename(target)
    except OSError:
        old.rename(target)
        raise


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
    """What it means for a person that a file could not be written; places inside the workspace are not named."""
    if error.errno in FULL:
        return UserError("The disk is full.", "Free up some space and try again. Everything finished before is kept.")
    if error.errno in GONE:
        return UserError(f"The folder “{path.parent.name}” no longer exists.", "Put it back, or start again.")
    return UserError(
        f"“{path.name}” could not be saved: {why_file_failed(error)}.",
        "Check that its folder exists and that you can write to it.",
    )


USED = "used"  # its time of change says when somebody last had a use for the folder it lies in
USED_SECONDS = 60  # between two notes of it
TRASH = "trash"


def touch_used(folder: Path) -> None:
    """Note that somebody has a use for this folder; at most once a minute, and nothing happens where that fails."""
    stamp = folder / USED
    try:
        if abs(time.time() - stamp.stat().st_mtime) < USED_SECONDS:
            return
    except OSError:
        pass
    try:
        if folder.is_dir():
            stamp.touch()
    except OSError:  # a full disk; looking at something must not fail for it
        pass


def last_used(folder: Path) -> float:
    """When somebody last had a use for a folder or something in it came or went, Unix seconds; 0 where it is gone."""
    times = [0.0]
    for path in (folder, folder / USED):
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            continue
    return max(times)


def discard(workspace: Workspace, path: Path) -> bool:
    """Delete a folder or a file: out of the way in one step, so that a kill leaves all of it or nothing, then for good.

    Returns False where it could not be moved, or is gone. `empty_trash` ends what a kill left.
    """
    trash = workspace.root / TRASH
    try:
        trash.mkdir(exist_ok=True)
        moved = trash / secrets.token_hex(8)
        path.rename(moved)
    except OSError:
        return False
    _delete(moved)
    return True


def empty_trash(workspace: Workspace) -> None:
    """Delete for good what a killed process had moved out of the way."""
    trash = workspace.root / TRASH
    for path in trash.iterdir() if trash.is_dir() else ():
        _delete(path)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,80}(@[1-9][0-9]{0,6})?")


def is_id(text: str) -> bool:
    """Whether a text can be an id, and so the name of a folder; it may come from a URL.

    The id of a data set may end in a version, as in "leaves-0123456789abcdef@3".
    """
    return _ID.fullmatch(text) is not None


def split_version(dataset_id: str) -> tuple[str, int]:
    """The name of a data set's folder and the number of the version that an id means: 1, as imported, where it says
    none. What is no id comes back as it is.
    """
    folder, _, number = dataset_id.partition("@")
    return (folder, int(number)) if number and is_id(dataset_id) else (dataset_id, 1)


def version_id(folder: str, version: int) -> str:
    """The id of a version of the data set in a folder: that of the folder alone for the first."""
    return folder if version == 1 else f"{folder}@{version}"


def new_id(prefix: str) -> str:
    """A fresh id for a folder and a URL: readable in front, 64 random bits behind, so it cannot be guessed."""
    return f"{prefix}-{secrets.token_hex(8)}"
