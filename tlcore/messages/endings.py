"""How a job ended, in words: what happened, and what to do next. The ends themselves are values (events, JobStatus)."""

import errno
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from tlcore.config import TrainConfig, defaults_for
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError
from tlcore.events import Died, Diverged, Started
from tlcore.features.memory import free_memory
from tlcore.features.training_memory import lighter_choices, training_memory
from tlcore.jobs.attempts import can_finish
from tlcore.jobs.event_log import read_events
from tlcore.jobs.status import JobStatus
from tlcore.jobs.store import EXIT_UNRECORDED, Job, Run, stop_requested
from tlcore.messages.quantities import format_bytes
from tlcore.models.backbones import find_backbone
from tlcore.workspace import FULL, GONE, disk_error

NOT_PACKED = "tested, but its model is not saved yet"
NO_MEMORY_EXIT_CODES = (0xC0000017, 0xC000012D)  # of Windows: no memory, commitment limit
SHORT_SHARE = 0.5  # a process that was killed and needed less than this of what is free had memory enough
LEAST_DISK_BYTES = 1_000_000  # with less nothing can be written any more
LOG, LOG_BYTES = "worker.log", 4096
_BAD_ALLOC = (b"bad_alloc", b"MemoryError", b"OOM when allocating", b"Cannot allocate memory")
_FROM_OUTSIDE = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGBREAK")
_STATES = {
    "queued": "waiting",
    "running": "in progress",
    "finished": "finished",
    "failed": "failed",
    "stopped": "stopped",
    "tested": NOT_PACKED,
}
_DEATHS = {
    "memory": "ran out of memory",
    "limit": "ran out of memory",
    "outside": "was shut down",
    "killed": "was shut down",
    "crash": "crashed",
    "disk": "stopped because the disk is full",
    "start": "could not start",
}
NOUNS = {
    "train": "training",
    "import": "import",
    "advice": "recommendation",
    "check": "check",
    "analysis": "analysis",
    "network": "import of a network",
}
"""What a job of each kind is called."""


@dataclass(frozen=True)
class Ending:
    """What happened, and what to do next: a sentence or two each."""

    what: str
    fix: str


def state_message(job: Job, status: JobStatus) -> str:
    """How a job stands, in a few words for a list."""
    if status.state == "interrupted":
        return _DEATHS.get(_cause(job, status), "interrupted")
    if status.state == "running" and status.usable:
        return "tested, saving its model"
    return "stopped" if status.finished and status.finished.stopped else _STATES[status.state]


def interruption_message(job: Job, status: JobStatus) -> Ending:
    """Why the process of a job ended without giving a reason itself."""
    cause, died, noun = _cause(job, status), status.died, NOUNS.get(job.kind, "job")
    if cause == "memory":
        return _out_of_memory(job, died.peak_bytes if died else 0, sure=not _is_killed(died))
    if cause == "limit" and died is not None:
        return _over_limit(job, died.memory_limit)
    again = "What was finished is kept: continue, or restart."
    if cause == "disk":
        return Ending(f"This {noun} stopped because the disk is full.", f"Free up some space. {again}")
    if cause in ("outside", "killed") and died is not None:
        return Ending(f"This {noun} was shut down, by someone or together with the computer.", again)
    if cause == "start":
        return Ending(
            f"This {noun} could not start.",
            "Restart it. If that doesn’t help, Transfer Lab or TensorFlow may not be fully installed.",
        )
    if cause == "crash" and died is not None:
        code = _signal_name(died) or f"exit code {died.exit_code}"
        return Ending(
            f"This {noun} crashed ({code}). This is a bug in the program or in a library, not something you did.",
            f"{again} If it happens again, choose another network and report this code.",
        )
    return Ending(f"This {noun} was interrupted, and nothing says why.", again)


def unpacked_message(job: Job, status: JobStatus) -> Ending:
    """A run that has its figures and no model: why, and how to get it."""
    if status.predicts:  # it ended while the last of its files was written
        return Ending("This model can predict, but its download is not complete.", "Finish it: that takes seconds.")
    reason = f"{status.error.what} {status.error.fix}" if status.error and not status.error.bug else ""
    if status.stopped is not None:
        reason = status.stopped.kept
    if status.died is not None:
        reason = interruption_message(job, status).what
    fix = "Finish it: this takes seconds and repeats no training." if can_finish(job) else "Restart to get one."
    return Ending(f"This run is {NOT_PACKED}, so it can’t make predictions.", f"{reason} {fix}".strip())


