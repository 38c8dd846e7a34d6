"""How long each stage took in earlier runs, kept in the workspace, so that a later run knows how long it takes.

One small file of names and seconds. It holds for this machine and is written again by every run, so a workspace that
moves is right again after one training. Whoever loses it loses nothing but the estimate.
"""

from dataclasses import dataclass
from typing import Literal

from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.events import StageKey
from tlcore.models.registry import lowest_unfrozen_block
from tlcore.models.spec import BackboneSpec
from tlcore.workspace import Workspace, read_json, write_json

FILE = "pace.json"  # the name of the first version

Once = Literal["trace", "compile", "evaluate", "convert", "pack"]
"""What is done once: a head's first epoch, fine-tuning's first step, from its last epoch to the test figures, the
file of a network whose batch normalisation was adapted, and making the model file."""

Rate = StageKey | Once
"""What there is a rate of: seconds a photo and view of a stage (and epoch, where it has epochs), or at all."""


@dataclass(frozen=True)
class TimingNames:
    """Under which name each rate is kept: what it depends on beside the machine. Photos of any data set take the same.

    `unfrozen`: from where on the network is trained, "" for all of it. `trains_network`: whether it is trained at all.
    `converts`: whether a network that adapted is converted; the built-in one's weights are written into its file.
    """

    backbone: str
    image_size: int
    head: str
    unfrozen: str
    trains_network: bool = True
    converts: bool = True

    def __getitem__(self, rate: Rate) -> str:
        network = f"{self.backbone} {self.image_size}px"
        part = self.backbone + (f" from {self.unfrozen}" if self.unfrozen else "") + f" {self.image_size}px"
        names: dict[Rate, str] = {
            StageKey.EXTRACT_FEATURES: f"look {network}",
            StageKey.CACHE_ACTIVATIONS: f"look below {self.unfrozen} {network}",
            StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS: f"look, from {self.unfrozen} kept, {network}",
            StageKey.DECODE_PHOTOS: "read",
            StageKey.ADAPT_BATCH_NORM: f"measure {network}",
            StageKey.TRAIN_HEAD: f"head {self.head} {network}",
            StageKey.FINE_TUNE: f"learn {part}",
            "compile": f"start {part}",
            "evaluate": f"end {part}",
            "trace": f"first round {self.head} {network}",
            "convert": f"convert {network}",
            "pack": f"pack {part if self.trains_network else f'head {network}'}",
            StageKey.FINAL_FEATURES: f"final features {part}",
            StageKey.VERIFY: f"check {network}",
        }  # the words of the first version: its files are read
        return names.get(rate, str(rate))


def timing_names(config: TrainConfig, spec: BackboneSpec) -> TimingNames:
    """The names for a run. A block and the number of layers that unfreezes it are two names, though one rate."""
    unfrozen = ""
    if config.partly_frozen:
        unfrozen = (
            f"the top {config.num_unfrozen_layers}"
            if config.num_unfrozen_layers
            else (lowest_unfrozen_block(spec, config.unfreeze_from).name)
        )
    return TimingNames(config.backbone, config.image_size, config.head, unfrozen, config.fine_tunes, not spec.built_in)


def load_timings(workspace: Workspace) -> dict[str, float]:
    """Seconds by name; nothing where no run was measured yet, or the file is no such file."""
    try:
        values = read_json(workspace.root / FILE)
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {name: float(value) for name, value in values.items() if isinstance(value, int | float) and value >= 0}


def save_timings(workspace: Workspace, measured: dict[str, float]) -> None:
    """Add what a run measured. Two runs that end at once may lose one's figures, which only costs an estimate."""
    if not measured:
        return
    try:
        write_json(workspace.root / FILE, load_timings(workspace) | measured)
    except UserError:  # a full disk must not fail a run that needs nothing more from it
        return
