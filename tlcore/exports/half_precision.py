"""The export "tflite-float16": the model with its weights in half the bytes, for phones and small boards."""

from pathlib import Path

from tlcore.exports.exporter import ExportSource
from tlcore.exports.program import LITERT, NUMPY, PILLOW, run_program, write_program
from tlcore.exports.samples import Answer, Samples
from tlcore.models.half_precision import halve_weights
from tlcore.serving.bundle import MODEL
from tlcore.workspace import write_atomic

README = """# {name}

A trained image classifier for LiteRT (TensorFlow Lite) with weights of 16 bits: model.tflite, for phones and boards.

Input `image`: float32 (1, S, S, 3), an upright RGB photo, 0–255; S and how a photo becomes square stand in model.json
("input"). Output `probabilities`: float32 (1, classes), in the order of labels.txt; `familiarity`: float32 (1, 1),
below the "threshold" in model.json ("unknown") for photos that look like none of the classes.

predict.py shows how to use it: `pip install -r requirements.txt`, then `python predict.py photo.jpg`.
`python predict.py --check` runs the five pictures in samples/ and says how far the answers are from those of the model
with weights of 32 bits.
"""


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the folder; see exporter.py."""
    write_program(source, target, README, (LITERT, NUMPY, PILLOW))
    write_atomic(target / MODEL, halve_weights(source.bundle.tflite))


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own."""
    return run_program(source, samples, target)
