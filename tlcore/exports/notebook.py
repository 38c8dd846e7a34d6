"""The export "notebook": the same training in plain Keras, step by step, with the Keras file that it begins from.

It shows feature extraction: the network as it is, a new head on its features.
"""

import json
from pathlib import Path
from typing import Any

from tlcore.errors import UserError
from tlcore.exports import keras_model
from tlcore.exports.exporter import ExportSource
from tlcore.exports.notebook_cells import cells
from tlcore.exports.samples import Answer, Samples
from tlcore.workspace import write_atomic

STRATEGY = "feature-extraction"
FILE = "training.ipynb"


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the folder; see exporter.py. Raises UserError where the run used another strategy, or has no Keras file."""
    config = source.bundle.info.get("config")
    if not isinstance(config, dict) or config.get("strategy") != STRATEGY or config.get("hidden_units"):
        raise UserError(
            "The notebook shows feature extraction with a single layer, and this model was trained in another way.",
            "Train with feature extraction, or export the Keras file.",
        )
    keras_model.make(source, samples, target)
    parts: list[dict[str, Any]] = [
        {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text.splitlines(keepends=True)}
        | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        for number, (kind, text) in enumerate(cells(source))
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {"cells": parts, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    write_atomic(target / FILE, json.dumps(notebook, indent=1, ensure_ascii=False).encode("utf-8"))
    readme = (target / "README.md").read_bytes()
    write_atomic(target / "README.md", readme + NOTE.encode("utf-8"))


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py with the Keras file on the samples: what the notebook begins from."""
    return keras_model.answer(source, samples, target)


NOTE = """
training.ipynb trains the last layer once more, step by step: export the photos of the data set from Transfer Lab (on
the Data page, or `transferlab data export DATASET photos`) into the folder `photos` beside it, and open it in Jupyter.
"""
