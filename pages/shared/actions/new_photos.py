"""What a finished run makes of photos that it has never seen: tests on them, and predictions of many."""

from collections.abc import Mapping
from typing import Any

from pages.shared import state
from pages.shared.actions.guard import is_allowed
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
    if "path" in options and not state.is_owner():  # no page offers it to others, but a browser sends what it likes
        raise UserError("Only the owner of this server can use a folder on it.", "Upload the photos.")
    analyse(run, TEST_SET, options)


def delete_test_set(run: Run, job: Job) -> None:
    """Delete a test of a run on other photos, with what of the upload is still there; nothing while it is at work."""
    if job.spec.get("run") != run.id or not is_allowed(run) or job_status(job).active:
        return
    incoming.clear(state.workspace(), job.spec["options"].get("area", ""))
    discard(state.workspace(), job.folder)


def replace_test_set(run: Run, job: Job, options: Mapping[str, Any]) -> None:
    """Test on the same photos once more, read as a person answered; the uploads stay."""
    if job.spec.get("run") == run.id and is_allowed(run) and not job_status(job).active:
        discard(state.workspace(), job.folder)
        test_on_photos(run, options)


def predict_many(run: Run, options: Mapping[str, Any]) -> None:
    """Predict many photos by a finished run, in a job. Raises UserError for a path that is not one's own.

    Args:
        options: as `tlcore.analysis.prediction_job.run_predictions` has them.
    """
    if "path" in options and not state.is_owner():  # no page offers it to others, but a browser sends what it likes
        raise UserError("Only the owner of this server can use a folder on it.", "Upload the photos.")
    analyse(run, PREDICTIONS, options)


def delete_predictions(run: Run, job: Job, with_uploads: bool = True) -> None:
    """Delete predictions of many photos, with the photos that were uploaded for them; nothing while it is at work."""
    if job.spec.get("run") != run.id or not is_allowed(run) or job_status(job).active:
        return
    if with_uploads:
        incoming.clear(state.workspace(), job.spec["options"].get("area", ""))
    discard(state.workspace(), job.folder)
