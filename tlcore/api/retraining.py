"""Correcting photos after a look at a model's mistakes, and training again on the same parts."""

from collections.abc import Callable, Collection, Mapping

from tlcore.api.arguments import WorkspaceLike, take_workspace
from tlcore.api.model import Model
from tlcore.api.progress_bars import showing
from tlcore.api.training import check_outcome, run_interruptibly
from tlcore.comparison.retraining import prepare_retraining
from tlcore.data.corrections import Correction
from tlcore.data.edit_log import edited_in_python
from tlcore.data.manifest import load_dataset
from tlcore.data.versions import load_current
from tlcore.errors import UserError
from tlcore.events import Event
from tlcore.jobs.status import job_status
from tlcore.jobs.store import load_run
from tlcore.serving.bundle import load_bundle
from tlcore.worker.handlers import check_trainer, load_trainer
from tlcore.workspace import Workspace


def retrain(
    run: str | Model,
    *,
    relabel: Mapping[str, str] | None = None,
    leave_out: Collection[str] = (),
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Model:
    """Correct photos of a run and train again with the same settings; test photos stay test photos.

    The corrections make one newer version of the run's data set, as one edit that `undo` takes back. Where the photos
    were changed since the run, they are made to the newest version.

    Args:
        run: the id of a run, as `list_runs` gives it, or a model that was trained in a workspace.
        relabel: the class that each of these photos should have, by path.
        leave_out: the paths of photos that are left out.
        workspace: where the run is; by default that of the model, else `$TRANSFERLAB_HOME`, else the user's data
            folder.
        progress, on_event: as for `train`.

    Returns:
        The new model; `Model.before_after` compares it with the earlier one.

    Raises:
        UserError: the run is not there or has no test results, there is no such photo or class, a class would have too
            few photos, and what `train` raises. Nothing is changed then.
        TrainingStopped, TrainingError: as from `train`.
    """
    place, run_id = _place_of(run, workspace)
    earlier = load_run(place, run_id)
    if not job_status(earlier).usable:
        raise UserError(f"The run {run_id} has no test results yet.", "Wait until it has finished, or train again.")
    corrections = _corrections(place, earlier.dataset_id, dict(relabel or {}), leave_out)
    check_trainer()
    with showing(progress, on_event) as show:
        load_trainer(quietly=True)
        with edited_in_python():
            made = prepare_retraining(place, earlier, corrections)
        check_outcome(*run_interruptibly(place, made.run, show))
    return Model(load_bundle(made.run.folder), made.run.folder)


def _place_of(run: str | Model, workspace: WorkspaceLike) -> tuple[Workspace, str]:
    """The workspace of a run and its id."""
    if not isinstance(run, Model):
        return take_workspace(workspace), run
    if run.run_id is None or run.path.name != run.run_id:
        raise UserError(
            "This model was loaded from a file, which holds no photos.",
            "Give the id of its run, in the workspace where it was trained.",
        )
    return take_workspace(workspace if workspace is not None else run.path.resolve().parent.parent), run.run_id


def _corrections(
    workspace: Workspace, dataset_id: str, relabel: Mapping[str, str], leave_out: Collection[str]
) -> list[Correction]:
    """What is asked for, with the class that each photo has now. Raises UserError where that contradicts itself."""
    away = [leave_out] if isinstance(leave_out, str) else list(leave_out)
    both = sorted(set(away) & set(relabel))
    if both:
        raise UserError(f"The photo {both[0]} is both relabelled and left out.", "Choose one of the two.")
    if not away and not relabel:
        raise UserError("Nothing to correct was given.", "Relabel at least one photo, or leave one out.")
    empty = sorted(path for path, label in relabel.items() if not label.strip())
    if empty:
        raise UserError(f"No class was given for the photo {empty[0]}.", "Give the class it should have.")
    seen, newest = (load(workspace, dataset_id).photos for load in (load_dataset, load_current))
    labels = dict(zip(seen["path"], seen["label"])) | dict(zip(newest["path"], newest["label"]))
    wanted = [*relabel.items(), *((path, "") for path in away)]
    return [Correction(path, str(labels.get(path, "")), to) for path, to in wanted]
