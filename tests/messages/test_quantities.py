"""Numbers as people read them."""

import pytest

from tlcore.messages.quantities import capitalized, count, format_bytes, format_seconds, percent, percent_range


@pytest.mark.parametrize(
    ("words", "expected", "reason"),
    [
        (count(1, "photo"), "1 photo", "one"),
        (count(0, "photo"), "0 photos", "none is many"),
        (count(1000, "class", "classes"), "1,000 classes", "an irregular plural, and thousands"),
        (percent(0.924), "92%", "whole percents, never torn from their sign"),
        (percent(0.003, 1), "0.3%", "a digit more where asked for"),
        (percent_range(0.83, 0.926), "83–93%", "one sign for both"),
        (percent_range(0.004, 0.2), "<1–20%", "each end is what it would be alone"),
        (format_bytes(1), "1 kB", "never nothing"),
        (format_bytes(340_000), "340 kB", "small"),
        (format_bytes(12_500_000), "12.5 MB", "usual"),
        (format_bytes(2_500_000_000), "2.5 GB", "large"),
        (format_seconds(0.0), "1 milliseconds", "never nothing"),
        (format_seconds(0.008), "8 milliseconds", "quick"),
        (format_seconds(2.41), "2.4 seconds", "usual"),
        (format_seconds(61), "1 minute", "one"),
        (format_seconds(180), "3 minutes", "long"),
        (capitalized("hybrid, VGG16"), "Hybrid, VGG16", "the rest stays"),
        (capitalized(""), "", "nothing"),
    ],
)
def test_numbers_in_words(words, expected, reason):
    assert words == expected, reason


@pytest.mark.parametrize(
    ("share", "expected", "reason"),
    [
        (0.0, "0%", "nothing"),
        (1.0, "100%", "all"),
        (999 / 1000, "99.9%", "one of a thousand is wrong"),
        (9999 / 10_000, "99.9%", "never more than the truth"),
        (1 - 6e-8, "99.9%", "a probability in half the digits, just short of 1"),
        (0.9967, "99.6%", "cut, not rounded up"),
        (0.995, "99.5%", "where whole percents would say 100"),
        (0.9949, "99%", "rounds down by itself"),
        (1 / 1000, "<1%", "one of a thousand is not none"),
        (1e-7, "<1%", "nor is this"),
        (0.0051, "1%", "rounds up by itself"),
        (1 - 1e-12, "100%", "an interval's end but for the last digit of a float"),
        (1e-12, "0%", "the other end"),
    ],
)
def test_a_share_is_never_called_all_or_nothing_unless_it_is(share, expected, reason):
    assert percent(share) == expected, reason
