"""The command `clean`: what would go, what went, and nothing of what somebody needs."""

import json

import pytest

from tlcore.cli.main import main
from tlcore.config import TrainConfig
from tlcore.data import incoming
from tlcore.events import Finished
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.store import create_run
from tlcore.workspace import CHECKPOINT


@pytest.fixture
def finished(workspace):
    """A finished run with a checkpoint, and fresh uploads."""
    run = create_run(workspace, "data-1", TrainConfig(), "x")
    EventLog(run).write(Finished("x", 1.0))
    (run.folder / CHECKPOINT).write_bytes(b"0" * 2_000)
    incoming.new_incoming(workspace)
    return run


def test_it_tells_first_and_removes_then(workspace, finished, capsys):
    where = ["--workspace", str(workspace.root)]
    assert main(["clean", "--dry-run", *where]) == 0
    told = f"checkpoint {finished.id}  2 kB\n1 item"
    assert capsys.readouterr().out == f"{told} would be deleted.\n" and (finished.folder / CHECKPOINT).exists()
    assert main(["clean", *where]) == 0
    assert capsys.readouterr().out == f"{told} deleted.\n" and not (finished.folder / CHECKPOINT).exists()
    assert main(["clean", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out) == {"dry_run": False, "removed": []}
    assert len(list(workspace.incoming.iterdir())) == 1, "uploads of a minute ago stay"


def test_a_mistake_in_the_settings_is_told(workspace, capsys):
    (workspace.root / "settings.toml").write_text("keep_days = -1")
    assert main(["clean", "--workspace", str(workspace.root)]) == 2
    assert "keep_days = -1" in capsys.readouterr().err
