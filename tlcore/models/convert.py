"""From a Keras model to the bytes of a `.tflite` [TF]. Seconds for small networks, half a minute for large ones."""

import keras
import tensorflow as tf

from tlcore.models.tflite_file import add_signature, make_batch_dynamic

_TRACED_BATCH = 2  # with one photo the converter leaves out reshapes that only larger batches need


def convert_to_tflite(model: keras.Model, image_size: int, float16: bool = True) -> bytes:
    """Convert a model with one image input.

    The file is traced for images of `image_size`, so that no shape arithmetic is left inside and XNNPACK takes every
    operation; `resize_tensor_input` then sets any batch, and another height and width where the network allows it.

    Args:
        model: float32 (N, H, W, 3) → a dict of tensors, whose keys become the outputs of `serving_default`.
        image_size: side of the traced square image in pixels.
        float16: store weights in half the bytes; they are computed with as float32.
    """
    names = sorted(model.output)

    def compute(image: tf.Tensor) -> list[tf.Tensor]:
        outputs = model(image, training=False)
        return [outputs[name] for name in names]

    traced = tf.function(
        compute, input_signature=[tf.TensorSpec((_TRACED_BATCH, image_size, image_size, 3), tf.float32, name="image")]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.get_concrete_function()], tf.Module())
    # Its way through a SavedModel on disk takes three times as long, fails on Keras' SiLU, and does not follow the
    # variables of a Keras 3 model (the file would have no weights); all that it adds is the signature. Without it the
    # converter puts the weights in itself; to put them in before would take the memory of some more copies of them.
    converter.experimental_lower_to_saved_model = False
    if float16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    return make_batch_dynamic(add_signature(converter.convert(), ["image"], names), _TRACED_BATCH)
