"""A comparison on disk: runs on the same photos with the same split, so that ways of learning can be compared.

It is a note about ordinary runs (`races/<id>/race.json`), which wait in the queue, stop, are continued and survive a
kill like any others; results.py reads what came of them off their folders. The pages call it a race.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.jobs.store import Run, create_run, load_run
from tlcore.listing import FolderList, is_deleted
from tlcore.naming import given_name
from tlcore.workspace import Workspace, disk_error, is_id, new_id, read_json, write_json

FOLDER, NOTE = "races", "race.json"
FEWEST, MOST = 2, 12  # runs; more than a dozen lines cannot be told apart in one chart


@dataclass(frozen=True)
class Comparison:
    """What `race.json` says. `created`: Unix seconds; `run_ids` in the order in which they were put into the queue;
    `visitor`: the public name of who asked for it, "" where nobody did in a browser."""

    id: str
    folder: Path
    name: str
    created: float
    dataset_id: str
    run_ids: tuple[str, ...]
    visitor: str = ""


def create_comparison(
    workspace: Workspace, dataset_id: str, configs: Sequence[TrainConfig], name: str, visitor: str = ""
) -> Comparison:
    """Make the runs of a comparison, one for each config, and the note about them; whoever works on them queues them.

    Raises:
        UserError: too few or too many, or the disk says no.
    """
    check_number(len(configs))
    created = time.time()
    folder = workspace.root / FOLDER / new_id(time.strftime("%Y%m%d-%H%M", time.localtime(created)))
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    run_ids = [create_run(workspace, dataset_id, config, name, visitor).id for config in configs]
    note = {"name": name, "created": created, "dataset": dataset_id, "runs": run_ids, "visitor": visitor}
    write_json(folder / NOTE, note)
    return load_comparison(workspace, folder.name)


def check_number(number: int) -> None:
    """Raise UserError unless so many runs can be compared."""
    if number < FEWEST:
        raise UserError(
            "A race needs at least two runs." if number else "There is nothing to compare.",
            "Choose two or more strategies or networks.",
        )
    if number > MOST:
        raise UserError(
            f"{number} runs are too many for one race.", f"Choose fewer strategies or networks, {MOST} runs at most."
        )


def load_comparison(workspace: Workspace, comparison_id: str) -> Comparison:
    """The comparison of this id, which may come from a URL.

    Raises:
        UserError: there is no such comparison in the workspace.
    """
    unknown = UserError(
        f"There is no race “{comparison_id[:80]}” here.", "It may have been deleted, or its id may be incomplete."
    )
    if not is_id(comparison_id) or is_deleted(workspace.root / FOLDER / comparison_id):
        raise unknown
    try:
        return _read(workspace.root / FOLDER / comparison_id)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unknown from error


def list_comparisons(workspace: Workspace) -> list[Comparison]:
    """All comparisons, newest first; folders that are not whole are passed over."""
    return list(_listed(workspace.root / FOLDER).values())


@lru_cache(maxsize=8)
def _listed(parent: Path) -> FolderList[Comparison]:
    return FolderList(parent, _whole, lambda comparison: comparison.created)


def _whole(folder: Path) -> Comparison | None:
    try:
        return _read(folder) if is_id(folder.name) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(folder: Path) -> Comparison:
    values = read_json(folder / NOTE)
    runs = tuple(values["runs"])
    visitor = str(values.get("visitor", ""))
    name = given_name(folder) or values["name"]
    return Comparison(folder.name, folder, name, values["created"], values["dataset"], runs, visitor)


def runs_of(workspace: Workspace, comparison: Comparison) -> list[Run]:
    """The runs of a comparison in their order, without those that somebody deleted.

    Raises:
        UserError: none is left.
    """
    runs = []
    for run_id in comparison.run_ids:
        try:
            runs.append(load_run(workspace, run_id))
        except UserError:
            continue
    if not runs:
        raise UserError(f"The runs of the race “{comparison.id}” have been deleted.", "Start a new race.")
    return runs
