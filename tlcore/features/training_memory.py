"""How much memory a whole training takes, before it begins and without TensorFlow: what a page can tell beforehand.

Measured: the most resident memory (VmHWM) of a worker over a whole run, packing included, EfficientNet-Lite0, Adam,
84 training photos, TensorFlow 2 on two cores. TensorFlow alone, warm, is 706 MB of it.

| strategy, image size, batch size | measured | estimated here |
|---|---|---|
| feature extraction, 160 px | 853 MB | 851 MB |
| feature extraction, 224 px | 867 MB | 851 MB |
| hybrid, 160 px, 32 | 1,343 MB | 1,427 MB |
| hybrid, 224 px, 32 | 1,558 MB | 1,743 MB |
| fine-tuning, 96 px, 8 | 1,299 MB | 1,188 MB |
| fine-tuning, 160 px, 32 | 1,818 MB | 1,907 MB |
| from scratch, 96 px, 32 | 1,617 MB | 1,544 MB |
| from scratch, 224 px, 32 | 3,415 MB | 3,438 MB |

A network with its batch norm in training mode holds more for the way back, hence the two shares. Hybrid's most is the
adaptation of batch norm, for which all of the network sees 16 photos at once. How many numbers the layers of each
network give is the table below; what the photos themselves take is checked when they are known (memory.py).
"""

from pathlib import Path

from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.features.activations import size_text
from tlcore.features.memory import FLOAT_BYTES, SLOTS, total_memory
from tlcore.models.registry import BUILT_IN, lowest_unfrozen_block
from tlcore.models.spec import BackboneSpec

BASE_BYTES = 710_000_000  # a process with TensorFlow, warm
LIBRARY_BYTES = 450_000_000  # of these, pages of TensorFlow's files, which count for no limit: measured, of 821 MB
HEAD_BYTES = 100_000_000  # to extract features and pack
KERAS_BYTES = 410_000_000  # the network in Keras, compiled, and converted at the end
WEIGHT_COPIES = 3  # as Keras has them, as a file, and as what LiteRT makes of that
FROZEN_SHARE, OPEN_SHARE = 0.57, 0.85  # of the outputs, with batch norm in inference mode and in training mode
ADAPTATION_SHARE, ADAPTATION_BATCH = 0.4, 16
USUAL_NUM_OUTPUTS = 30.0  # of a network that is not in the table

NUM_OUTPUTS: dict[str, float] = {
    "efficientnet-lite0": 20.1,
    "vgg16": 15.5,
    "vgg19": 16.8,
    "resnet50": 37.4,
    "inception-v3": 32.8,
    "xception": 63.2,
    "mobilenet-v2": 22.0,
    "mobilenet-v2-0.35": 9.6,
    "mobilenet-v2-0.5": 12.1,
    "mobilenet-v2-0.75": 19.4,
    "mobilenet-v2-1.3": 29.6,
    "mobilenet-v2-1.4": 31.4,
    "mobilenet": 17.0,
    "mobilenet-0.25": 4.5,
    "mobilenet-0.5": 8.6,
    "mobilenet-0.75": 12.8,
    "mobilenet-v3-small": 5.4,
    "mobilenet-v3-large": 15.4,
    "efficientnet-b0": 25.1,
    "efficientnet-b1": 40.1,
    "efficientnet-b2": 50.9,
    "efficientnet-b3": 87.5,
    "efficientnet-b4": 180.1,
    "efficientnet-b5": 358.3,
    "efficientnet-b6": 605.7,
    "efficientnet-b7": 1046.1,
    "efficientnet-v2-b0": 16.2,
    "efficientnet-v2-b1": 25.2,
    "efficientnet-v2-b2": 33.8,
    "efficientnet-v2-b3": 54.0,
    "efficientnet-v2-s": 123.2,
    "efficientnet-v2-m": 312.2,
    "efficientnet-v2-l": 549.9,
    "convnext-tiny": 28.8,
    "convnext-small": 46.4,
    "convnext-base": 61.7,
    "convnext-large": 92.4,
    "convnext-xlarge": 123.1,
    "resnet101": 56.2,
    "resnet152": 79.4,
    "resnet50-v2": 31.5,
    "resnet101-v2": 51.4,
    "resnet152-v2": 75.9,
    "inception-resnet-v2": 81.5,
    "densenet121": 50.1,
    "densenet169": 60.2,
    "densenet201": 77.4,
    "nasnet-mobile": 27.8,
    "nasnet-large": 290.9,
}
"""Millions of numbers that all layers of a network give for one photo of its default size, counted in Keras."""


