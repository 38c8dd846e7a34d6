"""What is done to pixels 0–255 before a network sees them, as numbers: y = x · scale + offset for each channel.

scaling.py makes Keras layers of it; whatever else runs a network of its own (a `.tflite`, ONNX) applies it as it is.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Means of ImageNet's channels, 0–255, BGR, and means and deviations, 0–1, RGB, as in keras.applications.imagenet_utils.
CAFFE_MEAN = (103.939, 116.779, 123.68)
TORCH_MEAN = (0.485, 0.456, 0.406)
TORCH_DEVIATION = (0.229, 0.224, 0.225)

# Of the photos that CLIP learned from, 0–1, RGB: https://github.com/openai/CLIP/blob/main/clip/clip.py, _transform.
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class Scaling:
    """One way to scale. `scale`, `offset`: in the order of the channels as the network gets them, which is blue, green,
    red where `is_bgr`. `title`: what it is called where people choose."""

    title: str
    scale: Channels = (1.0, 1.0, 1.0)
    offset: Channels = (0.0, 0.0, 0.0)
    is_bgr: bool = False


def _standardised(title: str, mean: Channels, deviation: Channels) -> Scaling:
    red, green, blue = ((1 / (255 * spread), -middle / spread) for middle, spread in zip(mean, deviation, strict=True))
    return Scaling(title, (red[0], green[0], blue[0]), (red[1], green[1], blue[1]))


INSIDE = "inside"
"""The key of the scaling that changes nothing: the network takes 0–255, or does what it needs itself."""

SCALING_VALUES: dict[str, Scaling] = {
    INSIDE: Scaling("0 to 255"),
    "0..1": Scaling("0 to 1", (1 / 255,) * 3),
    "-1..1": Scaling("−1 to 1", (1 / 127.5,) * 3, (-1.0,) * 3),
    "torch": _standardised("ImageNet mean and deviation", TORCH_MEAN, TORCH_DEVIATION),
    "caffe": Scaling(
        "ImageNet mean, blue first (Caffe)",
        offset=(-CAFFE_MEAN[0], -CAFFE_MEAN[1], -CAFFE_MEAN[2]),
        is_bgr=True,
    ),
    "clip": _standardised("CLIP mean and deviation", CLIP_MEAN, CLIP_DEVIATION),
}
"""All there are, by the key that a `BackboneSpec` has."""


def scale_pixels(images: np.ndarray, scaling: str) -> npt.NDArray[np.float32]:
    """Images (n, H, W, 3), RGB 0–255, as a network wants them, float32.

    Args:
        scaling: a key of SCALING_VALUES.
    """
    values = SCALING_VALUES[scaling]
    pixels = images[..., ::-1] if values.is_bgr else images
    scaled = pixels.astype(np.float32) * np.array(values.scale, np.float32) + np.array(values.offset, np.float32)
    return np.ascontiguousarray(scaled, np.float32)
