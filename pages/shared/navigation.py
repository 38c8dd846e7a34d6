"""The names of the app and of its pages, in the order of the top line, which the server knows without loading a page;
and the sides of the Data page, to which other pages lead."""

NAME = "Transfer Lab"
STEPS = (("data", "Data"), ("train", "Train"), ("evaluate", "Evaluate"), ("predict", "Predict"))
BESIDE = (("learn", "Learn"), ("compare", "Compare"))
HOST = ("host", "Host")
"""Beside them for the owner, where others can come."""
GROUP, CONTRIBUTE = ("join", "Group"), ("contribute", "Add photos")
"""The page of a group, on which it joins its classroom first, and the one that takes photos with a phone."""
CLASSROOM = ("classroom", "Classroom")
"""Beside them for the owner, where others can come or a classroom is open."""
PRIVACY = ("privacy", "Privacy")
"""At the end of each page, where others can come."""

SHOW, PHOTOS, HISTORY, COMPARE = "show", "photos", "history", "compare"
"""`show` in the address of the Data page: all photos of the data set, or its versions; else its overview.
`compare`: the number of the version that the current one is compared with."""


def history_link(dataset_id: str, compare: int | None = None) -> dict[str, str]:
    """The query parameters of a link to the versions of a data set, one of which is compared with the current one."""
    values = {"dataset": dataset_id, SHOW: HISTORY}
    return values if compare is None else values | {COMPARE: str(compare)}
