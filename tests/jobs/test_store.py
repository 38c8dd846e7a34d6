"""Jobs on disk: what two who ask at the same moment get."""

from pathlib import Path

import pytest

from tlcore.errors import UserError
from tlcore.jobs import store


def test_two_who_ask_for_a_recommendation_at_the_same_moment_get_the_same_job(workspace, monkeypatch):
    """The job of the one begins and clears leftovers, the other's half-written note among them."""
    writing = store.write_json

    def overtaken(path: Path, value: object) -> None:
        writing(path, value)  # of the one who was quicker
        raise UserError(f"The folder {path.parent} is no longer there.", "Put it back, or start again.")

    monkeypatch.setattr(store, "write_json", overtaken)
    assert store.recommendation_job(workspace, "pets-0123456789abcdef").kind == "advice"


def test_a_recommendation_that_cannot_be_noted_says_why(workspace, monkeypatch):
    def full(path: Path, value: object) -> None:
        raise UserError("The disk is full.", "Free some space.")

    monkeypatch.setattr(store, "write_json", full)
    with pytest.raises(UserError, match="disk is full"):
        store.recommendation_job(workspace, "pets-0123456789abcdef")
