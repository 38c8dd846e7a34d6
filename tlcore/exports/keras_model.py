"""The export "keras": the file for Keras, to go on working with, and a script that loads it in safe mode."""

from pathlib import Path

from tlcore.errors import UserError, require_package
from tlcore.exports.exporter import ExportSource
from tlcore.exports.program import PILLOW, run_program, write_program
from tlcore.exports.samples import Answer, Samples
from tlcore.serving.bundle import KERAS, load_keras_file
from tlcore.workspace import write_atomic

README = """# {name}

A trained image classifier for Keras 3:

```python
import keras

model = keras.saving.load_model("model.keras", safe_mode=True)
model.summary()
```

Input: float32 (n, S, S, 3), upright RGB photos, 0–255; scaling is inside. S stands in model.json ("input").

predict.py reads photos as they were read in training: `pip install -r requirements.txt`, then
`python predict.py photo.jpg`. `python predict.py --check` runs the five pictures in samples/ and says how far the
answers are from those of Transfer Lab.
"""


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the folder; see exporter.py. Raises UserError where the model has no Keras file."""
    require_package("tensorflow", "TensorFlow", "Checking a Keras file", "train")
    data = load_keras_file(source.place, source.bundle.info)
    if data is None:
        raise UserError("This model has no Keras file.", "Choose another kind, or train again.")
    write_program(source, target, README, ("keras>=3.6,<4", "tensorflow>=2.18,<3", "numpy>=1.26", PILLOW))
    write_atomic(target / KERAS, data)


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own."""
    return run_program(source, samples, target)
