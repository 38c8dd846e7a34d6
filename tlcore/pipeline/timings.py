"""What was measured of the pace of earlier runs, kept in the workspace, so that a later run knows how long it takes.

One small file of names and seconds. It holds for this machine and is written anew by every run, so a workspace that
moves is right again after one training. Whoever loses it loses nothing but the estimate.
"""

from dataclasses import dataclass

from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.models.registry import auto_block, find_backbone
from tlcore.workspace import Workspace, read_json, write_json

FILE = "pace.json"
LOOK, BELOW, BOTH, READ, HEAD, LEARN, START, END, MEASURE = (
    "look",
    "below",
    "both",
    "read",
    "head",
    "learn",
    "start",
    "end",
    "measure",
)
"""Seconds a photo and view that the whole frozen network looks at; the same below the open part; the same where both
are kept of one look; a photo that is only decoded; a photo and round of the head; a photo and round of the open part,
validation included; once, from the last of those before to the first correction of the open part, which compiles; once,
from its last round to the figures; and a photo on which statistics are measured, without the first batch, which
compiles."""


@dataclass(frozen=True)
class Names:
    """Under which name each pace is kept: what it depends on beside the machine. Photos of any data set take the same.

    `open`: from where on the network is open, "" for all of it.
    """

    backbone: str
    image_size: int
    head: str
    open: str

    def __getitem__(self, kind: str) -> str:
        opened = f" from {self.open}" if self.open else ""
        return {
            LOOK: f"look {self.backbone} {self.image_size}px",
            BELOW: f"look below {self.open} {self.backbone} {self.image_size}px",
            BOTH: f"look, from {self.open} kept, {self.backbone} {self.image_size}px",
            READ: "read",
            MEASURE: f"measure {self.backbone} {self.image_size}px",
            HEAD: f"head {self.head} {self.backbone} {self.image_size}px",
            LEARN: f"learn {self.backbone}{opened} {self.image_size}px",
            START: f"start {self.backbone}{opened} {self.image_size}px",
            END: f"end {self.backbone}{opened} {self.image_size}px",
        }[kind]


def names_of(config: TrainConfig) -> Names:
    """The names for a run. An open block and the number of layers that opens it are two names, though one pace."""
    opened = ""
    if config.strategy == "hybrid":
        auto = auto_block(find_backbone(config.backbone)).name
        named = auto if config.unfreeze_from == "auto" else config.unfreeze_from
        opened = f"the top {config.num_unfrozen_layers}" if config.num_unfrozen_layers else named
    return Names(config.backbone, config.image_size, config.head, opened)


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
