"""Issues that a person keeps, and corrections of a run's photos: planned, taken back, applied by training again."""

from collections.abc import Collection

import pandas as pd

from pages.shared import room, state
from pages.shared.actions.guard import is_allowed, may_change, refusals_kept
from tlcore.cleaning import kept, planned
from tlcore.cleaning.issues import WRONG_LABEL
from tlcore.cleaning.results import check_folder, lineage_id
from tlcore.comparison.retraining import Retraining, prepare_retraining
from tlcore.data.corrections import Correction, outstanding
from tlcore.data.edit_log import edited_by
from tlcore.data.manifest import Dataset
from tlcore.data.versions import load_current
from tlcore.errors import UserError
from tlcore.jobs import store
from tlcore.jobs.store import Run
from tlcore.workspace import discard


def keep_issues(dataset: Dataset, issues: pd.DataFrame) -> bool:
    """Never show these issues again; False where this visitor may not. Raises UserError."""
    if not may_change(dataset):
        return False
    kept.keep_issues(check_folder(state.workspace(), dataset), dataset, issues)
    return True


def keep_labels(dataset: Dataset, paths: Collection[str]) -> bool:
    """Never doubt the labels of these photos again; False where this visitor may not. Raises UserError."""
    if not may_change(dataset):
        return False
    store.check_job(state.workspace(), lineage_id(dataset), dataset.visitor)  # its folder has what is kept
    rows = dataset.photos[dataset.photos["path"].isin(set(paths))]
    return keep_issues(dataset, rows[["path", "label"]].assign(kind=WRONG_LABEL, other=""))


def show_kept_issues(dataset: Dataset) -> None:
    """Show all issues again that were kept."""
    if may_change(dataset):
        with refusals_kept():
            kept.forget_kept(check_folder(state.workspace(), dataset))


def may_correct(run: Run, dataset: Dataset) -> bool:
    """Whether this visitor may plan corrections of a run's photos: change the run, and its data set. An ensemble is not
    trained, so nothing is corrected for it."""
    return (
        run.ensemble is None and state.may_act(run) and state.may_act(dataset) and state.may_act(state.newest(dataset))
    )


def plan_corrections(run: Run, dataset: Dataset, corrections: Collection[Correction]) -> bool:
    """Plan corrections of a run's photos; nothing is changed until they are applied. Raises UserError."""
    if not (is_allowed(run) and may_change(dataset)):
        return False
    planned.plan(run.folder, corrections)
    return True


def take_back(run: Run, dataset: Dataset, paths: Collection[str]) -> bool:
    """Take planned corrections of a run's photos back. Raises UserError."""
    if not (is_allowed(run) and may_change(dataset)):
        return False
    planned.take_back(run.folder, paths)
    return True


def retrain(run: Run, dataset: Dataset) -> Retraining | None:
    """Apply what is planned for a run's photos, and put a run on them into the line; None where this visitor may not.

    Whatever is refused, and wherever it ends: what was planned stays planned until the run waits in the line.

    Args:
        dataset: of the run.

    Raises:
        UserError: there is nothing to apply, it would leave too few photos, or this visitor has too many runs waiting.
    """
    if not (is_allowed(run) and may_change(dataset)):
        return None
    room.for_training(None, [run.config])
    wanted = planned.read_planned(run.folder)
    found = outstanding(load_current(state.workspace(), dataset.id), wanted)
    if not found.to_do and not found.done:
        raise UserError("There is no change to apply.", "Move a photo to another class or leave one out first.")
    if found.to_do:
        room.for_edits(dataset.visitor)
    with edited_by(state.maker()):
        made = prepare_retraining(state.workspace(), run, found.to_do, state.maker())
    try:
        state.queue().submit(made.run)
    except UserError:
        discard(state.workspace(), made.run.folder)  # nobody asked for it yet
        raise
    planned.settle(run.folder, wanted)
    return made
