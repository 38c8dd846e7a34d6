"""The export "keras": the file for Keras, to go on working with, and a script that loads it in safe mode."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tlcore.config import TrainConfig
from tlcore.errors import UserError, require_package
from tlcore.exports.exporter import ExportSource
from tlcore.exports.program import NUMPY, PILLOW, run_program, write_program
from tlcore.exports.samples import Answer, Samples
from tlcore.models.backbones import find_backbone
from tlcore.serving.bundle import KERAS, load_file_beside
from tlcore.serving.bundle_weights import WEIGHTS, unpack_arrays
from tlcore.workspace import Workspace, write_atomic

if TYPE_CHECKING:
    import keras

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
    """Write the folder; see exporter.py. Raises what `write_keras_file` raises."""
    require_package("tensorflow", "TensorFlow", "Checking a Keras file", "train")
    write_program(source, target, README, ("keras>=3.6,<4", "tensorflow>=2.18,<3", NUMPY, PILLOW))
    write_keras_file(source, target / KERAS)


def write_keras_file(source: ExportSource, path: Path) -> None:
    """Write the file for Keras: the one that an earlier version has put into the bundle, or made of its weights.

    Raises:
        UserError: the model has neither, or is damaged, or the weights of the network below are missing.
    """
    data = load_file_beside(source.place, KERAS, source.bundle.info)
    if data is not None:
        write_atomic(path, data)
    else:
        _made_of_weights(source).save(path)


def load_keras_model(source: ExportSource) -> "keras.Model":
    """The model in Keras; raises what `write_keras_file` raises."""
    data = load_file_beside(source.place, KERAS, source.bundle.info)
    if data is None:
        return _made_of_weights(source)
    from keras.saving import load_model

    with TemporaryDirectory() as place:
        path = Path(place) / KERAS
        path.write_bytes(data)
        return load_model(path, compile=False, safe_mode=True)


def _made_of_weights(source: ExportSource) -> "keras.Model":
    bundle = source.bundle
    weights = load_file_beside(source.place, WEIGHTS, bundle.info)
    if weights is None:
        raise UserError("This model has no weights for Keras.", "Choose another kind, or train again.")
    from tlcore.serving.export import keras_model  # brings TensorFlow

    try:
        config = TrainConfig.from_dict(bundle.info.get("config", {}))
    except (TypeError, ValueError) as error:
        raise UserError("model.json doesn’t say how this model was trained.", "Choose another kind.") from error
    workspace = Workspace(source.place.parent.parent)  # a run's folder; a bundle from elsewhere finds the table's alone
    return keras_model(find_backbone(config.backbone, workspace), config, len(bundle.labels), unpack_arrays(weights))


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own."""
    return run_program(source, samples, target)
