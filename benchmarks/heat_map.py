"""How long a heat map takes: why the built-in network answers as it does, at 224 px, median in milliseconds.

Inside the clock: from the pixels that the network sees to the heat map of one class. Outside: decoding, loading the
model, and the first explanation, in which the copy of its file is made; a second row has that one. The rows are part
of honesty.py.

Expected: one pass through the network (7 ms) and a product of 49 places with the weights of the classes.
"""

import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.command import check_data, finish, parser
from benchmarks.table import Row, figure

IMAGE_SIZE, CLASSES, PHOTOS, QUICK_PHOTOS = 224, 10, 100, 10


def main() -> int:
    """Measure, print, write."""
    options = parser("heat_map", __doc__).parse_args()
    check_data(options.data)
    return finish("A heat map", heat_map_rows(options.data, options.quick), options)


def heat_map_rows(data: Path, quick: bool) -> list[Row]:
    """The rows, for the photos of a folder."""
    import numpy as np

    from tlcore.models.registry import BUILT_IN
    from tlcore.models.weights import asset_path
    from tlcore.serving.bundle import Bundle
    from tlcore.serving.explain import Explainer
    from tlcore.serving.graft import graft_head
    from tlcore.serving.predict import ImageClassifier

    random = np.random.default_rng(0)
    head = random.normal(scale=0.1, size=(BUILT_IN.feature_size, CLASSES)).astype(np.float32)
    file = graft_head(asset_path(BUILT_IN).read_bytes(), [(head, np.zeros(CLASSES, np.float32))], IMAGE_SIZE)
    labels = tuple(str(number) for number in range(CLASSES))
    bundle = Bundle(file, labels, {"input": {"size": IMAGE_SIZE, "resize": "center-crop"}})
    classifier = ImageClassifier(bundle)
    files = sorted((data / "train").rglob("*.jp*g"))[: QUICK_PHOTOS if quick else PHOTOS]
    images = [classifier.read(path.read_bytes()) for path in files]
    start = time.perf_counter()
    explainer = Explainer(bundle)
    explainer.explain(images[0], labels[0]).heat_map  # noqa: B018 - the property computes
    first = 1000 * (time.perf_counter() - start)
    times = []
    for image in images:
        start = time.perf_counter()
        explainer.explain(image, labels[0]).heat_map  # noqa: B018 - the property computes
        times.append(1000 * (time.perf_counter() - start))
    return [
        figure("heat map of a photo, built-in network, 224 px", median(times), "<= 100", "ms"),
        figure("the first one of a loaded model", first, "<= 2000", "ms"),
    ]


if __name__ == "__main__":
    sys.exit(main())
