"""The data sets that are there already, and what was deleted lately."""

from collections.abc import Sequence

from pages.shared import library, undo
from tlcore.data.dataset_list import DatasetSummary


def show(found: Sequence[DatasetSummary]) -> None:
    """Data sets as cards that put them in use, and below them what can be brought back."""
    library.show(found)
    undo.recently_deleted()
