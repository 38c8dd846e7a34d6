"""What the tests of this room share."""

from pathlib import Path

import pytest

from tlcore.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return open_workspace(tmp_path / "home")
