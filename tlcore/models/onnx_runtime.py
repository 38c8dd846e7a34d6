"""A network as ONNX that predicts, on onnxruntime; the pendant of litert_runtime.py, of the same interface.

The file is one of ours (onnx/standard.py): one input "image", float32 (n, S, S, 3), RGB 0–255, where n is free or 1. A
session may be used by several threads at once, so a pool shares one and its weights are in memory once.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.errors import UserError, require_package
from tlcore.models.litert_runtime import MOST_THREADS, usable_cores
from tlcore.models.predictor import PredictorPool

INPUT = "image"
_FATAL_ONLY = 4  # what onnxruntime prints by itself; errors are raised besides


class OnnxModel:
    """One loaded file with one image input; safe to share between threads.

    Args:
        source: the file, or its bytes.
        num_threads: how many threads one call may use.

    Raises:
        UserError: onnxruntime is not installed, or the file is missing or is not a model.
    """

    def __init__(self, source: Path | bytes, num_threads: int = 1) -> None:
        require_package("onnxruntime", "onnxruntime", "A network as ONNX", "onnx")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = num_threads, 1
        options.log_severity_level = _FATAL_ONLY
        name = "The model" if isinstance(source, bytes) else f"The model file {source.name}"
        try:
            # From bytes always: a file's path is where onnxruntime would look for data beside it.
            data = source if isinstance(source, bytes) else source.read_bytes()
            self._session = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"], read_config_from_model=0
            )
            self._input = next(each for each in self._session.get_inputs() if each.name == INPUT)
        except Exception as error:  # onnxruntime's own errors have no common class but this
            raise UserError(f"{name} is missing or damaged.", "Train again, or download the file again.") from error
        self._outputs = {each.name: each for each in self._session.get_outputs()}

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names that `run` accepts."""
        return tuple(self._outputs)

    @property
    def sizes(self) -> tuple[int, ...]:
        """As many as it takes images, 0 for one of any side; see `LiteModel.sizes`."""
        return (0,) * len(self._session.get_inputs())

    def run(self, images: np.ndarray, output: str) -> np.ndarray:
        """One pass over a batch; see `run_all`."""
        return self.run_all(images, (output,))[0]

    def run_all(self, images: np.ndarray, outputs: Sequence[str]) -> list[np.ndarray]:
        """One pass over a batch for several outputs; a network that was made for one image gets one at a time.

        Args:
            images: (n, height, width, 3), uint8 or float32, 0–255 RGB.
            outputs: some of `output_names`.

        Returns:
            float32, first axis n.

        Raises:
            RuntimeError: the network can't be run on such images.
        """
        given = np.ascontiguousarray(images, np.float32)
        if self._input.shape[0] != 1:
            return self._call(given, outputs)
        parts = [self._call(given[number : number + 1], outputs) for number in range(len(given))]
        return [np.concatenate(each) for each in zip(*parts, strict=True)]

    def _call(self, images: npt.NDArray[np.float32], outputs: Sequence[str]) -> list[np.ndarray]:
        try:
            found: list[Any] = self._session.run(list(outputs), {INPUT: images})
        except Exception as error:  # see above
            raise RuntimeError(str(error)) from error
        if any(len(each) != len(images) for each in found):
            raise RuntimeError("The network mixes the images of a batch.")
        return [np.asarray(each, np.float32) for each in found]

    def output_shape(self, image_shape: tuple[int, ...], output: str) -> tuple[int, ...]:
        """The shape of an output for images of this shape, (n, height, width, 3).

        The network is run once where the file does not say.
        """
        shape = [image_shape[0], *self._outputs[output].shape[1:]]
        if all(isinstance(side, int) for side in shape):
            return tuple(shape)
        return tuple(int(side) for side in self.run(np.zeros(image_shape, np.float32), output).shape)

    def is_float32(self) -> bool:
        """Whether it has one input and takes and gives float32."""
        every = (*self._session.get_inputs(), *self._session.get_outputs())
        return len(self._session.get_inputs()) == 1 and all(each.type == "tensor(float)" for each in every)


class OnnxPredictor:
    """An `OnnxModel` as a `Predictor`: always the same outputs."""

    def __init__(self, model: OnnxModel, outputs: Sequence[str]) -> None:
        self._model, self._outputs = model, tuple(outputs)

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        """See `Predictor.predict`."""
        return self._model.run_all(images, self._outputs)


def onnx_pool(source: Path | bytes, outputs: Sequence[str]) -> PredictorPool:
    """What runs a file in several threads, one core each, on one session: its weights are in memory once."""
    threads = max(1, min(usable_cores(), MOST_THREADS))
    predictor = OnnxPredictor(OnnxModel(source, max(1, usable_cores() // threads)), outputs)
    return PredictorPool(lambda: predictor, threads)
