"""The settings of a training run: one flat, frozen dataclass that pages and terminal build their inputs from."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from tlcore.errors import UserError


def _option(default: Any, label: str, help: str, **limits: Any) -> Any:
    """A field with what a person needs to choose it: `low`/`high`/`step` for numbers, `choices` for the rest."""
    return field(default=default, metadata={"label": label, "help": help, **limits})


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a run learns. Same values, photos and machine: same numbers."""

    backbone: str = _option(
        "efficientnet-lite0", "Pretrained network (backbone)",
        "The network that has already learned to see on 1.3 million photos.",
    )
    image_size: int = _option(
        224, "Image size in pixels",
        "Photos are brought to this square before the network sees them. Larger sees more detail and takes longer.",
        low=96, high=320, step=32,
    )
    epochs: int = _option(
        30, "Rounds over all photos (epochs)",
        "How often the network goes through the training photos. It may end earlier, see early stopping.",
        low=1, high=500, step=1,
    )
    learning_rate: float = _option(
        1e-3, "Step size (learning rate)",
        "How far each correction goes. Too large jumps about, too small gets nowhere.",
        low=1e-5, high=1e-1,
    )
    batch_size: int = _option(
        32, "Photos per correction (batch size)",
        "How many photos are looked at before each correction.",
        low=1, high=1024, step=1,
    )
    dropout: float = _option(
        0.2, "Forgetting on purpose (dropout)",
        "The share of what the network saw that is hidden at random in each step, so that it does not learn by heart.",
        low=0.0, high=0.9, step=0.05,
    )
    patience: int = _option(
        8, "Stop after rounds without progress (early stopping)",
        "Training ends when the validation loss has not improved for this many rounds; the best round is kept. "
        "0 trains all rounds and still keeps the best.",
        low=0, high=100, step=1,
    )
    seed: int = _option(
        0, "Starting number for chance (seed)",
        "The same number on the same photos and machine gives the same result.",
        low=0, high=2**31 - 1, step=1,
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            _check(option, getattr(self, option.name))

    def to_dict(self) -> dict[str, Any]:
        """The values by field name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainConfig":
        """The config of a `to_dict`; fields of newer versions are ignored, missing ones take their defaults."""
        known = {option.name for option in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def _check(option: Any, value: Any) -> None:
    """Raise UserError unless `value` is of the field's type and within its limits."""
    label, limits = option.metadata["label"], option.metadata
    kinds = (int, float) if option.type is float else option.type
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise UserError(f"Received: {option.name} = {value!r}.", f"Allowed for “{label}”: a {option.type.__name__}.")
    if "low" in limits and not limits["low"] <= value <= limits["high"]:
        raise UserError(
            f"Received: {option.name} = {value}.", f"Allowed for “{label}”: {limits['low']} to {limits['high']}."
        )
