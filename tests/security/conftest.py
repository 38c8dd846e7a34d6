"""A hosted server on which one visitor has made things and another one has not."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import copy_of as copy_of_trained
from tests.security.tab import Browser
from tests.served import Server, serve
from tlcore import access
from tlcore.comparison.store import create_comparison, runs_of
from tlcore.config import TrainConfig
from tlcore.events import EpochEnd, Started, encode
from tlcore.jobs import store
from tlcore.jobs.locks import LOCK
from tlcore.jobs.store import Run, create_run
from tlcore.workspace import Workspace, read_json, write_json

TOKEN = "the-token-of-this-test"
NAME = "annassecret"
"""It stands in the names of all that Ann makes."""


@dataclass(frozen=True)
class Host:
    """A hosted server and what a visitor, Ann, has made there.

    `active` is a run of hers in work, `racing` another one, the first of her race; `ids` names one of each kind.
    """

    server: Server
    workspace: Workspace
    secret: str
    ids: dict[str, str]
    active: Run
    racing: Run

    def ann(self) -> Browser:
        """Ann's browser."""
        return Browser(self.server.address, {_cookie(self.workspace): self.secret})

    def bob(self) -> Browser:
        """A browser that was never here before."""
        return Browser(self.server.address)

    def key(self, right: access.Right, kind: str) -> str:
        return access.share_key(self.workspace, right, kind, self.ids[kind])

    def shared(self, right: access.Right, kind: str) -> Browser:
        """The browser of somebody new who has opened Ann's share link."""
        bob = self.bob()
        assert bob.get(f"/train?{kind}={self.ids[kind]}&key={self.key(right, kind)}").status == 303
        return bob


def _cookie(workspace: Workspace) -> str:
    return f"transferlab_visitor_{hashlib.sha256(str(workspace.root).encode()).hexdigest()[:8]}"


def copy_of(trained: tuple, place: Path, visitor: str) -> tuple[Workspace, str, Run]:
    """A copy of the workspace `trained`, all of it made by this visitor; with the id of its data set and its run."""
    workspace, dataset, run = copy_of_trained(trained, place)
    for file in (f"datasets/{dataset.id}/dataset.json", f"runs/{run.id}/job.json"):
        write_json(place / file, read_json(place / file) | {"visitor": visitor, "name": NAME})
    return workspace, dataset.id, store.load_run(workspace, run.id)


@pytest.fixture(scope="module")
def host(trained: tuple, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A hosted server; tests change only what they put back."""
    secret = access.new_secret()
    name = access.visitor_name(secret)
    folder = tmp_path_factory.mktemp("host")
    workspace, dataset_id, run = copy_of(trained, folder / "home", name)
    active = create_run(workspace, dataset_id, TrainConfig(), f"{NAME} run", name)
    race = create_comparison(workspace, dataset_id, [TrainConfig(), TrainConfig(seed=1)], f"{NAME} race", visitor=name)
    racing = runs_of(workspace, race)[0]
    learning = [Started(0.0, 1), *(EpochEnd(number, 30, 1, 1, 1, 0.5, 0.1) for number in range(1, 4))]
    for job in (active, racing):
        (job.folder / store.EVENTS).write_text("".join(encode(event) + "\n" for event in learning))
    ids = {"run": run.id, "active": active.id, "race": race.id, "dataset": dataset_id}
    environment = {"TRANSFERLAB_HOSTED": "1", "TRANSFERLAB_TOKEN": TOKEN}
    with (
        FileLock(active.folder / LOCK),
        FileLock(racing.folder / LOCK),
        serve(workspace.root, folder / "log.txt", **environment) as server,
    ):
        yield Host(server, workspace, secret, ids, active, racing)
