"""The networks that people have brought, as members of a project file: each that a run was trained on, once.

    networks/<id>/network.json    what it is called, whose work it is, and how its file is read
    networks/<id>/network.<form>  its file, as it lies in the workspace where the project was saved

Only the network's file says what it computes; nothing else of it is believed where the project is opened.
"""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tlcore.checksums import DamagedFile, check_file, dump_json
from tlcore.config import SEVERAL
from tlcore.data.names import clean_text
from tlcore.errors import UserError
from tlcore.jobs.store import Run
from tlcore.models.imported.forms import FORMS
from tlcore.models.imported.kinds import KINDS
from tlcore.models.imported.stored import NOTE, StoredNetwork, clean_title, find_network, short_name
from tlcore.models.registry import TABLE
from tlcore.workspace import Workspace, is_id, read_json

FOLDER = "networks"
_LONGEST = 300  # characters of a text
_SOURCES = ("https://", "http://")
_KERAS_MEMBERS = ("config.json", "model.weights.h5")  # of a `.keras`; the third says when it was written
_BLOCK = 2**20
_MOST_UNPACKED = 4_000_000_000  # bytes of one of them, as imported/keras_archive.py has it


@dataclass(frozen=True)
class NetworkFacts:
    """What a project says of a network, beside its file.

    Attributes:
        title, licence, source: as `BackboneSpec` has them. file: what its maker's file was called; kind: what that was,
            a key of kinds.KINDS. form, embedding, image_size: how its file here is read, as `ImportedFiles` has them;
            the side of its images in pixels.
    """

    title: str
    licence: str
    source: str
    file: str
    kind: str
    form: str
    embedding: str
    image_size: int

    @classmethod
    def of(cls, network: StoredNetwork) -> "NetworkFacts":
        spec, files, origin = network.spec, network.spec.imported, network.origin
        assert files is not None
        file, kind = str(origin.get("file", "")), str(origin.get("kind", ""))
        return cls(
            spec.title, spec.licence, spec.source, file, kind, files.form, files.embedding, spec.default_image_size
        )

    @classmethod
    def from_dict(cls, values: Any) -> "NetworkFacts":
        """Of what stands in a file of anybody's. Raises ValueError, KeyError or TypeError."""
        texts = {name: values[name] for name in ("title", "licence", "source", "file", "kind", "form", "embedding")}
        if not all(isinstance(text, str) and len(text) <= _LONGEST for text in texts.values()):
            raise ValueError("It is no text.")
        if texts["form"] not in FORMS or texts["kind"] not in KINDS:
            raise ValueError("There is no such kind of network.")
        if type(values["image_size"]) is not int:
            raise ValueError("Its image size is no number.")
        for name in ("licence", "file"):
            texts[name] = clean_text(texts[name])
        source = texts["source"] if texts["source"].startswith(_SOURCES) else ""
        shown = texts | {"title": clean_title(texts["title"]), "source": clean_text(source)}
        return cls(**shown, image_size=values["image_size"])


def names_in(backbone: str) -> tuple[str, ...]:
    """The networks that `TrainConfig.backbone` names: one, or several side by side."""
    return tuple(part.strip() for part in backbone.split(SEVERAL))


def brought_networks(workspace: Workspace, runs: Iterable[Run], visitor: str) -> Mapping[str, StoredNetwork | None]:
    """By its name, each network that is not one of the table and that a run was trained on.

    Args:
        visitor: who saves them; networks of others are no more his to give away than those that are gone: None.
    """
    found: dict[str, StoredNetwork | None] = {}
    for name in sorted({name for run in runs for name in names_in(run.config.backbone)}):
        if name not in TABLE and is_id(name):
            network = find_network(workspace, name)
            found[name] = network if network is not None and network.visitor == visitor else None
    return found


def titles(networks: Mapping[str, StoredNetwork | None]) -> dict[str, str]:
    """What each is called, by its name, also where it is gone."""
    return {
        name: clean_title(short_name(name)) if network is None else network.spec.title
        for name, network in networks.items()
    }


def network_members(network: StoredNetwork) -> Iterator[tuple[str, bytes]]:
    """The members of a network by their names in the zip.

    Raises:
        UserError: its file is damaged. OSError: it can't be read.
    """
    facts, place = NetworkFacts.of(network), f"{FOLDER}/{network.id}"
    file = file_of(facts.form)
    try:
        data = check_file((network.folder / file).read_bytes(), file, read_json(network.folder / NOTE))
    except DamagedFile as error:
        raise UserError(
            f"The file of the network “{facts.title}” is damaged.", "Add the network again, or save without networks."
        ) from error
    yield f"{place}/{NOTE}", dump_json(asdict(facts))
    yield f"{place}/{file}", data


def file_of(form: str) -> str:
    """The name of a network's file."""
    return f"network.{form}"


def content_digest(form: str, path: Path) -> str:
    """The SHA-256 (hex) of what a network's file computes with: of a `.keras` without the date at which it was written.

    Raises:
        ValueError, KeyError, OSError or zipfile.BadZipFile: it is no such file.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        if form != "keras":
            return hashlib.file_digest(file, "sha256").hexdigest()
        with zipfile.ZipFile(file) as archive:
            for name in _KERAS_MEMBERS:
                if archive.getinfo(name).file_size > _MOST_UNPACKED:
                    raise ValueError(f"{name} is too large")
                with archive.open(name) as member:
                    while block := member.read(_BLOCK):
                        digest.update(block)
    return digest.hexdigest()
