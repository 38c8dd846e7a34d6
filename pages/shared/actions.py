"""What changes a job: stop it, continue it, restart it, move it in the queue; and what renames, deletes and restores
whatever somebody made. Each asks whether this visitor may.

A button that is not drawn is no guard: it may have been drawn when the visitor still had the right, and a browser
sends what it likes. So nothing else in pages/ changes anything (tests/security/test_forged_messages.py reads the code
for it).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared import room, state
from pages.shared.widgets import plain
from tlcore.access import Made
from tlcore.analysis.prediction_results import WHAT as PREDICTIONS
from tlcore.analysis.test_set_results import WHAT as TEST_SET
from tlcore.cleaning import kept, planned
from tlcore.cleaning.issues import WRONG_LABEL
from tlcore.cleaning.results import check_folder, lineage_id
from tlcore.comparison.ensembles import create_ensemble
from tlcore.comparison.retraining import Retraining, prepare_retraining
from tlcore.data import edits, incoming, versions
from tlcore.data.corrections import Correction, outstanding
from tlcore.data.edit_log import edited_by
from tlcore.data.manifest import Dataset
from tlcore.data.versions import load_current
from tlcore.errors import UserError
from tlcore.exports.export_job import WHAT as EXPORT
from tlcore.exports.exporter import KINDS
from tlcore.jobs import store
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run
from tlcore.models.imported.candidate import Choices
from tlcore.networks.addition import decide
from tlcore.settings import is_hosted
from tlcore.storage import renaming, trash
from tlcore.storage.put_aside import Deletion
from tlcore.workspace import discard, split_version

MOST_ADDED = 200  # photos at a time, which are copied while the page waits
REFUSED = "refused"  # in the session: said once by the next page, since a callback has no place on one


def stop(job: Job) -> None:
    """Take a job out of the line, or ask the one in work to stop and keep what there is."""
    if _is_allowed(job):
        state.queue().cancel(job)
        status = job_status(job)
        if status.active and not status.usable:  # one with figures is being packed and checked, which must be whole
            store.request_stop(job)


def skip_tests(run: Run) -> None:
    """Leave out what a run that has its test figures does beside its model: testing every photo once, and the refit."""
    status = job_status(run)
    if _is_allowed(run) and status.active and status.usable and not status.predicts:
        store.request_stop(run)


def resume(job: Job) -> None:
    """Continue a training from its last epoch."""
    _do(lambda run: (room.for_runs(1), state.queue().resume(run)), job)


def restart(job: Job) -> None:
    """Do a job once more from the beginning."""
    _do(lambda job: (isinstance(job, Run) and room.for_runs(1), state.queue().restart(job)), job)


def leave_line(job: Job) -> None:
    """Take a job that waits out of the line."""
    _do(state.queue().cancel, job)


def go_first(job: Job) -> None:
    """Let a job that waits go before others."""
    _do(state.queue().move_to_front, job)


def rename(thing: Made, name: str) -> bool:
    """Call a data set, a run or a race otherwise; False where this visitor may not. Raises UserError."""
    if not (_is_allowed(thing) and _is_allowed(state.newest(thing))):  # every version gets the name
        return False
    renaming.rename(state.workspace(), thing.id, name)
    return True


def delete(thing: Made, name: str, keep_runs: bool = False) -> Deletion | None:
    """Delete a data set, a run or a race so that it can be restored; None where this visitor may not. Raises UserError.

    On a host what was computed of its photos is left to the next cleaning, since others wait for this process.

    Args:
        name: what it is called on the page.
    """
    if not _is_allowed(thing):
        return None
    return trash.delete(state.workspace(), thing.id, state.maker(), name, keep_runs, forget=not is_hosted())


def restore(gone: Made) -> bool:
    """Bring back what was deleted, or undo a change of a data set; False where this visitor may not. Raises UserError.

    Args:
        gone: with the id that it had.
    """
    if not _is_allowed(gone):
        return False
    trash.restore(state.workspace(), gone.id)
    return True


Edited = Dataset | None
"""What an edit of a data set gives: the newer version; None where this visitor may not change it. Raises UserError."""


def rename_class(dataset: Dataset, label: str, name: str) -> Edited:
    """Call a class otherwise, or make one class of two."""
    return _edit(dataset, lambda: edits.rename_class(state.workspace(), dataset, label, name))


def delete_class(dataset: Dataset, label: str) -> Edited:
    """Leave a class out with its photos, which go for good after a day."""
    return _edit(dataset, lambda: edits.delete_class(state.workspace(), dataset, label), grows=False)


def delete_photos(dataset: Dataset, paths: Collection[str]) -> Edited:
    """Leave photos out that go for good after a day."""
    return _edit(dataset, lambda: edits.delete_photos(state.workspace(), dataset, paths), grows=False)


def relabel(dataset: Dataset, paths: Collection[str], label: str) -> Edited:
    """Move photos to another class."""
    return _edit(dataset, lambda: edits.relabel(state.workspace(), dataset, paths, label))


def relabel_each(dataset: Dataset, labels: Mapping[str, str]) -> Edited:
    """Move photos to another class each, by their paths, as one edit."""
    return _edit(dataset, lambda: edits.relabel_each(state.workspace(), dataset, labels))


def leave_out(dataset: Dataset, paths: Collection[str]) -> Edited:
    """Leave photos out that can be brought back at any time."""
    return _edit(dataset, lambda: edits.leave_out(state.workspace(), dataset, paths))


def bring_back(dataset: Dataset, paths: Collection[str]) -> Edited:
    """Bring back photos that were left out."""
    return _edit(dataset, lambda: edits.bring_back(state.workspace(), dataset, paths))


def move_to_part(dataset: Dataset, paths: Collection[str], part: str) -> Edited:
    """Move photos to "train", "validation" or "test"."""
    return _edit(dataset, lambda: edits.move_to_part(state.workspace(), dataset, paths, part))


def rotate(dataset: Dataset, paths: Collection[str], degrees: int) -> Edited:
    """Turn photos clockwise by 90, 180 or 270 degrees; each is a new file, for which there has to be room."""
    sizes = dataset.photos["bytes"][dataset.photos["path"].isin(set(paths))]
    return _edit(dataset, lambda: edits.rotate(state.workspace(), dataset, paths, degrees), int(sizes.sum()))


def merge_classes(dataset: Dataset, labels: Collection[str], name: str) -> Edited:
    """Make one class of several."""
    return _edit(dataset, lambda: edits.merge_classes(state.workspace(), dataset, labels, name))


def split_off(dataset: Dataset, paths: Collection[str], name: str) -> Edited:
    """Make a new class of some photos."""
    return _edit(dataset, lambda: edits.split_off(state.workspace(), dataset, paths, name))


def reorder_classes(dataset: Dataset, labels: Sequence[str]) -> Edited:
    """Put the classes in another order."""
    return _edit(dataset, lambda: edits.reorder_classes(state.workspace(), dataset, labels))


def set_groups(dataset: Dataset, groups: Mapping[str, str], resplit: bool, seed: int = 0) -> Edited:
    """Say which photos belong together, and split by groups if asked to."""
    return _edit(dataset, lambda: edits.set_groups(state.workspace(), dataset, groups, resplit, seed))


def undo(dataset: Dataset) -> Edited:
    """Take the last edit back; the version that is current then."""
    return _edit(dataset, lambda: edits.undo(state.workspace(), dataset), grows=False)


def redo(dataset: Dataset) -> Edited:
    """Make the edit again that was undone last."""
    return _edit(dataset, lambda: edits.redo(state.workspace(), dataset), grows=False)


def go_to(dataset: Dataset, dataset_id: str) -> Edited:
    """Make another version of a data set the current one.

    Args:
        dataset_id: the id of the version.
    """
    same = split_version(dataset_id)[0] == dataset.folder.name
    return _edit(dataset, lambda: versions.go_to(state.workspace(), dataset_id), grows=False) if same else None


def check(dataset: Dataset) -> None:
    """Look for photos of a data set to correct or leave out, in a job; nothing happens where one is under way."""
    if _may_change(dataset):
        with refusals_kept():
            job = store.check_job(state.workspace(), lineage_id(dataset), dataset.visitor)
            state.queue().restart(job)


def analyse(run: Run, what: str, options: Mapping[str, Any] | None = None) -> None:
    """Find out more about a finished run, in a job; nothing happens where that is under way."""
    if _is_allowed(run) and (is_maker(run) or not takes_more(what, options)):
        with refusals_kept():
            state.queue().restart(store.analysis_job(state.workspace(), run, what, options))


def takes_more(what: str, options: Mapping[str, Any] | None) -> bool:
    """Whether more goes with an export than the model: then a right to change the run is not enough."""
    kind = KINDS.get(str((options or {}).get("kind"))) if what == EXPORT else None
    return kind is not None and kind.of_maker


def is_maker(thing: Made) -> bool:
    """Whether this visitor made it, or owns the workspace."""
    return state.is_owner() or thing.visitor == state.maker()


def combine(runs: Sequence[Run], method: str) -> Run | None:
    """Put the combination of finished runs into the line; None where this visitor may not see one of them. It changes
    none of them. Raises UserError where they cannot be combined, or this visitor has too many runs waiting."""
    if not all(state.may_see(run) for run in runs):
        return None
    room.for_runs(1)
    made = create_ensemble(state.workspace(), [run.id for run in runs], method, visitor=state.maker())
    state.queue().submit(made)
    return made


def add_uploads(dataset: Dataset, area: str) -> Job | None:
    """Add what was uploaded to an area to a data set, in a job, as one edit; None where this visitor may not.

    Raises:
        UserError: the uploads are gone or not this visitor's, or there is no room.
    """
    if not _may_change(dataset):
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


def test_on_photos(run: Run, options: Mapping[str, Any]) -> None:
    """Test a finished run on other photos, in a job. Raises UserError for a path on this machine that is not one's own.

    Args:
        options: as `tlcore.analysis.test_set.run_test_set` has them.
    """
    if "path" in options and not state.is_owner():  # no page offers it to others, but a browser sends what it likes
        raise UserError("Only the owner of this server can use a folder on it.", "Upload the photos.")
    analyse(run, TEST_SET, options)


def add_network(spec: Mapping[str, Any], name: str) -> None:
    """Read a network that this visitor has brought, in a job. Raises UserError for what is not one's own to give.

    Args:
        spec: as networks/addition.py has it. name: of the file.
    """
    if not state.is_owner() and {"path", "url"} & set(spec):  # no page offers it to others
        raise UserError("Only the owner of this server can add a network by its path or address.", "Upload the file.")
    if "area" in spec and not state.may_act(_Area(str(spec["area"]), incoming.owner(state.workspace(), spec["area"]))):
        raise UserError("These uploads are gone.", "Upload the file again.")
    state.queue().submit(store.create_addition(state.workspace(), name, spec, state.maker()))


def keep_network(job: Job, choices: Choices, name: str, licence: str) -> None:
    """Keep a network that was read, as its person has decided."""
    if _is_allowed(job) and not job_status(job).active:
        decide(job, choices, name, licence)
        state.queue().restart(job)


def dismiss_network(job: Job) -> None:
    """Forget about a network that was read, or could not be; nothing while that is under way."""
    if _is_allowed(job) and not job_status(job).active:
        if area := str(job.spec.get("area", "")):
            with suppress(UserError):
                incoming.clear(state.workspace(), area)
        discard(state.workspace(), job.folder)


@dataclass(frozen=True)
class _Area:
    """Uploads, as far as rights go."""

    id: str
    visitor: str


def delete_test_set(run: Run, job: Job) -> None:
    """Delete a test of a run on other photos, with what of the upload is still there; nothing while it is at work."""
    if job.spec.get("run") != run.id or not _is_allowed(run) or job_status(job).active:
        return
    incoming.clear(state.workspace(), job.spec["options"].get("area", ""))
    discard(state.workspace(), job.folder)


def replace_test_set(run: Run, job: Job, options: Mapping[str, Any]) -> None:
    """Test on the same photos once more, read as a person answered; the uploads stay."""
    if job.spec.get("run") == run.id and _is_allowed(run) and not job_status(job).active:
        discard(state.workspace(), job.folder)
        test_on_photos(run, options)


def predict_many(run: Run, options: Mapping[str, Any]) -> None:
    """Predict many photos by a finished run, in a job. Raises UserError for a path that is not one's own.

    Args:
        options: as `tlcore.analysis.prediction_job.run_predictions` has them.
    """
    if "path" in options and not state.is_owner():  # no page offers it to others, but a browser sends what it likes
        raise UserError("Only the owner of this server can use a folder on it.", "Upload the photos.")
    analyse(run, PREDICTIONS, options)


def delete_predictions(run: Run, job: Job, with_uploads: bool = True) -> None:
    """Delete predictions of many photos, with the photos that were uploaded for them; nothing while it is at work."""
    if job.spec.get("run") != run.id or not _is_allowed(run) or job_status(job).active:
        return
    if with_uploads:
        incoming.clear(state.workspace(), job.spec["options"].get("area", ""))
    discard(state.workspace(), job.folder)


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
    if not (_is_allowed(run) and _may_change(dataset) and label in dataset.labels):
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


def keep_issues(dataset: Dataset, issues: pd.DataFrame) -> bool:
    """Never show these issues again; False where this visitor may not. Raises UserError."""
    if not _may_change(dataset):
        return False
    kept.keep_issues(check_folder(state.workspace(), dataset), dataset, issues)
    return True


def keep_labels(dataset: Dataset, paths: Collection[str]) -> bool:
    """Never doubt the labels of these photos again; False where this visitor may not. Raises UserError."""
    if not _may_change(dataset):
        return False
    store.check_job(state.workspace(), lineage_id(dataset), dataset.visitor)  # its folder has what is kept
    rows = dataset.photos[dataset.photos["path"].isin(set(paths))]
    return keep_issues(dataset, rows[["path", "label"]].assign(kind=WRONG_LABEL, other=""))


def may_correct(run: Run, dataset: Dataset) -> bool:
    """Whether this visitor may plan corrections of a run's photos: change the run, and its data set. An ensemble is not
    trained, so nothing is corrected for it."""
    return (
        run.ensemble is None and state.may_act(run) and state.may_act(dataset) and state.may_act(state.newest(dataset))
    )


def plan_corrections(run: Run, dataset: Dataset, corrections: Collection[Correction]) -> bool:
    """Plan corrections of a run's photos; nothing is changed until they are applied. Raises UserError."""
    if not (_is_allowed(run) and _may_change(dataset)):
        return False
    planned.plan(run.folder, corrections)
    return True


