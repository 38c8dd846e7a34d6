"""Workspaces that a fault may spoil."""

import pytest

from tests.conftest import copy_of


@pytest.fixture
def trained(trained, tmp_path):
    """A finished run in a workspace that the test may change."""
    return copy_of(trained, tmp_path / "trained")
