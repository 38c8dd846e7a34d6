"""How good a model with default settings gets on cats and dogs: part of time_to_model.py [TF].

Trained on the 1,000 photos in train/, scored with the packed `model.tflite` on all 399 in validation/, with three
seeds. The folder is given whole, as a person would: the photos of validation/ then decide which epoch is kept (four
fifths of them) and are the test (one fifth), but none is trained on.
"""

from pathlib import Path
from statistics import mean

from benchmarks.ours import finish
from benchmarks.table import Row, figure
from tlcore.config import TrainConfig
from tlcore.data.ingest import ingest_path
from tlcore.runs.store import create_run
from tlcore.runs.work import work
from tlcore.serving.bundle import load_bundle
from tlcore.serving.score import score_folder
from tlcore.workspace import open_workspace

SEEDS = (0, 1, 2)
TARGETS = {160: 97.5, 224: 98.5}  # percent, by image size


def scores(workspace_folder: Path, photos: Path, image_size: int, seeds: tuple[int, ...] = SEEDS) -> list[float]:
    """Percent of the photos in validation/ that a model with default settings names rightly, for each seed."""
    workspace = open_workspace(workspace_folder)
    percents = []
    for seed in seeds:
        dataset = finish(ingest_path(workspace, photos, seed=seed))
        run = create_run(workspace, dataset.id, TrainConfig(image_size=image_size, seed=seed), dataset.name)
        last = work(workspace, run)
        if last.type != "finished":
            raise RuntimeError(f"The run ended with {last}.")
        report, _ = finish(score_folder(load_bundle(run.folder), photos / "validation"))
        print(f"  {image_size} px, seed {seed}: {report.correct} of {report.total}", flush=True)
        percents.append(100 * report.accuracy)
    return percents


def rows(image_size: int, percents: list[float]) -> list[Row]:
    """Mean and lowest of the seeds against the target of this size."""
    target = f">= {TARGETS[image_size]}"
    name = f"accuracy on validation/, {image_size} px, {len(percents)} seeds"
    return [figure(f"{name}, mean", mean(percents), target, "%"), figure(f"{name}, lowest", min(percents), target, "%")]
