"""The map of the photos: clusters of known truth come out apart, what overlaps is named, a stop keeps what there is."""

import subprocess

import numpy as np
import pandas as pd
import pytest

from tests.conftest import copy_of
from tlcore.analysis import arrange as arranging
from tlcore.analysis.arrange import arrange, beside
from tlcore.analysis.neighbours import measure_neighbourhood, nearest, unit
from tlcore.analysis.photo_map import PCA, load_map, principal_components, quick_map
from tlcore.api.model import load_model
from tlcore.events import Progress, Stopped, never, run_to_end
from tlcore.jobs.store import analysis_job, request_stop
from tlcore.worker.runner import run_job

LABELS = ("ant", "bee", "cow")


def clusters(spread=0.15, number=40, mixed=False, seed=0):
    """Vectors of three classes around three directions; `mixed`: the first two around the same one."""
    random = np.random.default_rng(seed)
    classes = np.repeat(np.arange(3), number)
    centres = np.eye(3, 20)[[0, 0, 2]] if mixed else np.eye(3, 20)
    return unit((centres[classes] + spread * random.normal(size=(3 * number, 20))).astype(np.float32)), classes


def apart(positions, classes):
    """The share of photos whose nearest one on the map is of the same class."""
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float((classes[distances.argmin(axis=1)] == classes).mean())


@pytest.mark.parametrize(
    ("mixed", "overlap", "least", "most", "reason"),
    [
        (False, ("", ""), 0.99, 1.0, "three that keep apart"),
        (True, ("ant", "bee"), 0.55, 0.8, "two that are one, so half of a neighbourhood is the other's"),
    ],
)
def test_classes_that_overlap_are_named(mixed, overlap, least, most, reason):
    near = measure_neighbourhood(*clusters(mixed=mixed), LABELS)
    assert near.overlap == overlap and least <= near.purity <= most, reason
    assert near.chance == pytest.approx(1 / 3)
    assert (near.shared > 0.4) == mixed


def test_the_nearest_are_those_that_a_full_sort_gives():
    vectors, _ = clusters(number=30)
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -np.inf)
    expected = np.argsort(-similar, axis=1, kind="stable")[:, :10]
    assert (nearest(vectors, np.arange(90), np.arange(90)) == expected).all()


@pytest.mark.parametrize("number", [4, 20, 200])
def test_principal_components_are_those_of_numpy(number):
    vectors = np.random.default_rng(0).normal(size=(number, 50)).astype(np.float32)
    centred = vectors - vectors.mean(axis=0)
    expected = np.abs(np.linalg.svd(centred, full_matrices=False)[0] * np.linalg.svd(centred)[1][: min(number, 50)])
    assert np.allclose(np.abs(principal_components(vectors, 2)), expected[:, :2], atol=1e-3)


def test_the_photos_that_are_not_arranged_lie_among_those_like_them():
    vectors, classes = clusters()
    landmarks = np.arange(0, len(vectors), 4)
    corners = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    arranged = corners[classes[landmarks]] + np.random.default_rng(0).normal(size=(len(landmarks), 2))
    positions = beside(vectors, landmarks, arranged)
    assert (positions[landmarks] == arranged).all() and apart(positions, classes) > 0.95


def test_few_photos_need_no_arranging():
    vectors, _ = clusters(number=2)
    assert run_to_end(arrange(vectors, never)).shape == (6, 2)


def test_a_stop_ends_the_process_and_keeps_the_quick_map(trained, tmp_path, monkeypatch):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    job, begun = analysis_job(workspace, run, "photo-map"), []
    popen = subprocess.Popen

    def start(*args, **options):
        begun.append(popen(*args, **options))
        request_stop(job)
        return begun[-1]

    monkeypatch.setattr(arranging.subprocess, "Popen", start)
    assert isinstance(run_job(workspace, job), Stopped)
    assert begun[0].poll() is not None, "the process is gone"
    quick = load_map(job.folder)
    assert quick.method == PCA and len(quick.photos) == len(dataset.photos)


def test_a_run_has_a_map(trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    events = []
    found = load_model(run.id, workspace=workspace).photo_map(on_event=events.append)
    assert found.is_arranged and found.own and set(found.photos["path"]) == set(dataset.photos["path"])
    assert found.photos[["x", "y"]].min().min() >= 0 and found.photos[["x", "y"]].max().max() <= 1
    assert found.neighbourhood.purity > 0.8, "circles, squares and triangles keep apart"
    assert apart(found.photos[["x", "y"]].to_numpy(), pd.factorize(found.photos["label"])[0]) > 0.8
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done) and done[0] == 0 and len(done) > 5


def test_a_map_is_made_of_any_number_of_photos():
    for number in (1, 2, 3):
        photos = pd.DataFrame(
            {"path": list("abc")[:number], "sha256": list("xyz")[:number], "label": "ant", "split": "train"}
        )
        found = quick_map(photos, np.eye(3, dtype=np.float32)[:number], LABELS, own=False)
        assert len(found.photos) == number and found.photos[["x", "y"]].notna().all().all()