def training_memory(config: TrainConfig, spec: BackboneSpec) -> int:
    """About how many bytes the process of a training takes at most, TensorFlow included.

    Raises:
        UserError: the network has no such block.
    """
    weights = FLOAT_BYTES * spec.num_weights
    least = BASE_BYTES + HEAD_BYTES + WEIGHT_COPIES * weights
    if not config.fine_tunes:
        return least
    outputs = 1e6 * NUM_OUTPUTS.get(spec.name, USUAL_NUM_OUTPUTS)
    photo = FLOAT_BYTES * outputs * (config.image_size / spec.default_image_size) ** 2
    part = _open_part(config, spec)
    step = part**2 * (FROZEN_SHARE if config.pretrained else OPEN_SHARE) * photo * config.batch_size
    step += part * weights * (1 + SLOTS[config.optimizer])
    adaptation = (
        ADAPTATION_SHARE * photo * ADAPTATION_BATCH if config.pretrained and config.batch_norm_adaptation else 0
    )
    return int(least + KERAS_BYTES - HEAD_BYTES + max(step, adaptation))


def _open_part(config: TrainConfig, spec: BackboneSpec) -> float:
    """The share (0–1) of the layers that train. The outputs of the upper ones are small: of EfficientNet-Lite0's upper
    third they are a ninth."""
    if not config.partly_frozen:
        return 1.0
    lowest = spec.blocks[-1].num_layers
    return min(
        1.0, (config.num_unfrozen_layers or lowest_unfrozen_block(spec, config.unfreeze_from).num_layers) / lowest
    )


def check_training_memory(
    config: TrainConfig, spec: BackboneSpec, limit: int = 0, group: Path = Path("/sys/fs/cgroup")
) -> None:
    """Before a training begins, or is offered: whether this machine can ever have enough memory for it.

    Args:
        limit: the bytes that one job may hold here, 0 for no limit (jobs/worker_memory.py).

    Raises:
        UserError: it cannot; the sentence has the estimate and what to choose instead.
    """
    needed, total = training_memory(config, spec), total_memory(group)
    if limit and needed - LIBRARY_BYTES > limit:
        raise UserError(
            f"This training needs about {size_text(needed - LIBRARY_BYTES)} of memory; "
            f"one job may use {size_text(limit)} here.",
            f"Choose {lighter_choices(config)}.",
        )
    if needed > total:
        raise UserError(
            f"This training needs about {size_text(needed)} of memory; this computer has {size_text(total)}.",
            f"Choose {lighter_choices(config)}.",
        )


def lighter_choices(config: TrainConfig) -> str:
    """What takes less memory than this training, what helps most first: "feature extraction or …"."""
    choices = []
    if config.fine_tunes:
        choices.append("feature extraction")
    smaller = next((size for size in (160, 96) if size < config.image_size), None)
    if smaller and config.fine_tunes:
        choices.append(f"a smaller image size ({smaller} pixels)")
    if config.fine_tunes and config.batch_size > 8:
        choices.append("a smaller batch size (8)")
    if config.backbone != BUILT_IN.name:
        choices.append(f"the built-in network ({BUILT_IN.title})")
    choices = choices or ["fewer photos"]
    return " or ".join([", ".join(choices[:-1]), choices[-1]]) if len(choices) > 1 else choices[0]
