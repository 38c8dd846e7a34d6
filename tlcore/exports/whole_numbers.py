"""The export "tflite-int8": the model computing with whole numbers of 8 bits, calibrated on training photos."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tlcore.data.decode_budget import ACCEPTED
from tlcore.data.images import decode_input
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError, require_package
from tlcore.events import Progress
from tlcore.exports.exporter import ExportSource
from tlcore.exports.own_threshold import set_threshold
from tlcore.exports.program import LITERT, NUMPY, PILLOW, run_program, write_program
from tlcore.exports.run_place import run_at
from tlcore.exports.samples import Answer, Samples
from tlcore.models.eight_bits import quantize
from tlcore.serving.bundle import MODEL
from tlcore.workspace import write_atomic

MOST_PHOTOS = 100  # to calibrate on; TensorFlow's guide asks for 100 to 500, and more changed nothing here

README = """# {name}

A trained image classifier for LiteRT (TensorFlow Lite) that computes with whole numbers of 8 bits: model.tflite, for
small boards, phones and their accelerators. Its convolutions are 8-bit, calibrated on training photos; the last layer
is not. Its answers differ a little from those of the model that it was made of. What that costs on the test photos was
shown when it was made.

Input `image`: float32 (1, S, S, 3), an upright RGB photo, 0–255; S and how a photo becomes square stand in model.json
("input"). Output `probabilities`: float32 (1, classes), in the order of labels.txt; `familiarity`: float32 (1, 1),
below the "threshold" in model.json ("unknown") for photos that look like none of the classes. That threshold was set on
what this file makes of known photos; it isn’t the one of the model that the file was made of.

predict.py shows how to use it: `pip install -r requirements.txt`, then `python predict.py photo.jpg`.
`python predict.py --check` runs the five pictures in samples/ and says how far the answers are from those that this
file gave where it was made.
"""


def make(source: ExportSource, samples: Samples, target: Path) -> Generator[Progress, None, bool]:
    """Write the folder; see exporter.py. Raises UserError where its photos are gone."""
    require_package("ai_edge_quantizer", "AI Edge Quantizer", "Exporting with 8 bits", "train")
    network = quantize(source.bundle.tflite, _training_photos(source))
    threshold = yield from set_threshold(source, network)
    if source.should_stop():
        return False
    if threshold is not None:
        info = source.bundle.info
        bundle = replace(source.bundle, info=info | {"unknown": info["unknown"] | threshold.to_dict()})
        source = replace(source, bundle=bundle)
    write_program(source, target, README, (LITERT, NUMPY, PILLOW))
    write_atomic(target / MODEL, network)
    return True


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own."""
    return run_program(source, samples, target)


def _training_photos(source: ExportSource) -> Iterator[np.ndarray]:
    """Training photos as the network saw them, uint8 (S, S, 3), of each class in turn."""
    found = run_at(source.place)
    if found is None:
        raise UserError(
            "For 8 bits the model has to see training photos, and a model from a file brings none.",
            "Export it where it was trained, or choose LiteRT with 16 bits.",
        )
    dataset = load_dataset(found[0], found[1].dataset_id)
    rows = dataset.photos[dataset.photos["split"] == "train"]
    shuffled = rows.sample(frac=1, random_state=0)
    turns = shuffled.assign(turn=shuffled.groupby("label").cumcount()).sort_values("turn", kind="stable")
    for path in turns["path"].head(MOST_PHOTOS):
        yield decode_input(dataset.read(path), source.bundle.wanted, ACCEPTED)
