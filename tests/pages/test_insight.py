"""What can be found out about a run later, on the Evaluate page: offered with its time, shown when it is there."""

import base64
import json

import numpy as np
import pandas as pd
import pytest

from pages.parts.evaluate import map_canvas
from pages.parts.evaluate.map_canvas import MapPoints, rows_of
from tests.analysis.test_power_law import SIZES, made
from tests.conftest import copy_of
from tests.pages.conftest import buttons, grids, words
from tlcore.analysis.learning_curve import make_curve, save_curve
from tlcore.analysis.shortcuts import ClassShortcut, Hidden, Shortcuts, save_shortcuts
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


def sent(at, name):
    """What was sent to the component whose data has this name in it."""
    found = [json.loads(element.proto.json) for element in at.get("bidi_component") if element.proto.json]
    return next(data for data in found if name in data)


def test_the_map_is_there_at_once_and_one_press_arranges_it(visit, place, queue):
    workspace, dataset, run = place
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id, view="map")
    data = sent(at, "keys")
    assert len(data["names"]) == len(dataset.photos) and data["labels"] == list(dataset.labels)
    assert len(data["keys"]) == 12 * len(dataset.photos) and data["finding"].startswith("Map of 36 photos of 3 classes")
    assert "nearest neighbours are of its own class" in words(at)
    at.button(key="analyse_photo-map").click().run()
    assert [job.spec["what"] for job in queue.jobs] == ["photo-map"] and not at.exception


def test_photos_that_were_drawn_around_are_shown(visit, place):
    workspace, dataset, run = place
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id, view="map")
    paths = dataset.photos["path"].tolist()[:3]
    at.session_state[f"map_chosen_{run.id}"] = paths
    at.run()
    assert "Selected on the map" in words(at) and "3 photos" in words(at) and not at.exception
    assert [photo["id"] for photo in grids(at)[-1]] == paths


@pytest.mark.parametrize(
    ("message", "rows", "reason"),
    [
        ({"shown": [3, 1, 1]}, [1, 3], "what a map sends"),
        ({"shown": []}, [], "nothing"),
        ({"shown": [0, 10]}, [], "a photo that is not there"),
        ({"shown": [True]}, [], "no number"),
        ({"shown": "12"}, [], "no list"),
        ({"shown": list(range(11))}, [], "more than there are"),
        (None, [], "no press"),
    ],
)
def test_the_map_believes_no_browser(message, rows, reason):
    assert rows_of(message, 10) == rows, reason


def test_what_the_map_sends_is_the_photos_as_they_are():
    photos = pd.DataFrame(
        {
            "path": ["a/1.jpg", "b/2.jpg", "b/3.jpg"],
            "sha256": ["0" * 64, "1" * 64, "2" * 64],
            "label": ["a", "b", "b"],
            "x": [0.0, 0.5, 1.0],
            "y": [0.0, 1.0, 0.25],
            "correct": [True, False, None],
            "predicted": ["a", "a", ""],
        }
    )
    data = map_canvas._data(MapPoints(photos, ("a", "b"), "", "", ""))

    def numbers(name, kind):
        return np.frombuffer(base64.b64decode(data[name]), kind).tolist()

    assert numbers("x", "<u2") == [0, 32768, 65535] and numbers("y", "<u2") == [65535, 0, 49151]
    assert numbers("classes", "<u2") == [0, 1, 1] and numbers("marks", "u1") == [1, 2, 0]
    assert data["predicted"] == {"1": 0} and data["names"] == ["1.jpg", "2.jpg", "3.jpg"]


def test_shortcuts_are_offered_and_named_with_their_photos(visit, place, queue):
    workspace, dataset, run = place
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id, view="trust")
    at.button(key="analyse_shortcuts").click().run()
    assert [job.spec["what"] for job in queue.jobs] == ["shortcuts"] and not at.exception
    first, *others = dataset.labels
    whole, gone, little = Hidden(12, 12, 0.8, 1, 0, 24), Hidden(11, 12, 0.7, 0.99, 1, 24), Hidden(2, 12, 0, 0.4, 1, 24)
    examples = tuple(dataset.photos["sha256"].head(9))
    named = [ClassShortcut(first, whole, gone, little, True, examples)]
    found = Shortcuts((*named, *(ClassShortcut(each, whole, little, gone, False) for each in others)), 36, True)
    save_shortcuts(analysis_job(workspace, run, "shortcuts").folder, found)
    at = visit("evaluate", workspace, dataset=dataset.id, run=run.id, view="trust")
    said = words(at)
    assert (
        "1 class recognised without the object" in said
        and "92% (likely range 70–99%) still correct" in said.replace("\\", "")
    )
    assert said.count("with its middle hidden, still predicted correctly") == 9
