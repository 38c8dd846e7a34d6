"""Which networks of a model are no Keras networks: an export that goes on with the training needs their layers."""

from collections.abc import Mapping
from typing import Any

from tlcore.config import SEVERAL
from tlcore.errors import UserError
from tlcore.models.backbones import find_backbone, known_title
from tlcore.workspace import Workspace

_FORM = "keras"


def finished_networks(workspace: Workspace, info: Mapping[str, Any]) -> tuple[str, ...]:
    """What those are called whose file holds a finished network (LiteRT, ONNX), or that are not here.

    Args:
        info: the content of `model.json`, which may be anybody's.
    """
    config = info.get("config")
    backbone = config.get("backbone") if isinstance(config, Mapping) else None
    found = []
    for name in backbone.split(SEVERAL) if isinstance(backbone, str) else ():
        try:
            spec = find_backbone(name.strip(), workspace)
        except UserError:
            found.append(known_title(name.strip()))
            continue
        if spec.imported is not None and spec.imported.form != _FORM:
            found.append(spec.title)
    return tuple(found)
