"""Training again on corrected photos: the next version of the data set and a run with the same settings, and what that
was worth.

The new run knows the earlier one by `before` in its spec. First the version is made, then the run: a kill in between
leaves corrections that are made and no run, and doing it once more makes only the run.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tlcore.data.corrections import Correction, correct
from tlcore.data.edit_log import read_log
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.before_after import BeforeAfter, compare_before_after
from tlcore.evaluation.report import load_report
from tlcore.jobs.store import Run, create_run, list_runs, load_run
from tlcore.workspace import Workspace, split_version


@dataclass(frozen=True, eq=False)
class Retraining:
    """A new version of a data set, and the run that waits to train on it."""

    dataset: Dataset
    run: Run


def prepare_retraining(
    workspace: Workspace, run: Run, corrections: Iterable[Correction], visitor: str = ""
) -> Retraining:
    """Correct the photos of a run in the newest version of its data set, and make a run with the same settings on it.

    Test photos stay test photos; those that are left out leave.

    Args:
        visitor: the public name of who asked for it.

    Raises:
        UserError: the corrections cannot be made, and nothing is changed; or the disk is full.
    """
    if run.ensemble is not None:
        raise UserError("An ensemble isn’t retrained.", "Retrain one of its models, then combine again.")
    dataset = correct(workspace, load_dataset(workspace, run.dataset_id), corrections)
    return Retraining(dataset, create_run(workspace, dataset.id, run.config, dataset.name, visitor, before=run.id))


def load_before_after(workspace: Workspace, run: Run) -> BeforeAfter | None:
    """What a run that was trained on corrected photos is worth against the one before; None where it is no such run, or
    one of the two has no figures (any more)."""
    try:
        earlier = load_run(workspace, run.before)
        before, after = (load_report(each.folder).predictions for each in (earlier, run))
    except UserError:
        return None
    return compare_before_after(before, after, class_names_since(workspace, earlier.dataset_id, run.dataset_id))


def later_run(workspace: Workspace, run: Run) -> Run | None:
    """The newest run that was trained on corrections of this one; None where there is none."""
    return next((each for each in list_runs(workspace) if each.before == run.id), None)


def class_names_since(workspace: Workspace, before: str, after: str) -> dict[str, str]:
    """What the classes of one version of a data set are called in a later one, where that is otherwise.

    Args:
        before, after: ids of versions. Where the second did not come out of the first, nothing is known.
    """
    (folder, first), (other, last) = split_version(before), split_version(after)
    if folder != other:
        return {}
    try:
        chain = read_log(workspace.datasets / folder).chain(last)
    except (OSError, ValueError):
        return {}
    versions = [1, *(entry.version for entry in chain)]
    if first not in versions:
        return {}
    names: dict[str, str] = {}
    for entry in chain[versions.index(first) :]:
        names = dict(entry.classes) | {label: entry.classes.get(name, name) for label, name in names.items()}
    return {label: name for label, name in names.items() if label != name}
