"""What a browser does as a device of a group: join its classroom, leave, bring photos, hand in a model."""

from collections.abc import Iterable, Sequence

from pages.shared import state
from pages.shared.actions.guard import is_allowed
from tlcore.classroom import contributions, membership, rules
from tlcore.classroom.attempts import attempts
from tlcore.classroom.store import change_group
from tlcore.classroom.values import Group
from tlcore.errors import UserError
from tlcore.jobs.store import Run


def join_classroom(code: str, name: str) -> Group:
    """Make a new group of the open classroom, with this browser as its first device.

    Raises:
        UserError: the code is wrong, or too many were; or see `membership.join`.
    """
    if state.is_owner():
        raise UserError("You are the teacher here.", "To try it as a group, open this page in a private window.")
    workspace, browser = state.workspace(), state.browser_name()
    attempts().take(browser)
    if membership.is_open_code(workspace, code):
        attempts().give_back(browser)
    return membership.join(workspace, code, name, browser)


def leave_group() -> None:
    """Let this browser be in no group any more. Raises UserError: the disk says no."""
    if state.group() is not None:
        membership.leave(state.workspace(), state.browser_name())


def use_group_area() -> str:
    """The upload area of this browser's group; "" where it is in none. Raises UserError: the disk says no."""
    group = state.group()
    return contributions.use_area(state.workspace(), group) if group is not None else ""


def send_photos_of(names: Sequence[str]) -> str:
    """The group's upload area with a place for photos of these classes; "" where this browser is in no group.

    Raises:
        UserError: a name is none, or the disk says no.
    """
    group = state.group()
    return contributions.send_to(state.workspace(), group, names) if group is not None else ""


def take_back_photos(area: str, device: str, ids: Iterable[str]) -> None:
    """Remove photos from the group's upload area that this device has sent.

    Raises:
        UserError: the area is gone, or the disk says no.
    """
    group = state.group()
    if group is not None and area == contributions.current_area(state.workspace(), group):
        contributions.take_back(state.workspace(), area, device, ids)


def hand_in(run: Run) -> None:
    """Let a run be the one that counts for this browser's group.

    Raises:
        UserError: the classroom is paused, or the group is gone.
    """
    group = state.group()
    if group is not None and is_allowed(run) and run.visitor == group.visitor:
        rules.check_not_paused(state.workspace(), group.visitor)
        change_group(state.workspace(), group, entry=run.id)
