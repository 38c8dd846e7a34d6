"""Why a run has no model to predict with yet, or at all, and what to do about it."""

from tlcore.jobs.status import JobStatus
from tlcore.jobs.store import Run
from tlcore.messages.endings import NOT_PACKED, Ending, interruption_message
from tlcore.messages.progress import so_far_message


def no_model_message(run: Run, status: JobStatus) -> Ending | None:
    """What is wrong and what to do; None where the run has its model."""
    again = f"with: transferlab continue {run.id}, or tlcore.continue_run({run.id!r}) in Python."
    later = "Try again when it has finished, or watch it with: "
    if status.finished:
        return None
    if status.usable and status.active:
        return Ending(f"The model of run {run.id} is still being saved.", "Wait until the run has finished.")
    if status.usable:
        return Ending(f"The run {run.id} is {NOT_PACKED}.", f"Finish it {again}")
    if status.state == "queued":
        return Ending(
            "This run is waiting to be trained.", "Try again when it has finished. `transferlab runs` shows it."
        )
    if status.state == "running":
        far = so_far_message(status, run.config)
        words = f"This run is still training{f' ({far})' if far else ''}."
        return Ending(words, f"{later}transferlab runs")
    if status.state == "failed" and status.error and not status.error.bug:
        return Ending(f"This run failed: {status.error.what}", f"{status.error.fix} Then continue it {again}")
    if status.state == "failed":
        return Ending("This run failed by a fault of the program (a bug).", f"Continue it {again}")
    if status.state == "interrupted":
        return Ending(interruption_message(run, status).what, f"Continue it {again}")
    return Ending("This run was stopped before it had a model.", f"Continue it {again}")
