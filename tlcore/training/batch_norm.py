"""What batch normalisation (batch norm) knows of its signals: as pretrained, learned from scratch, or adapted [TF].

A pretrained network expects every signal with the mean and the variance that it had over a million photographs. In
drawings they are others, and what comes out of each layer is shifted before anything is learned. So a share of them is
measured on the training photos, once and before the network adapts (batch-norm adaptation: AdaBN, "adaptive batch
normalisation", Li et al. 2016); the rest stays pretrained, since a few hundred photos measure them badly (Schneider et
al. 2020, "Improving robustness against common corruptions by covariate shift adaptation"). From then on they are fixed.
"""

from collections.abc import Generator, Iterable

import keras
import numpy as np
import tensorflow as tf

FROM_SCRATCH_MOMENTUM = 0.9


def freeze_batch_norm(model: keras.Model) -> None:
    """Keep every batch normalisation as it is, its scale and shift included."""
    for layer in _normalisations(model):
        layer.trainable = False


def set_batch_norm_momentum(model: keras.Model) -> None:
    """Let the statistics of every batch normalisation follow the photos within some ten steps.

    Where a network learns from scratch they begin at nothing. Keras' momentum of 0.99 takes them some hundred
    steps, which is a whole training on a small collection: one that got 92% right of the photos it learned from
    answered every other photo with the same class.
    """
    for layer in _normalisations(model):
        layer.momentum = FROM_SCRATCH_MOMENTUM


def has_batch_norm(model: keras.Model) -> bool:
    """Whether there is any batch normalisation; VGG and ConvNeXt have none."""
    return bool(_normalisations(model))


def adapt_batch_norm(model: keras.Model, batches: Iterable[np.ndarray], share: float) -> Generator[int, None, None]:
    """Move the mean and variance of every batch normalisation by `share` (0–1) towards those of these photos.

    A batch's photos normalise one another on the way up, so that each layer is measured behind layers that fit the
    photos. Batches count the same; what is measured is the mean over them. Left before the end, the model is as it was.

    Args:
        model: photos float32 (N, H, W, 3), RGB 0–255 → anything.
        batches: uint8 or float32 (n, H, W, 3), all of one size.

    Yields:
        The number of photos so far, after each batch.
    """
    layers = _normalisations(model)
    pretrained = [_statistics(layer) for layer in layers]
    silenced = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Dropout)]
    kept = [(layer, name, getattr(layer, name)) for layer in layers for name in ("trainable", "momentum")]
    kept += [(layer, "rate", layer.rate) for layer in silenced]
    sums = [(np.zeros_like(mean), np.zeros_like(variance)) for mean, variance in pretrained]
    photos = num_batches = 0
    try:
        for layer in layers:
            layer.trainable, layer.momentum = True, 0.0  # a batch's own figures, with nothing of the last one
        for layer in silenced:
            layer.rate = 0.0
        # A graph lets go of what the next layer has taken; called as it is, Keras holds the output of every layer.
        run = tf.function(lambda inputs: model(inputs, training=True), autograph=False, reduce_retracing=True)
        for batch in batches:
            run(tf.constant(batch, tf.float32))
            for (mean, variance), layer in zip(sums, layers, strict=True):
                mean += layer.moving_mean.numpy()
                variance += layer.moving_variance.numpy()
            photos, num_batches = photos + len(batch), num_batches + 1
            yield photos
    finally:
        for layer, name, value in kept:
            setattr(layer, name, value)
        for layer, old in zip(layers, pretrained, strict=True):
            _set(layer, old)
    if num_batches:
        for layer, old, total in zip(layers, pretrained, sums, strict=True):
            _set(layer, tuple(was + share * (now / num_batches - was) for was, now in zip(old, total, strict=True)))


def batch_norm_bytes(model: keras.Model) -> bytes:
    """All means and variances: what identifies an adapted network by content."""
    return b"".join(array.tobytes() for layer in _normalisations(model) for array in _statistics(layer))


def _normalisations(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    """The public `.layers` does not reach into nested models."""
    return [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]


def _statistics(layer: keras.layers.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
    return layer.moving_mean.numpy().copy(), layer.moving_variance.numpy().copy()


def _set(layer: keras.layers.BatchNormalization, values: tuple[np.ndarray, np.ndarray]) -> None:
    layer.moving_mean.assign(values[0])
    layer.moving_variance.assign(values[1])
