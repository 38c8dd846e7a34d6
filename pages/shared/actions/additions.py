"""Photos that join a data set, in a job, as an edit that can be undone."""

from collections.abc import Sequence

from pages.shared import room, state
from pages.shared.actions.guard import is_allowed, may_change
from tlcore.data import incoming
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.store import Job, Run

MOST_ADDED = 200  # photos at a time, which are copied while the page waits


def add_uploads(dataset: Dataset, area: str) -> Job | None:
    """Add what was uploaded to an area to a data set, in a job, as one edit; None where this visitor may not.

    Raises:
        UserError: the uploads are gone or not this visitor's, or there is no room.
    """
    if not may_change(dataset):
        return None
    if incoming.owner(state.workspace(), area) != state.maker():
        raise UserError("These uploads are gone.", "Add the photos again.")
    room.for_edits(dataset.visitor)
    room.for_files(area=area)
    newest = state.newest(dataset).id
    spec = store.ImportSpec("incoming", area, dataset.name, base=newest)
    job = store.create_import(state.workspace(), spec, state.maker())
    state.queue().submit(job)
    return job


def add_to_dataset(run: Run, files: Sequence[tuple[str, bytes]], label: str) -> Job | None:
    """Add photos to a run's data set under one of its classes, in a job, as an edit that can be undone.

    Args:
        files: name and content of each.

    Returns:
        The job; None where this visitor may not.

    Raises:
        UserError: they are too many at once, or none, or there is no room for them.
    """
    dataset = state.dataset_of(state.newest_version(run.dataset_id))
    if not (is_allowed(run) and may_change(dataset) and label in dataset.labels):
        return None
    check_number_added(len(files))
    if not files:
        raise UserError("These photos are not there any more.", "Upload them again.")
    workspace = state.workspace()
    room.for_files(sum(len(data) for _, data in files), len(files))
    area = incoming.new_incoming(workspace, state.maker())
    incoming.add_files(workspace, area, [(name, data, label) for name, data in files])
    try:
        return add_uploads(dataset, area)
    except UserError:
        incoming.clear(workspace, area)
        raise


def check_number_added(number: int) -> None:
    """Raise UserError where so many photos are too many to be added at once."""
    if number > MOST_ADDED:
        raise UserError(f"{number:,} photos are too many at once.", f"Choose at most {MOST_ADDED:,}.")
