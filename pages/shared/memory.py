"""What a training would need that this machine has not, said before the button."""

from collections.abc import Sequence

from pages.shared import state
from pages.shared.widgets import plain
from tlcore.config import TrainConfig, short_name
from tlcore.errors import UserError
from tlcore.features.training_memory import check_training_memory
from tlcore.jobs.worker_memory import memory_limit
from tlcore.models.backbones import find_backbone
from tlcore.settings import load_limits


def memory_refusal(configs: Sequence[TrainConfig]) -> str:
    """Why the first of these trainings that is too large for this machine cannot be started; "" where all fit."""
    limit = memory_limit(load_limits(state.workspace()))
    for config in configs:
        spec = find_backbone(config.backbone, state.workspace())
        try:
            check_training_memory(config, spec, limit)
        except UserError as error:
            what = f"{spec.title}, {short_name(config.strategy)}"
            return f"**{plain(what)}: {plain(error.what)}** {plain(error.fix)}"
    return ""
