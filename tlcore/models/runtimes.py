"""From the bytes of a model file to what runs it: a `.tflite` on LiteRT, an `.onnx` on onnxruntime."""

from collections.abc import Sequence

from tlcore.models.litert_runtime import LiteModel, litert_pool
from tlcore.models.onnx_runtime import OnnxModel, onnx_pool
from tlcore.models.predictor import PredictorPool

_TFLITE_MARK = slice(4, 8), b"TFL3"  # of the flatbuffer's schema
_ONNX_START = b"\x08"  # the number of the format, always the first field of what is written here


def is_onnx(data: bytes) -> bool:
    """Whether these are the bytes of an ONNX file; what is neither counts as a damaged `.tflite`."""
    place, mark = _TFLITE_MARK
    return data[:1] == _ONNX_START and data[place] != mark


Network = LiteModel | OnnxModel
"""A model that runs."""


def open_network(data: bytes, num_threads: int = 1) -> Network:
    """The file as a model that runs, safe to share between threads. Raises UserError where it is damaged."""
    return OnnxModel(data, num_threads) if is_onnx(data) else LiteModel(data, num_threads)


def network_pool(data: bytes, outputs: Sequence[str]) -> PredictorPool:
    """What runs the file in several threads. Raises UserError where it is damaged."""
    return onnx_pool(data, outputs) if is_onnx(data) else litert_pool(data, outputs)
