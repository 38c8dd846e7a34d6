"""Adding a network to a workspace: from somebody's file to one of the networks to choose from."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.checksums import file_checksum
from tlcore.data.manifest import Dataset
from tlcore.errors import UserError
from tlcore.events import Event, Progress, ShouldStop, StageKey, never
from tlcore.models.imported.candidate import Candidate, Choices, Known, complete
from tlcore.models.imported.kinds import KINDS, recognise
from tlcore.models.imported.saved import SavedNetwork
from tlcore.models.imported.stored import (
    NOTE,
    UNKNOWN_LICENCE,
    VERSION,
    StoredNetwork,
    clean_title,
    describe,
    find_network,
    network_id,
)
from tlcore.models.scalings import INSIDE
from tlcore.models.spec import BackboneSpec, ImportedFiles
from tlcore.networks.proposing import best_scaling, trial_photos
from tlcore.networks.reading import FEATURES, NetworkReader, ReadingStopped
from tlcore.workspace import Workspace, disk_error, write_json

MOST_BYTES = 2_000_000_000
STEPS = 4  # of the progress: read, try scalings, write, check in
_BLOCK = 2**20


@dataclass(frozen=True)
class Source:
    """What somebody brings. `name`: what the network is to be called, "" as its file; `licence`: as its maker gave it,
    "" for unknown; `file_name`: what his file is called, "" as on the disk; `url`: where it was fetched."""

    path: Path
    name: str = ""
    licence: str = ""
    file_name: str = ""
    url: str = ""


@dataclass(frozen=True)
class Examined:
    """A file that was read, and what is proposed for it.

    Attributes:
        candidate: what is known of its network. scaling: what to do to pixels first, and on what grounds; never empty.
        sha256, bytes: of the file, or of all in a folder.
    """

    candidate: Candidate
    scaling: Known
    sha256: str
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**vars(self), "candidate": self.candidate.to_dict(), "scaling": vars(self.scaling)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Examined":
        """What `to_dict` gave. Raises KeyError, TypeError or ValueError where it is none."""
        candidate, scaling = Candidate.from_dict(values["candidate"]), Known(**values["scaling"])
        return cls(candidate, scaling, str(values["sha256"]), int(values["bytes"]))


def add_network(
    workspace: Workspace,
    source: Source,
    choices: Choices,
    visitor: str = "",
    photos: Dataset | None = None,
    should_stop: ShouldStop = never,
) -> Generator[Event, None, StoredNetwork | None]:
    """Read a network, propose what was not chosen, and keep it; one that is there already is given back.

    Args:
        choices: what somebody has set; the rest is proposed. visitor: whose it is, "" for the owner.
        photos: on which scalings are tried where the file doesn't tell; None: the usual one of such files.

    Returns:
        The network; None when stopped, with nothing left behind.

    Raises:
        UserError: it is refused, damaged, too large, or the disk is full.
    """
    kind = recognise(source.path)
    with NetworkReader(kind, source.path, should_stop) as reader:
        examined = yield from _examine(workspace, source, choices, photos, reader)
        return None if examined is None else (yield from _keep(workspace, source, examined, choices, visitor, reader))


def examine_network(
    workspace: Workspace, source: Source, photos: Dataset | None, should_stop: ShouldStop = never
) -> Generator[Event, None, Examined | None]:
    """Read a network and propose how to use it; arguments and errors as for `add_network`."""
    with NetworkReader(recognise(source.path), source.path, should_stop) as reader:
        return (yield from _examine(workspace, source, Choices(), photos, reader))


def keep_network(
    workspace: Workspace,
    source: Source,
    examined: Examined,
    choices: Choices,
    visitor: str = "",
    should_stop: ShouldStop = never,
) -> Generator[Event, None, StoredNetwork | None]:
    """Keep a network that was examined; arguments and errors as for `add_network`."""
    with NetworkReader(examined.candidate.kind, source.path, should_stop) as reader:
        return (yield from _keep(workspace, source, examined, choices, visitor, reader))


def _examine(
    workspace: Workspace, source: Source, choices: Choices, photos: Dataset | None, reader: NetworkReader
) -> Generator[Event, None, Examined | None]:
    yield _step(0)
    try:
        digest, size = _fingerprint(source.path)
        candidate = reader.read()
        yield _step(1)
        chosen = complete(candidate, choices)
        scaling = Known(chosen.scaling, "person" if choices.scaling else candidate.scaling.basis)
        if not chosen.scaling:
            with _draft(workspace) as place:
                scaling = _find_scaling(candidate, chosen, photos, place, reader)
        yield _step(2)
    except ReadingStopped:
        return None
    except OSError as error:
        raise disk_error(workspace.networks, error) from error
    return Examined(candidate, scaling, digest, size)


def _keep(
    workspace: Workspace, source: Source, examined: Examined, choices: Choices, visitor: str, reader: NetworkReader
) -> Generator[Event, None, StoredNetwork | None]:
    yield _step(2)
    chosen = complete(examined.candidate, replace(choices, scaling=choices.scaling or examined.scaling.value))
    try:
        with _draft(workspace) as place:
            saved = reader.save(examined.candidate, chosen, place)
            yield _step(3)
            network = describe_network(workspace, source, examined, chosen, saved, visitor)
            network = replace(network, proposed=_proposed(examined, choices))
            _move_in(workspace, network, place)
        yield _step(STEPS)
    except ReadingStopped:
        return None
    except OSError as error:
        raise disk_error(workspace.networks, error) from error
    return find_network(workspace, network.id)


def _step(done: int) -> Progress:
    return Progress(StageKey.ADD_NETWORK, done, STEPS, unit="steps")


@contextmanager
def _draft(workspace: Workspace) -> Iterator[Path]:
    """A folder to make a network in: beside where it goes, under a name that is no id. It may be moved away."""
    place = workspace.networks / ".drafts"
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fingerprint(path: Path) -> tuple[str, int]:
    """The SHA-256 (hex) and the bytes of a file, or of all files in a folder with their names."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    sizes = [each.stat().st_size for each in files]
    if sum(sizes) > MOST_BYTES:
        raise UserError(
            f"This network is {sum(sizes) / 1e9:.1f} GB large; at most {MOST_BYTES / 1e9:.0f} GB are possible.",
            "Add a smaller one.",
        )
    if path.is_file():
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), sizes[0]
    digest = hashlib.sha256()
    for each, size in zip(files, sizes, strict=True):
        digest.update(f"{each.relative_to(path).as_posix()}\0{size}\0".encode())
        with open(each, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest(), sum(sizes)


def _find_scaling(
    candidate: Candidate, chosen: Choices, photos: Dataset | None, place: Path, reader: NetworkReader
) -> Known:
    """The scaling by which the photos are told apart best."""
    usual = KINDS[candidate.kind]().usual_scaling
    if photos is None:
        return Known(usual, "usual")
    images, trial = place / "images.npy", place / "trial"
    trial.mkdir()
    classes = trial_photos(photos, chosen.image_size, images)
    reader.save(candidate, replace(chosen, scaling=INSIDE), trial, images)
    return best_scaling(np.load(trial / FEATURES, allow_pickle=False), classes, usual)


def _origin(source: Source, examined: Examined) -> dict[str, Any]:
    told: dict[str, Any] = {"file": source.file_name or source.path.name, "kind": examined.candidate.kind}
    told |= {"sha256": examined.sha256, "bytes": examined.bytes}
    return told | ({"url": source.url} if source.url else {})


def _proposed(examined: Examined, choices: Choices) -> Mapping[str, Mapping[str, Any]]:
    """What was proposed for each choice and on what basis, "person" for what was set to something else."""
    candidate = examined.candidate
    found = {
        "embedding": Known(candidate.embeddings[0].name, "file"),
        "image_size": candidate.image_size,
        "layout": candidate.layout,
        "scaling": examined.scaling,
    }
    return {
        name: {
            "value": known.value,
            "basis": "person" if getattr(choices, name) not in ("", 0, known.value) else known.basis,
        }
        for name, known in found.items()
    }


def describe_network(
    workspace: Workspace, source: Source, examined: Examined, chosen: Choices, saved: SavedNetwork, visitor: str
) -> StoredNetwork:
    """The network as it will stand in the list."""
    candidate, origin = examined.candidate, _origin(source, examined)
    title = clean_title(source.name or candidate.title or Path(str(origin["file"])).stem)
    told = f"{VERSION} {origin['sha256']} {sorted(vars(chosen).items())}"
    fingerprint = hashlib.sha256(told.encode()).hexdigest()
    name = network_id(title, fingerprint, visitor)
    spec = BackboneSpec(
        name=name,
        title=title,
        sentence=f"Added from {origin['file']}.",
        parameters=candidate.num_parameters,
        num_weights=saved.num_weights or candidate.num_parameters,
        multiply_adds=max(1, saved.multiply_adds),
        imagenet_top1=None,
        feature_size=saved.feature_size,
        default_image_size=chosen.image_size,
        licence=source.licence or candidate.licence or UNKNOWN_LICENCE,
        source=source.url,
        blocks=saved.blocks,
        fingerprint=fingerprint,
        scaling=saved.scaling,
        least_image_size=candidate.least_image_size,
        most_image_size=candidate.most_image_size,
        imported=ImportedFiles(saved.form, workspace.networks / name, saved.embedding, saved.layout),
    )
    return StoredNetwork(spec, visitor, time.time(), origin, vars(chosen), {})


def write_note(network: StoredNetwork, draft: Path) -> None:
    """Write what a network is into the folder that has its file."""
    files = {path.name: file_checksum(path.read_bytes()) for path in draft.iterdir() if path.name != FEATURES}
    write_json(draft / NOTE, describe(network) | {"files": files})


def _move_in(workspace: Workspace, network: StoredNetwork, draft: Path) -> None:
    """Put a network where it belongs, whole or not at all; one of this id is the very same, and stays."""
    write_note(network, draft)
    try:
        draft.rename(workspace.networks / network.id)
    except OSError:
        if find_network(workspace, network.id) is None:
            raise
