"""A trained model in one's hands: predict, read its figures, save it, load it again."""

from collections.abc import Callable, Collection, Mapping
from os import PathLike
from pathlib import Path

from tlcore.api.arguments import WorkspaceLike, take_workspace
from tlcore.api.model_analyses import ModelAnalyses
from tlcore.api.model_figures import bundled_report
from tlcore.api.model_files import ModelFiles
from tlcore.api.model_predictions import ModelPredictions
from tlcore.errors import UserError
from tlcore.events import Event
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, load_run
from tlcore.messages.no_model import no_model_message
from tlcore.serving.probe import load_safely


class Model(ModelPredictions, ModelAnalyses, ModelFiles):
    """A trained image classifier. `train` and `load_model` give one; it may be used from several threads at once.

    Attributes:
        labels: the class names, in the order of the probabilities.
        path: the run's folder, or the folder or zip that the model was loaded from.
        info: the content of `model.json`: input, data set, settings, figures with counts, versions.
    """

    def __repr__(self) -> str:
        try:
            score = bundled_report(self._bundle)
            tested = f", {score.correct} of {score.total} test photos correct" if score.total else ""
        except UserError:
            tested = ""
        return f"Model({', '.join(self.labels[:5])}{', …' if len(self.labels) > 5 else ''}{tested})"

    def retrain(
        self,
        *,
        relabel: Mapping[str, str] | None = None,
        leave_out: Collection[str] = (),
        progress: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> "Model":
        """Correct photos and train again on the same parts, as `tlcore.retrain` does with this model.

        Args:
            relabel: the class that each of these photos should have, by path. leave_out: paths of photos to leave out.
            progress, on_event: as for `train`.

        Returns:
            The new model, whose `before_after` compares it with this one, which stays as it is.

        Raises:
            UserError: it was loaded from a file, there is no such photo or class, a class would have too few photos, or
                what `train` raises. Nothing is changed then.
            TrainingStopped, TrainingError: as from `train`.
        """
        from tlcore.api.retraining import retrain  # which makes models itself

        return retrain(self, relabel=relabel, leave_out=leave_out, progress=progress, on_event=on_event)


def load_model(model: str | PathLike[str], *, workspace: WorkspaceLike = None) -> Model:
    """Load a trained model. Needs no TensorFlow, and no code that is in the file is run.

    The network of a model that is no run of this workspace answers once in a process of its own first, with limits on
    memory and time, so that a file that somebody made to do harm ends in a sentence.

    Args:
        model: the folder or zip that `Model.save` or the download on the pages wrote, the folder of a run, or the id of
            a run (`list_runs`). What exists as a path is taken as one.
        workspace: where to find the run of an id; by default `$TRANSFERLAB_HOME`, else the user's data folder.

    Raises:
        UserError: there is no such run, no model there, it is damaged, or its network cannot be run.
    """
    if not isinstance(model, str | PathLike):
        raise UserError(
            f"An object of type {type(model).__name__} is not a model.", "Use a folder, a zip, or the id of a run."
        )
    path = Path(model).expanduser()
    own = not path.exists()
    if own:
        run = load_run(take_workspace(workspace), str(model))
        check_has_model(run)
        path = run.folder
    return Model(load_safely(path, own), path)


def check_has_model(run: Run) -> None:
    """Raise UserError, with the state of the run, where it has no model: it is still training, failed, was stopped…"""
    missing = no_model_message(run, job_status(run))
    if missing is not None:
        raise UserError(missing.what, missing.fix)
