"""How far a job is and how long it takes, in words: in the queue, while photos are read, and through both phases."""

import pytest

from tlcore.config import defaults_for
from tlcore.events import EpochEnd, Progress, StageKey
from tlcore.jobs.status import JobStatus
from tlcore.messages.progress import num_planned_epochs, progress_message, stage_title

HYBRID = defaults_for("hybrid", epochs=30, fine_tune_epochs=12)


def test_every_stage_has_a_title():
    assert all(stage_title(key) for key in StageKey)


def status(state: str = "running", **values: object) -> JobStatus:
    """A job's status with these parts."""
    parts = {"last_progress": None, "epochs": (), "evaluated": None, "finished": None, "error": None, "stopped": None}
    return JobStatus(state, **{**parts, **values})


@pytest.mark.parametrize(
    ("job", "position", "share", "said", "reason"),
    [
        (status("queued"), 2, 0.0, "Waiting: 2 jobs before this one.", "in the queue"),
        (status("queued"), 0, 0.0, "Starting, a few seconds.", "its turn, nothing done yet"),
        (
            status("queued", epochs=(EpochEnd(3, 30, 1, 1, 1, 1, 0.02),)),
            0,
            0.0,
            "Starting, a few seconds.",
            "it is continued",
        ),
        (
            status(last_progress=Progress("read", 50, 200, 21.0)),
            0,
            0.25,
            "Reading photos · 50 of 200 photos · about 20 seconds left",
            "photos",
        ),
        (
            status(last_progress=Progress("download", 5_000_000, 10_000_000, None)),
            0,
            0.5,
            "Downloading · 5.0 MB of 10.0 MB",
            "bytes, nobody knows how long",
        ),
        (
            status(last_progress=Progress("extract_features", 200, 400, 21.0, cached=100, unit="views")),
            0,
            0.5,
            "Looking at every photo once (feature extraction) · 200 of 400 views · about 20 seconds left",
            "augmented views of the photos, a part of them on disk before",
        ),
        (status(last_progress=Progress("read", 0, 0, None)), 0, 0.0, "Starting, a few seconds.", "nothing to count"),
        (
            status(last_progress=Progress("read", 50, 200, 21.0, (30.0, 35.0))),
            0,
            0.25,
            "Reading photos · 50 of 200 photos · about 30 seconds left in all",
            "the whole counts, not the step",
        ),
        (
            status(epochs=(EpochEnd(3, 30, 1, 1, 1, 1, 0.02),)),
            0,
            0.1,
            "Learning · round 3 of 30 · a few seconds left",
            "learning",
        ),
    ],
)
def test_progress_tells_what_is_happening_and_how_long_it_takes(job, position, share, said, reason):
    assert progress_message(job, position) == (share, said), reason


@pytest.mark.parametrize(
    ("config", "ends", "total", "said", "reason"),
    [
        (HYBRID, [], 42, None, "the plan has the rounds of both phases"),
        (
            HYBRID,
            [(4, 30, "head")],
            42,
            "Learning the last step · round 4 of 42 · the network opens after round 30",
            "nobody knows yet how long a round with the network open takes",
        ),
        (
            HYBRID,
            [(4, 30, "head", (80.0, 200.0))],
            42,
            "Learning the last step · round 4 of 42 · the network opens after round 30 · 1 to 4 minutes left in all",
            "or knows it about",
        ),
        (
            HYBRID,
            [(30, 30, "head")],
            42,
            "Opening the network · round 30 of 42 is done · the next one takes longer",
            "between the phases",
        ),
        (
            HYBRID,
            [(30, 30, "head"), (31, 42, "fine_tune")],
            42,
            "The network adapts · round 31 of 42 · about 2 minutes left",
            "the time left is for the whole",
        ),
        (
            HYBRID,
            [(20, 30, "head"), (21, 32, "fine_tune")],
            32,
            "The network adapts · round 21 of 32 · about 2 minutes left",
            "the head was stopped early",
        ),
        (defaults_for("scratch", fine_tune_epochs=9), [], 9, None, "from scratch there is no first phase"),
        (defaults_for("fine-tuning", fine_tune_epochs=9), [], 39, None, "a head comes first"),
    ],
)
def test_the_rounds_of_both_phases_are_one_plan(config, ends, total, said, reason):
    now = status(
        epochs=tuple(
            EpochEnd(epoch, epochs, 1, 1, 1, 1, 10.0, phase, left=left[0] if left else None)
            for epoch, epochs, phase, *left in ends
        )
    )
    assert num_planned_epochs(now, config) == total, reason
    if said:
        assert progress_message(now, 0, config)[1] == said, reason


@pytest.mark.parametrize(
    ("ends", "done", "share", "said", "reason"),
    [
        ([], 5, 0.05, "round 1 of 12", "from scratch, first round"),
        (
            [(20, "head")],
            5,
            20.6 / 32,
            "round 21 of 32",
            "within the first round with the network open, after a head that ended early",
        ),
        (
            [(20, "head"), (21, "fine_tune")],
            50,
            26 / 32,
            "round 27 of 32",
            "in the middle: the steps tell, not the last whole round",
        ),
        ([(20, "head"), (32, "fine_tune")], 100, 1.0, "round 32 of 32", "the last"),
    ],
)
def test_the_time_left_is_known_within_the_first_open_round(ends, done, share, said, reason):
    epochs = tuple(EpochEnd(epoch, 32, 1, 1, 1, 1, 10.0, phase) for epoch, phase in ends)
    now = status(epochs=epochs, last_progress=Progress("learn", done, 100, 170.0))
    told = progress_message(now, 0, HYBRID)
    expected = f"The network adapts · {said} · about 3 minutes left"
    assert told == (pytest.approx(share), expected), reason


def test_photos_that_are_looked_at_again_between_the_phases_are_told():
    now = status(epochs=(EpochEnd(30, 30, 1, 1, 1, 1, 0.1),), last_progress=Progress("features", 5, 20, 30.0))
    said = progress_message(now, 0, HYBRID)[1]
    assert said.endswith(
        "5 of 20 photos · about 30 seconds left for this step · then 12 rounds with the network "
        "open, and the first tells how long they take"
    )
