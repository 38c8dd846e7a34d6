"""What a data set is called when nobody gave it a name."""

from collections.abc import Sequence

MOST_NAMED = 3
"""Classes that a name lists; of more it lists one fewer and counts the rest."""


def dataset_name(labels: Sequence[str]) -> str:
    """A name made of the classes: "cats and dogs", "cats, dogs and birds", "cats, dogs and 3 more".

    Args:
        labels: the classes, in the order in which they are to be named; "My photos" for none.
    """
    if not labels:
        return "My photos"
    if len(labels) == 1:
        return labels[0]
    if len(labels) <= MOST_NAMED:
        return f"{', '.join(labels[:-1])} and {labels[-1]}"
    named = labels[: MOST_NAMED - 1]
    return f"{', '.join(named)} and {len(labels) - len(named)} more"
