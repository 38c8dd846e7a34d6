"""How far a job is, in words: the titles of its stages, and the sentence beside a progress bar."""

from statistics import median

from tlcore.config import TrainConfig
from tlcore.events import Progress, StageKey
from tlcore.jobs.status import JobStatus
from tlcore.messages.durations import time_left_message, whole_time_left_message
from tlcore.messages.quantities import count, format_bytes

RECENT = 5  # epochs whose time tells how long the next ones take
STARTING = "Starting, a few seconds."


STAGE_TITLES = {
    StageKey.DOWNLOAD: "Downloading",
    StageKey.READ: "Reading photos",
    StageKey.ADAPT_BATCH_NORM: "Measuring how your photos differ from the network's own",
    StageKey.EXTRACT_FEATURES: "Looking at every photo once (feature extraction)",
    StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS: "Looking at every photo once (feature extraction)",
    StageKey.TRAIN_HEAD: "Training",
    StageKey.CACHE_ACTIVATIONS: "Looking at every photo once (feature extraction)",
    StageKey.DECODE_PHOTOS: "Reading photos",
    StageKey.FINE_TUNE: "The network adapts",
    StageKey.VERIFY: "Checking the packed model on the test photos",
}
"""What each stage is called."""


def stage_title(key: StageKey) -> str:
    """What a stage is called: "Reading photos"."""
    return STAGE_TITLES[key]


def progress_message(status: JobStatus, position: int, config: TrainConfig | None = None) -> tuple[float, str]:
    """The share that is done (0–1) and the sentence that tells it.

    Args:
        position: how many jobs come before it in the queue.
        config: of a run; an import has none.
    """
    config = config or TrainConfig()
    last = status.last_progress
    if status.state == "queued":
        return 0.0, f"Waiting: {count(position, 'job')} before this one." if position else STARTING
    looks_again = last is not None and last.done < last.total  # between the phases, for the part that is fine-tuned
    if last is not None and last.stage == StageKey.FINE_TUNE:
        return _fine_tuning_message(status, last, config)
    if status.epochs and not looks_again:
        return _epochs_message(status, config)
    if last is None or not last.total:
        return 0.0, STARTING
    return min(1.0, last.done / last.total), _joined(stage_title(last.stage), _done(last), _left(last, config))


def _done(last: Progress) -> str:
    if last.unit == "bytes":
        return f"{format_bytes(last.done)} of {format_bytes(last.total)}"
    return f"{last.done:,} of {last.total:,} {last.unit}"


def _left(last: Progress, config: TrainConfig) -> str:
    """The time left for the whole run, or where nobody knows that, for the stage and what comes after."""
    if last.left is not None:
        return whole_time_left_message(last.left)
    left = time_left_message(last.seconds_left) if last.done < last.total else ""
    if not left or not config.fine_tunes:
        return left
    rounds = f"{count(config.fine_tune_epochs, 'round')} with the network open"
    return f"{left} for this step · then {rounds}, and the first tells how long they take"


def _epochs_message(status: JobStatus, config: TrainConfig) -> tuple[float, str]:
    """The share of all epochs that is done, and how it goes on; epochs of different phases take different times."""
    end, total = status.epochs[-1], num_planned_epochs(status, config)
    share, round_of = min(1.0, end.epoch / total), f"round {end.epoch} of {total}"
    if end.phase == "head" and config.fine_tunes:
        whole = whole_time_left_message(end.left)
        if end.epoch >= end.epochs:
            return share, _joined("Opening the network", f"{round_of} is done", "the next one takes longer", whole)
        return share, _joined("Learning the last step", round_of, f"the network opens after round {end.epochs}", whole)
    times = [each.seconds for each in status.epochs if each.phase == end.phase]
    recent = (times[1:] or times)[-RECENT:]  # the first one compiles
    what = "The network adapts" if end.phase == "fine_tune" else "Learning"
    return share, _joined(what, round_of, time_left_message(median(recent) * (total - end.epoch)))


def _fine_tuning_message(status: JobStatus, last: Progress, config: TrainConfig) -> tuple[float, str]:
    """How far fine-tuning is; the time left is that of the whole run."""
    before = max((end.epoch for end in status.epochs if end.phase == "head"), default=0)
    total, done = before + config.fine_tune_epochs, config.fine_tune_epochs * last.done / last.total
    now = min(total, before + int(done) + 1)
    words = _joined("The network adapts", f"round {now} of {total}", time_left_message(last.seconds_left))
    return min(1.0, (before + done) / total), words


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
    return (
        f"What this run wrote down was damaged on the disk: round {which} is missing from its curves. "
        "The trained model and its test figures are not affected."
    )


def _joined(*words: str) -> str:
    return " · ".join(word for word in words if word)
