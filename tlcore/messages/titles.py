"""What a run is called: the name that somebody gave it, else what it is and how good it came out."""

from collections.abc import Mapping

from tlcore.config import STRATEGIES, short_name
from tlcore.jobs.status import JobStatus
from tlcore.jobs.store import Run
from tlcore.messages.ensembles import ensemble_title
from tlcore.messages.quantities import capitalized, percent
from tlcore.workspace import split_version


def run_name(run: Run, names: Mapping[str, str]) -> str:
    """What a run is called where its data set says most: the name that somebody gave it, else its data set's.

    Args:
        names: what data sets are called now (`dataset_names`); where its own has gone, it was called so then.
    """
    return run.name if run.is_renamed else names.get(split_version(run.dataset_id)[0], run.name)


def run_title(run: Run, status: JobStatus | None = None) -> str:
    """ "Hybrid · 93%", or the name that somebody gave the run. Without its status, or a score in it, "Hybrid"."""
    if run.is_renamed:
        return run.name
    words = _kind(run)
    score = status.evaluated if status else None
    if score is None or not score.test_total:
        return words
    return f"{words} · {percent(score.test_correct / score.test_total)}"


def _kind(run: Run) -> str:
    """What a run is: its strategy, or "Ensemble of 3 models"."""
    if run.ensemble is not None:
        return ensemble_title(run.ensemble)
    strategy = str(run.spec["config"]["strategy"])  # another version may know others
    return capitalized(short_name(strategy) if strategy in STRATEGIES else strategy)
