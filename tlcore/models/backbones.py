"""All pretrained networks of a workspace: those of the table, and those that people have brought."""

from tlcore.config import SEVERAL
from tlcore.errors import UserError
from tlcore.models.imported.stored import find_by_short_name, find_network, list_networks, short_name
from tlcore.models.registry import BACKBONES, TABLE
from tlcore.models.several import side_by_side
from tlcore.models.spec import BackboneSpec
from tlcore.workspace import Workspace


def find_backbone(name: str, workspace: Workspace) -> BackboneSpec:
    """The network of this name: a row of the table, or one that was brought into the workspace.

    It does not ask whose it is: whoever may see a run may read the name of its network. Where somebody chooses one, the
    list that he chooses from is `list_backbones`.

    Args:
        name: of a row, an id of stored.py, or, for one of the owner's own, the id without its digits; or several of
            those joined by "+", for what they are side by side.

    Raises:
        UserError: there is none; the sentence lists those of the table. Or several cannot be used together.
    """
    if SEVERAL in name:
        return side_by_side([find_backbone(part.strip(), workspace) for part in name.split(SEVERAL)])
    row = TABLE.get(name)
    if row is not None:
        return row
    network = find_network(workspace, name) or find_by_short_name(workspace, name)
    if network is not None:
        return network.spec
    allowed = ", ".join(spec.name for spec in BACKBONES)
    raise UserError(f"There is no network “{name}”.", f"Choose one of: {allowed}; or a network that you added.")


def backbone_title(name: str, workspace: Workspace) -> str:
    """What a network is called; its name where it is gone, or only another version knows it."""
    try:
        return find_backbone(name, workspace).title
    except UserError:
        return known_title(name)


def known_title(name: str) -> str:
    """What a network is called by its name alone, where no workspace is at hand: a bundle may be anybody's."""
    if SEVERAL in name:
        return " + ".join(known_title(part) for part in name.split(SEVERAL))
    row = TABLE.get(name)
    return row.title if row is not None else short_name(name)


def list_backbones(workspace: Workspace, visitor: str | None = None) -> tuple[BackboneSpec, ...]:
    """Those that somebody can choose from: the table, the built-in one first, then his own, newest first.

    Args:
        visitor: the public name of whose own are listed, "" for the owner's; None: those of everybody.
    """
    return (*BACKBONES, *(network.spec for network in list_networks(workspace, visitor)))
