"""Small networks as somebody would bring them, with random weights."""

import keras
import numpy as np
from keras import layers

from tlcore.models.convert import convert_to_tflite

SIDE = 32


def small_network(scaled: bool = True, classes: int = 3) -> keras.Model:
    """A classifier of 32 × 32 pixels, part of it a model inside a model, as transfer learning makes them."""
    inner_image = keras.Input((SIDE, SIDE, 3), name="inner_image")
    value = layers.Conv2D(8, 3, strides=2, padding="same", name="block1_conv")(inner_image)
    value = layers.BatchNormalization(name="block1_bn")(value)
    value = layers.ReLU(6.0, name="block1_relu")(value)
    value = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu", name="block2_conv")(value)
    inner = keras.Model(inner_image, value, name="features")
    image = keras.Input((SIDE, SIDE, 3), name="photo")
    start = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaled")(image) if scaled else image
    pooled = layers.GlobalAveragePooling2D(name="pool")(inner(start, training=False))
    output = layers.Dense(classes, activation="softmax", name="classes")(layers.Dropout(0.2)(pooled))
    model = keras.Model(image, output, name="classifier")
    random = np.random.default_rng(3)
    for weight in model.weights:
        low = 0.5 if "variance" in weight.path or "gamma" in weight.path else -0.4
        weight.assign(random.uniform(low, low + 1.0, weight.shape))
    return model


def small_tflite(scaled: bool = True) -> bytes:
    """The same as a `.tflite` of floats."""
    model = small_network(scaled)
    return convert_to_tflite(keras.Model(model.input, {"scores": model.output}), SIDE, float16=False)


def noise(count: int = 4, side: int = SIDE) -> np.ndarray:
    """float32 (count, side, side, 3), 0–255."""
    return np.random.default_rng(1).uniform(0, 255, (count, side, side, 3)).astype(np.float32)
