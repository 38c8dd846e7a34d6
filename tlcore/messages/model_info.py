"""What stands in a `model.json`, as text for a README. Anybody may have written it, so nothing in it is believed."""

import re
from collections.abc import Mapping
from typing import Any

from tlcore.models.backbones import known_title


def value(info: Mapping[str, Any], *path: str) -> Any:
    """What lies under these names, one below the other; None where there is nothing."""
    found: Any = info
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def text(info: Mapping[str, Any], *path: str) -> str:
    """`value` where it is text, in one line; "" for all else."""
    found = value(info, *path)
    return " ".join(found.split()) if isinstance(found, str) else ""


def backbone_title(info: Mapping[str, Any]) -> str:
    """What the network in a `model.json` is called; versions before this one noted its name alone."""
    return text(info, "backbone", "title") or known_title(text(info, "backbone", "name"))


def plain(words: str) -> str:
    """A name as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(words.split()))
