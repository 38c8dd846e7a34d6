"""A `.tflite` that computes with whole numbers of 8 bits where it convolves: a quarter of the weights, and the form
that microcontrollers, phones' accelerators and Coral boards want.

AI Edge Quantizer (https://github.com/google-ai-edge/ai-edge-quantizer) does it: weights get a scale for each channel,
the values between layers one scale each, which photos have to show (static range quantization). The head stays float32:
it is small, its inputs are standardised features, and one step of 1/127 in them moves probabilities most. So do photo,
probabilities and familiarity, so that whoever used the file before uses this one in the same way.
"""

import io
import warnings
from collections.abc import Iterable
from contextlib import redirect_stderr

import numpy as np

from tlcore.errors import UserError
from tlcore.models.half_precision import widen_weights
from tlcore.models.tflite_file import SIGNATURE

_COMPUTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "AVERAGE_POOL_2D", "MAX_POOL_2D", "CONCATENATION", "PAD")
_BITS = 8


def quantize(data: bytes, photos: Iterable[np.ndarray]) -> bytes:
    """The file with its convolutions in 8 bits.

    Args:
        data: a `.tflite` with the signature `serving_default` and an input `image`, float32 (1, S, S, 3).
        photos: uint8 (S, S, 3) each, 0–255: such as the network will see. A hundred are enough.

    Raises:
        UserError: there is nothing in it to quantize, or the network can't be run on them.
    """
    from ai_edge_quantizer import quantizer, recipe  # with it comes SciPy, which no page needs

    tool = quantizer.Quantizer(widen_weights(data))
    for name in _COMPUTED:
        tool.add_static_config(".*", recipe.TFLOperationName(name), _BITS, _BITS)
    inputs = [{"image": photo[np.newaxis].astype(np.float32)} for photo in photos]
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):  # a warning about memory, and progress bars
            warnings.simplefilter("ignore")
            seen = tool.calibrate({SIGNATURE: inputs}, num_threads=1)
            made = tool.quantize(seen, enable_progress_bar=False, enable_progress_report=False).quantized_model
    except (ValueError, RuntimeError, KeyError) as error:
        raise UserError("This network can’t be written with 8 bits.", "Choose LiteRT with 16 bits.") from error
    return bytes(made or b"")
