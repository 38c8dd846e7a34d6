"""Which generator does which kind of job: one table. runner.py runs it, jobs/ has the folders.

What only some jobs need is imported when one of them is done: an import may begin in a process that was just started.
"""

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from tlcore.analysis.prediction_results import WHAT as PREDICTIONS
from tlcore.analysis.test_set_results import WHAT as TEST_SET
from tlcore.data import incoming
from tlcore.data.assemble import Ingestion
from tlcore.data.examples import keep_pictures
from tlcore.data.ingest import ingest_path
from tlcore.data.samples import ingest_sample
from tlcore.data.uploads import ingest_incoming
from tlcore.errors import UndecidedLayout, UserError, require_package
from tlcore.evaluation.cross_validation import ANALYSIS as CROSS_VALIDATION
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped
from tlcore.exports.export_job import WHAT as EXPORT
from tlcore.jobs.attempts import remove_checkpoints
from tlcore.jobs.store import ImportSpec, Job, Run, load_run
from tlcore.projects.uploaded import project_to_open
from tlcore.settings import load_limits
from tlcore.storage.cleanup import release_uploads
from tlcore.storage.quota import check_disk, import_allowance
from tlcore.storage.usage import uploaded
from tlcore.workspace import Workspace, touch_used

Handler = Callable[[Workspace, Job, ShouldStop], Iterator[Event]]
"""Does a job: yields its events, the last one Finished or Stopped; raises UserError where the job cannot be done."""


