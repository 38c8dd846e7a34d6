"""A `.tflite` file that predicts: the one thread-safe owner of a LiteRT interpreter.

The interpreter itself must not be used by two threads at once; here a lock sees to it. `invoke` releases Python's
global lock, so several owners in several threads do run side by side.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tlcore.data.wanted import unstacked
from tlcore.errors import UserError
from tlcore.models.predictor import PredictorPool

MOST_THREADS = 8
MOST_WEIGHTS = 1_000_000_000  # bytes: each thread holds its own copy of the weights, up to twice the size of the file


class LiteModel:
    """One loaded model file with an image input, float32 (n, height, width, 3), 0–255 RGB.

    One that takes the same photo in several sizes has as many inputs; it is given as one array of all (`stacked`).

    Args:
        source: the file, or its bytes.
        num_threads: how many threads one call may use.

    Raises:
        UserError: the file is missing or is not a model.
    """

    def __init__(self, source: Path | bytes, num_threads: int = 1) -> None:
        try:
            if isinstance(source, bytes):
                self._interpreter = Interpreter(model_content=source, num_threads=num_threads)
            else:
                self._interpreter = Interpreter(model_path=str(source), num_threads=num_threads)
            self._lock = threading.Lock()
            inputs = sorted(self._interpreter.get_input_details(), key=lambda detail: -int(detail["shape"][1]))
            self._inputs = [int(detail["index"]) for detail in inputs]
            self._sizes = [int(detail["shape"][1]) for detail in inputs]
            self._shape: tuple[int, ...] = ()
            self._outputs = dict(self._named_outputs())
        except (ValueError, RuntimeError, OSError, LookupError) as error:
            name = "The model" if isinstance(source, bytes) else f"The model file {Path(source).name}"
            raise UserError(f"{name} is missing or damaged.", "Train again, or download the file again.") from error

    def _named_outputs(self) -> list[tuple[str, int]]:
        """Output tensors under the names of the file's signature."""
        # No public call gives the tensor of a signature's output.
        signature = next(iter(self._interpreter._get_full_signature_list().values()), None)
        if signature:
            return list(signature["outputs"].items())
        return [(detail["name"], detail["index"]) for detail in self._interpreter.get_output_details()]

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names that `run` accepts."""
        return tuple(self._outputs)

    def tensor_names(self) -> dict[str, str]:
        """What the file itself calls the tensor of each output, for readers that know no signatures."""
        tensors = {detail["index"]: detail["name"] for detail in self._interpreter.get_output_details()}
        return {name: tensors[index] for name, index in self._outputs.items()}

    def run(self, images: np.ndarray, output: str) -> np.ndarray:
        """One pass over a batch.

        Args:
            images: (n, height, width, 3), uint8 or float32, 0–255 RGB; another shape than last time costs a set-up.
            output: one of `output_names`.

        Returns:
            float32, first axis n.
        """
        return self.run_all(images, (output,))[0]

    def run_all(self, images: np.ndarray, outputs: Sequence[str]) -> list[np.ndarray]:
        """One pass over a batch for several outputs; see `run`."""
        with self._lock:
            self._set_shape(images.shape)
            for index, square in zip(self._inputs, self._squares(images), strict=True):
                self._interpreter.set_tensor(index, square.astype(np.float32))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(self._outputs[output]) for output in outputs]

    def _squares(self, images: np.ndarray) -> list[np.ndarray]:
        """What each input gets."""
        return [images] if len(self._inputs) == 1 else unstacked(images, self._sizes)

    def output_shape(self, image_shape: tuple[int, ...], output: str) -> tuple[int, ...]:
        """The shape of an output for images of this shape, (n, height, width, 3); nothing is computed."""
        with self._lock:
            self._set_shape(image_shape)
            shapes = {detail["index"]: detail["shape"] for detail in self._interpreter.get_output_details()}
            return tuple(int(side) for side in shapes[self._outputs[output]])

    @property
    def sizes(self) -> tuple[int, ...]:
        """The side in pixels, as the file has it, of each image that it takes, the largest first."""
        return tuple(self._sizes)

    def is_float32(self) -> bool:
        """Whether it takes and gives float32 alone."""
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        return all(detail["dtype"] is np.float32 for detail in (*inputs, *outputs))

    def _set_shape(self, shape: tuple[int, ...]) -> None:
        if shape != self._shape:
            if len(self._inputs) == 1:
                self._interpreter.resize_tensor_input(self._inputs[0], shape)
            elif shape[1:] != (sum(self._sizes), self._sizes[0], 3):
                raise ValueError(f"Received: images {shape}. Allowed: {self._sizes} pixels a side, stacked.")
            else:
                for index, size in zip(self._inputs, self._sizes, strict=True):
                    self._interpreter.resize_tensor_input(index, (shape[0], size, size, 3))
            self._interpreter.allocate_tensors()
            self._shape = shape


class LitePredictor:
    """A `LiteModel` as a `Predictor`: always the same outputs. Threads may share it, one waits for the other."""

    def __init__(self, source: Path | bytes, outputs: Sequence[str], num_threads: int = 1) -> None:
        self._model, self._outputs = LiteModel(source, num_threads), tuple(outputs)

    def predict(self, images: np.ndarray) -> list[np.ndarray]:
        """See `Predictor.predict`."""
        return self._model.run_all(images, self._outputs)


def litert_pool(source: Path | bytes, outputs: Sequence[str]) -> PredictorPool:
    """An interpreter of its own for each thread; fewer where copies of large weights would fill the memory.

    Args:
        source: a `.tflite`, or its bytes.
        outputs: names of the file's signature.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size if source.is_file() else 0
    threads = max(1, min(usable_cores(), MOST_THREADS, MOST_WEIGHTS // max(1, 2 * size)))
    return PredictorPool(lambda: LitePredictor(source, outputs, max(1, usable_cores() // threads)), threads)


def usable_cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
