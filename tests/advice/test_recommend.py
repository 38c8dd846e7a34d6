"""The recommendation for a data set: a job like the others, found again, made anew where it is of another version."""

import numpy as np
import pytest
from filelock import FileLock

from tests.conftest import finish
from tests.jobs.test_queue import state, wait_for
from tests.small import write_small_folder
from tlcore.advice import recommend as module
from tlcore.advice.recommend import ADVICE, choose_sample, load_recommendation, recommend
from tlcore.advice.rule import RULES
from tlcore.config import TrainConfig
from tlcore.data.ingest import ingest_folder
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.errors import UserError
from tlcore.events import StageKey, run_to_end
from tlcore.features.extract import Photo, feature_kind
from tlcore.features.store import FeatureStore
from tlcore.jobs.attempts import reset
from tlcore.jobs.line import Line
from tlcore.jobs.queue import JobQueue
from tlcore.jobs.status import job_status
from tlcore.jobs.store import recommendation_job, request_stop
from tlcore.models.registry import BUILT_IN
from tlcore.pipeline.timings import load_timings, timing_names
from tlcore.worker.runner import run_job
from tlcore.workspace import read_json, write_json


@pytest.fixture
def dataset(workspace, small_folder):
    return finish(ingest_folder(workspace, small_folder))[1]


def test_what_is_examined_and_what_comes_of_it(workspace, dataset):
    events, found = finish(recommend(workspace, dataset))
    kept = dataset.photos[dataset.photos["split"] != "test"]
    assert found.num_examined == len(kept) and {event.stage for event in events} == {"extract_features", "compare"}
    assert found.num_photos == (dataset.photos["split"] == "train").sum() and found.num_classes == 3
    assert found.quadrant == f"small-{'similar' if found.similar else 'different'}"
    low, high = found.similarity_interval
    assert found.strategy == RULES[found.quadrant] and 0 <= low <= found.similarity <= high <= 1
    assert [photo.label for photo in found.examined[:3]] != [found.examined[0].label] * 3 and len(found.examined) == 9
    assert {photo.sha256 for photo in found.examined} <= set(kept["sha256"]), "test photos are not looked at"
    for photo in found.examined:
        probabilities = [probability for _, probability in photo.guesses]
        assert len(probabilities) == 3 and probabilities == sorted(probabilities, reverse=True)
    assert found.few_shot[-1].features > 1 / 3, "discs, squares and stripes are no riddle"


def test_a_training_finds_what_was_looked_at(workspace, dataset):
    finish(recommend(workspace, dataset))
    rows = choose_sample(dataset)
    photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
    store = FeatureStore(workspace, feature_kind(BUILT_IN, BUILT_IN.default_image_size, RESIZE_POLICY))
    assert not store.missing(photo.sha256 for photo in photos), "nothing is left to compute"


def test_a_first_training_knows_the_pace_of_this_machine(workspace, dataset):
    name = timing_names(TrainConfig(), BUILT_IN)[StageKey.EXTRACT_FEATURES]
    run_job(workspace, job := recommendation_job(workspace, dataset.id))
    known = load_timings(workspace)
    assert known[name] > 0
    reset(job)
    run_job(workspace, job)
    assert load_timings(workspace) == known, "rows that are cached are no pace"


def test_the_sample_is_spread_over_the_classes_and_the_seed_draws_it(dataset, monkeypatch):
    monkeypatch.setattr(module, "MOST_PHOTOS", 10)
    first, again, other = (choose_sample(dataset, seed) for seed in (1, 1, 2))
    assert sorted(first["label"].value_counts()) == [3, 3, 4]
    assert first["sha256"].tolist() == again["sha256"].tolist() != other["sha256"].tolist()
    assert set(first["split"]) <= {"train", "validation"} and first["sha256"].is_unique


def test_a_stop_says_nothing_and_keeps_what_was_seen(workspace, dataset):
    stop = []
    job = recommend(workspace, dataset, lambda: bool(stop))
    assert run_to_end(job, lambda event: stop.append(True) if event.done else None) is None
    store = FeatureStore(workspace, feature_kind(BUILT_IN, BUILT_IN.default_image_size, RESIZE_POLICY))
    assert len(store) > 0


def test_one_job_a_data_set(workspace, dataset):
    job = recommendation_job(workspace, dataset.id)
    assert recommendation_job(workspace, dataset.id) == job and job.id == dataset.id and job.kind == "advice"
    assert state(job) == "interrupted" and load_recommendation(job) is None, "made, but nobody works on it yet"
    (job.folder / "job.json").unlink()
    assert recommendation_job(workspace, dataset.id).spec == {"dataset": dataset.id}, (
        "what a kill left half-made is mended"
    )
    for wrong in ("../runs", "", "a/b", "A"):
        with pytest.raises(UserError):
            recommendation_job(workspace, wrong)


def test_an_advice_of_another_version_or_network_is_not_read_and_made_again(workspace, dataset):
    job = recommendation_job(workspace, dataset.id)
    assert run_job(workspace, job).type == "finished"
    advice = load_recommendation(job)
    assert advice is not None and job_status(job).finished.result == dataset.id
    whole = read_json(job.folder / ADVICE)
    for change in ({"version": 0}, {"network": "other"}, {"advice": {}}, {"advice": whole["advice"] | {"more": 1}}):
        write_json(job.folder / ADVICE, whole | change)
        assert load_recommendation(job) is None, change
    (job.folder / ADVICE).write_text("{")
    assert load_recommendation(job) is None
    run_job(workspace, job)
    assert load_recommendation(job) == advice, "the same photos give the same advice"


def test_a_photo_that_is_gone_ends_as_a_sentence(workspace, tmp_path):
    folder = write_small_folder(tmp_path / "shapes", photos_per_class=4)
    dataset = finish(ingest_folder(workspace, folder))[1]
    for path in folder.rglob("*.png"):
        path.unlink()
    last = run_job(workspace, recommendation_job(workspace, dataset.id))
    assert last.type == "failed" and not last.bug and "gone" in last.what


def test_the_advice_does_not_wait_for_a_training_or_an_import(workspace, dataset):
    (workspace.root / "queue").mkdir()
    line = Line(workspace)
    queue = JobQueue(workspace)
    training, importing = (FileLock(line.slot(kind)) for kind in ("train", "import"))
    with training, importing:  # as long as a long job
        job = recommendation_job(workspace, dataset.id)
        queue.restart(job)
        wait_for(lambda: state(job) == "finished")
        assert load_recommendation(job) is not None
        write_json(job.folder / ADVICE, {"version": 0})
        queue.restart(job)  # what the page does when the advice is of another version
        wait_for(lambda: load_recommendation(job) is not None and state(job) == "finished")
        request_stop(job)
        assert load_recommendation(job) is not None, "a stop that comes too late takes nothing away"
    queue.close()


def test_what_waited_in_a_server_that_is_gone_is_taken_up_by_the_next(workspace, dataset):
    gone = JobQueue(workspace)
    job = recommendation_job(workspace, dataset.id)
    with FileLock(Line(workspace).slot("advice")):
        gone.restart(job)
        assert state(job) == "queued"
        gone.close()
    queue = JobQueue(workspace)
    wait_for(lambda: state(job) == "finished")
    queue.close()


def test_photos_come_as_they_are_at_16_pixels(workspace, dataset, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        module, "find_label_changing_flips", lambda pixels, labels: seen.update(p=pixels, n=len(labels)) or ()
    )
    finish(recommend(workspace, dataset))
    assert seen["p"].shape == (seen["n"], 16, 16, 3) and seen["p"].dtype == np.uint8
