"""The networks that people have brought, on disk: one folder each, and what each is as a `BackboneSpec`.

<workspace>/networks/<id>/
    network.json    what it is, where it came from, what was proposed and chosen (docs/run-format.md)
    network.keras, network.tflite or network.onnx    the network itself, by its form, written by this program

The id is also the name of the network (`BackboneSpec.name`): what the person called it, and eight digits of what it is
and of whose. So the same file added twice is one network, a changed one never goes by the name of another, and a run
whose network was deleted never gets a different one under its name.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from tlcore.errors import UserError
from tlcore.models.spec import BackboneSpec, Block, ImportedFiles
from tlcore.naming import Mark, file_mark
from tlcore.workspace import Workspace, is_id, read_json

NOTE = "network.json"
VERSION = 1
UNKNOWN_LICENCE = "unknown"
_DIGITS = 8
_LONGEST = 80  # characters of a title
_KEPT = " .,-+()'&/×"
_ENDS_IN_DIGITS = re.compile(rf"-[0-9a-f]{{{_DIGITS}}}")


@dataclass(frozen=True)
class StoredNetwork:
    """A network that somebody brought.

    Attributes:
        spec: what runs know of it; its name is the id. visitor: the public name of who brought it, "" for the owner.
        created: Unix seconds. origin: of the file that was brought: "file" (its name), "sha256", "bytes", "kind", and
            "url" where it was fetched. choices: as `candidate.Choices`. proposed: by the name of a choice, the value
            and the basis ("file", "name", "usual", "photos", "person") as `candidate.Known`.
    """

    spec: BackboneSpec
    visitor: str
    created: float
    origin: Mapping[str, Any]
    choices: Mapping[str, Any]
    proposed: Mapping[str, Mapping[str, Any]]

    @property
    def id(self) -> str:
        return self.spec.name

    @property
    def folder(self) -> Path:
        assert self.spec.imported is not None
        return self.spec.imported.folder


def network_id(title: str, fingerprint: str, visitor: str) -> str:
    """The id of a network: always the same for the same network, under the same title, of the same person."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "network"
    return f"{words}-{hashlib.sha256(f'{fingerprint} {visitor}'.encode()).hexdigest()[:_DIGITS]}"


def clean_title(text: str) -> str:
    """A title of letters, digits and a few signs that mean nothing in Markdown or HTML: it stands in many sentences."""
    kept = "".join(letter if letter.isalnum() or letter in _KEPT else " " for letter in text)
    return " ".join(kept.split()).lstrip(_KEPT)[:_LONGEST].strip() or "Network"


def short_name(network: str) -> str:
    """The part of an id that the person wrote: "my-resnet" of "my-resnet-0a1b2c3d"."""
    end = _ENDS_IN_DIGITS.search(network, max(0, len(network) - _DIGITS - 1))
    return network[: end.start()] if end else network


def find_network(workspace: Workspace, name: str) -> StoredNetwork | None:
    """The network of this id, which may come from anywhere; None where there is none, or it cannot be read."""
    if not is_id(name):
        return None
    return _load(workspace.networks / name)


def find_by_short_name(workspace: Workspace, name: str) -> StoredNetwork | None:
    """The owner's network that is called so, without the digits; None where there is none.

    Raises:
        UserError: there are several.
    """
    found = [each for each in list_networks(workspace) if not each.visitor and short_name(each.id) == name]
    if len(found) > 1:
        names = ", ".join(each.id for each in found)
        raise UserError(f"There are several networks called “{name}”.", f"Give the whole name: {names}.")
    return found[0] if found else None


def list_networks(workspace: Workspace, visitor: str | None = None) -> list[StoredNetwork]:
    """All networks of one person, newest first; None: of everybody. Folders that cannot be read are passed over."""
    found = [each for each in _all(workspace) if visitor is None or each.visitor == visitor]
    return sorted(found, key=lambda each: -each.created)


def _all(workspace: Workspace) -> Iterator[StoredNetwork]:
    try:
        names = [path.name for path in workspace.networks.iterdir()]
    except OSError:
        return
    for name in names:
        network = find_network(workspace, name)
        if network is not None:
            yield network


def describe(network: StoredNetwork) -> dict[str, Any]:
    """What `network.json` holds."""
    values = asdict(network.spec)
    files = values.pop("imported")
    del files["folder"]
    return {
        "version": VERSION,
        "spec": values,
        "stored": files,
        "visitor": network.visitor,
        "created": network.created,
        "origin": dict(network.origin),
        "choices": dict(network.choices),
        "proposed": {name: dict(known) for name, known in network.proposed.items()},
    }


def _load(folder: Path) -> StoredNetwork | None:
    mark = file_mark(folder, NOTE)
    if mark is None:
        return None
    try:
        return _read(folder, mark)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=1000)
def _read(folder: Path, _: Mark) -> StoredNetwork:
    """A folder's note; the mark makes one that was written again be read again."""
    values = read_json(folder / NOTE)
    known = {field.name for field in fields(BackboneSpec)}
    row = {name: value for name, value in values["spec"].items() if name in known}
    row |= {
        "name": folder.name,
        "blocks": tuple(Block(**block) for block in row["blocks"]),
        "arguments": (),
        "imported": ImportedFiles(folder=folder, **values["stored"]),
    }
    return StoredNetwork(
        BackboneSpec(**row),
        str(values.get("visitor", "")),
        float(values["created"]),
        values["origin"],
        values["choices"],
        values["proposed"],
    )
