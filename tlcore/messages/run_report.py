"""What a report of a run says between its tables and pictures."""

import shlex
from collections.abc import Mapping
from dataclasses import fields
from pathlib import PurePath
from typing import Any

from tlcore.config import TrainConfig, defaults_for
from tlcore.messages.quantities import count

INTENDED = (
    "Meant for photos like those it was trained on: of these classes, taken in the same way. With another camera, in "
    "another place or season it may do worse; test it there before you rely on it. Don’t use it alone for decisions "
    "that can harm people."
)
NO_DATASET = "The data set isn’t here, so its photos can’t be listed."
NO_PHOTOS = "The photos aren’t here, so mistakes can’t be shown."
NO_CURVES = "No epochs were recorded."
NO_MISTAKES = "No mistakes on the test photos."
NO_OTHERS = "It was tested on no other photos. Evaluate takes a folder or zip of them."
NO_CROSS_VALIDATION = "Not every photo was tested once (cross-validation). Evaluate offers it."
HOW_SPLIT = (
    "Photos are split at random, each class in the same proportions, unless folders or a person gave the parts. "
    "Training photos are learned from, validation photos choose the best epoch, test photos are used once, for the "
    "score."
)
LIKELY = (
    "Likely range: 95% confidence interval. With other photos of the same kind, expect a result within it. "
    "Found: photos of the class that were recognised (recall). Correct when predicted: predictions of the class that "
    "were correct (precision). Combined: F1, high only when both are."
)
TWICE = "The same photos, settings and seed give the same numbers on the same machine."

PART_WORDS = {"train": "Training", "validation": "Validation", "test": "Test"}


def groups_message(num_groups: int, num_photos: int) -> str:
    """That photos which belong together stay on one side; "" where none do."""
    if not num_groups:
        return "No photos were marked as belonging together."
    groups = count(num_groups, "group")
    return f"{count(num_photos, 'photo')} in {groups} belong together; each group is on one side of the split."


def source_message(source: str, licence: str) -> str:
    """Where the photos come from, without any path of the machine that they lie on."""
    place = PurePath(source.replace("\\", "/")).name
    where = "Photos uploaded in a browser." if source == "uploads" else f"From “{place}”." if place else ""
    return f"{where} {f'Licence: {licence}.' if licence else ''}".strip()


def settings_table(config: TrainConfig) -> list[tuple[str, str]]:
    """The settings that had a part in the training, in words."""
    rows = []
    for option in fields(TrainConfig):
        value = getattr(config, option.name)
        idle = option.metadata["group"] == "augmentation" and (not value or option.name == "views")
        tuning = option.name.startswith(("fine_tune", "unfreeze", "num_unfrozen", "mixed")) and not config.fine_tunes
        if option.name in ("strategy", "backbone") or idle or tuning:
            continue
        rows.append((str(option.metadata["label"]), _in_words(value, option.metadata)))
    return rows


def _in_words(value: Any, metadata: Mapping[str, Any]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    choices = metadata.get("choices")
    if isinstance(choices, Mapping) and value in choices:
        return str(choices[value])
    return f"{value:g}" if isinstance(value, float) else str(value)


def train_command(dataset: str, config: TrainConfig) -> str:
    """The line for a terminal that trains once more as this run did.

    Args:
        dataset: its id.
    """
    defaults = defaults_for(config.strategy)
    words = ["transferlab", "train", dataset, "--strategy", config.strategy]
    for option in fields(TrainConfig):
        value = getattr(config, option.name)
        if option.name == "strategy" or (value == getattr(defaults, option.name) and option.name != "seed"):
            continue
        flag = option.name.replace("_", "-")
        words += [f"--{'' if value else 'no-'}{flag}"] if isinstance(value, bool) else [f"--{flag}", f"{value}"]
    return shlex.join(words)
