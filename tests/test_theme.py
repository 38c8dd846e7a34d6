"""The theme's own values keep what LOOK promises: enough contrast, in the light and in the dark, nothing fetched."""

import re
import tomllib
from pathlib import Path

import pytest

from pages.parts.evaluate import matrix
from tlcore.charts import tokens

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


REPEATED = {  # in config.toml: what Streamlit itself draws with
    "backgroundColor": tokens.PAPER,
    "secondaryBackgroundColor": tokens.SUNKEN,
    "textColor": tokens.INK,
    "primaryColor": tokens.ACCENT,
    "borderColor": tokens.LINE,
    "grayTextColor": tokens.MUTED,
    "orangeColor": tokens.WRONG,
}


@pytest.mark.parametrize(("name", "colour"), REPEATED.items(), ids=REPEATED)
def test_streamlit_draws_with_the_tokens(name, colour):
    assert {dark: theme[name] for dark, theme in THEMES.items()} == colour


def test_streamlit_writes_in_the_font_and_the_sizes_of_the_tokens():
    theme = CONFIG["theme"]
    assert theme["font"] == theme["headingFont"] == tokens.FONT
    assert theme["baseFontSize"] == tokens.BODY
    sizes = [float(size.removesuffix("rem")) * tokens.BODY for size in theme["headingFontSizes"]]
    assert sizes[:3] == [tokens.TITLE, tokens.HEADING, tokens.BODY]
    assert theme["baseRadius"] == f"{tokens.RADIUS}px"


def test_the_font_lies_in_the_app():
    for face in CONFIG["theme"]["fontFaces"]:
        assert (ROOT / face["url"].removeprefix("app/")).is_file()
    assert CONFIG["server"]["enableStaticServing"] is True


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["INK", "MUTED", "ACCENT", "WRONG"])
@pytest.mark.parametrize("ground", ["PAPER", "SURFACE"])
def test_words_stand_out_from_cards_too(dark, name, ground):
    assert contrast(getattr(tokens, name)[dark], getattr(tokens, ground)[dark]) >= ENOUGH


@pytest.mark.parametrize("dark", [False, True])
def test_hues_of_classes_stand_out_as_marks(dark):
    for hue in tokens.CLASS_HUES[dark]:
        assert contrast(hue, tokens.PAPER[dark]) >= 3
    assert len(set(tokens.CLASS_HUES[dark])) == len(tokens.CLASS_HUES[dark])


@pytest.mark.parametrize("dark", [False, True])
def test_the_validation_curve_and_its_name_stand_out(dark):
    assert contrast(tokens.VALIDATION[dark], THEMES[dark]["backgroundColor"]) >= ENOUGH


@pytest.mark.parametrize("dark", [False, True])
def test_the_training_curve_stands_out_as_a_line(dark):
    """The grey of the classic tutorial has 4.1 : 1 on paper: enough for a line (3 : 1); its name is drawn in ink."""
    assert contrast(tokens.TRAINING[dark], THEMES[dark]["backgroundColor"]) >= 3.0


def mixed(one: str, other: str, share: float) -> str:
    """#RRGGBB of `share` of the one colour in the other, as CSS's color-mix does it in sRGB."""
    parts = [[int(colour[index : index + 2], 16) for index in (1, 3, 5)] for colour in (one, other)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02X}" for a, b in zip(*parts, strict=True))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("colour", ["ACCENT", "WRONG"])
def test_the_numbers_in_the_confusion_matrix_stand_out(dark, colour):
    """Numbers are ink; the fullest cell is the hardest to read them on. A faint zero has no cell."""
    fullest = mixed(getattr(tokens, colour)[dark], tokens.SURFACE[dark], matrix.FULLEST[dark])
    assert contrast(tokens.INK[dark], fullest) >= ENOUGH
    for ground in (tokens.PAPER[dark], tokens.SURFACE[dark]):
        assert contrast(mixed(tokens.MUTED[dark], tokens.PAPER[dark], matrix.ZERO), ground) >= ENOUGH


def test_colours_stand_in_the_tokens_alone():
    """A colour that a stylesheet or a page names itself is one that nobody holds against its background."""
    for path in (ROOT / "pages").rglob("*"):
        if path.suffix in (".css", ".py", ".js"):
            assert not re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8")), path


def test_no_browser_drops_the_stylesheet():
    """DOMPurify, through which st.html goes, throws away a stylesheet in which a tag could begin."""
    assert "<" not in (ROOT / "pages" / "shared" / "style.css").read_text(encoding="utf-8")
    assert "<" not in tokens.css_variables()


def test_nothing_is_fetched_and_nobody_is_asked():
    style = (ROOT / "pages" / "shared" / "style.css").read_text(encoding="utf-8")
    assert not re.search(r"https?:|@import|url\(", style)
    assert "http" not in str(CONFIG["theme"])
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"]["showEmailPrompt"] is False
    assert CONFIG["server"]["enableXsrfProtection"] and CONFIG["server"]["enableCORS"]
