"""The job that adds a network for somebody at a page: first it reads the file, then, as he has decided, it keeps it.

The spec of the job (`store.create_addition`) has what is brought, one of `area` (the id of an upload area, whose last
file counts), `path` or `url` (the owner's alone); `name`, `licence`, and `photos`: the id of a data set to try scalings
on, "" for none. In its folder are

    fetched/         the file of an address
    examined.json    what was found, and what is proposed (`adding.Examined`)
    choices.json     what the person decided; from then on the job keeps the network. The result is its id
"""

import os
import shutil
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from tlcore.data import incoming
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.events import Event, Finished, ShouldStop, Stopped
from tlcore.jobs.store import Job
from tlcore.models.imported.candidate import Choices
from tlcore.networks.adding import Examined, Source, examine_network, keep_network
from tlcore.networks.fetching import fetch_network, public_address
from tlcore.workspace import Workspace, read_json, write_json

SUFFIXES = (
    ".keras",
    ".h5",
    ".hdf5",
    ".tflite",
    ".task",
    ".onnx",
    ".pth",
    ".pt",
    ".bin",
    ".safetensors",
    ".zip",
    ".tar",
    ".gz",
    ".tgz",
)
"""Of the files that networks come in."""

EXAMINED, CHOICES, FETCHED = "examined.json", "choices.json", "fetched"


def run_addition(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Do the job up to where somebody has to decide, or to its end; the last event is Finished or Stopped.

    Raises:
        UserError: the network is refused, damaged or too large, or the uploads are gone.
    """
    start = time.perf_counter()
    source = yield from _source(workspace, job, should_stop)
    examined = read_examined(job)
    choices = _read_choices(job)
    made = ""
    if source is not None and (examined is None or choices is None):
        examined = yield from examine_network(workspace, source, _photos(workspace, job), should_stop)
        if examined is not None:
            write_json(job.folder / EXAMINED, examined.to_dict())
            yield Finished("", time.perf_counter() - start)
            return
    elif source is not None and examined is not None and choices is not None:
        network = yield from keep_network(workspace, source, examined, choices, job.visitor, should_stop)
        made = network.id if network is not None else ""
    if not made:
        yield Stopped("Nothing was added.")
        return
    yield Finished(made, time.perf_counter() - start)
    if area := str(job.spec.get("area", "")):
        with suppress(UserError):
            incoming.clear(workspace, area)


def read_examined(job: Job) -> Examined | None:
    """What was found in the file; None before it was read."""
    try:
        return Examined.from_dict(read_json(job.folder / EXAMINED))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def decide(job: Job, choices: Choices, name: str, licence: str) -> None:
    """Note what a person decided; the job, begun again, then keeps the network."""
    write_json(job.folder / CHOICES, {**vars(choices), "name": name, "licence": licence})


def _read_choices(job: Job) -> Choices | None:
    values = _decided(job)
    return Choices(**{name: values[name] for name in vars(Choices())}) if values else None


def _decided(job: Job) -> dict[str, Any]:
    try:
        values = read_json(job.folder / CHOICES)
        return values if isinstance(values, dict) else {}
    except (OSError, ValueError):
        return {}


def _source(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Generator[Event, None, Source | None]:
    """The file; None when a download was stopped."""
    decided = _decided(job)
    name, licence = str(decided.get("name", job.spec.get("name", ""))), str(decided.get("licence", ""))
    if job.visitor and {"url", "path"} & set(job.spec):  # no page makes such a job (pages/shared/actions.py)
        raise UserError("Only the owner of this server can add a network by its path or address.", "Upload the file.")
    if url := str(job.spec.get("url", "")):
        place = job.folder / FETCHED
        place.mkdir(exist_ok=True)
        path = next((each for each in place.iterdir() if not each.name.startswith(".")), None)
        if path is None:
            path = yield from fetch_network(url, place, should_stop)
        return None if path is None else Source(path, name, licence, path.name, public_address(url))
    if given := str(job.spec.get("path", "")):
        return Source(Path(given), name, licence)
    uploads = incoming.list_uploads(workspace, str(job.spec["area"]))
    if not uploads:
        raise UserError("The uploaded file is gone.", "Upload it again.")
    last = uploads[-1]
    path = incoming.file_path(workspace, str(job.spec["area"]), last.number)
    return Source(_with_suffix(job, path, last.name), name, licence, last.name.rsplit("/", 1)[-1])


def _with_suffix(job: Job, path: Path, name: str) -> Path:
    """The uploaded file under a name that ends as the person's did, since some kinds are told by that alone."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        return path
    linked = job.folder / f"network{suffix}"
    linked.unlink(missing_ok=True)
    try:
        os.link(path, linked)
    except OSError:  # a disk that knows no links
        shutil.copyfile(path, linked)
    return linked


def _photos(workspace: Workspace, job: Job) -> Dataset | None:
    try:
        return load_dataset(workspace, str(job.spec["photos"])) if job.spec.get("photos") else None
    except UserError:  # deleted meanwhile: then the usual scaling is proposed
        return None
