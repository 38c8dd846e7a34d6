"""What is kept and what goes, in words."""

from dataclasses import replace

import pytest

from tlcore.messages.storage import deleted_message, deletion_message, kept_message, usage_message
from tlcore.settings import HOSTED, OWN
from tlcore.storage.deletion import Deleted
from tlcore.storage.usage import Usage

SOME = Usage(datasets=1, uploads=2, runs=5, comparisons=0, photos=1_200, bytes=240_000_000)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (HOSTED, ("deleted 3 days after you last used them", "don’t import are deleted after 1 hour")),
        (OWN, ("until you delete them", "after 7 days")),
        (replace(HOSTED, keep_days=0.5, upload_hours=0), ("deleted 0.5 days after",)),
    ],
)
def test_how_long_things_stay(limits, said):
    words = kept_message(limits)
    assert all(each in words for each in said) and words.count("deleted") <= 2


def test_what_is_used_and_what_would_go():
    assert usage_message(SOME, HOSTED) == "You use 1,200 of 5,000 photos and 240.0 MB of 1.0 GB."
    assert usage_message(SOME, OWN) == ""
    words = deletion_message(SOME)
    assert (
        "1 data set, 5 training runs and 2 sets of unfinished uploads, 240.0 MB" in words
        and "cannot be undone" in words
    )
    assert "nothing" in deletion_message(Usage())


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (Deleted(3, 0, 1, 1, 1, 0), "Deleted: 3 data sets, 1 training run and 1 race."),
        (Deleted(1, 0, 0, 0, 1, 1), "Deleted: 1 data set. 1 job is still stopping and will be deleted right after."),
        (
            Deleted(0, 0, 0, 0, 0, 2),
            "Everything is deleted. 2 jobs are still stopping and will be deleted right after.",
        ),
    ],
)
def test_what_went(gone, said):
    assert deleted_message(gone) == said
