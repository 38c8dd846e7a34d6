"""Where in a photo something speaks for a class, and which photos are like it, in sentences: alt texts too."""

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.embedding import Neighbour
from tlcore.serving.explain import Explanation
from tlcore.shares import percent

LEAST, LITTLE = 0.05, 0.3  # of the strongest evidence for any class: less is nothing, and little
SPREAD = 0.33  # of the photo's side: how far evidence lies from its centre on average; evenly spread it is 0.41
MIDDLE = (0.39, 0.61)  # of the photo's height or width

NO_NEIGHBOURS = (
    "To see which training photos are most like this one, train again (or combine again, for an ensemble): this model "
    "doesn’t keep that."
)
HOW_TO_READ = (
    "Bright places count most for the class. The white outline surrounds those that count at least half as much as the "
    "strongest one."
)
LEARNED_SINCE = "After its test, the model also learned from this photo, so its answer now can differ."
SLOW = "This model’s network doesn’t show where it looks."
WHOLE_PHOTO = "all over the photo"


def place(heat_map: npt.NDArray[np.float32]) -> str:
    """Where the heat lies: "mostly in the upper left"; "" where there is none.

    Args:
        heat_map: float32 (rows, columns), 0–1.
    """
    if heat_map.max() < LEAST:
        return ""
    mass = heat_map.astype(np.float64) ** 2  # what is hottest counts most
    mass /= mass.sum()
    rows, columns = ((np.arange(side) + 0.5) / side for side in heat_map.shape)
    row, column = float(mass.sum(axis=1) @ rows), float(mass.sum(axis=0) @ columns)
    distance = np.add.outer((rows - row) ** 2, (columns - column) ** 2)
    if float(np.sqrt((mass * distance).sum())) > SPREAD:
        return WHOLE_PHOTO
    across = _third(column, "left", "right")
    down = _third(row, "upper" if across else "upper part", "lower" if across else "lower part")
    if not down:
        return f"mostly on the {across}" if across else "mostly in the middle"
    return f"mostly in the {down} {across}".rstrip()


def _third(centre: float, before: str, after: str) -> str:
    return before if centre < MIDDLE[0] else after if centre > MIDDLE[1] else ""


def evidence_message(explanation: Explanation) -> str:
    """What speaks for the class, and where, as one sentence."""
    label, where = explanation.label, place(explanation.heat_map)
    if not where:
        return f"Nothing in this photo speaks for {label}."
    lies = "is spread all over the photo" if where == WHOLE_PHOTO else f"is {where}"
    amount = "What little" if explanation.heat_map.max() < LITTLE else "What"
    return f"{amount} speaks for {label} {lies}."


def alike(neighbour: Neighbour) -> str:
    """How alike a photo is: "92% alike"."""
    return f"{percent(neighbour.similarity)} alike"
