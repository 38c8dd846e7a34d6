"""The interval of a counted share."""

import pytest
from scipy.stats import binomtest

from tlcore.intervals import wilson_interval


@pytest.mark.parametrize(
    ("correct", "total", "low", "high", "reason"),
    [
        (46, 50, 0.812, 0.968, "the example of the house"),
        (0, 10, 0.0, 0.278, "never right: not certainly never"),
        (10, 10, 0.722, 1.0, "always right: not certainly always"),
        (0, 0, 0.0, 1.0, "nothing is known"),
    ],
)
def test_the_interval_is_wilsons(correct, total, low, high, reason):
    assert wilson_interval(correct, total) == pytest.approx((low, high), abs=0.001), reason


@pytest.mark.parametrize(("correct", "total"), [(0, 5), (5, 5), (9, 10), (380, 400), (1, 20_000)])
def test_the_closed_form_is_that_of_scipy(correct, total):
    expected = binomtest(correct, total).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson_interval(correct, total) == pytest.approx((expected.low, expected.high), abs=1e-6)
