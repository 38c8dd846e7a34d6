"""Opening a project that was saved elsewhere: checked whole, then put beside what is there, under new ids.

Nothing of it is believed: photos are decoded in limited processes as uploads are, tables are JSON, figures are held
against the predictions they were counted on, and models answer in a process of their own first. Whose it was is not in
it; it belongs to who opens it.
"""

import os
import time
from collections.abc import Generator, Mapping
from pathlib import Path

from tlcore.comparison.store import FOLDER as RACES
from tlcore.comparison.store import NOTE
from tlcore.data.allowance import UNLIMITED, Allowance
from tlcore.data.decoder import PhotoDecoder, shared_decoder
from tlcore.data.drafts import draft_folder
from tlcore.data.edit_log import read_head
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.names import clean_text, slug
from tlcore.data.refusals import PhotoRefused
from tlcore.errors import UserError
from tlcore.events import Progress, ShouldStop, StageKey, never
from tlcore.messages.networks import missing_networks
from tlcore.projects.contents import SAMPLES
from tlcore.projects.file import ProjectFile, damaged, refusing_damage
from tlcore.projects.opened_networks import OpenedNetworks, open_networks
from tlcore.projects.opened_photos import take_photos, write_dataset
from tlcore.projects.opened_run import write_model, write_run
from tlcore.projects.sample_answers import TOLERANCE, check_answer, parse_samples
from tlcore.serving.bundle import Bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.settings import load_limits
from tlcore.storage.quota import check_disk
from tlcore.workspace import Workspace, discard, disk_error, new_id, version_id, write_json

Opening = Generator[Progress, None, Dataset | None]
"""Yields `Progress` and returns the data set in its current version, or None when stopped."""


def open_project(
    workspace: Workspace,
    path: Path,
    visitor: str = "",
    allowance: Allowance = UNLIMITED,
    should_stop: ShouldStop = never,
    name: str = "",
) -> Opening:
    """Put a project into a workspace: its data set with all versions, its runs with their models, its races, and
    the networks of others that its runs were trained on.

    Args:
        visitor: the public name of who opens it, whose it then is; "" for the owner. allowance: what may come in.
        name: of the file, for sentences.

    Raises:
        UserError: it is damaged, has something in it that no project has, or there is no room for it. Nothing of it is
            then in the workspace.
    """
    limits = load_limits(workspace)
    with ProjectFile(path, name) as project, draft_folder(workspace) as draft:
        check_disk(workspace, project.num_bytes, limits)
        allowance.check(len(project.names("photos/")), project.num_bytes)
        decoder = shared_decoder(limits)
        photos = yield from take_photos(project, _made(draft / "dataset"), decoder, allowance, should_stop)
        if photos is None:
            return None
        ids = _new_ids(project)
        networks = yield from open_networks(workspace, project, _made(draft / "networks"), visitor, should_stop)
        if networks is None:
            return None
        total, notes = len(project.head.runs), missing_networks(networks.missing)
        write_dataset(project, draft / "dataset", photos, visitor, time.time(), notes)
        runs = _made(draft / "runs")
        for run_id in project.head.runs:
            write_run(project, run_id, runs / ids[run_id], ids, visitor, networks)
        for done, run_id in enumerate(project.head.runs):
            yield Progress(StageKey.VERIFY, done, total)
            if should_stop():
                return None
            bundle = write_model(project, run_id, runs / ids[run_id], ids, networks)
            _check_samples(project, run_id, bundle, decoder)
        dataset = _place(workspace, project, draft, ids, visitor, networks)
        yield Progress(StageKey.VERIFY, total, total, 0.0)
        return dataset


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _new_ids(project: ProjectFile) -> Mapping[str, str]:
    """A new id for the data set and each run: what is there already is never touched, however often one is opened."""
    head = project.head
    ids = {head.dataset: new_id(slug(head.name))}
    return ids | {run_id: new_id(run_id.rpartition("-")[0][:40].strip("-") or "run") for run_id in head.runs}


def _check_samples(project: ProjectFile, run_id: str, bundle: Bundle, decoder: PhotoDecoder) -> None:
    """Hold what a model answers here against what it answered where it was saved."""
    with refusing_damage(project.name):
        samples = parse_samples(project.read_json(SAMPLES), run_id)
    classifier = ImageClassifier(bundle)
    for sample in samples:
        if not project.has(f"photos/{sample.sha256}"):
            raise damaged(project.name)
        try:
            image = decoder.decode(project.read(f"photos/{sample.sha256}"), bundle.wanted).input
        except PhotoRefused as error:
            raise damaged(project.name) from error
        if image is None or not check_answer(classifier, image, sample) <= TOLERANCE:
            raise UserError(
                "A model in this project answers differently here than where it was saved.",
                "Save the project once more, or use the same version of Transfer Lab on both machines.",
            )


def _place(
    workspace: Workspace,
    project: ProjectFile,
    draft: Path,
    ids: Mapping[str, str],
    visitor: str,
    networks: OpenedNetworks,
) -> Dataset:
    """Move everything to where it belongs, what runs need before them; of a failure nothing stays."""
    dataset_id = ids[project.head.dataset]
    placed: list[Path] = []
    workspace.networks.mkdir(exist_ok=True)
    try:
        for source, target in (
            *((source, workspace.networks / name) for name, source in networks.drafts.items()),
            (draft / "dataset", workspace.datasets / dataset_id),
            *((draft / "runs" / ids[run], workspace.runs / ids[run]) for run in project.head.runs),
        ):
            os.rename(source, target)
            placed.append(target)
        current = version_id(dataset_id, read_head(workspace.datasets / dataset_id).version)
        dataset = load_dataset(workspace, current)
        _place_races(workspace, project, ids, visitor, placed)
        return dataset
    except BaseException as error:
        for each in reversed(placed):
            discard(workspace, each)
        if isinstance(error, OSError):
            raise disk_error(workspace.datasets / dataset_id, error) from error
        raise


def _place_races(
    workspace: Workspace, project: ProjectFile, ids: Mapping[str, str], visitor: str, placed: list[Path]
) -> None:
    for member in project.names("races/"):
        with refusing_damage(project.name):
            values = project.read_json(member)
            note = {
                "name": clean_text(values["name"])[:200],
                "created": float(values["created"]),
                "dataset": ids[str(values["dataset"]).partition("@")[0]]
                + "".join(values["dataset"].partition("@")[1:]),
                "runs": [ids[run] for run in values["runs"]],
                "visitor": visitor,
            }
        folder = workspace.root / RACES / new_id(time.strftime("%Y%m%d-%H%M"))
        folder.mkdir(parents=True)
        placed.append(folder)
        write_json(folder / NOTE, note)
