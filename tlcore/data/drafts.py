"""Folders in which a data set is being made. Each belongs to the process that holds its lock, while that lives.

    datasets/.draft-<id>/       photos as they come
    datasets/.draft-<id>.lock   held by whoever makes it; the system frees it at every kind of death

How old a draft is says nothing: a computer that slept for two days wakes up with the import where it was.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.workspace import Workspace, discard, disk_error, new_id


@contextmanager
def draft_folder(workspace: Workspace) -> Iterator[Path]:
    """A folder to build a data set in; whatever is still in it at the end is removed, so nothing half-made stays.

    Raises:
        UserError: the disk is full or the workspace cannot be written.
    """
    remove_dead_drafts(workspace)
    folder = workspace.datasets / f".{new_id('draft')}"
    lock = FileLock(_lock_path(folder), thread_local=False)  # a job may be closed by another thread than began it
    try:
        lock.acquire()  # before there is a folder, so nobody ever sees one that seems to be nobody's
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        raise disk_error(folder, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        with suppress(OSError):
            _lock_path(folder).unlink(missing_ok=True)


def remove_dead_drafts(workspace: Workspace, dry_run: bool = False) -> list[str]:
    """Remove the drafts whose process has ended, and only those; returns their names.

    A draft without a lock file was made by a version that had none, so whether somebody works on it cannot be told
    here; see `unowned_drafts`.
    """
    removed = []
    for path in workspace.datasets.glob(".draft-*.lock"):
        folder = path.with_suffix("")
        try:
            with FileLock(path, timeout=0):
                if folder.is_dir():
                    removed.append(folder.name)
                if not dry_run:
                    discard(workspace, folder)
                    path.unlink(missing_ok=True)
        except (Timeout, OSError):  # somebody works on it
            continue
    return removed


def unowned_drafts(workspace: Workspace) -> list[Path]:
    """The drafts of an earlier version, which had no locks."""
    return [
        folder for folder in workspace.datasets.glob(".draft-*") if folder.is_dir() and not _lock_path(folder).exists()
    ]


def _lock_path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")
