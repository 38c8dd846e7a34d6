"""What one side of time_to_model.py hands back from its process."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """A tested model.

    Attributes:
        seconds: from the first file read to the test figures.
        accuracy: share of the `num_test` test photos that were right, 0–1.
        dataset_id: the data set that was made on the way, for the other side.
        parts: where the seconds went, for people.
    """

    seconds: float
    accuracy: float
    num_test: int
    dataset_id: str = ""
    parts: str = ""
