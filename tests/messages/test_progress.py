"""How far a job is and how long it takes, in words: in the queue, while photos are read, and through both phases."""

from dataclasses import replace

import pytest

from tlcore.config import defaults_for
from tlcore.events import EpochEnd, Progress, StageKey
from tlcore.jobs.status import JobStatus
from tlcore.messages.progress import latest_event, num_planned_epochs, progress_message, stage_title

HYBRID = defaults_for("hybrid", epochs=30, fine_tune_epochs=12)


def test_every_stage_has_a_title():
    assert all(stage_title(key) for key in StageKey)


def status(state: str = "running", **values: object) -> JobStatus:
    """A job's status with these parts."""
    parts = {"last_progress": None, "epochs": (), "evaluated": None, "finished": None, "error": None, "stopped": None}
    return JobStatus(state, **{**parts, **values})


def ends(*each: tuple) -> tuple[EpochEnd, ...]:
    """Epochs of (epoch, epochs, phase), and (left, share) where the worker told them."""
    return tuple(
        EpochEnd(
            epoch, epochs, 1, 1, 1, 1, 10.0, phase, left=more[0] if more else None, share=more[1] if more else None
        )
        for epoch, epochs, phase, *more in each
    )


@pytest.mark.parametrize(
    ("job", "position", "share", "words", "reason"),
    [
        (status("queued"), 2, 0.0, "Waiting · 2 jobs ahead", "in the queue"),
        (status("queued"), 0, 0.0, "Starting…", "its turn, nothing done yet"),
        (status("queued", epochs=ends((3, 30, "head"))), 0, 0.0, "Starting…", "it is continued"),
        (status(last_progress=Progress("read", 0, 0, None)), 0, 0.0, "Starting…", "nothing to count"),
        (
            status(last_progress=Progress("read", 90, 200, 21.0)),
            0,
            0.97 * 0.45,
            "Importing photos · 45% (90 of 200) · about 20 s left",
            "photos",
        ),
        (
            status(last_progress=Progress("read", 200, 200, 0.0)),
            0,
            0.97,
            "Importing photos · 100% (200 of 200)",
            "all are read, and the data set is not written yet",
        ),
        (
            status(last_progress=Progress("download", 5_000_000, 10_000_000, None)),
            0,
            0.97 / 2,
            "Downloading the network · 5.0 MB of 10.0 MB",
            "bytes, nobody knows how long",
        ),
        (
            status(last_progress=Progress("download", 5_000_000, 10_000_000, 12.0, share=0.1)),
            0,
            0.1,
            "Downloading the network · 5.0 MB of 10.0 MB · about 10 s left for the download",
            "what comes after it is not known yet",
        ),
        (
            status(last_progress=Progress("extract_features", 200, 400, 21.0, (30.0, 35.0), 100, "views", 0.3)),
            0,
            0.3,
            "Analysing photos (feature extraction) · 200 of 400 photo variants · about 30 s left",
            "the time left and the bar are those of the whole run, not of the step",
        ),
        (status(last_progress=Progress("prepare", 0, 1, share=0.02)), 0, 0.02, "Preparing the network", "it is built"),
        (
            status(epochs=ends((3, 30, "head"))),
            0,
            0.1,
            "Training · epoch 3 of up to 30",
            "an older run: the figures that it has",
        ),
    ],
)
def test_progress_says_what_is_happening_and_how_long_it_takes(job, position, share, words, reason):
    assert progress_message(job, position, now=1000.0) == (pytest.approx(share), words), reason


