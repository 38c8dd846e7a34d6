"""How far a job is, in words: the titles of its stages, and the sentence beside a progress bar.

The bar is that of the whole job, from its start until its model predicts or its data set is there. It moves on between
two events, never goes back, and is full only when nothing is left to do; the worker reckons it (pipeline/eta.py).
"""

import math
import time

from tlcore.config import TrainConfig
from tlcore.events import EpochEnd, Progress, StageKey
from tlcore.jobs.pace import advance, is_late, left_after, likely
from tlcore.jobs.status import JobStatus
from tlcore.messages.durations import time_left_message, whole_time_left_message
from tlcore.messages.quantities import count, format_bytes, percent

STARTING = "Starting…"
SLOWER = "slower than expected"
UNKNOWN_SECONDS = 60.0  # for the bar, while nobody knows how long it takes
NEARLY = 0.97  # of the bar, when all files were read and the data set is written


STAGE_TITLES = {
    StageKey.PREPARE: "Preparing the network",
    StageKey.DOWNLOAD: "Downloading the network",
    StageKey.LIST: "Listing the files in the archive",
    StageKey.READ: "Importing photos",
    StageKey.PREDICT: "Predicting photos",
    StageKey.TEST: "Testing the model",
    StageKey.EXPORT: "Exporting photos",
    StageKey.COMPARE: "Comparing photos",
    StageKey.MEASURE: "Checking sharpness and light",
    StageKey.LEARN_PARTS: "Training on part of your photos",
    StageKey.ARRANGE: "Arranging photos on the map",
    StageKey.SCORE: "Scoring the groups’ models",
    StageKey.ADD_NETWORK: "Reading the network",
    StageKey.HIDE_PARTS: "Hiding parts of photos and predicting again",
    StageKey.ADAPT_BATCH_NORM: "Adapting the network to your photos",
    StageKey.EXTRACT_FEATURES: "Analysing photos (feature extraction)",
    StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS: "Analysing photos (feature extraction)",
    StageKey.TRAIN_HEAD: "Training",
    StageKey.CACHE_ACTIVATIONS: "Preparing photos for fine-tuning",
    StageKey.DECODE_PHOTOS: "Preparing photos for fine-tuning",
    StageKey.FINE_TUNE: "Fine-tuning",
    StageKey.FINAL_FEATURES: "Learning what your photos have in common",
    StageKey.PACK: "Packing the model",
    StageKey.VERIFY: "Checking the model",
    StageKey.CROSS_VALIDATE: "Testing all photos",
}
"""What each stage is called."""

_ONE_STEP = (StageKey.PREPARE, StageKey.PACK)  # stages of which nobody counts anything


def unit_name(unit: str) -> str:
    """What a person calls the units of a `Progress`: the augmented views of photos are "photo variants"."""
    return "photo variants" if unit == "views" else unit


def stage_title(key: StageKey) -> str:
    """What a stage is called: "Importing photos"."""
    return STAGE_TITLES[key]


def progress_message(
    status: JobStatus, position: int, config: TrainConfig | None = None, now: float | None = None
) -> tuple[float, str]:
    """The share that is done (0–1) and the sentence that tells it.

    Args:
        position: how many jobs come before it in the queue.
        config: of a run; an import has none.
        now: Unix seconds; by default those of this moment.
    """
    config = config or TrainConfig()
    if status.state == "queued":
        return 0.0, f"Waiting · {count(position, 'job')} ahead" if position else STARTING
    now = time.time() if now is None else now
    latest = latest_event(status)
    if latest is None or (isinstance(latest, Progress) and not latest.total):
        waited = max(0.0, now - status.started) if status.started else 0.0
        return advance(0.0, UNKNOWN_SECONDS, waited), STARTING
    passed = max(0.0, now - latest.at) if latest.at else 0.0
    words = _epoch_words(latest, config) if isinstance(latest, EpochEnd) else _stage_words(latest, status, config)
    late = SLOWER if latest.left is not None and is_late(likely(latest.left), passed) else ""
    return _share(latest, passed, status, config), _joined(*words, late, _time_left(latest, passed))


def so_far_message(status: JobStatus, config: TrainConfig) -> str:
    """How far a training is, short: "epoch 4 of 30", before the first epoch its stage; "" while it starts."""
    latest = latest_event(status)
    if isinstance(latest, EpochEnd):
        return _epoch_words(latest, config)[1]
    if latest is None or not latest.total:
        return ""
    if latest.stage == StageKey.FINE_TUNE:
        return _stage_words(latest, status, config)[1]
    title = stage_title(latest.stage)
    return title[:1].lower() + title[1:]


def latest_event(status: JobStatus) -> Progress | EpochEnd | None:
    """What was told last of how far a job is."""
    last, end = status.last_progress, status.epochs[-1] if status.epochs else None
    if last is None or end is None:
        return last or end
    if last.at or end.at:
        return last if last.at >= end.at else end
    goes_on = last.stage == StageKey.FINE_TUNE or last.done < last.total  # an older program: no event tells when it was
    return last if goes_on else end


