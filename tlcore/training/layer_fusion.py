"""The graph of a training step with fewer operations that give the same: layers fused while it is traced [TF].

Two rewrites, both exact but for the rounding of float32:

- Batch-norm folding. A frozen batch normalisation multiplies and adds fixed numbers per channel. They go into the
  convolution before it, which saves a pass over all activations forwards and one backwards. Formula: section 3.2 of
  Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only inference".
- A pointwise convolution (1 × 1, stride 1) is a product of two matrices, and TensorFlow's gradients of matrix products
  are faster than those of convolutions.

The variables, what changes them and what is saved stay the same: the kernel is scaled in every step, and its gradient
passes through the scale. Only a step's graph is traced so; benchmarks/finetune.py has what it gives.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf
from keras import layers

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D)
_CHANNELS_LAST = (-1, 3)  # the axis of a batch normalisation of pictures


@contextmanager
def fused_layers(model: keras.Model) -> Iterator[None]:
    """Whatever is traced in here computes the layers of this model fused; what was traced before does not change."""
    folded = _foldable(model)
    pointwise = [layer for layer in model._flatten_layers() if _is_pointwise(layer)]
    calls: dict[keras.Layer, Callable[..., tf.Tensor]] = {layer: _convolution(layer, None) for layer in pointwise}
    for convolution, batch_norm in folded:
        calls |= {convolution: _convolution(convolution, batch_norm), batch_norm: _unchanged}
    try:
        for layer, call in calls.items():
            object.__setattr__(layer, "call", call)  # Keras would look into what it is given
        yield
    finally:
        for layer in calls:
            layer.__dict__.pop("call", None)


def _foldable(model: keras.Model) -> list[tuple[keras.Layer, keras.Layer]]:
    """The convolutions whose output goes into a frozen batch normalisation, and nowhere else, with that."""
    parts = list(model._flatten_layers())
    outputs = {_operation(output) for part in parts if isinstance(part, keras.Model) for output in part.outputs}
    found = []
    for part in parts:
        if type(part) is not layers.BatchNormalization or part.trainable or not _is_plain(part):
            continue
        sources = {_operation(tensor) for node in part._inbound_nodes for tensor in node.input_tensors}
        if len(sources) != 1:  # inside a layer of other layers; behind several; or cut off from its convolution
            continue
        (source,) = sources
        if (
            source in parts
            and source not in outputs
            and type(source) in _CONVOLUTIONS
            and _is_plain(source)
            and source.activation is keras.activations.linear
            and {node.operation for node in source._outbound_nodes} == {part}
        ):
            found.append((source, part))
    return found


def _operation(tensor: keras.KerasTensor) -> keras.Operation:
    return tensor._keras_history.operation


def _is_plain(layer: keras.Layer) -> bool:
    """Whether it computes float32, with the channels last."""
    last = layer.axis in _CHANNELS_LAST if hasattr(layer, "axis") else layer.data_format == "channels_last"
    return last and layer.compute_dtype == "float32" and getattr(layer, "quantization_mode", None) is None


def _is_pointwise(layer: keras.Layer) -> bool:
    return (
        type(layer) is layers.Conv2D
        and _is_plain(layer)
        and layer.kernel_size == layer.strides == (1, 1)
        and layer.groups == 1
    )


def _convolution(layer: keras.Layer, batch_norm: keras.Layer | None) -> Callable[[tf.Tensor], tf.Tensor]:
    """The `call` of a convolution with the batch normalisation after it, where one is given."""

    def call(inputs: tf.Tensor) -> tf.Tensor:
        kernel = tf.convert_to_tensor(layer.kernel)
        shift = layer.bias if layer.use_bias else None
        if batch_norm is not None:
            scale, shift = _scale_and_shift(batch_norm, shift)
            kernel *= tf.reshape(scale, (1, 1, *_channels(layer)))
        outputs = _product(inputs, kernel) if _is_pointwise(layer) else _convolved(layer, inputs, kernel)
        if shift is not None:
            outputs = tf.nn.bias_add(outputs, shift)
        if _is_pointwise(layer):
            outputs = _as_pictures(outputs, inputs)
        return layer.activation(outputs)

    return call


def _channels(layer: keras.Layer) -> tuple[int, int]:
    """What a number for each output channel has to look like beside the last two axes of the kernel."""
    if isinstance(layer, layers.DepthwiseConv2D):
        return tuple(layer.kernel.shape[2:])
    return 1, layer.filters


def _scale_and_shift(layer: keras.Layer, bias: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
    """A batch normalisation as outputs · scale + shift, for outputs to which `bias` is still to be added; both (C,)."""
    scale = tf.math.rsqrt(tf.convert_to_tensor(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale *= layer.gamma
    shift = (0.0 if bias is None else tf.convert_to_tensor(bias)) - tf.convert_to_tensor(layer.moving_mean)
    return scale, shift * scale + (layer.beta if layer.center else 0.0)


def _product(inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """A pointwise convolution, its places as rows: (n, h, w, c) and (1, 1, c, d) → (n·h·w, d)."""
    return tf.linalg.matmul(tf.reshape(inputs, (-1, kernel.shape[2])), kernel[0, 0])


def _as_pictures(rows: tf.Tensor, inputs: tf.Tensor) -> tf.Tensor:
    """(n·h·w, d) → (n, h, w, d), the first three as in `inputs`."""
    channels = rows.shape[-1]
    pictures = tf.reshape(rows, tf.concat([tf.shape(inputs)[:3], [channels]], axis=0))
    return tf.ensure_shape(pictures, (*inputs.shape[:3], channels))


def _convolved(layer: keras.Layer, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """As the layer itself does it, with another kernel."""
    function = keras.ops.depthwise_conv if isinstance(layer, layers.DepthwiseConv2D) else keras.ops.conv
    return function(
        inputs,
        kernel,
        strides=layer.strides,
        padding=layer.padding,
        data_format=layer.data_format,
        dilation_rate=layer.dilation_rate,
    )


def _unchanged(inputs: tf.Tensor, training: bool | None = None, mask: None = None) -> tf.Tensor:
    return inputs
