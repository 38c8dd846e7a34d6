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
