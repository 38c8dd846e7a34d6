"""The export "savedmodel": the folder that TensorFlow Serving, TensorFlow.js and other converters read [TF]."""

from pathlib import Path

from tlcore.errors import require_package
from tlcore.exports.exporter import ExportSource
from tlcore.exports.keras_model import load_keras_model
from tlcore.exports.program import HEIF, NUMPY, PILLOW, run_program, write_program
from tlcore.exports.samples import Answer, Samples

FOLDER = "saved_model"

README = """# {name}

A trained image classifier as a TensorFlow SavedModel, in saved_model/:

```python
import tensorflow as tf

model = tf.saved_model.load("saved_model")
answers = model.signatures["serving_default"](image=photos)
```

Input `image`: float32 (n, S, S, 3), upright RGB photos, 0–255; scaling is inside. S stands in model.json ("input").
Outputs: `probabilities`, (n, classes), in the order of labels.txt; `familiarity`, (n, 1), below the "threshold" in
model.json ("unknown") for photos that look like none of the classes.

predict.py reads photos as they were read in training: `pip install -r requirements.txt`, then
`python predict.py photo.jpg`. `python predict.py --check` runs the five pictures in samples/ and says how far the
answers are from those of Transfer Lab.
"""


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the folder; see exporter.py. Raises what `load_keras_model` raises."""
    require_package("tensorflow", "TensorFlow", "Exporting as SavedModel", "train")
    write_program(source, target, README, ("tensorflow>=2.18,<3", NUMPY, PILLOW, HEIF))
    model = load_keras_model(source)
    import tensorflow as tf

    size = source.bundle.image_size
    wanted = tf.TensorSpec((None, size, size, 3), tf.float32, name="image")
    serve = tf.function(lambda image: model(image, training=False), input_signature=[wanted])
    holder = tf.Module()
    holder.model = model  # or its weights are no part of what is saved
    holder.serve = serve
    tf.saved_model.save(holder, str(target / FOLDER), signatures={"serving_default": serve})


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own."""
    return run_program(source, samples, target)
