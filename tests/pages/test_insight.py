"""What can be found out about a run later, on the Evaluate page: offered with its time, shown when it is there."""

import numpy as np
import pytest

from tests.analysis.test_power_law import SIZES, made
from tests.conftest import copy_of
from tests.pages.conftest import buttons, words
from tlcore.analysis.learning_curve import make_curve, save_curve
from tlcore.events import Started, encode
from tlcore.jobs.store import EVENTS, QUEUED, analysis_job


@pytest.fixture
def place(trained, tmp_path):
    """A workspace of the test's own, its data set and its run."""
    return copy_of(trained, tmp_path / "home")


def curve(labels, done=50):
    """A learning curve of made answers."""
    errors = np.tile(0.03 + 0.06 * (SIZES / SIZES[-1]) ** -0.5, (len(labels), 1))
    return make_curve(made(np.random.default_rng(2), errors), labels, True, done, 50)


def test_more_photos_one_press_asks_for_the_curve(visit, place, queue):
    workspace, dataset, run = place
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id, view="trust")
    assert "Would more photos help?" in words(at) and "Takes" in words(at)
    at.button(key="analyse_learning-curve").click().run()
    assert [(job.kind, job.spec["what"]) for job in queue.jobs] == [("analysis", "learning-curve")]
    assert not at.exception


def test_more_photos_the_curve_and_its_sentence(visit, place):
    workspace, dataset, run = place
    found = curve(dataset.labels)
    save_curve(analysis_job(workspace, run, "learning-curve").folder, found)
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id, view="trust")
    assert "With twice the photos, expect" in words(at) and "Gain by class" in [each.label for each in at.expander]
    charts = [element.proto for element in at.get("vega_lite_chart") if "To be expected" in element.proto.alt]
    assert len(charts) == 1 and "analyse_learning-curve" not in [button.key for button in at.button]


def test_more_photos_the_curve_grows_while_it_is_made(visit, place):
    workspace, dataset, run = place
    job = analysis_job(workspace, run, "learning-curve")
    save_curve(job.folder, curve(dataset.labels, done=10))
    (job.folder / QUEUED).touch()
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id, view="trust")
    assert "Stop" in buttons(at) and any("so far" in each.proto.alt for each in at.get("vega_lite_chart"))
    (job.folder / QUEUED).unlink()
    (job.folder / EVENTS).write_text(encode(Started(1.0, 2)) + "\n")  # its process is gone
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id, view="trust")
    assert "Measure the learning curve" in buttons(at) and not at.exception
