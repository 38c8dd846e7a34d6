"""A run whose rows on the disk are damaged computes those anew, and comes to what it would have come to anyway."""

import random
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import finish
from tests.recommendations import make_recommendation
from tests.small import write_small_folder
from tlcore.advice.recommend import recommend
from tlcore.config import TrainConfig, defaults_for
from tlcore.data.ingest import ingest_folder
from tlcore.data.manifest import Dataset
from tlcore.jobs.event_log import read_events
from tlcore.jobs.store import create_run
from tlcore.pipeline.train import train_run
from tlcore.workspace import Workspace, open_workspace

SMALL = {"image_size": 64, "epochs": 2, "patience": 0}
CONFIGS = {
    "features": (defaults_for("feature-extraction", **SMALL), "features/*"),
    "features of views": (defaults_for("feature-extraction", **SMALL | {"rotation": 10.0, "views": 2}), "*/*"),
    "activations": (
        defaults_for(
            "hybrid",
            **SMALL | {"fine_tune_epochs": 2, "unfreeze_from": "block7a", "views": 1, "batch_norm_adaptation": 0.0},
        ),
        "activations/*",
    ),
}
"""What is damaged, by a run that needs it. Decoded photos lie in the same store, but a network that trains as a whole
takes a minute to compile; tests/faults/test_flips.py damages their rows."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Dataset]:
    workspace = open_workspace(tmp_path_factory.mktemp("rows") / "home")
    folder = write_small_folder(tmp_path_factory.mktemp("photos") / "shapes", photos_per_class=10)
    return workspace, finish(ingest_folder(workspace, folder))[1]


def figures(workspace: Workspace, dataset: Dataset, config: TrainConfig) -> tuple[list, list, int]:
    """Of a new run: its epochs, its test figures, and how many rows were computed for it."""
    run, events = create_run(workspace, dataset.id, config, "run"), []
    for event in train_run(workspace, run, lambda: False):
        events.append(event)
        if event.type == "evaluated":  # to pack the model takes longer than all before
            break
    last: dict[int, tuple[float, float]] = {}
    for event in events:
        if event.type == "epoch":
            last[event.epoch] = (event.loss, event.val_loss)
    computed = sum(
        stage.total - stage.cached
        for event in events
        if event.type == "planned"
        for stage in event.stages
        if stage.num_outputs
    )
    assert not read_events(run)
    return [last[epoch] for epoch in sorted(last)], [events[-1].test_correct, events[-1].test_total], computed


def damage(folders: list[Path], file: str) -> None:
    """Flip a bit in five places of a file in each folder."""
    for folder in folders:
        data = bytearray((folder / file).read_bytes())
        for place in random.Random(1).sample(range(len(data)), 5):
            data[place] ^= 64
        (folder / file).write_bytes(data)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_computes_damaged_rows_anew_and_goes_on(dataset, name, caplog):
    workspace, photos = dataset
    config, pattern = CONFIGS[name]
    expected = figures(workspace, photos, config)
    folders = [path.parent for path in workspace.root.glob(f"{pattern}/vectors.bin")]
    for file in ("vectors.bin", "keys.bin"):
        damage(folders, file)
        epochs, counts, computed = figures(workspace, photos, config)
        np.testing.assert_allclose(epochs, expected[0], atol=1e-5)
        assert counts == expected[1] and 0 < computed < len(photos.photos) * 3
    assert "damaged" in caplog.text, "the log says so"


def test_a_recommendation_computes_damaged_rows_anew(dataset, caplog):
    workspace, photos = dataset
    expected = finish(recommend(workspace, photos))[1]
    damage([path.parent for path in (workspace.root / "features").glob("*224px*/vectors.bin")], "vectors.bin")
    found = finish(recommend(workspace, photos))[1]
    assert type(found) is type(make_recommendation())
    assert found.similarity == pytest.approx(expected.similarity, abs=1e-6) and "damaged" in caplog.text
