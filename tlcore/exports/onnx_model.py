"""The export "onnx": the model for onnxruntime and all that reads ONNX, made of its `.tflite` by tf2onnx [TF]."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from tlcore.errors import UserError, require_package
from tlcore.exports.exporter import ExportSource
from tlcore.exports.program import NUMPY, ONNXRUNTIME, PILLOW, run_program, write_network, write_program
from tlcore.exports.samples import Answer, Samples
from tlcore.models.tflite_file import name_tensors
from tlcore.serving.bundle import ONNX
from tlcore.workspace import write_atomic

OPSET = 17  # onnxruntime 1.12 and newer
_PURPOSE = "Exporting as ONNX"

README = """# {name}

A trained image classifier as ONNX: model.onnx, for onnxruntime on any system.

Input `image`: float32 (1, S, S, 3), an upright RGB photo, 0–255, channels last; S and how a photo becomes square stand
in model.json ("input"). Output `probabilities`: float32 (1, classes), in the order of labels.txt; `familiarity`:
float32 (1, 1), below the "threshold" in model.json ("unknown") for photos that look like none of the classes.

predict.py shows how to use it: `pip install -r requirements.txt`, then `python predict.py photo.jpg`.
`python predict.py --check` runs the five pictures in samples/ and says how far the answers are from those of Transfer
Lab.
"""


def make(source: ExportSource, samples: Samples, target: Path) -> None:
    """Write the folder; see exporter.py. Raises UserError where a package is missing, or the network has no ONNX."""
    for module, name in (("tensorflow", "TensorFlow"), ("tf2onnx", "tf2onnx"), ("onnxruntime", "onnxruntime")):
        require_package(module, name, _PURPOSE, "train,onnx")
    write_program(source, target, README, (ONNXRUNTIME, NUMPY, PILLOW))
    if source.bundle.network_file == ONNX:
        write_network(source, target)
    else:
        write_atomic(target / ONNX, _convert(name_tensors(source.bundle.tflite)))


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Run predict.py on the samples, in a process of its own."""
    return run_program(source, samples, target)


def _convert(tflite: bytes) -> bytes:
    from tf2onnx import convert  # brings TensorFlow

    with TemporaryDirectory() as place:
        path = Path(place) / "model.tflite"
        path.write_bytes(tflite)
        try:
            with warnings.catch_warnings():  # tf2onnx runs TensorFlow's own interpreter, which says that it is old
                warnings.filterwarnings("ignore", message=r"\s*Warning: tf\.lite\.Interpreter is deprecated")
                model, _ = convert.from_tflite(str(path), opset=OPSET)
        except (ValueError, RuntimeError, NotImplementedError, KeyError) as error:
            raise UserError("This network can’t be written as ONNX.", "Choose another kind of export.") from error
    content: bytes = model.SerializeToString()
    return content
