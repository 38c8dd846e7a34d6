"""What somebody made in this browser before he logged in: it becomes his account's, or stays."""

from pages.shared import state
from tlcore.storage.handover import hand_over
from tlcore.storage.handover import leave_behind as remember


def take_along() -> bool:
    """Let all that was made in this browser without an account be the account's; False where nobody has logged in.

    Raises:
        UserError: a job of it is under way, or the disk says no.
    """
    if state.account() is None:
        return False
    hand_over(state.workspace(), state.anonymous_name(), state.maker())
    return True


def leave_behind() -> bool:
    """Let it stay in this browser, and ask no more; False where nobody has logged in. Raises UserError."""
    if state.account() is None:
        return False
    remember(state.workspace(), state.anonymous_name())
    return True