def diverged_message(diverged: Diverged, config: TrainConfig) -> str:
    """Where the loss was no longer a number, but the result before it was kept."""
    head = diverged.phase == "head"
    name, label = ("learning_rate", "") if head else ("fine_tune_learning_rate", "fine-tuning ")
    value, usual = getattr(config, name), getattr(defaults_for(config.strategy), name)
    lower = f" (it was {value:g}, the default is {usual:g})" if value > usual else f" than {value:g}"
    return (
        f"The loss was no longer a number in epoch {diverged.epoch} (training diverged), so training ended there and "
        f"the best epoch before it was kept. Try a lower {label}learning rate{lower}, or restore the default settings."
    )


def memory_failure(job: Job) -> Ending:
    """A job that could not get the memory it asked for."""
    return _out_of_memory(job, 0, sure=True)


def system_failure(error: OSError) -> Ending | None:
    """What an error of the system means for a person; None where it is more likely a fault of the program."""
    path = Path(error.filename) if isinstance(error.filename, str) else None
    if error.errno in FULL:
        found = disk_error(path, error) if path else UserError("The disk is full.", "Free up some space and try again.")
        return Ending(found.what, found.fix)
    if path is None:
        return None
    if error.errno in GONE:
        return Ending(
            f"A file needed for this is missing: {path.name}.",
            "It was deleted or moved in the meantime. Put it back, or restart: what is missing will be recomputed.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO):
        return Ending(
            f"{path.name} can’t be used: {why_file_failed(error)}.",
            "Check the disk, and that you can read and write there.",
        )
    return None


def _out_of_memory(job: Job, peak: int, sure: bool) -> Ending:
    """The words for it.

    Args:
        peak: the most bytes that were seen of it, 0 where nobody looked.
        sure: memory was asked for and refused; else the system ended the process, which mostly means that.
    """
    config, noun = job.config if isinstance(job, Run) else None, NOUNS.get(job.kind, "job")
    needed, free = max(peak, _needed(job)), free_memory()
    end = "ran out of memory" if sure else "was stopped by the system, most likely because memory ran out"
    amount = f" It needed about {format_bytes(needed)}; {format_bytes(free)} is free now." if needed else ""
    lighter = lighter_choices(config) if config else "fewer or smaller photos"
    return Ending(f"This {noun} {end}.{amount}", f"Choose {lighter}, or close other programs.")


def _over_limit(job: Job, limit: int) -> Ending:
    """The words for a job that was ended since it held more memory than one may here."""
    lighter = lighter_choices(job.config) if isinstance(job, Run) else "fewer or smaller photos"
    return Ending(
        f"This {NOUNS.get(job.kind, 'job')} was stopped because it used more memory than one job may use here "
        f"({format_bytes(limit)}).",
        f"Choose {lighter}.",
    )


def _needed(job: Job) -> int:
    """The bytes that a training needs by its settings; 0 for another job, and for what only another version knew."""
    if not isinstance(job, Run):
        return 0
    try:
        return training_memory(job.config, find_backbone(job.config.backbone, job.workspace))
    except UserError:
        return 0


def _cause(job: Job, status: JobStatus) -> str:
    """What ended the process of an interrupted job: "memory", "limit" (of this server, see jobs/worker_memory.py),
    "killed" (and there was memory enough), "outside", "crash", "disk", "start", or "" if unknown."""
    died = status.died
    if died is not None and died.memory_limit:
        return "limit"
    if (died and died.exit_code == EXIT_UNRECORDED) or _is_disk_full(job.folder):
        return "disk"
    if died is None or not (died.signal or died.exit_code):
        return ""
    name = _signal_name(died)
    if name in _FROM_OUTSIDE or (_is_killed(died) and stop_requested(job)()):
        return "outside"
    if _is_killed(died):
        needed = max(died.peak_bytes, _needed(job))  # which is free again by now
        return "memory" if not needed or needed > SHORT_SHARE * free_memory() else "killed"
    if died.exit_code in NO_MEMORY_EXIT_CODES or _log_tells_of_memory(job):
        return "memory"
    if not died.signal and not any(isinstance(event, Started) for event in read_events(job)):
        return "start"
    return "crash"


def _is_killed(died: Died | None) -> bool:
    return died is not None and _signal_name(died) == "SIGKILL"


def _signal_name(died: Died) -> str:
    """ "SIGKILL"; "" where no signal ended it."""
    try:
        return signal.Signals(died.signal).name if died.signal else ""
    except ValueError:
        return f"signal {died.signal}"


def _is_disk_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < LEAST_DISK_BYTES
    except OSError:
        return False


def _log_tells_of_memory(job: Job) -> bool:
    """Whether the last that the process printed is that it got no memory."""
    try:
        with open(job.folder / LOG, "rb") as file:
            file.seek(max(0, file.seek(0, 2) - LOG_BYTES))
            tail = file.read()
    except OSError:
        return False
    return any(words in tail for words in _BAD_ALLOC)
