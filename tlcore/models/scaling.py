"""Pixels 0–255 to what a network's weights expect, as plain Keras layers [TF].

Each kind equals the `preprocess_input` of the families that use it, bit for bit or to float rounding, and is written
without Lambda and without weights: it is saved with the model, loaded in Keras' safe mode without this program, and
converted to operations that XNNPACK runs.
"""

from collections.abc import Callable

import keras
from keras import layers

# Means of ImageNet's channels, 0–255, BGR, and means and deviations, 0–1, RGB, as in keras.applications.imagenet_utils.
CAFFE_MEAN = (103.939, 116.779, 123.68)
TORCH_MEAN = (0.485, 0.456, 0.406)
TORCH_DEVIATION = (0.229, 0.224, 0.225)


def _inside(image: keras.KerasTensor) -> keras.KerasTensor:
    return image


def _minus_one_to_one(image: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling")(image)


def _torch(image: keras.KerasTensor) -> keras.KerasTensor:
    scale = [1 / (255 * deviation) for deviation in TORCH_DEVIATION]
    offset = [-mean / deviation for mean, deviation in zip(TORCH_MEAN, TORCH_DEVIATION, strict=True)]
    return layers.Rescaling(scale, offset=offset, name="scaling")(image)


def _caffe(image: keras.KerasTensor) -> keras.KerasTensor:
    channels = [image[..., channel : channel + 1] for channel in (2, 1, 0)]
    blue_green_red = layers.Concatenate(name="blue_green_red")(channels)
    return layers.Rescaling(1.0, offset=[-mean for mean in CAFFE_MEAN], name="scaling")(blue_green_red)


SCALINGS: dict[str, Callable[[keras.KerasTensor], keras.KerasTensor]] = {
    "inside": _inside,
    "-1..1": _minus_one_to_one,
    "torch": _torch,
    "caffe": _caffe,
}
