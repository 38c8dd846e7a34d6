"""Corrections that somebody plans while looking at the mistakes of a run: they wait beside the run until applied.

runs/<id>/corrections.json has them in the order in which they were planned, one a photo. All who may change the data
set plan together: each addition and each removal is made to what is there, under a lock, so that two tabs and two
people never undo each other's work.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from tlcore.data.corrections import Correction
from tlcore.errors import UserError
from tlcore.workspace import disk_error, read_json, write_json

PLANNED, LOCK = "corrections.json", "corrections.lock"
LOCK_SECONDS = 10.0


def read_planned(folder: Path) -> tuple[Correction, ...]:
    """The corrections that are planned for a run, given its folder; none where the file is damaged."""
    try:
        rows = read_json(folder / PLANNED)["corrections"]
        return tuple(Correction(str(row["path"]), str(row["label"]), str(row["to"])) for row in rows)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def plan(folder: Path, corrections: Iterable[Correction]) -> None:
    """Add corrections; one of a photo that has one takes its place, and one to the class that it had takes it away.

    Raises:
        UserError: the disk is full, or the run is gone.
    """

    def change(planned: dict[str, Correction]) -> None:
        for each in corrections:
            before = planned.pop(each.path, None)
            label = before.label if before else each.label
            if each.to != label:
                planned[each.path] = Correction(each.path, label, each.to)

    _change(folder, change)


def take_back(folder: Path, paths: Iterable[str]) -> None:
    """Take the corrections of some photos back. Raises UserError as `plan` does."""

    def change(planned: dict[str, Correction]) -> None:
        for path in paths:
            planned.pop(path, None)

    _change(folder, change)


def settle(folder: Path, corrections: Iterable[Correction]) -> None:
    """Take away what was applied; a correction that was planned otherwise meanwhile stays. Raises UserError."""

    def change(planned: dict[str, Correction]) -> None:
        for each in corrections:
            if planned.get(each.path) == each:
                del planned[each.path]

    _change(folder, change)


def _change(folder: Path, change: Callable[[dict[str, Correction]], None]) -> None:
    try:
        if not folder.is_dir():  # a lock would make it again
            raise FileNotFoundError(2, "No such file or directory", str(folder))
        with FileLock(folder / LOCK, timeout=LOCK_SECONDS):
            planned = {each.path: each for each in read_planned(folder)}
            change(planned)
            write_json(folder / PLANNED, {"corrections": [asdict(each) for each in planned.values()]})
    except Timeout as error:
        raise UserError("These changes are being edited by someone else just now.", "Try again in a moment.") from error
    except OSError as error:
        raise disk_error(folder / PLANNED, error) from error
