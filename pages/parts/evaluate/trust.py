"""How far the score of a run can be trusted: a section each, from every photo tested once to another test set."""

from pages.parts.evaluate import calibration, cross_validation, learning_curve, overview, shortcuts, test_set, unknown
from tlcore.data.manifest import Dataset
from tlcore.evaluation.report import Report
from tlcore.jobs.store import Run


def show(run: Run, dataset: Dataset, report: Report) -> None:
    """The sections; each says what to do where it has nothing to show for this run."""
    overview.show(run, report)
    cross_validation.show(run, dataset, report)
    test_set.show(run, report)
    calibration.show(run, report)
    unknown.show(run, dataset, report)
    learning_curve.show(run, dataset)
    shortcuts.show(run, dataset)
