"""The settings of a training run: one flat, frozen dataclass that pages and terminal build their inputs from."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from tlcore.errors import UserError

STRATEGIES = {
    "feature-extraction": "Keep the network frozen and train only a new head on top (feature extraction).",
    "hybrid": "Train the head first, then fine-tune the top layers of the network (hybrid).",
    "fine-tuning": "Adjust the whole network in small steps (fine-tuning).",
    "scratch": "Train every layer of an untrained network (from scratch), as a comparison.",
}
"""What is trained, with one sentence each for a person who chooses."""


SEVERAL = "+"  # between the names of networks that work side by side
STRATEGY_OF_SEVERAL = "feature-extraction"

AUTO = "auto"  # of `unfreeze_from`: the upper third of the layers

RENAMED_FIELDS = {
    "open_from": "unfreeze_from",
    "open_layers": "num_unfrozen_layers",
    "open_epochs": "fine_tune_epochs",
    "open_learning_rate": "fine_tune_learning_rate",
    "own_statistics": "batch_norm_adaptation",
}
"""Fields by the names that they had up to version 0.1.0: files and command lines may still have them."""


def short_name(strategy: str) -> str:
    """The technical name of a strategy, as it stands in its sentence: "feature extraction", "from scratch"."""
    return STRATEGIES[strategy].rsplit("(", 1)[-1].split(")")[0]


ALWAYS, NEVER = "always", "never"

CROSS_VALIDATIONS = {AUTO: "When it takes less than 10 seconds", ALWAYS: "Always", NEVER: "Only when asked for"}
"""When every photo is tested once at the end of a run."""

FAST_FEATURES, EXACT_FEATURES = "fast", "exact"

FEATURES = {FAST_FEATURES: "Fast, where this computer can", EXACT_FEATURES: "Exact"}
"""How the features of photos that a model only learns from are computed."""

REFITS = {AUTO: "With fewer than 1,000 photos", ALWAYS: "Yes", NEVER: "No"}
"""Whether the model that is shipped learns from all photos."""

MIXED_PRECISIONS = {AUTO: "Where training gets faster by it", NEVER: "Off (32 bits throughout)"}
"""When the part that is fine-tuned computes in 16 bits."""

HEADS = {
    "pooling": "Average each feature over the picture (pooling)",
    "flatten": "Keep every position (flatten), then a layer of 512 units, as in VGG16",
}
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD with momentum 0.9", "rmsprop": "RMSprop"}
SCHEDULES = {
    "constant": "Constant",
    "cosine": "Warm-up, then a smooth fall (cosine)",
    "plateau": "Halve after three epochs without improvement (reduce on plateau)",
}


def _option(default: Any, label: str, help: str, group: str = "learning", **limits: Any) -> Any:
    """A field with what a person needs to choose it.

    `low`/`high`/`step` bound numbers, `choices` maps the values of a choice to their words; `group` is the heading
    it stands under ("choice", "network", "learning", "augmentation").
    """
    return field(default=default, metadata={"label": label, "help": help, "group": group, **limits})


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a run learns. Same values, photos and machine: same numbers.

    The defaults of the fields are those of feature extraction; `defaults_for` gives those of every strategy.
    """

    strategy: str = _option(
        "feature-extraction",
        "Strategy",
        "How much of the pretrained network is trained on your photos.",
        "choice",
        choices=STRATEGIES,
    )
    backbone: str = _option(
        "efficientnet-lite0",
        "Pretrained network (backbone)",
        "The network you start from. It has already learned to see from 1.3 million photos. Two or three names joined "
        "by “+” are used side by side, with feature extraction.",
        "choice",
    )
    image_size: int = _option(
        224,
        "Image size (pixels)",
        "Photos are resized to a square of this size. Larger images show more detail but take longer.",
        "network",
        low=32,
        high=608,
        step=1,
    )
    head: str = _option(
        "pooling",
        "Head",
        "How the head, the new last part of the network, turns its features into your classes.",
        "network",
        choices=HEADS,
    )
    hidden_units: int = _option(
        0,
        "Hidden units",
        "Size of an extra layer between the features and the classes. 0 means no extra layer.",
        "network",
        low=0,
        high=4096,
        step=1,
    )
    unfreeze_from: str = _option(
        AUTO,
        "Fine-tune from block",
        "The lowest block to fine-tune; all blocks above it are fine-tuned too. “auto” picks the top third of the "
        "layers. Hybrid only.",
        "network",
    )
    num_unfrozen_layers: int = _option(
        0,
        "Layers to fine-tune",
        "Fine-tune at least this many layers, counted from the top. 0 goes by block instead. Hybrid only.",
        "network",
        low=0,
        high=2000,
        step=1,
    )
    epochs: int = _option(
        30,
        "Epochs",
        "How many times training goes through all training photos. It may end sooner (see early stopping).",
        low=1,
        high=500,
        step=1,
    )
    fine_tune_epochs: int = _option(
        10,
        "Fine-tuning epochs",
        "How many times fine-tuning goes through all training photos. Not used for feature extraction.",
        low=1,
        high=500,
        step=1,
    )
    optimizer: str = _option("adam", "Optimizer", "How the weights are updated after each batch.", choices=OPTIMIZERS)
    learning_rate: float = _option(
        1e-3,
        "Learning rate",
        "How far the weights move in each step. Too high and training jumps about; too low and it barely improves.",
        low=1e-6,
        high=1.0,
    )
    fine_tune_learning_rate: float = _option(
        1e-4,
        "Fine-tuning learning rate",
        "Keep it low, so that fine-tuning refines what the network knows instead of overwriting it. Not used for "
        "feature extraction.",
        low=1e-7,
        high=1.0,
    )
    schedule: str = _option(
        "constant", "Learning rate schedule", "How the learning rate changes during training.", choices=SCHEDULES
    )
    batch_size: int = _option(
        32,
        "Batch size",
        "How many photos go into each training step.",
        low=1,
        high=1024,
        step=1,
    )
    dropout: float = _option(
        0.2,
        "Dropout",
        "Hides this fraction of the features at random in each step, so the model doesn’t just memorise its photos.",
        low=0.0,
        high=0.9,
        step=0.05,
    )
    weight_decay: float = _option(
        0.0,
        "Weight decay",
        "Keeps the weights small. A little helps against overfitting.",
        low=0.0,
        high=0.5,
        step=0.001,
    )
    batch_norm_adaptation: float = _option(
        0.0,
        "Batch norm adaptation",
        "How far the network’s internal statistics are moved towards those of your photos before training (AdaBN). "
        "0.3 can help with drawings; 0 changes nothing. Hybrid uses 0.3 by default. Hybrid and fine-tuning only.",
        "network",
        low=0.0,
        high=1.0,
        step=0.05,
    )
    mixed_precision: str = _option(
        AUTO,
        "Compute in 16 bits (mixed precision)",
        "Fine-tunes with rounded numbers where that is faster on this computer and the loss stays the same, and keeps "
        "what enters the fine-tuned layers in half the disk space. Weights, validation, test and the finished model "
        "always have 32 bits. Hybrid and fine-tuning only.",
        "network",
        choices=MIXED_PRECISIONS,
    )
    features: str = _option(
        FAST_FEATURES,
        "Features of training photos",
        "Fast computes what the model learns from with fewer digits (bfloat16), which takes half the time on some "
        "processors. Photos that it is tested on are always computed exactly.",
        "network",
        choices=FEATURES,
    )
    label_smoothing: float = _option(
        0.0,
        "Label smoothing",
        "Aims for slightly less than 100% certainty, so the model doesn’t become overconfident. 0.1 is common.",
        low=0.0,
        high=0.5,
        step=0.01,
    )
    class_weights: bool = _option(
        False,
        "Class weights",
        "Makes every class count equally, however many photos it has.",
    )
    patience: int = _option(
        8,
        "Early stopping (epochs without improvement)",
        "Training stops after this many epochs without improvement on the validation photos, and the best one is kept. "
        "0 trains all epochs. After fine-tuning through a whole cosine schedule, the last epoch is kept unless an "
        "earlier one was clearly better.",
        low=0,
        high=100,
        step=1,
    )
    cross_validation: str = _option(
        AUTO,
        "Every photo tested once (cross-validation)",
        "Trains several more models after the first, each without some of the photos, so that every photo is a test "
        "photo once. The score then rests on all photos. Feature extraction only; for the others, ask for it on the "
        "Evaluate page.",
        choices=CROSS_VALIDATIONS,
    )
    refit: str = _option(
        AUTO,
        "Final model learns from all photos (refit)",
        "After testing, trains the final model on all photos, validation and test photos too. Needs every photo to be "
        "tested once, so that there is a fair score. Feature extraction only.",
        choices=REFITS,
    )
    seed: int = _option(
        0,
        "Random seed",
        "The same seed gives the same result for the same photos on the same machine.",
        low=0,
        high=2**31 - 1,
        step=1,
    )
    views: int = _option(
        4,
        "Variants per photo",
        "How many versions of each photo are made, including the original. Only used with augmentation.",
        "augmentation",
        low=1,
        high=16,
        step=1,
    )
    horizontal_flip: bool = _option(False, "Mirror left and right", "Mirrors half of the variants.", "augmentation")
    vertical_flip: bool = _option(
        False, "Mirror up and down", "Flips half of the variants top to bottom.", "augmentation"
    )
    rotation: float = _option(
        0.0, "Rotate by up to (degrees)", "Rotates each view at random.", "augmentation", low=0.0, high=180.0, step=1.0
    )
    zoom: float = _option(
        0.0,
        "Zoom by up to (fraction)",
        "Enlarges or shrinks each view. 0.1 is 10%.",
        "augmentation",
        low=0.0,
        high=0.9,
        step=0.01,
    )
    width_shift: float = _option(
        0.0, "Shift sideways by up to (fraction)", "Of the image width.", "augmentation", low=0.0, high=0.9, step=0.01
    )
    height_shift: float = _option(
        0.0,
        "Shift up or down by up to (fraction)",
        "Of the image height.",
        "augmentation",
        low=0.0,
        high=0.9,
        step=0.01,
    )
    shear: float = _option(
        0.0, "Slant by up to (degrees)", "Slants each view (shear).", "augmentation", low=0.0, high=60.0, step=1.0
    )
    brightness: float = _option(
        0.0,
        "Brighten or darken by up to (fraction)",
        "Of the full range.",
        "augmentation",
        low=0.0,
        high=0.9,
        step=0.01,
    )
    contrast: float = _option(
        0.0,
        "Change contrast by up to (fraction)",
        "Of the photo’s own contrast.",
        "augmentation",
        low=0.0,
        high=0.9,
        step=0.01,
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            _check(option, getattr(self, option.name))
        if SEVERAL in self.backbone:
            check_several(self.strategy, self.head)

    @property
    def pretrained(self) -> bool:
        """Whether it begins with the pretrained weights, and with a head on the frozen network."""
        return self.strategy != "scratch"

    @property
    def partly_frozen(self) -> bool:
        """Whether the lower part of a network that adapts stays frozen."""
        return self.strategy == "hybrid"

    @property
    def fine_tunes(self) -> bool:
        """Whether a part of the network adapts, after the head or from the start."""
        return self.strategy != "feature-extraction"

    def to_dict(self) -> dict[str, Any]:
        """The values by field name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainConfig":
        """The config of a `to_dict`, also of an earlier version.

        Old names of fields are read (where both are there, the new one counts), fields of newer versions are ignored,
        missing ones take their defaults.

        Raises:
            UserError: a value is not allowed.
        """
        known = {option.name for option in fields(cls)}
        renamed = {RENAMED_FIELDS[name]: value for name, value in values.items() if name in RENAMED_FIELDS}
        return cls(**{name: value for name, value in (renamed | values).items() if name in known})


def defaults_for(strategy: str, **changes: Any) -> TrainConfig:
    """The settings that are right for a strategy, with `changes` by the person.

    Raises:
        UserError: an unknown strategy, or a change that is not allowed.
    """
    TrainConfig(strategy=strategy)  # refuses an unknown one with those allowed
    return TrainConfig(**{"strategy": strategy} | _STRATEGY_DEFAULTS[strategy] | changes)


_AUGMENTATION = {
    "rotation": 10.0,
    "zoom": 0.1,
    "width_shift": 0.05,
    "height_shift": 0.05,
    "brightness": 0.1,
    "contrast": 0.1,
}
_FINE_TUNING = {"image_size": 160, "schedule": "cosine", "patience": 0, "label_smoothing": 0.1, **_AUGMENTATION}
_STRATEGY_DEFAULTS: dict[str, dict[str, Any]] = {
    "feature-extraction": {},
    "hybrid": {
        **_FINE_TUNING,
        "image_size": 224,
        "batch_norm_adaptation": 0.3,
        "fine_tune_epochs": 12,
        "fine_tune_learning_rate": 3e-4,
    },
    "fine-tuning": {"fine_tune_epochs": 10, "fine_tune_learning_rate": 3e-4, **_FINE_TUNING},
    "scratch": {"fine_tune_epochs": 20, "fine_tune_learning_rate": 1e-3, **_FINE_TUNING, "image_size": 96},
}


def check_several(strategy: str, head: str = "pooling") -> None:
    """Raise UserError unless several networks at once can be used in this way."""
    if strategy != STRATEGY_OF_SEVERAL:
        what = f"Several networks at once stay frozen, so {short_name(strategy)} can’t be used with them."
        raise UserError(what, "Choose feature extraction, or a single network.")
    if head != "pooling":
        raise UserError(
            "Several networks at once need the pooling head: their positions differ.",
            "Choose the pooling head, or a single network.",
        )


KIND_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a name"}
"""What values of each type are called."""


def _check(option: Any, value: Any) -> None:
    """Raise UserError unless `value` is of the field's type and within its limits."""
    label, limits = option.metadata["label"], option.metadata
    kinds = (int, float) if option.type is float else option.type
    if not isinstance(value, kinds) or (isinstance(value, bool) and option.type is not bool):
        raise UserError(f"{option.name} = {value!r} is not allowed.", f"“{label}” takes {KIND_NAMES[option.type]}.")
    if "low" in limits and not limits["low"] <= value <= limits["high"]:
        allowed = f"{limits['low']} to {limits['high']}"
        raise UserError(f"{option.name} = {value} is not allowed.", f"“{label}” takes a number from {allowed}.")
    if "choices" in limits and value not in limits["choices"]:
        allowed = ", ".join(limits["choices"])
        raise UserError(f"{option.name} = {value!r} is not allowed.", f"“{label}” takes one of: {allowed}.")
