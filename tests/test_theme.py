"""The theme's own values keep what LOOK promises: enough contrast, in the light and in the dark, nothing fetched."""

import re
import tomllib
from pathlib import Path

import pytest

from tlcore.charts import results as charts
from tlcore.charts import theme as charts_theme

ROOT = Path(__file__).parent.parent
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
THEMES = {False: CONFIG["theme"]["light"], True: CONFIG["theme"]["dark"]}
ENOUGH = 4.5


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB, 0–1, as WCAG 2 defines it."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1–21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "name", ["textColor", "primaryColor", "linkColor", "redTextColor", "greenTextColor", "grayTextColor"]
)
@pytest.mark.parametrize("paper", ["backgroundColor", "secondaryBackgroundColor"])
def test_words_stand_out_from_the_paper(dark, name, paper):
    theme = THEMES[dark]
    assert contrast(theme[name], theme[paper]) >= ENOUGH


def test_the_paper_is_the_one_charts_draw_on():
    for dark, theme in THEMES.items():
        assert theme["backgroundColor"] == charts_theme.PAPER[dark]
        assert theme["textColor"] == charts_theme.INK[dark]
        assert theme["primaryColor"] == charts_theme.ACCENT[dark]


@pytest.mark.parametrize("dark", [False, True])
def test_the_validation_curve_and_its_name_stand_out(dark):
    assert contrast(charts_theme.VALIDATION[dark], THEMES[dark]["backgroundColor"]) >= ENOUGH


@pytest.mark.parametrize("dark", [False, True])
def test_the_training_curve_stands_out_as_a_line(dark):
    """The grey of the classic tutorial has 4.1 : 1 on paper: enough for a line (3 : 1); its name is drawn in ink."""
    assert contrast(charts_theme.TRAINING[dark], THEMES[dark]["backgroundColor"]) >= 3.0


@pytest.mark.parametrize("dark", [False, True])
def test_the_numbers_in_the_confusion_matrix_stand_out(dark):
    """Numbers are ink; the fullest cell is the hardest to read them on."""
    assert contrast(charts_theme.INK[dark], charts.CELL[dark]) >= ENOUGH


def test_both_accents_of_the_stylesheet_are_those_of_the_theme():
    style = (ROOT / "pages" / "shared" / "style.css").read_text(encoding="utf-8")
    light, dark = re.search(r"--tl-accent: light-dark\((#\w+), (#\w+)\)", style).groups()
    assert (light, dark) == (THEMES[False]["primaryColor"], THEMES[True]["primaryColor"])


def test_nothing_is_fetched_and_nobody_is_asked():
    style = (ROOT / "pages" / "shared" / "style.css").read_text(encoding="utf-8")
    assert not re.search(r"https?:|@import|url\(", style)
    assert "http" not in str(CONFIG["theme"])
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"]["showEmailPrompt"] is False
    assert CONFIG["server"]["enableXsrfProtection"] and CONFIG["server"]["enableCORS"]