@pytest.mark.parametrize(
    ("config", "epochs", "last", "total", "words", "reason"),
    [
        (HYBRID, [], None, 42, None, "the plan has the epochs of both phases"),
        (
            HYBRID,
            [(4, 42, "head", (20.0, 30.0), 0.5)],
            None,
            42,
            "Training the last layer · epoch 4 of 30 · then fine-tuning · about 25 s left",
            "the worker counts the epochs of both phases, and the sentence names those of this one",
        ),
        (
            replace(HYBRID, patience=5),
            [(4, 42, "head")],
            None,
            42,
            "Training the last layer · epoch 4 of up to 30 · then fine-tuning",
            "it may stop early",
        ),
        (
            HYBRID,
            [(30, 42, "head")],
            Progress("prepare", 0, 1, left=(8.0, 9.0), share=0.6),
            42,
            "Preparing fine-tuning · about 10 s left",
            "between the phases",
        ),
        (
            replace(HYBRID, patience=5),
            [(12, 42, "head")],
            Progress("prepare", 0, 1, left=(8.0, 9.0), share=0.6),
            42,
            "Stopped improving after epoch 12 · Preparing fine-tuning · about 10 s left",
            "nobody wonders why the time left fell",
        ),
        (
            HYBRID,
            [(30, 42, "head"), (31, 42, "fine_tune", (100.0, 120.0), 0.4)],
            None,
            42,
            "Fine-tuning · epoch 31 of 42 · about 2 min left",
            "the time left is for the whole",
        ),
        (
            replace(HYBRID, patience=5),
            [(20, 42, "head"), (21, 32, "fine_tune")],
            None,
            32,
            "Fine-tuning · epoch 21 of up to 32",
            "the head was stopped early, and so may this be",
        ),
        (
            HYBRID,
            [(20, 42, "head"), (31, 32, "fine_tune")],
            Progress("fine_tune", 50, 100, 170.0, (170.0, 170.0), share=0.7),
            32,
            "Fine-tuning · epoch 26 of 32 · about 3 min left",
            "the steps tell it, not the last whole epoch",
        ),
        (
            replace(HYBRID, patience=5),
            [(20, 42, "head"), (26, 32, "fine_tune")],
            Progress("pack", 0, 1, left=(5.0, 7.0), share=0.9),
            32,
            "Stopped improving after epoch 26 · Packing the model · about 5 s left",
            "it ended early",
        ),
        (
            HYBRID,
            [(30, 42, "head"), (42, 42, "fine_tune")],
            Progress("verify", 4, 16, left=(1.0, 2.0), share=0.95),
            42,
            "Checking the model · 4 of 16 test photos · a few seconds left",
            "the end of the bar",
        ),
        (defaults_for("scratch", fine_tune_epochs=9), [], None, 9, None, "from scratch there is no first phase"),
        (defaults_for("fine-tuning", fine_tune_epochs=9), [], None, 39, None, "a head comes first"),
    ],
)
def test_both_phases_are_one_plan_and_each_sentence_is_what_happens(config, epochs, last, total, words, reason):
    now = status(epochs=ends(*epochs), last_progress=last and replace(last, at=5.0))
    assert num_planned_epochs(now, config) == total, reason
    if words:
        assert progress_message(now, 0, config, now=5.0)[1] == words, reason


@pytest.mark.parametrize(
    ("later", "share", "words", "reason"),
    [
        (0.0, 0.5, "about 20 s left", "as the event said"),
        (10.0, 0.69, "about 10 s left", "the clock goes on without an event"),
        (20.0, 0.80, "(feature extraction) · 200 of 400 photos · about 5 s left", "late: not at its end"),
        (40.0, 0.915, "slower than expected · about 10 s left", "what took long will take longer"),
        (400.0, 0.98, "slower than expected · about 2 min left", "and the bar is never full"),
    ],
)
def test_bar_and_figure_move_on_between_two_events(later, share, words, reason):
    last = Progress("extract_features", 200, 400, 20.0, (20.0, 20.0), share=0.5, at=1000.0)
    told = progress_message(status(last_progress=last), 0, now=1000.0 + later)
    assert told == (pytest.approx(share, abs=0.01), told[1]) and told[1].endswith(words), reason


def test_what_was_told_last_counts():
    """Progress and epochs take turns: the later one is what is happening."""
    last, end = Progress("extract_features", 400, 400, at=1.0), replace(ends((3, 30, "head"))[0], at=2.0)
    assert latest_event(status(last_progress=last, epochs=(end,))) is end
    assert latest_event(status(last_progress=replace(last, at=3.0), epochs=(end,))).type == "progress"


def test_before_the_first_event_the_bar_moves_already():
    share, words = progress_message(status(started=1000.0), 0, now=1006.0)
    assert 0.05 < share < 0.2 and words == "Starting…", "TensorFlow is being loaded"