def train(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Do a training run, or combine finished ones."""
    assert isinstance(job, Run), job.kind
    if job.ensemble is not None:
        from tlcore.comparison.ensemble_job import run_ensemble  # brings what reports need, and no TensorFlow

        yield from run_ensemble(workspace, job, should_stop)
        return
    load_trainer()
    from tlcore.pipeline.train import train_run  # brings TensorFlow; an import of photos must not wait for that

    touch_used(workspace.dataset_folder(job.dataset_id))
    touch_used(workspace.networks / job.config.backbone)
    for event in train_run(workspace, job, should_stop):
        yield event
        if isinstance(event, Finished) and not event.stopped:
            remove_checkpoints(job.folder)  # nothing is left to go on with


def import_photos(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Make a data set of what a job's `ImportSpec` names; the last event is Finished with its id, or Stopped."""
    start, spec = time.perf_counter(), ImportSpec(**job.spec)
    uploads = _numbers(workspace, spec)
    try:
        dataset = yield from _ingestion(workspace, job, spec, should_stop)
    except UndecidedLayout as question:
        with suppress(UserError, OSError):  # without pictures it can be answered too
            keep_pictures(job.folder, question.pictures())
        raise
    if dataset is None:
        yield Stopped("Nothing was changed. Your photos are still there.")
        return
    yield Finished(dataset.id, time.perf_counter() - start)
    if uploads:  # not before the line above, which is only reached when the event is on the disk
        with suppress(UserError):  # they were taken away by hand, or the next cleanup takes them
            release_uploads(workspace, job, spec.value, uploads)


def _ingestion(workspace: Workspace, job: Job, spec: ImportSpec, should_stop: ShouldStop) -> Ingestion:
    """What makes the data set, or opens a project that has one."""
    if (project := project_to_open(workspace, spec)) is not None:
        return _open_project(workspace, job, spec, *project, should_stop)
    if spec.kind == "sample":
        return ingest_sample(workspace, spec.value, seed=spec.seed, should_stop=should_stop, visitor=job.visitor)
    if spec.kind == "folder":
        path = Path(spec.value)
        choices = (spec.without, spec.layout, spec.encoding)
        return ingest_path(workspace, path, spec.name, spec.seed, should_stop, job.visitor, *choices)
    return _import_uploads(workspace, job, spec, should_stop)


def _open_project(
    workspace: Workspace, job: Job, spec: ImportSpec, path: Path, name: str, should_stop: ShouldStop
) -> Ingestion:
    """Open a project, within what the visitor may have; an upload stays, and as fresh as the end of this."""
    from tlcore.projects.opening import open_project

    area = spec.value if spec.kind == "incoming" else ""
    allowance = import_allowance(workspace, job.visitor, area)
    with incoming.held(workspace, area) if area else nullcontext():
        try:
            return (yield from open_project(workspace, path, job.visitor, allowance, should_stop, name))
        finally:
            if area:
                touch_used(workspace.incoming / area)


def _numbers(workspace: Workspace, spec: ImportSpec) -> frozenset[int]:
    """The uploads that an import begins with; what comes later is not its to remove."""
    if spec.kind != "incoming":
        return frozenset()
    return frozenset(upload.number for upload in incoming.list_uploads(workspace, spec.value))


def _import_uploads(workspace: Workspace, job: Job, spec: ImportSpec, should_stop: ShouldStop) -> Ingestion:
    """Make a data set of uploads, within what the visitor may have; they stay, and as fresh as the import's end."""
    area = workspace.incoming / spec.value
    allowance = import_allowance(workspace, job.visitor, spec.value)
    check_disk(workspace, uploaded(area)[1], load_limits(workspace))
    try:
        return (
            yield from ingest_incoming(
                workspace,
                spec.value,
                spec.name or "",
                spec.seed,
                spec.base,
                should_stop,
                job.visitor,
                allowance,
                spec.without,
                spec.layout,
                spec.encoding,
            )
        )
    finally:
        touch_used(area)  # an import that waited for hours and failed may be started again


def recommend(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Do a recommendation; its pace is remembered, so that the plan of a first training knows this machine."""
    from tlcore.advice.recommend import run_recommendation
    from tlcore.jobs.pace import least_units, likely
    from tlcore.models.registry import BUILT_IN
    from tlcore.pipeline.rates import SECONDS_PER_PRODUCT, SLOWER, num_products
    from tlcore.pipeline.timings import TimingNames, load_timings, save_timings

    rate: float | None = None
    for event in run_recommendation(workspace, job, should_stop):
        if isinstance(event, Progress) and event.stage == StageKey.EXTRACT_FEATURES:
            remains, computed = event.total - event.done, event.done - event.cached
            if remains and event.seconds_left is not None and computed >= least_units(event.total - event.cached):
                rate = event.seconds_left / remains
        yield event
    name = TimingNames(BUILT_IN.name, BUILT_IN.default_image_size, head="", unfrozen="")[StageKey.EXTRACT_FEATURES]
    if rate is not None and name not in load_timings(workspace):  # a training measures better
        usual = likely(SECONDS_PER_PRODUCT) * num_products(BUILT_IN, BUILT_IN.default_image_size)
        save_timings(workspace, {name: min(rate, SLOWER[1] * usual)})  # others may be at work at this moment


def check(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Look for photos of a data set to correct or leave out."""
    require_package("sklearn", "scikit-learn", "Checking photos", "train")
    require_package("imagehash", "ImageHash", "Checking photos", "train")
    from tlcore.cleaning.check import run_check  # brings scikit-learn and SciPy; other jobs must not wait for that

    yield from run_check(workspace, job, should_stop)


def score_test_set(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Test a run on other photos."""
    require_package("sklearn", "scikit-learn", "Counting how good a model is", "train")
    from tlcore.analysis.test_set import run_test_set  # brings what reports need; other jobs must not wait for that

    allowance = import_allowance(workspace, job.visitor, job.spec["options"].get("area", ""))
    check_disk(workspace, 0, load_limits(workspace))
    yield from run_test_set(workspace, job, should_stop, allowance)


def predict_many(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Predict many photos by a run."""
    from tlcore.analysis.prediction_job import run_predictions  # not needed by other jobs

    allowance = import_allowance(workspace, job.visitor, job.spec["options"].get("area", ""))
    check_disk(workspace, 0, load_limits(workspace))
    yield from run_predictions(workspace, job, should_stop, allowance)


def cross_validate(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Test every photo of a run once."""
    load_trainer()
    from tlcore.analysis.cross_validation import run_cross_validation  # brings TensorFlow

    yield from run_cross_validation(workspace, job, should_stop)


def learning_curve(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Find out what more photos would bring."""
    load_trainer()
    from tlcore.analysis.learning_fits import run_learning_curve  # brings TensorFlow

    yield from run_learning_curve(workspace, job, should_stop)


def photo_map(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Arrange the photos of a run on a map."""
    require_package("sklearn", "scikit-learn", "Arranging photos", "train")
    from tlcore.analysis.map_job import run_photo_map

    yield from run_photo_map(workspace, job, should_stop)


def shortcuts(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Look for classes that a run recognises without their object."""
    load_trainer()
    from tlcore.analysis.shortcut_job import run_shortcuts  # brings TensorFlow

    yield from run_shortcuts(workspace, job, should_stop)


def export(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Make an export of a run."""
    from tlcore.exports.export_job import run_export

    yield from run_export(workspace, job, should_stop)


ANALYSES: dict[str, Handler] = {
    CROSS_VALIDATION: cross_validate,
    "learning-curve": learning_curve,
    "photo-map": photo_map,
    "shortcuts": shortcuts,
    TEST_SET: score_test_set,
    PREDICTIONS: predict_many,
    EXPORT: export,
}
"""What does an analysis of a finished run, by the `what` of its spec (`store.analysis_job`).

It writes what it finds into the job's own folder, as the modules of tlcore/analysis say.
"""


def analyse(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Find out more about a finished run."""
    from tlcore.messages.ensembles import check_can_analyse

    check_can_analyse(load_run(workspace, job.spec["run"]), job.spec["what"])
    yield from ANALYSES[job.spec["what"]](workspace, job, should_stop)


def add_network(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Read a network that somebody brought, or keep it as he has decided."""
    from tlcore.networks.addition import run_addition

    check_disk(workspace, 0, load_limits(workspace))
    yield from run_addition(workspace, job, should_stop)


def score_groups(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Score what the groups of a classroom hand in."""
    from tlcore.classroom.scoring import run_scoring  # brings what predicts; other jobs must not wait for that

    yield from run_scoring(workspace, job, should_stop)


HANDLERS: dict[str, Handler] = {
    "train": train,
    "import": import_photos,
    "advice": recommend,
    "check": check,
    "analysis": analyse,
    "network": add_network,
    "scoring": score_groups,
}
"""What does a job, by its `kind`."""


def check_trainer() -> None:
    """Find out in a moment whether a training is possible here.

    Raises:
        UserError: TensorFlow is not installed.
    """
    require_package("tensorflow", "TensorFlow", "Training", "train")


def load_trainer(quietly: bool = False) -> None:
    """Import what a training needs, TensorFlow included: seconds, the first time.

    A million objects come with it, and all stay as long as the process. Python's collector of cycles would go through
    them again and again, while they come and when the process ends; without that both take a second less.

    Args:
        quietly: keep off standard error what TensorFlow's C++ prints about processors meanwhile. Not for a worker: its
            log is where one looks when TensorFlow ends the process.

    Raises:
        UserError: TensorFlow is not installed.
    """
    if "tlcore.pipeline.train" in sys.modules:
        return
    check_trainer()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported: warnings and errors only
    was_on = gc.isenabled()
    gc.disable()
    try:
        with _standard_error_silenced() if quietly else nullcontext():
            import tlcore.pipeline.train  # noqa: F401
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def _standard_error_silenced() -> Iterator[None]:
    """Send what any code of this process writes to standard error to nowhere; what Python raises is not lost."""
    try:
        kept = os.dup(2)
    except OSError:  # a program without a console has none
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(silence)
        os.close(kept)
