"""Where a group joins its classroom; then its home: the task, what comes next, and a QR code for its phones."""

from pages.parts.join import entering, home
from pages.shared import chrome, joining, state
from pages.shared.navigation import GROUP
from pages.shared.widgets import plain
from tlcore.errors import UserError


def heading() -> tuple[str, str]:
    """The title and the sentence: of the group that this browser is in, else what to do to join one."""
    try:
        group = state.group()
    except (UserError, OSError):  # the page itself will say so
        group = None
    if group is not None:
        return plain(group.name), "What your group does on one device is on all of them."
    return "Join your classroom", "Enter the code that your teacher shows, and a name for your group."


with chrome.page(*heading(), step=0, tab=GROUP[1]) as action:
    joining.refused_link()
    group = state.group()
    if group is None:
        entering.show()
    else:
        home.show(action, group)
