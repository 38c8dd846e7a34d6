"""A server with something on every page: a data set, a finished run, and a race whose runs have ended."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.conftest import QUICK, copy_of
from tests.pages.test_check import save
from tests.pages.test_layout_question import INNER, OUTER
from tests.photos import class_files, make_photo, write_zip
from tests.served import serve
from tlcore.comparison.store import create_comparison, runs_of
from tlcore.data.edits import leave_out, rotate
from tlcore.data.examples import keep_pictures
from tlcore.data.ingest import ingest_zip
from tlcore.events import Failed, run_to_end
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.store import ImportSpec, Run, create_import
from tlcore.workspace import Workspace


@dataclass(frozen=True)
class Studio:
    """A running server: its address, and what there is on each of its pages."""

    address: str
    places: dict[str, str]
    """By a name: the path and query of a page, the empty ones and those that lead nowhere among them."""

    def at(self, place: str) -> str:
        """The address of one of the places."""
        return self.address + self.places[place]


@contextmanager
def studio(trained: tuple, folder: Path) -> Iterator[Studio]:
    """Serve a copy of the workspace `trained`, in this folder, until the block ends."""
    workspace, dataset, run = copy_of(trained, folder / "home")
    configs = [QUICK, replace(QUICK, seed=2)]
    race = create_comparison(workspace, dataset.id, configs, dataset.name)
    for each in runs_of(workspace, race):
        end_like(each, run)
    ids = f"dataset={dataset.id}&run={run.id}"
    places = {
        "welcome": "/",
        "data": "/data",
        "data, chosen": f"/data?{ids}",
        "data, all photos": f"/data?{ids}&show=photos",
        **_edited(workspace, folder),
        "train": f"/train?dataset={dataset.id}",
        "train, ended": f"/train?{ids}",
        "evaluate": f"/evaluate?{ids}",
        "evaluate, map": f"/evaluate?{ids}&view=map",
        "predict": f"/predict?{ids}",
        "compare": f"/compare?{ids}",
        "compare, ended": f"/compare?race={race.id}&dataset={dataset.id}",
        "learn": f"/learn?{ids}",
        "host": "/host",
        "privacy": "/privacy",
        "train, empty": "/train",
        "evaluate, empty": "/evaluate",
        "predict, empty": "/predict",
        "an error": "/train?run=20260101-0000-0123456789abcdef",
    }
    with serve(workspace.root, folder / "log.txt") as server:
        yield Studio(server.address, places)


def _edited(workspace: Workspace, folder: Path) -> dict[str, str]:
    """A data set that was changed and checked, and an import that asks a question: by name, their pages."""
    files = class_files({"ferns": 8, "lichens": 8, "mosses": 8}, seed=64)
    dataset = run_to_end(ingest_zip(workspace, write_zip(folder / "greens.zip", files)))
    dataset = leave_out(workspace, dataset, dataset.photos["path"][:1].tolist())
    dataset = rotate(workspace, dataset, dataset.photos["path"][:1].tolist(), 90)
    save(workspace, dataset)
    job = create_import(workspace, ImportSpec("folder", "/photos", "pets"))
    keep_pictures(job.folder, {path: make_photo(1) for path, _ in INNER.examples})
    EventLog(job).write(Failed("It can be read in more than one way.", "Choose.", choices=(INNER, OUTER)))
    return {
        "data, history": f"/data?dataset={dataset.id}&show=history",
        "data, versions compared": f"/data?dataset={dataset.id}&show=history&compare=1",
        "data, an earlier version": f"/data?dataset={dataset.id}&show=photos&version=1",
        "data, checked": f"/data?dataset={dataset.id}",
        "data, a question": f"/data?job={job.id}",
    }


def end_like(run: Run, like: Run) -> None:
    """Give a run all that another one has but its name."""
    for path in like.folder.iterdir():
        if path.is_dir():
            shutil.copytree(path, run.folder / path.name)
        elif path.name != "job.json":
            shutil.copy2(path, run.folder)
