"""From a Keras model to the bytes of a `.tflite`. Slow (seconds): for building assets, not for a user's wait."""

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def convert_to_tflite(model: keras.Model, image_size: int, float16: bool = True, batch: int = 1) -> bytes:
    """Convert a model with one image input.

    The file is traced for images of `image_size`, so that no shape arithmetic is left inside and XNNPACK takes every
    operation; `resize_tensor_input` then sets any other height and width, and any other batch where the network does
    not reshape (else trace a batch of more than one and see tflite_file.free_batch).

    Args:
        model: float32 (N, H, W, 3) → a dict of tensors, whose keys become the outputs of `serving_default`.
        image_size: side of the traced square image in pixels.
        float16: store weights in half the bytes; they are computed with as float32.
        batch: how many images are traced.
    """
    signature = [tf.TensorSpec((batch, image_size, image_size, 3), tf.float32, name="image")]
    names = sorted(model.output)

    @tf.function(input_signature=signature)
    def compute(image: tf.Tensor) -> list[tf.Tensor]:
        outputs = model(image, training=False)
        return [outputs[name] for name in names]

    # The converter does not follow the variables of a Keras 3 model and would write a file without weights.
    frozen = convert_variables_to_constants_v2(compute.get_concrete_function())

    @tf.function(input_signature=signature)
    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(names, frozen(image), strict=True))

    module = tf.Module()
    module.serve = serve
    converter = tf.lite.TFLiteConverter.from_concrete_functions([serve.get_concrete_function()], module)
    if float16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return converter.convert()
