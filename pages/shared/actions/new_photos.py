"""What a finished run makes of photos that it has never seen: tests on them, and predictions of many."""

from collections.abc import Mapping
from typing import Any

from pages.shared import state
from pages.shared.actions.guard import is_allowed, refusals_kept
from pages.shared.actions.jobs import analyse
from tlcore.analysis.prediction_results import WHAT as PREDICTIONS
from tlcore.analysis.test_set_results import WHAT as TEST_SET
from tlcore.data import incoming
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run
from tlcore.workspace import discard


def test_on_photos(run: Run, options: Mapping[str, Any]) -> None:
    """Test a finished run on other photos, in a job. Raises UserError for a path on this machine that is not one's own.

    Args:
        options: as `tlcore.analysis.test_set.run_test_set` has them.
    """
    _begin(run, TEST_SET, options)


def predict_many(run: Run, options: Mapping[str, Any]) -> None:
    """Predict many photos by a finished run, in a job. Raises UserError for a path that is not one's own.

    Args:
        options: as `tlcore.analysis.prediction_job.run_predictions` has them.
    """
    _begin(run, PREDICTIONS, options)


def retry_new_photos(run: Run, job: Job) -> None:
    """Do such a job once more as it was; a refusal is said by the next page."""
    if _may_go(run, job):
        with refusals_kept():
            _begin(run, job.spec["what"], job.spec["options"])


def delete_new_photos(run: Run, job: Job) -> None:
    """Delete a test of a run on other photos, or its predictions of many, with what of the upload is still there;
    nothing while it is at work."""
    if _may_go(run, job):
        incoming.clear(state.workspace(), job.spec["options"].get("area", ""))
        discard(state.workspace(), job.folder)


def replace_new_photos(run: Run, job: Job, answer: Mapping[str, str]) -> None:
    """Do such a job once more on the same photos, read as a person answered; the uploads stay."""
    if _may_go(run, job):
        discard(state.workspace(), job.folder)
        _begin(run, job.spec["what"], {**job.spec["options"], **answer})


def _begin(run: Run, what: str, options: Mapping[str, Any]) -> None:
    if "path" in options and not state.is_owner():  # no page offers it to others, but a browser sends what it likes
        raise UserError("Only the owner of this server can use a folder on it.", "Upload the photos.")
    analyse(run, what, options)


def _may_go(run: Run, job: Job) -> bool:
    """Whether a job is about new photos of this run, this visitor may change that, and nobody works on it."""
    is_of_run = job.spec.get("run") == run.id and job.spec.get("what") in (TEST_SET, PREDICTIONS)
    return is_of_run and is_allowed(run) and not job_status(job).active
