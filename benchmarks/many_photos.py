"""Many photos: from JPEG files to answers, as a share of what the network alone takes, on the built-in network, 224 px.

In turns, several rounds: `invoke` alone on photos that are decoded already (the fastest of the ways in bare.py), and
`Model.iterate_folder`'s way from the files of a folder to `Prediction`s, everything included. The median of the shares.

Expected: decoding a photo of 500 px takes a quarter of the time of the network, so about 75% is left.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.command import check_data, finish, parser
from benchmarks.table import Row, figure

IMAGE_SIZE, CLASSES = 224, 10
PHOTOS, QUICK_PHOTOS, BARE_PHOTOS, ROUNDS = 2_000, 100, 400, 3


def main() -> int:
    """Measure, print, write."""
    options = parser("many_photos", __doc__).parse_args()
    check_data(options.data)
    return finish("Many photos", many_rows(options.data, options.quick), options)


def many_rows(data: Path, quick: bool) -> list[Row]:
    """The rows, for photos of a folder, each of which comes several times."""
    import numpy as np

    from benchmarks.bare import bare_rate
    from tlcore.api.many import answers
    from tlcore.data.images import load_input
    from tlcore.models.litert_runtime import usable_cores
    from tlcore.models.registry import BUILT_IN
    from tlcore.models.weights import asset_path
    from tlcore.serving.bundle import Bundle
    from tlcore.serving.graft import graft_head
    from tlcore.serving.score import read_unlabelled

    random = np.random.default_rng(0)
    head = random.normal(scale=0.1, size=(BUILT_IN.feature_size, CLASSES)).astype(np.float32)
    file = graft_head(asset_path(BUILT_IN).read_bytes(), [(head, np.zeros(CLASSES, np.float32))], IMAGE_SIZE)
    bundle = Bundle(
        file, tuple(map(str, range(CLASSES))), {"input": {"size": IMAGE_SIZE, "resize": "center-crop", "pixels": 2}}
    )
    files = sorted((data / "train").rglob("*.jp*g"))
    number, cores = QUICK_PHOTOS if quick else PHOTOS, usable_cores()
    pixels = [load_input(path.read_bytes(), IMAGE_SIZE, "center-crop") for path in files[:BARE_PHOTOS]]
    images = np.stack(pixels).astype(np.float32)
    with tempfile.TemporaryDirectory() as place:
        model, folder = Path(place) / "model.tflite", Path(place) / "photos"
        model.write_bytes(file)
        folder.mkdir()
        for count in range(number):
            shutil.copyfile(files[count % len(files)], folder / f"{count:05d}.jpg")
        ways = [(cores, 1, 1), (cores, 1, 2), (1, cores, 1), (1, cores, 4)]
        way = max(ways, key=lambda each: bare_rate(model, images, *each))
        shares, rates = [], []
        for _ in range(1 if quick else ROUNDS):
            before = bare_rate(model, images, *way)
            start = time.perf_counter()
            answered = sum(not each.prediction.error for each in answers(bundle, read_unlabelled(folder), None))
            rates.append(answered / (time.perf_counter() - start))
            shares.append(rates[-1] / ((before + bare_rate(model, images, *way)) / 2))
    return [
        figure("from JPEG to answer, as a share of the network alone", median(shares), ">= 0.7", ""),
        figure("photos a second, from JPEG to answer", median(rates), ">= 1", "/s"),
    ]


if __name__ == "__main__":
    sys.exit(main())
