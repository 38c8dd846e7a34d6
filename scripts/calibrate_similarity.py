"""Print the figures of docs/notes/recommendation-calibration.md.

The ends of the scale, known sets, ten samples each, what fools it.

    python scripts/calibrate_similarity.py FOLDER_OF_IMAGENET_PHOTOS [FOLDER_OF_CLASS_FOLDERS …]

Features are kept in the workspace ($TRANSFERLAB_HOME), so a second run takes seconds.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tlcore.advice import similarity as measure  # noqa: E402
from tlcore.advice.recommend import choose_sample  # noqa: E402
from tlcore.data.images import load_input  # noqa: E402
from tlcore.data.ingest import ingest_path  # noqa: E402
from tlcore.data.manifest import Dataset  # noqa: E402
from tlcore.data.samples import ingest_sample  # noqa: E402
from tlcore.data.unsorted import read_unsorted  # noqa: E402
from tlcore.data.wanted import RESIZE_POLICY  # noqa: E402
from tlcore.events import run_to_end  # noqa: E402
from tlcore.features.extract import Photo, Request, extract, feature_kind  # noqa: E402
from tlcore.features.store import FeatureStore  # noqa: E402
from tlcore.features.views import ViewedStore  # noqa: E402
from tlcore.models.frozen_backbone import PretrainedBackbone  # noqa: E402
from tlcore.models.frozen_files import POOLED  # noqa: E402
from tlcore.models.imagenet_head import load_imagenet_head  # noqa: E402
from tlcore.models.registry import BUILT_IN  # noqa: E402
from tlcore.workspace import Workspace, open_workspace  # noqa: E402

SIDE = 256
HEAD = load_imagenet_head(BUILT_IN)
RANDOM = np.random.default_rng(0)
Change = Callable[[Image.Image], Image.Image]
CHANGES: dict[str, Change] = {
    "as they are": lambda photo: photo,
    "grey": lambda photo: photo.convert("L"),
    "colours inverted": ImageOps.invert,
    "blurred by 2 pixels of 256": lambda photo: photo.filter(ImageFilter.GaussianBlur(2)),
    "blurred by 6 pixels of 256": lambda photo: photo.filter(ImageFilter.GaussianBlur(6)),
    "noise of 40 of 255": lambda photo: Image.fromarray(
        (np.asarray(photo) + RANDOM.normal(0, 40, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)
    ),
    "a quarter turn": lambda photo: photo.rotate(90),
    "upside down": lambda photo: photo.rotate(180),
    "made of 32 × 32 pixels": lambda photo: photo.resize((32, 32)).resize((SIDE, SIDE)),
    "a quarter of the side, from the middle": lambda photo: photo.crop((96, 96, 160, 160)),
    "a third of the side, on white": lambda photo: ImageOps.expand(photo.resize((90, 90)), 83, "white"),
    "only edges, black on white": lambda photo: ImageOps.invert(photo.convert("L").filter(ImageFilter.FIND_EDGES)),
    "black and white, no grey": lambda photo: photo.convert("L").point(lambda value: 255 * (value > 110)),
    "grey, inverted, blurred (like an X-ray)": lambda photo: ImageOps.invert(photo.convert("L")).filter(
        ImageFilter.GaussianBlur(2)
    ),
    "one colour": lambda photo: Image.new("RGB", (SIDE, SIDE), tuple(RANDOM.integers(0, 256, 3).tolist())),
    "noise alone": lambda photo: Image.fromarray(RANDOM.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)),
}


def main(arguments: list[str]) -> None:
    """Print the tables."""
    workspace = open_workspace()
    photos = run_to_end(read_unsorted(Path(arguments[0])))
    sets = {
        "digits": run_to_end(ingest_sample(workspace, "digits")),
        "emoji": run_to_end(ingest_sample(workspace, "emoji")),
        **{Path(path).name: run_to_end(ingest_path(workspace, path)) for path in arguments[1:]},
    }
    sure = {
        name: HEAD.probabilities(extract_features(workspace, dataset)) @ measure._likeness(HEAD)
        for name, dataset in {"ImageNet": photos, "digits": sets["digits"]}.items()
    }
    print(
        "ends of the scale:",
        np.quantile(sure["digits"].max(axis=1), 0.75),
        "(digits, upper quartile)",
        np.quantile(sure["ImageNet"].max(axis=1), 0.25),
        "(ImageNet, lower quartile)",
    )
    for name, dataset in {"ImageNet": photos, **sets}.items():
        values = [of_sample(workspace, dataset, seed) for seed in range(10)]
        print(
            f"{name:<40} mean {np.mean(values):.3f}  {min(values):.3f}–{max(values):.3f}  "
            f"largest difference from the mean {np.abs(np.array(values) - np.mean(values)).max():.3f}"
        )
    with tempfile.TemporaryDirectory() as folder:
        for name, change in CHANGES.items():
            changed = Path(folder, name)
            changed.mkdir()
            for number, path in enumerate(photos.photos["path"]):
                image = Image.fromarray(load_input(photos.read(path), SIDE, RESIZE_POLICY))
                change(image).save(changed / f"{number}.png")
            scores = measure.photo_scores(extract_features(workspace, run_to_end(read_unsorted(changed))), HEAD)
            print(f"{name:<40} {measure.similarity(scores):.2f}")


def of_sample(workspace: Workspace, dataset: Dataset, seed: int) -> float:
    """The similarity of the 200 photos that a seed draws."""
    rows = choose_sample(dataset, seed)
    return measure.similarity(measure.photo_scores(extract_features(workspace, dataset, set(rows["sha256"])), HEAD))


def extract_features(workspace: Workspace, dataset: Dataset, only: set[str] | None = None) -> np.ndarray:
    """The features of all (or only some) photos of a data set."""
    rows = dataset.photos if only is None else dataset.photos[dataset.photos["sha256"].isin(only)]
    photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
    kind = feature_kind(BUILT_IN, BUILT_IN.default_image_size, RESIZE_POLICY)
    with FeatureStore(workspace, kind) as store:
        start, missing = time.perf_counter(), len(store.missing(photo.sha256 for photo in photos))
        backbone = PretrainedBackbone(workspace, BUILT_IN, BUILT_IN.default_image_size)
        request = Request(photos, (ViewedStore(store),))
        run_to_end(extract(partial(backbone.predictors, POOLED), [request], dataset.read))
        if missing >= 100:
            print(f"({missing} photos of {dataset.name}: {time.perf_counter() - start:.1f} s)", file=sys.stderr)
        return store.read([photo.sha256 for photo in photos])


if __name__ == "__main__":
    main(sys.argv[1:])
