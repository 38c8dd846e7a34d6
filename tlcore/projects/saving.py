"""Writing a whole project as one file: the photos of all versions, their history, and the runs with their models.

Nothing in it tells whose it was or where it lay on the disk.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.checksums import dump_json, file_checksum
from tlcore.comparison.store import list_comparisons
from tlcore.data.edit_log import PYTHON, TERMINAL, Log, dump_log, read_head, read_log
from tlcore.data.manifest import ORIGINAL, REPORT, Dataset, brought_photos, load_dataset
from tlcore.data.parquet import read_parquet
from tlcore.data.pieces import PieceSink
from tlcore.data.thumbnails import BROUGHT
from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop, StageKey, never
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, list_runs
from tlcore.models.imported.stored import StoredNetwork, list_networks
from tlcore.naming import given_name
from tlcore.projects.carried_networks import brought_networks, network_members, titles
from tlcore.projects.contents import FILES, HEAD, SAMPLES, ProjectHead
from tlcore.projects.run_members import run_members
from tlcore.projects.sample_answers import dump_samples
from tlcore.projects.tables import dump_table
from tlcore.storage.usage import folder_bytes
from tlcore.workspace import Workspace, disk_error, read_json, split_version

_STEP = 20  # photos between two events


def project_runs(workspace: Workspace, folder: str, visitor: str) -> list[Run]:
    """The runs that go with a data set: all of its maker's on any of its versions that have a model, oldest first.

    Args:
        folder: the name of its folder. visitor: its maker.
    """
    return [
        run
        for run in reversed(list_runs(workspace))
        if split_version(run.dataset_id)[0] == folder and run.visitor == visitor and job_status(run).predicts
    ]


def save_project(
    workspace: Workspace, dataset: Dataset, target: Path, should_stop: ShouldStop = never, networks: bool = True
) -> Generator[Progress, None, bool]:
    """Write a project to `target`; yields `Progress`, returns False when stopped, and then no file is left.

    Args:
        networks: whether the networks that people have brought and its runs were trained on go with it.

    Raises:
        UserError: a photo is gone, something is damaged, or the disk is full.
    """
    partial = target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")
    try:
        with zipfile.ZipFile(partial, "w") as archive:
            done = yield from _write(workspace, dataset, _Writer(archive), should_stop, networks)
        if done:
            os.replace(partial, target)
        return done
    except OSError as error:
        raise disk_error(target, error) from error
    finally:
        partial.unlink(missing_ok=True)


def project_networks(workspace: Workspace, folder: str, visitor: str) -> Mapping[str, StoredNetwork | None]:
    """By its name, each network that somebody brought and a run of the project was trained on; None: it can't go along.

    Args:
        folder, visitor: as of `project_runs`.
    """
    return brought_networks(workspace, project_runs(workspace, folder, visitor), visitor)


def network_bytes(workspace: Workspace, dataset: Dataset) -> int:
    """By how much a project is larger with the networks that its maker brought; 0 where it has none.

    For a page: nothing but names and sizes is read, and of who never brought a network only that.
    """
    if not list_networks(workspace, dataset.visitor):
        return 0
    networks = project_networks(workspace, dataset.folder.name, dataset.visitor)
    return sum(folder_bytes(network.folder) for network in networks.values() if network is not None)


def project_pieces(workspace: Workspace, dataset: Dataset, networks: bool = True) -> Iterator[bytes]:
    """A project as pieces to be sent one after the other; one member of it is in memory, and nothing on the disk.

    Args:
        networks: as of `save_project`.
    """
    sink = PieceSink()
    with zipfile.ZipFile(sink, "w") as archive:
        for _ in _write(workspace, dataset, _Writer(archive), never, networks, step=1):
            yield sink.take()
    yield sink.take()


class _Writer:
    """Puts members into the zip and remembers what they were."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._checksums: dict[str, Any] = {}

    def add(self, name: str, data: bytes) -> None:
        """One member; photos and weights hardly shrink, so they are stored as they are."""
        plain = name.endswith((".json", ".jsonl", ".txt"))
        self._archive.writestr(name, data, zipfile.ZIP_DEFLATED if plain else zipfile.ZIP_STORED)
        self._checksums[name] = file_checksum(data)

    def end(self) -> None:
        self._archive.writestr(FILES, json.dumps({"files": self._checksums}), zipfile.ZIP_DEFLATED)


