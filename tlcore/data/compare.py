"""What differs between two versions of a data set, or two data sets: a row for each thing that differs of a photo."""

import pandas as pd

from tlcore.data.manifest import Dataset, load_dataset
from tlcore.workspace import Workspace

ADDED, LEFT_OUT, RELABELLED, MOVED, ROTATED, GROUPED = (
    "added",
    "left out",
    "class",
    "part",
    "rotated",
    "group",
)
COLUMNS = ("path", "what", "before", "after")
_COMPARED = ((RELABELLED, "label"), (MOVED, "split"), (GROUPED, "group"))


def compare_versions(workspace: Workspace, a: Dataset | str, b: Dataset | str) -> pd.DataFrame:
    """What is different in `b`.

    Args:
        a, b: two versions, or their ids.

    Returns:
        path, what ("added", "left out", "class", "part", "rotated", "group"), before, after: a row for each difference,
        sorted by path. `before` and `after` are the class, part or group; of a photo that was added or left out its
        class, on one side; "" where there is none.

    Raises:
        UserError: there is no such version, or it is damaged.
    """
    first, second = (each if isinstance(each, Dataset) else load_dataset(workspace, each) for each in (a, b))
    return compare_photos(first.photos, second.photos)


def compare_photos(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """As `compare_versions`, of the rows of two versions."""
    old, new = before.set_index("path"), after.set_index("path")
    gone, come = old.index.difference(new.index), new.index.difference(old.index)
    both = old.index.intersection(new.index)
    frames = [
        pd.DataFrame({"path": come, "what": ADDED, "before": "", "after": new.loc[come, "label"].to_numpy()}),
        pd.DataFrame({"path": gone, "what": LEFT_OUT, "before": old.loc[gone, "label"].to_numpy(), "after": ""}),
    ]
    for what, column in _COMPARED:
        was, now = (each.loc[both, column].fillna("") for each in (old, new))
        differs = (was != now).to_numpy()
        frames.append(pd.DataFrame({"path": both, "what": what, "before": was, "after": now})[differs])
    turned = both[(old.loc[both, "sha256"] != new.loc[both, "sha256"]).to_numpy()]
    frames.append(pd.DataFrame({"path": turned, "what": ROTATED, "before": "", "after": ""}))
    found = pd.concat([each.astype(object) for each in frames], ignore_index=True)
    return found.sort_values(["path", "what"], ignore_index=True)[list(COLUMNS)]
