"""Whether this visitor may have more here: asked before anything is begun or kept. The owner has the whole disk."""

from collections.abc import Sequence

from pages.shared import state
from tlcore.classroom.rules import check_not_paused, check_runs
from tlcore.config import TrainConfig
from tlcore.data.manifest import Dataset
from tlcore.settings import load_limits
from tlcore.storage.quota import check_edits, check_room, check_waiting


def for_runs(number: int) -> None:
    """Before so many runs are put into the line. Raises UserError where that is too many, or the classroom paused."""
    workspace = state.workspace()
    check_not_paused(workspace, state.maker())
    check_waiting(workspace, state.maker(), number, load_limits(workspace))


def for_training(dataset: Dataset | None, configs: Sequence[TrainConfig]) -> None:
    """Before trainings are made, all of them or none. Raises UserError where they are too many, or the classroom that
    this visitor is in does not allow them; the queue asks again, for each.

    Args:
        dataset: None where its photos are still to be changed.
    """
    check_runs(state.workspace(), state.maker(), dataset, configs)
    for_runs(len(configs))


def for_files(size: int = 0, number: int = 0, area: str = "") -> None:
    """Before so many files of so many bytes in all are kept, or an import is begun. Raises UserError without room.

    Args:
        area: the id of the uploads that they come into.
    """
    workspace = state.workspace()
    check_not_paused(workspace, state.maker())
    check_room(workspace, state.maker(), size, number, load_limits(workspace), area)


def for_edits(visitor: str, size: int = 0) -> None:
    """Before a data set of a visitor is edited. Raises UserError without room.

    Args:
        visitor: who made the data set. size: bytes that the edit writes, but for its line in the log.
    """
    workspace = state.workspace()
    limits = load_limits(workspace)
    check_edits(workspace, visitor, limits)
    if size:
        check_room(workspace, visitor, size, 0, limits)
