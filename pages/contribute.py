"""Photos from a phone for the group's data set: choose a class, take photos, and they appear on the group's laptop."""

from pages.parts.contribute import sending_photos
from pages.shared import chrome, joining, state, widgets
from pages.shared.navigation import CONTRIBUTE, GROUP

with chrome.page("Add photos", "Choose a class, then take photos of it.", step=0, tab=CONTRIBUTE[1]):
    joining.refused_link()
    if state.group() is None:
        widgets.empty("Join your classroom first.", f"pages/{GROUP[0]}.py", "Join", {})
    else:
        sending_photos.show()
