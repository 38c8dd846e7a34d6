"""A `.tflite` file that answers: the one thread-safe owner of a LiteRT interpreter.

The interpreter itself must not be used by two threads at once; here a lock sees to it. `invoke` releases Python's
global lock, so several owners in several threads do run side by side.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tlcore.errors import UserError


class LiteModel:
    """One loaded model file with one image input, float32 (n, height, width, 3), 0–255 RGB.

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
        except (ValueError, RuntimeError, OSError) as error:
            name = "The model" if isinstance(source, bytes) else f"The model file {source}"
            raise UserError(f"{name} is missing or damaged.", "Train again, or fetch the file again.") from error
        self._lock = threading.Lock()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._shape: tuple[int, ...] = ()
        self._outputs = dict(self._named_outputs())

    def _named_outputs(self) -> list[tuple[str, int]]:
        """Output tensors under the names of the file's signature."""
        # No public call tells which tensor an output of the signature is.
        signature = next(iter(self._interpreter._get_full_signature_list().values()), None)
        if signature:
            return list(signature["outputs"].items())
        return [(detail["name"], detail["index"]) for detail in self._interpreter.get_output_details()]

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names that `run` accepts."""
        return tuple(self._outputs)

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
            if images.shape != self._shape:
                self._interpreter.resize_tensor_input(self._input, images.shape)
                self._interpreter.allocate_tensors()
                self._shape = images.shape
            self._interpreter.set_tensor(self._input, images.astype(np.float32))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(self._outputs[output]) for output in outputs]


def usable_cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
