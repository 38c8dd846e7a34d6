"""What the tests of a classroom share: groups with photos and models, made without training."""

import shutil
from pathlib import Path

from tests.photos import class_files, write_zip
from tlcore.access import new_secret, visitor_name
from tlcore.classroom.membership import join
from tlcore.classroom.store import open_classroom
from tlcore.classroom.values import Group
from tlcore.data.ingest import ingest_zip
from tlcore.data.manifest import Dataset
from tlcore.events import run_to_end
from tlcore.jobs.store import Run, create_run
from tlcore.workspace import Workspace


def a_group(workspace: Workspace, name: str) -> Group:
    """A group that has joined the open classroom with one device."""
    return join(workspace, open_classroom(workspace).code, name, visitor_name(new_secret()))


def photos_of(workspace: Workspace, place: Path, visitor: str, classes: dict[str, int], seed: int = 1) -> Dataset:
    """A data set of a visitor's, "" for the owner's, with so many photos a class."""
    file = write_zip(place / f"{visitor[:6] or 'owner'}-{seed}.zip", class_files(classes, seed=seed))
    return run_to_end(ingest_zip(workspace, file, visitor=visitor))


def run_like(workspace: Workspace, run: Run, visitor: str) -> Run:
    """A finished run of a visitor's with the model of another one."""
    made = create_run(workspace, run.dataset_id, run.config, run.name, visitor)
    shutil.copytree(run.folder, made.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("job.json"))
    return made
