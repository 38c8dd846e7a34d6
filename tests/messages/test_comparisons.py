"""What the runs of a comparison are called, and whose times leave something out."""

import pytest

from tlcore.comparison.results import RunResult
from tlcore.config import TrainConfig, defaults_for
from tlcore.jobs.store import create_run
from tlcore.messages.comparisons import ready_message, run_names

TWO = (TrainConfig(), defaults_for("hybrid"))


@pytest.mark.parametrize(
    ("configs", "names", "reason"),
    [
        (TWO, ["feature extraction", "hybrid"], "the strategy is what differs"),
        ([TrainConfig(), TrainConfig(backbone="vgg16")], ["EfficientNet-Lite0", "VGG16"], "the network is"),
        (
            [TrainConfig(), TrainConfig(strategy="scratch", backbone="vgg16")],
            ["EfficientNet-Lite0, feature extraction", "VGG16, from scratch"],
            "both are",
        ),
        (
            [TrainConfig(), TrainConfig(seed=1), TrainConfig(strategy="hybrid")],
            ["feature extraction 1", "feature extraction 2", "hybrid"],
            "twice the same",
        ),
        (
            [TrainConfig(), TrainConfig(backbone="of-the-future")],
            ["EfficientNet-Lite0", "of-the-future"],
            "a network that only a newer version knows",
        ),
    ],
)
def test_runs_are_called_by_what_differs(workspace, configs, names, reason):
    runs = [create_run(workspace, "data-1", config, "x") for config in configs]
    assert list(run_names(runs).values()) == names, reason


@pytest.mark.parametrize(
    ("ready", "said", "reason"),
    [
        ((0.0, 0.0, 0.0), "", "all looked for themselves"),
        ((0.0, 1.0, 0.0), "B reused all features", "one did not have to"),
        ((0.0, 1.0, 1.0), "B and c reused all features", "two"),
        ((None, 1.0, 0.0), "B reused all features", "of one nobody knows"),
        ((0.5, 0.4, 0.6), "A, b and c reused some features", "three, partly"),
    ],
)
def test_times_that_leave_something_out_say_so(ready, said, reason):
    found = [RunResult(key, 1, 2, 0, 1, 3.0, 1.0, 2.0, share, None) for key, share in zip("abc", ready)]
    sentence = ready_message(found, {key: key for key in "abc"})
    assert sentence.startswith(said) and bool(sentence) == bool(said), reason
