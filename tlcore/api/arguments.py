"""What callers give, checked and completed: the workspace, and the settings of a training."""

from collections.abc import Sequence
from dataclasses import fields
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any

from tlcore.config import RENAMED_FIELDS, SEVERAL, TrainConfig, defaults_for
from tlcore.errors import UserError
from tlcore.models.backbones import find_backbone
from tlcore.models.registry import check_image_size, check_strategy, usual_image_size
from tlcore.workspace import Workspace, open_workspace

WorkspaceLike = Workspace | str | PathLike[str] | None
"""A workspace, its folder, or None for `$TRANSFERLAB_HOME`, else the user's data folder."""


def take_workspace(given: WorkspaceLike) -> Workspace:
    """The workspace that is meant, its folders made.

    Raises:
        UserError: the folder cannot be made or written.
    """
    if isinstance(given, Workspace):
        return given
    return open_workspace(None if given is None else Path(given))


def take_layout(layout: str, labels: str | PathLike[str]) -> str:
    """The layout that two options mean of which at most one is given: its key, or the beginning of it.

    Args:
        layout: the key of a layout. labels: "folders", "names", "annotations", or the path of a table.

    Raises:
        UserError: both are given.
    """
    given = str(labels)
    if layout and given:
        raise UserError("The layout and where the labels come from are both given.", "Give only one of the two.")
    return layout or (given if given in ("", "folders", "names", "annotations") else f"table:{given}")


def check_kept(kept: object) -> None:
    """Raise UserError unless this is a share, 0–1, or None for the usual one."""
    if kept is None:
        return
    if isinstance(kept, bool) or not isinstance(kept, int | float) or not 0 <= kept <= 1:
        raise UserError(f"kept={kept!r} is not a share.", "Use a number from 0 to 1, such as 0.95.")


def take_backbone(backbone: str | Sequence[str]) -> str:
    """The name of a network; of several at once, theirs joined by "+".

    Raises:
        UserError: there is none, or it is no name.
    """
    names = [backbone] if isinstance(backbone, str) else list(backbone) if isinstance(backbone, Sequence) else []
    if not names or not all(isinstance(name, str) for name in names):
        raise UserError(f"backbone = {backbone!r} is not allowed.", "Give the name of a network, or several names.")
    return SEVERAL.join(names)


def make_config(
    strategy: str, backbone: str | Sequence[str], settings: dict[str, Any], workspace: Workspace
) -> TrainConfig:
    """The settings of a training: those given over the defaults of the strategy, the image size as network and strategy
    have it by themselves.

    Args:
        settings: fields of `TrainConfig`, also by the names that they had up to version 0.1.0.
        workspace: which has the networks that were added.

    Raises:
        UserError: an unknown strategy, network or setting, or a value that is not allowed with this network.
    """
    given: dict[str, Any] = {}
    for name, value in settings.items():
        current = _field_name(name)
        if current in given:
            raise UserError(f"{current} was given twice, once under its old name.", "Give it once.")
        given[current] = value
    spec = find_backbone(take_backbone(backbone), workspace)
    check_strategy(strategy, spec)
    given.setdefault("image_size", usual_image_size(strategy, spec))
    config = defaults_for(strategy, backbone=spec.name, **given)
    if spec.imported is not None:
        check_image_size(config.image_size, spec)
    return config


def _field_name(name: str) -> str:
    """The field of `TrainConfig` that a setting's name means."""
    known = [option.name for option in fields(TrainConfig) if option.name not in ("strategy", "backbone")]
    name = RENAMED_FIELDS.get(name, name)
    if name in known:
        return name
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UserError(f"There is no setting {name!r}.", f"{hint}The settings are: {', '.join(known)}.")
