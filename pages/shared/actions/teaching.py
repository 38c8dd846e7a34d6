"""What the teacher does with a classroom: open it, change it, pause it, close it. The owner alone may."""

from typing import Any

from pages.shared import state
from tlcore.classroom import hidden_test, removal, store
from tlcore.classroom import task as classroom_task
from tlcore.classroom.values import Classroom, Group, Task
from tlcore.data.names import clean_text, shorten
from tlcore.data.samples import SAMPLES
from tlcore.errors import UserError
from tlcore.jobs.store import ImportSpec, Job, create_import


def open_classroom(name: str) -> Classroom | None:
    """Open a classroom, whose code groups then join with; None where it is not the owner who asks. Raises UserError."""
    return store.create_classroom(state.workspace(), name) if state.is_owner() else None


def change_classroom(classroom: Classroom, **changes: Any) -> Classroom | None:
    """Set fields of a classroom: whether it is open, paused or revealed, and its address.

    None where it is not the owner who asks. Raises UserError.
    """
    return store.change_classroom(state.workspace(), classroom.id, **changes) if state.is_owner() else None


def rename_classroom(classroom: Classroom, name: str) -> Classroom | None:
    """Call a classroom otherwise; None where it is not the owner who asks. Raises UserError."""
    if not state.is_owner():
        return None
    called = shorten(clean_text(name), store.MAX_NAME)
    if not called:
        raise UserError("A classroom needs a name.", "Enter one.")
    return store.change_classroom(state.workspace(), classroom.id, name=called)


def reopen_classroom(classroom: Classroom) -> Classroom | None:
    """Let groups of a closed classroom work again; None where it is not the owner who asks.

    Raises:
        UserError: another one is open.
    """
    if not state.is_owner():
        return None
    other = store.open_classroom(state.workspace())
    if other is not None and other.id != classroom.id:
        raise UserError(f"The classroom “{other.name}” is open.", "Close it first: one can be open at a time.")
    return store.change_classroom(state.workspace(), classroom.id, is_open=True)


def bring_sample(key: str) -> Job | None:
    """Import a sample set for the owner; None where it is not the owner who asks. Raises UserError."""
    sample = next((each for each in SAMPLES if each.key == key), None)
    if not state.is_owner() or sample is None:
        return None
    job = create_import(state.workspace(), ImportSpec("sample", sample.key, sample.title))
    state.queue().submit(job)
    return job


def set_task(classroom: Classroom, task: Task) -> Classroom | None:
    """Set what all groups are asked to do; None where it is not the owner who asks. Raises UserError."""
    return classroom_task.set_task(state.workspace(), classroom.id, task) if state.is_owner() else None


def set_hidden_test(classroom: Classroom, dataset_id: str) -> Classroom | None:
    """Choose the photos that every group's model is judged on, "" for none; None where it is not the owner who asks.

    Raises:
        UserError: see `tlcore.classroom.hidden_test.set_hidden_test`.
    """
    return hidden_test.set_hidden_test(state.workspace(), classroom.id, dataset_id) if state.is_owner() else None


def score_groups(classroom: Classroom) -> Job | None:
    """Score every group's entry on the hidden test, in a job; None where it is not the owner who asks.

    Raises:
        UserError: there is nothing to score, or the disk is full.
    """
    if not state.is_owner():
        return None
    job = hidden_test.start_scoring(state.workspace(), classroom)
    state.queue().restart(job)
    return job


def remove_group(group: Group) -> removal.RemovedGroup | None:
    """Take a group out of its classroom, with all that it made, for a day; None where it is not the owner who asks.

    Raises:
        UserError: it is gone already, or the disk says no.
    """
    return removal.remove_group(state.workspace(), group.classroom_id, group.id) if state.is_owner() else None


def restore_group(classroom_id: str, group_id: str) -> Group | None:
    """Bring a group back that was removed; None where it is not the owner who asks. Raises UserError."""
    return removal.restore_group(state.workspace(), classroom_id, group_id) if state.is_owner() else None


def erase_classroom(classroom: Classroom) -> removal.Erased | None:
    """Delete a classroom for good with all that its groups made; None where it is not the owner who asks.

    Raises:
        UserError: it is gone already, or the disk says no.
    """
    return removal.erase(state.workspace(), classroom.id) if state.is_owner() else None
