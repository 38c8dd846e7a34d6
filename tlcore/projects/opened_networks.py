"""The networks of a project: each read, tried and written once more by a limited process, as one that is newly added.

One that the person who opens the project has already, byte for byte, is shared. What a project says a network is never
counts: its name here comes of its bytes and of whose it is now, so no file passes for a network that it is not.
"""

import hashlib
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tlcore.config import SEVERAL
from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop, StageKey
from tlcore.models.imported.candidate import Choices, Known, complete
from tlcore.models.imported.kinds import recognise
from tlcore.models.imported.stored import NOTE, StoredNetwork, find_network, list_networks
from tlcore.models.scalings import INSIDE
from tlcore.networks.adding import Examined, Source, describe_network, write_note
from tlcore.networks.reading import NetworkReader, ReadingStopped
from tlcore.projects.carried_networks import FOLDER, NetworkFacts, content_digest, file_of, names_in
from tlcore.projects.file import ProjectFile, damaged, refusing_damage
from tlcore.workspace import Workspace, write_atomic

_TRIES = 100  # of a name; see `_name`


@dataclass(frozen=True)
class OpenedNetworks:
    """Attributes:
    names: what each network of the project is called here, by its name there, those that are not in it too.
    drafts: by its name here, the folder of each that is not there yet.
    missing: what those are called that runs were trained on, and that are neither in the file nor here.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    drafts: Mapping[str, Path] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def rename(self, backbone: str) -> str:
        """`TrainConfig.backbone` with the names that hold here."""
        return SEVERAL.join(self.names.get(name, name) for name in names_in(backbone))


def open_networks(
    workspace: Workspace, project: ProjectFile, folder: Path, visitor: str, should_stop: ShouldStop
) -> Generator[Progress, None, OpenedNetworks | None]:
    """Check the networks of a project and write them into drafts; None when stopped.

    Args:
        folder: an empty one for the drafts. visitor: whose they are then; "" for the owner.

    Raises:
        UserError: one is refused as a new one would be, or is not what the project says.
    """
    carried = _carried(project)
    joined = _joined(project)
    names: dict[str, str] = {}
    drafts: dict[str, Path] = {}
    for done, old in enumerate(carried):
        yield Progress(StageKey.VERIFY, done, len(carried))
        place = folder / str(done)
        place.mkdir()
        try:
            network = _open(workspace, project, old, place, visitor, (names, joined), should_stop)
        except ReadingStopped:
            return None
        names[old] = network.id
        if find_network(workspace, network.id) is None and network.id not in drafts:
            write_note(network, place)
            drafts[network.id] = place
    missing = []
    for old, title in project.head.networks.items():
        if old not in names:
            there = find_network(workspace, old)
            if there is not None and there.visitor != visitor:  # a file names no network of somebody else's
                names[old] = f"gone-{hashlib.sha256(old.encode()).hexdigest()[:8]}"
            if there is None or old in names:
                missing.append(title)
    return OpenedNetworks(names, drafts, tuple(missing))


def _carried(project: ProjectFile) -> list[str]:
    """The networks that are in the file. Raises UserError where they are not those that it lists."""
    members = project.names(f"{FOLDER}/")
    names = sorted({member.split("/")[1] for member in members})
    if not set(names) <= set(project.head.networks) or len(members) != 2 * len(names):
        raise damaged(project.name)
    return names


def _joined(project: ProjectFile) -> list[tuple[str, ...]]:
    """The networks of the runs that were trained on several side by side."""
    with refusing_damage(project.name):
        configs = [project.read_json(f"runs/{run}/job.json")["spec"]["config"] for run in project.head.runs]
        backbones = {str(config["backbone"]) for config in configs}
    return [names_in(backbone) for backbone in sorted(backbones) if SEVERAL in backbone]


Naming = tuple[Mapping[str, str], Collection[tuple[str, ...]]]
"""The names given so far, and the networks that work side by side, by their names in the project."""


def _open(
    workspace: Workspace,
    project: ProjectFile,
    old: str,
    place: Path,
    visitor: str,
    naming: Naming,
    should_stop: ShouldStop,
) -> StoredNetwork:
    """One network as it is here; where it is not there already, its file is then in `place`."""
    with refusing_damage(project.name):
        facts = NetworkFacts.from_dict(project.read_json(f"{FOLDER}/{old}/{NOTE}"))
    brought = place.with_name(f"{place.name}-brought") / file_of(facts.form)
    brought.parent.mkdir()
    write_atomic(brought, project.read(f"{FOLDER}/{old}/{brought.name}"))
    with refusing_damage(project.name):
        digest = content_digest(facts.form, brought)
    try:
        same = _find_same(workspace, facts, digest, visitor, (old, naming))
        made = same or _checked(workspace, facts, brought, place, digest, visitor, (old, naming), should_stop)
    except UserError as error:
        raise UserError(
            f"The network “{facts.title}” in “{project.name}” can’t be used: {error.what}",
            "Get a new copy of the project, or one that was saved without networks.",
        ) from error
    finally:
        brought.unlink()
        brought.parent.rmdir()
    return made


def _find_same(
    workspace: Workspace, facts: NetworkFacts, digest: str, visitor: str, naming: tuple[str, Naming]
) -> StoredNetwork | None:
    """The network of this person that computes with the very same file in the same way."""
    for network in list_networks(workspace, visitor):
        own = NetworkFacts.of(network)
        alike = (own.form, own.embedding, own.image_size) == (facts.form, facts.embedding, facts.image_size)
        path = network.folder / file_of(own.form)
        if alike and path.is_file() and _fits(network.id, *naming) and content_digest(own.form, path) == digest:
            return network
    return None


def _checked(
    workspace: Workspace,
    facts: NetworkFacts,
    brought: Path,
    place: Path,
    digest: str,
    visitor: str,
    naming: tuple[str, Naming],
    should_stop: ShouldStop,
) -> StoredNetwork:
    """The network of a file that a limited process has read, tried and written into `place`."""
    kind = recognise(brought)
    if kind != facts.form:
        raise UserError("Its file is of another kind.")
    with NetworkReader(kind, brought, should_stop) as reader:
        candidate = reader.read()
        chosen = complete(candidate, Choices(facts.embedding, facts.image_size, scaling=INSIDE))
        saved = reader.save(candidate, chosen, place)
    source = Source(brought, facts.title, facts.licence, facts.file, facts.source)
    for number in range(_TRIES):
        told = digest if not number else hashlib.sha256(f"{digest} {number}".encode()).hexdigest()
        examined = Examined(candidate, Known(INSIDE, "file"), told, brought.stat().st_size)
        network = describe_network(workspace, source, examined, chosen, saved, visitor)
        if _fits(network.id, *naming):
            break
    else:
        raise UserError("There is no name for it.")
    return replace(network, origin={**network.origin, "kind": facts.kind})


def _fits(name: str, old: str, naming: Naming) -> bool:
    """Whether a network can be called so: networks side by side are in the order of their names, and so are the weights
    of a head that was trained on them."""
    names, joined = naming[0] | {old: name}, naming[1]  # type: ignore[operator]
    if name in naming[0].values():
        return False
    renamed = [[names.get(each, each) for each in several] for several in joined if old in several]
    return all(several == sorted(several) for several in renamed)