def _write(
    workspace: Workspace,
    dataset: Dataset,
    writer: _Writer,
    should_stop: ShouldStop,
    with_networks: bool,
    step: int = _STEP,
) -> Generator[Progress, None, bool]:
    folder, log = dataset.folder, read_log(dataset.folder)
    runs = project_runs(workspace, folder.name, dataset.visitor)
    tables = dict(_tables(folder, log))
    places = _places(dataset, tables, log)
    name = given_name(folder) or dataset.name
    brought = brought_networks(workspace, runs, dataset.visitor)
    carried = [network for network in brought.values() if network is not None and with_networks]
    ids = tuple(run.id for run in runs)
    head = ProjectHead(folder.name, name, ids, _num_photos(folder, log), titles(brought), bool(carried))
    total = len(places) + len(runs) + len(carried)
    yield Progress(StageKey.EXPORT, 0, total)
    writer.add(HEAD, dump_json(head.to_dict()))
    for member, data in _dataset_members(folder, log, tables):
        writer.add(member, data)
    for done, (sha256, (place, path)) in enumerate(sorted(places.items()), 1):
        writer.add(f"photos/{sha256}", _read_photo(place, sha256, path))
        if done % step == 0:
            yield Progress(StageKey.EXPORT, done, total)
            if should_stop():
                return False
    for done, run in enumerate(runs, len(places) + 1):
        for member, data in run_members(run):
            writer.add(f"runs/{run.id}/{member}", data)
        yield Progress(StageKey.EXPORT, done, total)
        if should_stop():
            return False
    for done, network in enumerate(carried, len(places) + len(runs) + 1):
        for member, data in network_members(network):
            writer.add(member, data)
        yield Progress(StageKey.EXPORT, done, total)
        if should_stop():
            return False
    for race in list_comparisons(workspace):
        kept = [run_id for run_id in race.run_ids if run_id in ids]
        if len(kept) > 1:
            values = {"name": race.name, "created": race.created, "dataset": race.dataset_id, "runs": kept}
            writer.add(f"races/{race.id}.json", dump_json(values))
    writer.add(SAMPLES, dump_samples(workspace, runs))
    writer.end()
    yield Progress(StageKey.EXPORT, total, total, 0.0)
    return True


def _num_photos(folder: Path, log: Log) -> int:
    """How many photos the current version has."""
    entry = log.entries.get(read_head(folder).version)
    return entry.num_photos if entry is not None else int(read_json(folder / "dataset.json")["num_photos"])


def _tables(folder: Path, log: Log) -> Iterator[tuple[str, pd.DataFrame]]:
    """The tables of a data set under the names of their members, with `file` as an absolute place."""
    values = read_json(folder / "dataset.json")
    root = folder / "photos" if values["root"] is None else Path(values["root"])
    rows = read_parquet(folder / "photos.parquet", values)
    made = rows[ORIGINAL].fillna("") != "" if ORIGINAL in rows else pd.Series(False, index=rows.index)
    places = [str((folder / "photos" if own else root) / file) for own, file in zip(made, rows["file"], strict=True)]
    yield "dataset/photos.json", rows.assign(file=places)
    yield "dataset/report.json", _first_report(folder)
    for version, entry in log.entries.items():
        if "photos.parquet" in entry.brings:
            brought = brought_photos(folder, entry, own=False)
            yield f"dataset/edits/{version}/photos.json", brought
        if entry.has_report:
            place = folder / BROUGHT / str(version) / REPORT
            yield f"dataset/edits/{version}/report.json", read_parquet(place, {"files": entry.brings})


def _first_report(folder: Path) -> pd.DataFrame:
    """What the import of the data set in a folder left out, changed or guessed."""
    workspace = Workspace(folder.parent.parent)
    return load_dataset(workspace, folder.name).report


def _places(dataset: Dataset, tables: dict[str, pd.DataFrame], log: Log) -> dict[str, tuple[Path, str]]:
    """Where each photo of any version lies, and how it is shown, by its hash; none of those that are gone for good."""
    found: dict[str, tuple[Path, str]] = {}
    for name, rows in tables.items():
        if name.endswith("photos.json"):
            for sha256, file, path in zip(rows["sha256"], rows["file"], rows["path"], strict=True):
                if path not in log.purged:
                    found.setdefault(sha256, (Path(file), path))
    return found


def _read_photo(place: Path, sha256: str, path: str) -> bytes:
    fix = "Put the original file back, or leave the photo out for good, and save the project again."
    try:
        data = place.read_bytes()
    except OSError as error:
        raise UserError(f"The photo {path} can’t be read.", fix) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UserError(f"The photo {path} has changed since it was imported.", fix)
    return data


def _dataset_members(folder: Path, log: Log, tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, bytes]]:
    values = read_json(folder / "dataset.json")
    private = {"root", "visitor", "files", "base", "sample"}
    yield "dataset/dataset.json", dump_json({key: each for key, each in values.items() if key not in private})
    if name := given_name(folder):
        yield "dataset/name.json", dump_json({"name": name})
    head = read_head(folder)
    yield "dataset/head.json", dump_json({"version": head.version, "redo": list(head.redo)})
    if log.entries:
        entries = {
            version: replace(entry, by=entry.by if entry.by in (TERMINAL, PYTHON) else None)
            for version, entry in log.entries.items()
        }
        yield "dataset/edits.jsonl", dump_log(replace(log, entries=entries))
    for name, rows in tables.items():
        yield name, dump_table(rows.drop(columns="file", errors="ignore"))