def seconds_left(status: JobStatus, now: float) -> float | None:
    """The most likely seconds that a job still takes, at a time in Unix seconds; None while nobody knows."""
    latest = latest_event(status)
    left = _left(latest, max(0.0, now - latest.at) if latest.at else 0.0) if latest is not None else None
    return left if left is None or isinstance(left, float) else likely(left)


def _left(latest: Progress | EpochEnd, passed: float) -> float | tuple[float, float] | None:
    """Seconds left, as one figure or with two ends, some seconds after an event."""
    if latest.left is not None:
        low, high = latest.left
        if not high:
            return latest.left
        change = left_after(likely(latest.left), passed) / likely(latest.left)
        return low * change, high * change
    own = latest.seconds_left if isinstance(latest, Progress) and latest.done < latest.total else None
    return None if own is None else left_after(own, passed)


def _time_left(latest: Progress | EpochEnd, passed: float) -> str:
    """The time left in words; of a download alone, where nobody knows what comes after."""
    left = _left(latest, passed)
    if isinstance(left, tuple):
        return whole_time_left_message(left)
    words = time_left_message(left)
    is_download = isinstance(latest, Progress) and latest.stage == StageKey.DOWNLOAD
    return f"{words} for the download" if words and is_download else words


def _share(latest: Progress | EpochEnd, passed: float, status: JobStatus, config: TrainConfig) -> float:
    """The share of the whole job that is done, some seconds after an event."""
    if latest.share is not None:
        left = likely(latest.left) if latest.left is not None else UNKNOWN_SECONDS
        return advance(latest.share, max(left, 0.1), passed)
    if isinstance(latest, EpochEnd):
        return min(NEARLY, latest.epoch / num_planned_epochs(status, config))
    return NEARLY * min(1.0, latest.done / latest.total)


def _stage_words(last: Progress, status: JobStatus, config: TrainConfig) -> tuple[str, ...]:
    title = stage_title(last.stage)
    if last.stage in (StageKey.PREPARE, StageKey.PACK, StageKey.VERIFY) and status.epochs:
        early = _early_end(status, config)
        if last.stage == StageKey.PREPARE and config.fine_tunes:
            return early, "Preparing fine-tuning"
        if last.stage != StageKey.PREPARE:
            counted = "" if last.stage == StageKey.PACK else f"{last.done:,} of {last.total:,} test photos"
            return early, title, counted
    if last.stage == StageKey.FINE_TUNE:
        before = max((end.epoch for end in status.epochs if end.phase == "head"), default=0)
        done = config.fine_tune_epochs * last.done / last.total
        total = before + config.fine_tune_epochs
        return title, _epoch_of(min(total, before + max(1, math.ceil(done))), total, config)
    if last.stage in _ONE_STEP:
        return (title,)
    if last.stage == StageKey.READ:
        return title, f"{percent(last.done / last.total)} ({last.done:,} of {last.total:,})"
    if last.unit == "bytes":
        return title, f"{format_bytes(last.done)} of {format_bytes(last.total)}"
    return title, f"{last.done:,} of {last.total:,} {unit_name(last.unit)}"


def _epoch_words(end: EpochEnd, config: TrainConfig) -> tuple[str, ...]:
    """How far learning is, in epochs of all phases, and what comes after this phase."""
    if end.phase == "fine_tune":
        return stage_title(StageKey.FINE_TUNE), _epoch_of(end.epoch, end.epochs, config)
    if not config.fine_tunes:
        return stage_title(StageKey.TRAIN_HEAD), _epoch_of(end.epoch, end.epochs, config)
    epochs = _epoch_of(end.epoch, end.epochs - config.fine_tune_epochs, config)
    return "Training the last layer", epochs, "then fine-tuning"


def _epoch_of(epoch: int, total: int, config: TrainConfig) -> str:
    """ "epoch 3 of 12", "of up to 12" where it may end early."""
    return f"epoch {epoch:,} of {'up to ' if config.patience else ''}{total:,}"


def _early_end(status: JobStatus, config: TrainConfig) -> str:
    """That a phase ended before its last epoch, so that nobody wonders where the minutes are gone."""
    end = status.epochs[-1]
    planned = end.epochs - (config.fine_tune_epochs if end.phase == "head" and config.fine_tunes else 0)
    return f"Stopped improving after epoch {end.epoch:,}" if config.patience and end.epoch < planned else ""


def num_planned_epochs(status: JobStatus, config: TrainConfig) -> int:
    """All epochs of all phases: as the last phase has them, before that as they were asked for."""
    end = status.epochs[-1] if status.epochs else None
    if end and (end.phase == "fine_tune" or not config.fine_tunes):
        return end.epochs
    first = config.epochs if config.pretrained else 0
    return first + (config.fine_tune_epochs if config.fine_tunes else 0)


def missing_epochs_message(status: JobStatus) -> str:
    """Which epochs the curves lack, "" where they lack none."""
    missing = status.missing_epochs
    if not missing:
        return ""
    which = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
    epochs = f"epoch {which} is" if len(missing) == 1 else f"epochs {which} are"
    return (
        f"Part of this run’s history was damaged on the disk: {epochs} missing from its curves. "
        "The trained model and its test figures are not affected."
    )


def _joined(*words: str) -> str:
    return " · ".join(word for word in words if word)
