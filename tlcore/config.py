"""The settings of a training run: one flat, frozen dataclass that pages and terminal build their inputs from."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from tlcore.errors import UserError

STRATEGIES = {
    "feature-extraction": "Keep the network as it is and learn only the last step (feature extraction).",
    "hybrid": "Learn the last step first, then let the top of the network adapt (hybrid).",
    "fine-tuning": "Let the whole network adapt, in small steps (fine-tuning).",
    "scratch": "Forget what the network knows and learn everything anew (from scratch); to compare with.",
}
"""What learns, with one sentence each for a person who chooses."""


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


HEADS = {
    "pooling": "One value a feature (pooling), then the classes.",
    "flatten": "Every place of the picture on its own (flatten), a layer of 512, then the classes (VGG16 recipe).",
}
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD with momentum 0.9", "rmsprop": "RMSprop"}
SCHEDULES = {
    "constant": "The same all the time.",
    "cosine": "Begins softly, then falls along a cosine (cosine with warm-up).",
    "plateau": "Halves when nothing got better for three rounds (reduce on plateau).",
}


def _option(default: Any, label: str, help: str, group: str = "learning", **limits: Any) -> Any:
    """A field with what a person needs to choose it.

    `low`/`high`/`step` bound numbers, `choices` maps the values of a choice to a sentence each; `group` is the heading
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
        "What learns (strategy)",
        "How much of the pretrained network may change.",
        "choice",
        choices=STRATEGIES,
    )
    backbone: str = _option(
        "efficientnet-lite0",
        "Pretrained network (backbone)",
        "The network that has already learned to see on 1.3 million photos.",
        "choice",
    )
    image_size: int = _option(
        224,
        "Image size in pixels",
        "Photos are brought to this square before the network sees them. Larger sees more detail and takes longer.",
        "network",
        low=32,
        high=608,
        step=1,
    )
    head: str = _option(
        "pooling",
        "Last step (head)",
        "How what the network saw becomes classes.",
        "network",
        choices=HEADS,
    )
    hidden_units: int = _option(
        0,
        "Extra layer (hidden units)",
        "Size of a layer between the network and the classes; 0 for none.",
        "network",
        low=0,
        high=4096,
        step=1,
    )
    unfreeze_from: str = _option(
        AUTO,
        "Lowest block that adapts",
        "The name of a block of the network (python -m tlcore backbones lists them); auto opens the upper third. "
        "Only for the hybrid strategy.",
        "network",
    )
    num_unfrozen_layers: int = _option(
        0,
        "Or: layers from the top that adapt",
        "The number of layers with weights, counted from the top, that adapt at least; 0 to go by block. "
        "Only for the hybrid strategy.",
        "network",
        low=0,
        high=2000,
        step=1,
    )
    epochs: int = _option(
        30,
        "Rounds over all photos (epochs)",
        "How often the network goes through the training photos. It may end earlier, see early stopping.",
        low=1,
        high=500,
        step=1,
    )
    fine_tune_epochs: int = _option(
        10,
        "Rounds with the network open (epochs)",
        "How often it goes through the photos once parts of the network adapt. Not for feature extraction.",
        low=1,
        high=500,
        step=1,
    )
    optimizer: str = _option(
        "adam", "How it corrects itself (optimizer)", "The rule for each correction.", choices=OPTIMIZERS
    )
    learning_rate: float = _option(
        1e-3,
        "Step size (learning rate)",
        "How far each correction goes. Too large jumps about, too small gets nowhere.",
        low=1e-6,
        high=1.0,
    )
    fine_tune_learning_rate: float = _option(
        1e-4,
        "Step size with the network open (learning rate)",
        "Smaller, so that what the network knows is adapted and not overwritten. Not for feature extraction.",
        low=1e-7,
        high=1.0,
    )
    schedule: str = _option(
        "constant", "Step size over time (schedule)", "How the step size changes.", choices=SCHEDULES
    )
    batch_size: int = _option(
        32,
        "Photos per correction (batch size)",
        "How many photos are looked at before each correction.",
        low=1,
        high=1024,
        step=1,
    )
    dropout: float = _option(
        0.2,
        "Forgetting on purpose (dropout)",
        "The share of what the network saw that is hidden at random in each step, so that it does not learn by heart.",
        low=0.0,
        high=0.9,
        step=0.05,
    )
    weight_decay: float = _option(
        0.0,
        "Pull towards small weights (weight decay)",
        "A little keeps the network from learning by heart.",
        low=0.0,
        high=0.5,
        step=0.001,
    )
    batch_norm_adaptation: float = _option(
        0.0,
        "Share of your photos' own statistics (batch normalisation)",
        "The network expects signals as strong and as varied as in its 1.3 million photos. This share of what it "
        "expects is measured on your photos instead, before it adapts. 0.3 can help with drawings; 0 leaves it as it "
        "was. Hybrid takes 0.3 by itself. Only for hybrid and fine-tuning.",
        "network",
        low=0.0,
        high=1.0,
        step=0.05,
    )
    label_smoothing: float = _option(
        0.0,
        "Doubt in the labels (label smoothing)",
        "How sure it is not asked to become; 0.1 is common.",
        low=0.0,
        high=0.5,
        step=0.01,
    )
    class_weights: bool = _option(
        False,
        "Rare classes count more (class weights)",
        "For classes with very different numbers of photos: every class counts the same in total.",
    )
    patience: int = _option(
        8,
        "Stop after rounds without progress (early stopping)",
        "Training ends when it has not improved on the validation photos for this many rounds; 0 trains all rounds. "
        "The best round is kept. Where an open network has gone through a whole cosine, the last one is, unless the "
        "best was clearly better.",
        low=0,
        high=100,
        step=1,
    )
    seed: int = _option(
        0,
        "Starting number for chance (seed)",
        "The same number on the same photos and machine gives the same result.",
        low=0,
        high=2**31 - 1,
        step=1,
    )
    views: int = _option(
        4,
        "Views of each photo",
        "How many versions of each photo a frozen part looks at, the photo itself included. Only where it is varied.",
        "augmentation",
        low=1,
        high=16,
        step=1,
    )
    horizontal_flip: bool = _option(False, "Mirror left and right", "Half of the views are mirrored.", "augmentation")
    vertical_flip: bool = _option(False, "Mirror up and down", "Half of the views are turned over.", "augmentation")
    rotation: float = _option(
        0.0, "Turn by up to (degrees)", "Views are turned at random.", "augmentation", low=0.0, high=180.0, step=1.0
    )
    zoom: float = _option(
        0.0, "Zoom by up to (share)", "Views are enlarged or shrunk.", "augmentation", low=0.0, high=0.9, step=0.01
    )
    width_shift: float = _option(
        0.0, "Shift sideways by up to (share)", "Of the width.", "augmentation", low=0.0, high=0.9, step=0.01
    )
    height_shift: float = _option(
        0.0, "Shift up or down by up to (share)", "Of the height.", "augmentation", low=0.0, high=0.9, step=0.01
    )
    shear: float = _option(
        0.0, "Slant by up to (degrees)", "Views are slanted (shear).", "augmentation", low=0.0, high=60.0, step=1.0
    )
    brightness: float = _option(
        0.0, "Brighter or darker by up to (share)", "Of the full range.", "augmentation", low=0.0, high=0.9, step=0.01
    )
    contrast: float = _option(
        0.0, "More or less contrast by up to (share)", "Of the contrast.", "augmentation", low=0.0, high=0.9, step=0.01
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            _check(option, getattr(self, option.name))

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


def _check(option: Any, value: Any) -> None:
    """Raise UserError unless `value` is of the field's type and within its limits."""
    label, limits = option.metadata["label"], option.metadata
    kinds = (int, float) if option.type is float else option.type
    if not isinstance(value, kinds) or (isinstance(value, bool) and option.type is not bool):
        raise UserError(f"Received: {option.name} = {value!r}.", f"Allowed for “{label}”: a {option.type.__name__}.")
    if "low" in limits and not limits["low"] <= value <= limits["high"]:
        raise UserError(
            f"Received: {option.name} = {value}.", f"Allowed for “{label}”: {limits['low']} to {limits['high']}."
        )
    if "choices" in limits and value not in limits["choices"]:
        allowed = ", ".join(limits["choices"])
        raise UserError(f"Received: {option.name} = {value}.", f"Allowed for “{label}”: {allowed}.")
