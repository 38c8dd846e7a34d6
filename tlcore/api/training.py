"""Training a model in this process, as a run of the workspace that pages and `list_runs` show like any other."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

from tlcore.api.arguments import WorkspaceLike, make_config, take_layout, take_workspace
from tlcore.api.datasets import DataLike, place_of, take_dataset
from tlcore.api.model import Model
from tlcore.api.progress_bars import showing
from tlcore.errors import UserError
from tlcore.events import Event, Failed, Stopped
from tlcore.jobs.attempts import can_finish, can_resume, reset, resume
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, create_run, load_run
from tlcore.models.registry import BUILT_IN
from tlcore.serving.bundle import load_bundle
from tlcore.worker.handlers import check_trainer, load_trainer
from tlcore.worker.interrupt import stopping_listener, stopping_on_signals
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace


class TrainingError(RuntimeError):
    """A training failed by a fault of the program. `__cause__` is the error itself, with its traceback."""


class TrainingStopped(KeyboardInterrupt):
    """A training was stopped, with Ctrl-C or on a page, before anything was learned. The message names what is kept."""


def train(
    data: DataLike,
    strategy: str = "feature-extraction",
    *,
    backbone: str | Sequence[str] = BUILT_IN.name,
    layout: str = "",
    labels: str | PathLike[str] = "",
    encoding: str = "",
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
    **settings: Any,
) -> Model:
    """Train an image classifier on a data set, and test it.

    Ctrl-C ends the training early and keeps what was learned so far: the model is tested, saved and returned. A second
    Ctrl-C ends it at once. The signals TERM and HUP do the same. (Only the main thread of a process hears them.)

    Args:
        data: a `Dataset`, or what `load_dataset` takes.
        strategy: how much of the network is trained: "feature-extraction", "hybrid", "fine-tuning" or "scratch".
        backbone: the pretrained network, see `list_backbones`; or two or three, whose features one head learns from.
            Several work with feature extraction only.
        layout, labels, encoding: how a folder or zip is read, as for `load_dataset`.
        workspace: where the run is kept; by default that of the `Dataset`, else `$TRANSFERLAB_HOME`, else the user's
            data folder.
        progress: whether progress bars are shown; by default in a terminal or a notebook, unless `on_event` is given.
        on_event: is called with every event (tlcore.events): `Progress`, `EpochEnd`, `Evaluated`, … What it raises ends
            the training; a KeyboardInterrupt counts as a Ctrl-C.
        **settings: fields of tlcore.config.TrainConfig, such as `epochs=10`, `image_size=160` (pixels) or `seed=1`.
            What is not given takes the default for the strategy and the network.

    Returns:
        The trained model; `Model.report` has its results on the test photos.

    Raises:
        UndecidedLayout, UndecidedEncoding: a folder or zip can be read in several ways; they are UserErrors.
        UserError: the data, a setting or the weights cannot be used, TensorFlow is not installed, or the disk is full.
        TrainingStopped: stopped before anything was learned; it is a KeyboardInterrupt.
        TrainingError: a fault of the program.
    """
    place = place_of(data, workspace)
    config, chosen = make_config(strategy, backbone, settings, place), take_layout(layout, labels)
    check_trainer()
    with showing(progress, on_event) as show:
        place, dataset = take_dataset(data, place, config.seed, show, chosen, encoding)
        load_trainer(quietly=True)  # takes seconds; the run's clock is for the work
        run = create_run(place, dataset.id, config, dataset.name)
        check_outcome(*run_interruptibly(place, run, show))
    return Model(load_bundle(run.folder), run.folder)


def continue_run(
    run: str,
    *,
    workspace: WorkspaceLike = None,
    progress: bool | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Model:
    """Go on with a training that ended before its time: stopped, interrupted, failed, or tested but not packed.

    It goes on after the last epoch that it kept. Where no epoch can be gone on from (a head alone takes seconds), it
    begins again, with all that the network saw in the photos; either way the result is that of an uninterrupted
    training. One that has its test figures and no model yet is only packed.

    Args:
        run: its id, as `list_runs` gives it.
        workspace, progress, on_event: as for `train`.

    Returns:
        The trained model.

    Raises:
        UserError: there is no such run, it has finished, or somebody works on it; and what `train` raises.
        TrainingStopped, TrainingError: as from `train`.
    """
    place = take_workspace(workspace)
    job = load_run(place, run)
    status = job_status(job)
    if status.active:
        raise UserError(f"The run {run} is waiting or in progress.", "Wait until it has ended, or stop it.")
    if status.finished and not status.finished.stopped:
        raise UserError(f"The run {run} has finished, so there is nothing to continue.", "Load it, or start a new run.")
    check_trainer()
    with showing(progress, on_event) as show:
        load_trainer(quietly=True)
        (resume if can_finish(job) or can_resume(job) else reset)(job)
        check_outcome(*run_interruptibly(place, job, show))
    return Model(load_bundle(job.folder), job.folder)


def run_interruptibly(
    workspace: Workspace, run: Run, on_event: Callable[[Event], object]
) -> tuple[Event, Exception | None]:
    """Do a run in this process; a Ctrl-C asks it to stop and keep what was learned.

    Returns:
        Its last event, and the error behind a `Failed` that is a bug.

    Raises:
        KeyboardInterrupt: at the second Ctrl-C; and what `on_event` raises.
    """
    bugs: list[Exception] = []
    with stopping_on_signals(run):
        last = run_job(workspace, run, stopping_listener(run, on_event), bugs.append)
    return last, bugs[0] if bugs else None


def check_outcome(last: Event, bug: Exception | None) -> None:
    """Raise what a run's end means, unless it gave a model; the arguments are what `run_interruptibly` returns."""
    if isinstance(last, Stopped):
        raise TrainingStopped(last.kept)
    if isinstance(last, Failed) and last.bug:
        number = f"Bug {last.number}: " if last.number else ""
        raise TrainingError(f"{number}{last.what} {last.fix}") from bug
    if isinstance(last, Failed):
        raise UserError(last.what, last.fix)
