"""The server around the pages: it refuses a wrong settings file before anybody comes, and cleans while it runs."""

import pytest

from pages.server import app
from pages.server.cleaning import cleaning
from tests import loops
from tlcore.config import TrainConfig
from tlcore.events import Finished
from tlcore.jobs.event_log import EventLog
from tlcore.jobs.store import create_run
from tlcore.workspace import CHECKPOINT


@pytest.mark.parametrize(
    ("text", "starts"), [("keep_days = 2", True), ("keep_days = -2", False), ("kep_days = 2", False)]
)
def test_a_wrong_settings_file_keeps_the_server_from_starting(workspace, monkeypatch, text, starts):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    (workspace.root / "settings.toml").write_text(text)
    if starts:
        assert app.options()
        return
    with pytest.raises(SystemExit, match=r"settings\.toml"):
        app.options()


def test_a_server_cleans_from_its_start_to_its_end(workspace, monkeypatch):
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    run = create_run(workspace, "data-1", TrainConfig(), "x")
    EventLog(run).write(Finished("x", 1.0))
    (run.folder / CHECKPOINT).touch()

    async def serve():
        async with cleaning():
            return None

    loops.run(serve())
    assert not (run.folder / CHECKPOINT).exists(), "the first look is at once, and is ended before the server is"


def test_a_workspace_that_cannot_be_written_is_left_to_the_pages(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRANSFERLAB_HOME", str(tmp_path / "file"))

    async def serve():
        async with cleaning():
            return "served"

    assert app.options() and loops.run(serve()) == "served"
