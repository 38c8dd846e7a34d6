"""The export "project": everything around a model as one file that another Transfer Lab opens and goes on with."""

import tempfile
from collections.abc import Generator
from pathlib import Path

from tlcore.data.edit_log import read_head, read_log
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.events import Progress
from tlcore.exports.exporter import ExportSource
from tlcore.exports.run_place import run_at
from tlcore.exports.samples import Answer, Samples
from tlcore.jobs.store import Run
from tlcore.projects.file import ProjectFile
from tlcore.projects.saving import project_networks, project_runs, save_project
from tlcore.serving.bundle import INFO, LABELS, NETWORKS, load_bundle
from tlcore.serving.predict import ImageClassifier
from tlcore.workspace import Workspace, split_version


def make(source: ExportSource, samples: Samples, target: Path) -> Generator[Progress, None, bool]:
    """Write the file; see exporter.py. Raises UserError where it is no run, or its photos belong to somebody else."""
    workspace, _, dataset = _project_of(source)
    return save_project(workspace, dataset, target, source.should_stop, source.networks)


def answer(source: ExportSource, samples: Samples, target: Path) -> list[Answer]:
    """Read the whole file, as who opens it would, and let the model in it predict the samples."""
    run = _project_of(source)[1]
    with ProjectFile(target) as project, tempfile.TemporaryDirectory() as place:
        for name in project.names():
            data = project.read(name)
            if name in {f"runs/{run.id}/bundle/{file}" for file in (*NETWORKS, LABELS, INFO)}:
                Path(place, name.rpartition("/")[2]).write_bytes(data)
        classifier = ImageClassifier(load_bundle(Path(place)))
    answers = []
    for photo in samples.photos:
        given = classifier.predict_photo(photo.data)
        answers.append(Answer(tuple(given.probabilities[label] for label in source.bundle.labels), given.familiarity))
    return answers


def state(source: ExportSource) -> str:
    """The versions, runs and networks that go with it; for a page, so that no photo and no table is read."""
    found = run_at(source.place)
    if found is None:
        return ""
    workspace, run = found
    folder = workspace.dataset_folder(run.dataset_id)
    runs = ",".join(each.id for each in project_runs(workspace, folder.name, run.visitor))
    networks = project_networks(workspace, folder.name, run.visitor)
    carried = ",".join(name for name, network in networks.items() if network is not None)
    return f"{read_head(folder)} {len(read_log(folder).entries)} {runs} {carried}".rstrip()


def _project_of(source: ExportSource) -> tuple[Workspace, Run, Dataset]:
    found = run_at(source.place)
    if found is None:
        raise UserError(
            "This model was loaded from a file, so there is no project around it.", "Export it where it was trained."
        )
    workspace, run = found
    dataset = load_dataset(workspace, split_version(run.dataset_id)[0])
    if dataset.visitor != run.visitor:
        raise UserError("These photos belong to someone else.", "Only who made a data set can save the whole project.")
    return workspace, run, dataset
