"""How good a model with default settings gets on cats and dogs: part of time_to_model.py [TF].

Learned from train/ (1,000 photos), scored with the packed `model.tflite` on all 399 of validation/, with three seeds,
in two ways:

    whole folder    as a person would give it: all 1,000 are learned from; four fifths of validation/ decide which epoch
                    is kept, one fifth is the run's own test, and none is trained on
    train/ alone    the run knows nothing of validation/: 700 are learned from, 150 decide, 150 are its own test

Seen: 160 px 393 of 399 with each seed (train/ alone 392–395), 224 px 395–397 (394–396).
"""

from pathlib import Path
from statistics import mean

from benchmarks.table import Row, figure
from tlcore.config import TrainConfig
from tlcore.data.ingest import ingest_path
from tlcore.events import run_to_end
from tlcore.jobs.store import create_run
from tlcore.serving.bundle import load_bundle
from tlcore.serving.score import score_path
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

SEEDS = (0, 1, 2)
TARGETS = {160: ">= 97.5", 224: ">= 98.5"}  # percent, by image size


def accuracy_rows(home: Path, photos: Path) -> list[Row]:
    """Mean and lowest of the seeds, for both sizes and both ways."""
    workspace, rows = open_workspace(home), []
    for size, target in TARGETS.items():
        for given, way in ((photos, "whole folder"), (photos / "train", "train/ alone")):
            percents = [_score(workspace, given, photos / "validation", size, seed) for seed in SEEDS]
            for kind, value in (("mean", mean(percents)), ("lowest", min(percents))):
                rows.append(figure(f"accuracy at {size} px, {way}, {kind} of {len(SEEDS)} seeds", value, target, "%"))
    return rows


def _score(workspace: Workspace, given: Path, unseen: Path, size: int, seed: int) -> float:
    """Percent of the photos in `unseen` that a model trained with defaults on `given` names rightly."""
    dataset = run_to_end(ingest_path(workspace, given, seed=seed))
    run = create_run(workspace, dataset.id, TrainConfig(image_size=size, seed=seed), dataset.name)
    last = run_job(workspace, run)
    if last.type != "finished":
        raise RuntimeError(f"The run ended with {last}.")
    report = run_to_end(score_path(load_bundle(run.folder), unseen)).report
    assert report is not None, "all photos have a class"
    print(f"  {size} px, {given.name}, seed {seed}: {report.correct} of {report.total}", flush=True)
    return 100 * report.accuracy
