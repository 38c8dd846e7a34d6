"""Everything that somebody made here, as one kind of value: whose it is, and what else it needs to be of use.

Read off the small JSON files of each folder, and kept until they change. All versions of a data set are one belonging.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tlcore.comparison.store import FOLDER as RACES
from tlcore.comparison.store import NOTE
from tlcore.data.incoming import OWNER
from tlcore.jobs.store import JOB
from tlcore.listing import HEAD
from tlcore.models.imported.stored import NOTE as NETWORK_NOTE
from tlcore.naming import Mark, file_mark
from tlcore.workspace import Workspace, is_id, read_json, split_version

UPLOADS, DATASET, IMPORT, RECOMMENDATION, CHECK, RUN, ANALYSIS, COMPARISON, ADDITION, NETWORK = (
    "uploads",
    "data set",
    "import",
    "recommendation",
    "check",
    "run",
    "analysis",
    "race",
    "network import",
    "network",
)
JOBS = (IMPORT, RECOMMENDATION, CHECK, RUN, ANALYSIS, ADDITION)


_STORED = ("stored_photos", "bytes")  # in the head of a data set that was edited


@dataclass(frozen=True)
class Belonging:
    """A folder that somebody made. `kind`: one of those above; `needs`: the ids of others it is of no use without.

    `visitor`: the public name of whose it is, "" for the owner's and nobody's; `photos` and `bytes`: of a data set,
    with what was left out of it, which the disk holds as well.
    `sample`: the key of the sample that a data set is. `name`: as when it was made. `lineage`: of a data set, its id
    or that of the first one that it replaced, which is the id of its check. `network`: of a run, the id of the network
    that was brought for it, which it needs until it has ended. `what`: of an analysis, which one.
    """

    kind: str
    folder: Path
    visitor: str = ""
    needs: tuple[str, ...] = ()
    photos: int = 0
    bytes: int = 0
    sample: str = ""
    name: str = ""
    lineage: str = ""
    network: str = ""
    what: str = ""

    @property
    def id(self) -> str:
        return self.folder.name


def belongings(workspace: Workspace, kinds: Iterable[str] = ()) -> Iterator[Belonging]:
    """Everything in the workspace, or only of some `kinds`; folders that cannot be read are passed over."""
    chosen = set(kinds)
    for kind, parent, note in _places(workspace):
        if chosen and kind not in chosen:
            continue
        try:
            folders = [entry.path for entry in os.scandir(parent) if is_id(entry.name)]
        except OSError:
            continue
        for folder in folders:
            found = _belonging(kind, folder, note)
            if found is not None:
                yield found


def find_belonging(workspace: Workspace, an_id: str, kinds: Iterable[str]) -> Belonging | None:
    """What has this id, which may come from anywhere, and is of one of these kinds; None where nothing is."""
    if not is_id(an_id):
        return None
    places = [place for place in _places(workspace) if place[0] in set(kinds)]
    found = (
        _belonging(kind, str(parent / (split_version(an_id)[0] if kind == DATASET else an_id)), note)
        for kind, parent, note in places
    )
    return next((each for each in found if each is not None), None)


def belongings_of(workspace: Workspace, visitor: str, kinds: Iterable[str] = ()) -> list[Belonging]:
    """What one visitor made. A recommendation belongs to whom its data set belongs."""
    found = list(belongings(workspace, kinds))
    own = {each.id for each in found if each.visitor == visitor}
    return [
        each
        for each in found
        if each.visitor == visitor or (each.kind == RECOMMENDATION and not own.isdisjoint(each.needs))
    ]


def note_of(kind: str) -> str:
    """The file in a folder of this kind that tells whose it is."""
    notes = {UPLOADS: OWNER, DATASET: "dataset.json", COMPARISON: NOTE, NETWORK: NETWORK_NOTE}
    return notes.get(kind, JOB)


def _places(workspace: Workspace) -> tuple[tuple[str, Path, str], ...]:
    """The kinds with their folder and the file in it that tells the rest."""
    parents = {
        UPLOADS: workspace.incoming,
        DATASET: workspace.datasets,
        IMPORT: workspace.imports,
        RECOMMENDATION: workspace.recommendations,
        CHECK: workspace.checks,
        RUN: workspace.runs,
        ANALYSIS: workspace.analyses,
        COMPARISON: workspace.root / RACES,
        ADDITION: workspace.additions,
        NETWORK: workspace.networks,
    }
    return tuple((kind, parent, note_of(kind)) for kind, parent in parents.items())


def _belonging(kind: str, folder: str, note: str) -> Belonging | None:
    try:
        changed = os.stat(os.path.join(folder, note)).st_mtime_ns
    except OSError:
        # uploads of nobody have no such file; anything else is not whole yet, or not any more
        return Belonging(kind, Path(folder)) if kind == UPLOADS and os.path.isdir(folder) else None
    try:
        return _read(kind, folder, note, changed, file_mark(folder, HEAD) if kind == DATASET else None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=50_000)
def _read(kind: str, folder: str, note: str, _changed: int, head: Mark | None) -> Belonging:
    """The folder's note; `_changed` and `head` make what was written again be read again."""
    path = Path(folder)
    values = read_json(path / note)
    spec: dict[str, Any] = values.get("spec", {})
    needs: tuple[Any, ...] = ()
    if kind == DATASET:
        needs = (values.get("base"),)
        if head is not None:
            with suppress(OSError, ValueError, AttributeError):  # a damaged one: as it was imported
                values |= {name: value for name, value in read_json(path / HEAD).items() if name in _STORED}
    elif kind == IMPORT:
        needs = (spec.get("base"), spec["value"] if spec["kind"] == "incoming" else None)
    elif kind in (RUN, RECOMMENDATION):
        needs = (spec["dataset"],)
    elif kind == ANALYSIS:
        needs = (spec["run"], spec.get("options", {}).get("area"))
    elif kind == COMPARISON:
        needs = (values["dataset"], *values["runs"])
    elif kind == ADDITION:
        needs = (spec.get("area"), spec.get("photos"))
    network = str(spec["config"].get("backbone", "")) if kind == RUN and "config" in spec else ""
    return Belonging(
        kind,
        path,
        str(values.get("visitor", "")),
        tuple(split_version(str(each))[0] for each in needs if each),
        int(values.get("stored_photos", values.get("num_photos", 0))),
        int(values.get("bytes", 0)),
        str(values.get("sample", "")),
        str(values["spec"]["title"] if kind == NETWORK else values.get("name", "")),
        str([path.name, *values.get("replaces", ())][-1]) if kind == DATASET else "",
        network,
        str(spec.get("what", "")) if kind == ANALYSIS else "",
    )
