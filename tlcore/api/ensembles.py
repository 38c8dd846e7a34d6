"""Combining finished runs into one model."""

from collections.abc import Callable, Sequence

from tlcore.api.arguments import WorkspaceLike, take_workspace
from tlcore.api.model import Model
from tlcore.api.progress_bars import showing
from tlcore.api.training import check_outcome, run_interruptibly
from tlcore.comparison.ensembles import OUT_OF_FOLD, create_ensemble
from tlcore.errors import UserError
from tlcore.evaluation.ensemble import AVERAGE
from tlcore.events import Event
from tlcore.serving.bundle import load_bundle
from tlcore.workspace import Workspace


def combine(
    runs: Sequence[str | Model],
    method: str = AVERAGE,
    weights: str | Sequence[float] = OUT_OF_FOLD,
    *,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Model:
    """Combine finished runs on the same photos into one model (an ensemble), and test it. Needs no TensorFlow.

    The model is one file that answers by itself: it goes on when the runs are deleted. What their networks have in
    common is in it once.

    Args:
        runs: 2 to 12 ids of runs, as `list_runs` gives them, or models that were trained in a workspace. All on the
            same version of a data set.
        method: "average" of the probabilities, or "vote": each model has one vote for its most probable class.
        weights: how much each model counts in the average: "out-of-fold", by what it predicted for photos that it had
            not learned from (of cross-validation, else the validation photos); "equal"; or a number each.
        workspace: where the runs are; by default that of the first model, else `$TRANSFERLAB_HOME`, else the user's
            data folder.
        progress, on_event: as for `train`.

    Returns:
        The model; `info["ensemble"]` has the method, the weights, and where they come from.

    Raises:
        UserError: there is no such run, or the runs cannot be combined: other photos, an ensemble itself.
        TrainingStopped: stopped before anything was combined; it is a KeyboardInterrupt.
        TrainingError: a fault of the program.
    """
    if isinstance(runs, str | Model):
        raise UserError("One model alone can’t be combined.", "Give a list of two or more.")
    place, ids = _place_of(list(runs), workspace), [_id_of(run) for run in runs]
    with showing(progress, on_event) as show:
        made = create_ensemble(place, ids, method, weights)
        check_outcome(*run_interruptibly(place, made, show))
    return Model(load_bundle(made.folder), made.folder)


def _id_of(run: str | Model) -> str:
    """The id of a run."""
    if not isinstance(run, Model):
        return str(run)
    if run.run_id is None or run.path.name != run.run_id:
        raise UserError(
            "A model that was loaded from a file can’t be combined.",
            "Give the id of its run, in the workspace where it was trained.",
        )
    return run.run_id


def _place_of(runs: Sequence[str | Model], workspace: WorkspaceLike) -> Workspace:
    """The workspace of the runs."""
    models = [run for run in runs if isinstance(run, Model)]
    if workspace is None and models:
        _id_of(models[0])
        return take_workspace(models[0].path.resolve().parent.parent)
    return take_workspace(workspace)
