"""Photos of something else: how many of them a model answers all the same. honesty.py has the rows too.

A model is set to answer 95% of photos of its classes. Cats and dogs are learned from the folder `train`; then it is
shown new ones (the folder `validation`, of which it saw none), emoji, digits, ImageNet's photos of one hundred things
(some of them cats and dogs) and pictures of nothing. "20 a class" has so few to learn from, three times. What is shown
is a sample: a share above its target counts as missed where that is more than chance (exact binomial test, 5%).
"""

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.stats import binom

from benchmarks.command import check_data, few_photos, finish, parser
from benchmarks.table import Row, figure
from tlcore.api.model import Model
from tlcore.api.training import train
from tlcore.data.manifest import Dataset
from tlcore.data.samples import ingest_sample
from tlcore.events import run_to_end
from tlcore.workspace import Workspace, open_workspace

FEW, TIMES = 20, 3
LEVEL = 0.05
MOST = 626  # pictures of a sample
Photos = Sequence[bytes]


def main() -> int:
    """Measure, print, write."""
    options = parser("unknown", __doc__).parse_args()
    check_data(options.data)
    with tempfile.TemporaryDirectory() as scratch:
        folder = few_photos(options.data, Path(scratch, "few")) if options.quick else options.data
        workspace = open_workspace(Path(scratch, "home"))
        rows = list(unknown_rows(workspace, folder, options.data.parent / "imagenet-100", Path(scratch, "draws")))
    return finish("Photos of something else", rows, options)


def unknown_rows(workspace: Workspace, cats_dogs: Path, imagenet: Path, scratch: Path) -> Iterator[Row]:
    """Each figure with its target.

    Args:
        cats_dogs: with the folders `train` and `validation`. imagenet: one photo of each of a hundred things, or none.
        scratch: an empty folder.
    """
    emoji, digits = (_sample(workspace, name) for name in ("emoji", "digits"))
    strange = {"emoji": (_photos(emoji), 0.01), "digits": (_photos(digits), 0.01)}
    if imagenet.is_dir():
        strange["ImageNet photos"] = [path.read_bytes() for path in sorted(imagenet.iterdir()) if path.is_file()], 0.08
    strange["pictures of nothing"] = nothing(), 0.01
    new = [path.read_bytes() for path in sorted((cats_dogs / "validation").glob("*/*"))]
    for strategy in ("feature-extraction", "hybrid"):
        model = train(cats_dogs / "train", strategy=strategy, workspace=workspace, progress=False)
        yield figure(f"cats and dogs, {strategy}: new ones kept", kept(model, new), ">= 0.93", "share")
        for name, (photos, most) in strange.items():
            yield answered(f"cats and dogs, {strategy}: {name} answered", model, photos, most)
    few = [_few(workspace, cats_dogs / "train", scratch / str(seed), seed) for seed in range(TIMES)]
    yield figure(f"{FEW} a class: new ones kept", float(np.mean([kept(each, new) for each in few])), ">= 0.9", "share")
    shares = [kept(each, strange["emoji"][0]) for each in few]
    yield figure(f"{FEW} a class: emoji answered", float(np.mean(shares)), "<= 0.01", "share")
    for name, own, other in (("emoji", emoji, strange["digits"][0]), ("digits", digits, strange["emoji"][0])):
        model = train(own, workspace=workspace, progress=False)
        yield answered(f"{name} model: cats and dogs answered", model, new[:200], 0.01)
        yield answered(f"{name} model: the other sample answered", model, other, 0.01)


def answered(name: str, model: Model, strange: Photos, most: float) -> Row:
    """The share of strange photos that get an answer; missed where it is above the target by more than chance.

    Args:
        most: the target, 0–1.
    """
    share = kept(model, strange)
    chance = binom.sf(round(share * len(strange)) - 1, len(strange), most)
    return Row(name, share, None, None, f"<= {most}", bool(share <= most or chance > LEVEL), "share")


def kept(model: Model, photos: Photos) -> float:
    """The share of photos that get an answer."""
    return float(np.mean([answer.known for answer in model.predict(photos)]))


def nothing() -> Photos:
    """A green test screen, black, white, noise, a gradient and stripes."""
    random, ramp = np.random.default_rng(0), np.linspace(0, 255, 240)
    colours = ((0, 200, 0), (0, 0, 0), (255, 255, 255), (128, 128, 128))
    blocks, stripes = random.integers(0, 256, (30, 30, 3)), np.tile(ramp // 32 % 2 * 255, (240, 1))
    screens = [
        *(np.full((240, 240, 3), colour) for colour in colours),
        random.integers(0, 256, (240, 240, 3)),
        blocks.repeat(8, axis=0).repeat(8, axis=1),
        np.broadcast_to(ramp[:, None, None], (240, 240, 3)),
        stripes[..., None].repeat(3, axis=2),
    ]
    return [_png(screen) for screen in screens]


def _png(pixels: np.ndarray) -> bytes:
    target = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8)).save(target, "PNG")
    return target.getvalue()


def _sample(workspace: Workspace, name: str) -> Dataset:
    found = run_to_end(ingest_sample(workspace, name))
    assert found is not None  # nobody stops it
    return found


def _photos(dataset: Dataset) -> Photos:
    paths = dataset.photos["path"].tolist()
    chosen = np.random.default_rng(0).permutation(len(paths))[:MOST]
    return [dataset.read(paths[number]) for number in chosen]


def _few(workspace: Workspace, source: Path, folder: Path, seed: int) -> Model:
    """A model of so few photos a class, drawn at random."""
    for label in sorted(source.iterdir()):
        photos = sorted(label.iterdir())
        (folder / label.name).mkdir(parents=True)
        for number in np.random.default_rng(seed).permutation(len(photos))[:FEW]:
            shutil.copy2(photos[number], folder / label.name)
    return train(folder, workspace=workspace, progress=False)


if __name__ == "__main__":
    sys.exit(main())