def take_back(run: Run, dataset: Dataset, paths: Collection[str]) -> bool:
    """Take planned corrections of a run's photos back. Raises UserError."""
    if not (_is_allowed(run) and _may_change(dataset)):
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
    if not (_is_allowed(run) and _may_change(dataset)):
        return None
    room.for_runs(1)
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


def show_kept_issues(dataset: Dataset) -> None:
    """Show all issues again that were kept."""
    if _may_change(dataset):
        with refusals_kept():
            kept.forget_kept(check_folder(state.workspace(), dataset))


def _edit(dataset: Dataset, edit: Callable[[], Dataset], new_bytes: int = 0, grows: bool = True) -> Edited:
    """Edit a data set where this visitor may and there is room for it.

    Args:
        new_bytes: that the edit writes, but for its line in the log.
        grows: whether it needs room; nothing is in the way of whoever makes room, or goes back.
    """
    if not _may_change(dataset):
        return None
    if grows:
        room.for_edits(dataset.visitor, new_bytes)
    with edited_by(state.maker()):
        return edit()


def _may_change(dataset: Dataset) -> bool:
    """Whether this visitor may change a data set and its newest version, to which the change is made."""
    return _is_allowed(dataset) and _is_allowed(state.newest(dataset))


def _do(act: Callable[[Job], object], job: Job) -> None:
    if _is_allowed(job):
        with refusals_kept():
            act(job)


@contextmanager
def refusals_kept() -> Iterator[None]:
    """Around what a button's callback does: a UserError becomes words that the next page, or fragment, says."""
    try:
        yield
    except UserError as error:
        st.session_state[REFUSED] = f"**{plain(error.what)}** {plain(error.fix)}"


def _is_allowed(thing: Made) -> bool:
    """Whether this visitor may change a thing; if not, the next page says so."""
    allowed = state.may_act(thing)
    if not allowed:
        st.session_state[REFUSED] = (
            "**Nothing was changed: this belongs to someone else.** Ask its owner for a link with “Look and change”."
        )
    return allowed
