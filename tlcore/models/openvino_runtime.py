"""A `.tflite` on OpenVINO (https://github.com/openvinotoolkit/openvino, Apache-2.0), which reads it as it is.

On processors with AVX-512 it takes two thirds of LiteRT's time in 32 bits, and less than half of that again in
bfloat16 where there is AMX. It is optional: whoever asks here and has none gets None, and uses LiteRT. Only the worker
processes do.

OpenVINO's package reports to its makers that it was imported (openvino/tools/ovc/__init__.py sends "general_import" by
openvino_telemetry, unasked). Nothing of a person's computer is told to anybody here, so that package is hidden before
OpenVINO is imported, and OpenVINO goes on with its own stand-in that sends nothing.
"""

import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.machine import is_small
from tlcore.models.litert_runtime import MOST_THREADS, LiteModel, usable_cores
from tlcore.models.predictor import EXACT, PredictorPool

_TELEMETRY = "openvino_telemetry"
_HINTS = {EXACT: "f32", "bf16": "bf16", "f16": "f16"}


@cache
def load_openvino() -> ModuleType | None:
    """OpenVINO without its telemetry; None where it is not installed, does not start, or memory is short.

    For EfficientNet-Lite0 it takes 110 MB beside LiteRT, and 50 MB more in a lower precision.
    """
    if is_small():
        return None
    modules: dict[str, Any] = sys.modules
    modules.setdefault(_TELEMETRY, None)  # how Python marks what must not be found
    try:
        openvino = import_module("openvino")
        openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except Exception:  # a broken installation may raise anything
        return None
    return openvino


def fast_precision() -> str:
    """In which precision below 32 bits this processor computes faster: "bf16", "f16", or EXACT for none."""
    openvino = load_openvino()
    if openvino is None:
        return EXACT
    found = {str(name) for name in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")}
    names = {"BF16": "bf16", "FP16": "f16"}
    return next((precision for name, precision in names.items() if name in found), EXACT)


class OpenVinoModel:
    """One compiled network with an image input, which threads share; each has a request of its own (`request`).

    Args:
        source: a `.tflite`, or its bytes.
        outputs: names of its signature.
        shape: of what it is given at once, (n, S, S, 3); fewer images are filled up.
        precision: EXACT, or one that this processor has.

    Raises:
        RuntimeError: OpenVINO is not there, or does not run this network.
    """

    def __init__(
        self, source: Path | bytes, outputs: Sequence[str], shape: tuple[int, ...], precision: str = EXACT
    ) -> None:
        openvino = load_openvino()
        if openvino is None:
            raise RuntimeError("OpenVINO is not there.")
        self.shape, threads = shape, num_threads()
        names, core = LiteModel(source).tensor_names(), openvino.Core()
        with tempfile.TemporaryDirectory(prefix="transferlab-", ignore_cleanup_errors=True) as folder:
            path = source if isinstance(source, Path) else Path(folder, "network.tflite")
            if isinstance(source, bytes):
                path.write_bytes(source)
            whole = core.read_model(str(path))
            model = openvino.Model([whole.output(names[output]) for output in outputs], whole.get_parameters())
            model.reshape(list(shape))
            self._compiled: Any = core.compile_model(
                model,
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": _HINTS[precision],
                    "NUM_STREAMS": threads,
                    "INFERENCE_NUM_THREADS": usable_cores(),
                    "ENABLE_CPU_PINNING": False,  # other processes work here too
                },
            )

    def request(self) -> "OpenVinoPredictor":
        """A `Predictor` for one thread."""
        return OpenVinoPredictor(self._compiled.create_infer_request(), self.shape)


class OpenVinoPredictor:
    """A request to an `OpenVinoModel` as a `Predictor`, for one thread."""

    def __init__(self, request: Any, shape: tuple[int, ...]) -> None:
        self._request, self._images = request, np.zeros(shape, np.float32)

    def predict(self, images: npt.NDArray[Any]) -> list[np.ndarray]:
        """See `Predictor.predict`."""
        size = len(self._images)
        parts = [self._predict(images[start : start + size]) for start in range(0, len(images), size)]
        return parts[0] if len(parts) == 1 else [np.concatenate(each) for each in zip(*parts, strict=True)]

    def _predict(self, images: npt.NDArray[Any]) -> list[np.ndarray]:
        count = len(images)
        self._images[:count] = images
        found = self._request.infer([self._images], share_inputs=True, share_outputs=True)
        return [np.array(found[number][:count], np.float32) for number in range(len(found))]


def num_threads() -> int:
    """How many threads are given work at once."""
    return max(1, min(usable_cores(), MOST_THREADS))


def openvino_pool(
    source: Path | bytes, outputs: Sequence[str], shape: tuple[int, ...], precision: str = EXACT
) -> PredictorPool:
    """What runs a file in several threads on one compiled network: its weights are in memory once.

    See `OpenVinoModel`.
    """
    model = OpenVinoModel(source, outputs, shape, precision)
    return PredictorPool(model.request, num_threads(), batch=shape[0])
