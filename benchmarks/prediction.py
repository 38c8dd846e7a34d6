"""One prediction from JPEG bytes at 224 px: ImageClassifier against Keras' `model.predict`, medians in milliseconds.

Compared: the `model.tflite` of a run and its export for Keras, on the same photos in turns. Inside both
clocks: from the bytes of the file to probabilities, decoding included, and decoding is the same function on both sides.
Outside: loading the models and the first answers, in which both set themselves up. A second row leaves decoding out.

Expected: the network alone is 3 to 4 times faster on LiteRT, and `predict` builds a data pipeline for every call.
Seen: 12–13 ms against 119–125 ms (10 times); with much other work on the machine 22 against 380 ms.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.command import check_data, few_photos, finish, in_fresh_process, parser
from benchmarks.table import Row, times_faster
from tlcore.config import TrainConfig
from tlcore.data.images import load_input
from tlcore.events import run_to_end
from tlcore.serving.bundle import load_bundle
from tlcore.serving.predict import ImageClassifier

IMAGE_SIZE, EPOCHS, PHOTOS, WARM_UP = 224, 5, 150, 10


def main() -> int:
    """Measure, print, write."""
    options = parser("prediction", __doc__).parse_args()
    check_data(options.data)
    with tempfile.TemporaryDirectory() as scratch:
        folder = few_photos(options.data, Path(scratch, "few"))
        photos = sorted((options.data / "train").rglob("*.jp*g"))
        step = max(1, len(photos) // (20 if options.quick else PHOTOS))
        run = in_fresh_process(_train, Path(scratch, "home"), folder)
        rows, difference = in_fresh_process(_measure, run, photos[::step])
    return finish(
        "One prediction",
        rows,
        options,
        [f"Largest difference in probability between the two on these photos: {difference:.1e}"],
    )


def _train(home: Path, photos: Path) -> Path:
    """The folder of a finished run on a few photos."""
    from tlcore.data.ingest import ingest_path
    from tlcore.jobs.store import create_run
    from tlcore.worker.runner import run_job
    from tlcore.workspace import open_workspace

    workspace = open_workspace(home)
    dataset = run_to_end(ingest_path(workspace, photos))
    run = create_run(workspace, dataset.id, TrainConfig(image_size=IMAGE_SIZE, epochs=EPOCHS), "prediction")
    run_job(workspace, run)
    return run.folder


def _measure(run: Path, files: list[Path]) -> tuple[list[Row], float]:
    """Ask both about each photo in turn; the rows, and how far their answers are apart."""
    import keras

    predictor = ImageClassifier(load_bundle(run))
    from tlcore.exports.exporter import ExportSource
    from tlcore.exports.keras_model import write_keras_file

    file = run / "model.keras"
    write_keras_file(ExportSource(load_bundle(run), run), file)
    model = keras.models.load_model(file, compile=False)
    size, policy, labels = predictor.bundle.image_size, predictor.bundle.policy, predictor.bundle.labels

    def ask_ours(photo: bytes) -> np.ndarray:
        ranked = dict(predictor.predict_photo(photo).ranked)
        return np.array([ranked[label] for label in labels])

    def ask_keras(photo: bytes) -> np.ndarray:
        pixels = load_input(photo, size, policy)[np.newaxis].astype(np.float32)
        return model.predict(pixels, verbose=0)["probabilities"][0]

    def decode(photo: bytes) -> np.ndarray:
        return load_input(photo, size, policy)

    spent: dict[str, list[float]] = {"ours": [], "keras": [], "decode": []}
    difference = 0.0
    for photo in [files[0].read_bytes()] * WARM_UP + [file.read_bytes() for file in files]:
        answers = [
            _timed(spent[name], ask, photo)
            for name, ask in (("ours", ask_ours), ("keras", ask_keras), ("decode", decode))
        ]
        difference = max(difference, float(np.abs(answers[0] - answers[1]).max()))
    ours, reference, decoding = (1000 * median(times[WARM_UP:]) for times in spent.values())
    rows = [
        times_faster("prediction from JPEG bytes, 224 px, times faster than predict", ours, reference, ">= 8", "ms"),
        times_faster("the same without decoding", ours - decoding, reference - decoding, ">= 5", "ms"),
    ]
    return rows, difference


def _timed(times: list[float], ask: Callable[[bytes], np.ndarray], photo: bytes) -> np.ndarray:
    start = time.perf_counter()
    answer = ask(photo)
    times.append(time.perf_counter() - start)
    return answer


if __name__ == "__main__":
    sys.exit(main())
