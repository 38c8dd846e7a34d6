"""A run's own part of the Train page: its name, its score beside the place to try it, and how the training went."""

from pages.shared import doubts, score, state
from pages.shared.widgets import plain
from tlcore.config import short_name
from tlcore.data.dataset_list import dataset_names
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import FIGURES, load_report
from tlcore.intervals import wilson_interval
from tlcore.jobs import store
from tlcore.jobs.status import JobStatus, job_status
from tlcore.jobs.store import Run
from tlcore.messages.comparisons import backbone_title
from tlcore.messages.endings import diverged_message
from tlcore.messages.ensembles import ensemble_title
from tlcore.messages.progress import num_planned_epochs
from tlcore.messages.quantities import capitalized, count, format_seconds
from tlcore.messages.stops import stopped_message


def title(run: Run) -> str:
    """What a run is called on its page: its own name, else "Hybrid · EfficientNet-Lite0". Its score stands below."""
    return run.name if run.is_renamed else kind(run)


def kind(run: Run) -> str:
    """Its strategy and its backbone: "Hybrid · EfficientNet-Lite0"; or "Ensemble of 3 models"."""
    if run.ensemble is not None:
        return ensemble_title(run.ensemble)
    return f"{capitalized(short_name(run.config.strategy))} · {backbone_title(run)}"


def sentence(run: Run, dataset: Dataset) -> str:
    """What it was trained on, and when: "Trained on pets · 26 Nov, 14:05"; of a renamed run also what it is."""
    status = job_status(run)
    verb = "Trained on" if status.usable else "Training on" if status.active else "Started on"
    verb = "Combines models trained on" if run.ensemble is not None else verb
    name = dataset_names(state.workspace()).get(dataset.folder.name, dataset.name)
    words = f"{verb} {plain(name)} · {state.moment(run.created)}"
    return f"{plain(kind(run))} · {words}" if run.is_renamed else words


def show_score(run: Run, status: JobStatus) -> None:
    """The score of the test photos, and what makes it misleading; nothing where there is none yet."""
    evaluated = status.evaluated
    if evaluated is not None:
        low, high = wilson_interval(evaluated.test_correct, evaluated.test_total)
        score.show(evaluated.test_correct, evaluated.test_total, low, high)
        if (run.folder / FIGURES).exists():  # it is written just before the score is told
            doubts.show(run, load_report(run.folder))


def was_stopped(run: Run, status: JobStatus) -> bool:
    """Whether a person stopped it; the last event tells, and before it is there, the wish itself."""
    return status.finished.stopped if status.finished else store.stop_requested(run)()


def training_message(status: JobStatus, run: Run) -> str:
    """How the training went, in a sentence or two."""
    done, planned = len(status.epochs), num_planned_epochs(status, run.config)
    words = [f"Trained for {count(done, 'epoch')}."]
    if was_stopped(run, status):
        words = [f"You stopped it after {count(done, 'epoch')}; what it learned by then is kept."]
        if store.stop_reason(run):
            words = [stopped_message(run, "it"), f"What it learned in {count(done, 'epoch')} is kept."]
    elif status.diverged is not None:
        words = [diverged_message(status.diverged, run.config)]
    elif done < planned:
        words = [f"Ended after {done} of {planned} epochs because it stopped improving."]
    took = status.evaluated
    if took is not None:
        words.append(
            f"Took {format_seconds(took.seconds)}: {format_seconds(took.seconds_features)} to read the photos, "
            f"{format_seconds(took.seconds_training)} to train."
        )
    return " ".join(words)
