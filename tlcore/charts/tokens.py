"""The design tokens: every colour, size and hue of the app, once. Charts and the stylesheet are made of them.

Each colour has a light and a dark value, chosen for its own background and never inverted. Text on `PAPER` and
`SURFACE` has 4.5 : 1 or more, marks 3 : 1 (tests/test_theme.py); .streamlit/config.toml repeats those that Streamlit
needs and is held against them.
"""

from collections.abc import Sequence

Colour = dict[bool, str]
"""A colour by whether the page is dark."""

PAPER: Colour = {False: "#FBFAF7", True: "#16181B"}
SURFACE: Colour = {False: "#FFFFFF", True: "#1E2125"}
"""Of cards and drop zones, which lie on the paper."""
SUNKEN: Colour = {False: "#F1EEE7", True: "#22262A"}
"""Of fields, and of what stands behind pictures."""
INK: Colour = {False: "#1F2328", True: "#ECEAE4"}
MUTED: Colour = {False: "#5B5F66", True: "#B0B4B8"}
"""Of captions and axis labels."""
LINE: Colour = {False: "#D9D4C8", True: "#3A4046"}
FAINT: Colour = {False: "#E9E5DB", True: "#2C3136"}
"""Of gridlines and empty tracks."""
ACCENT: Colour = {False: "#0F766E", True: "#2DD4BF"}
WRONG: Colour = {False: "#B45309", True: "#F5A35C"}
"""Orange: a wrong answer, an error off a matrix's diagonal, a warning. Never a curve's crimson."""
TRAINING: Colour = {False: "#80797C", True: "#B8B0B4"}
VALIDATION: Colour = {False: "#981220", True: "#F0657A"}

CLASS_HUES: dict[bool, tuple[str, ...]] = {
    False: ("#2450B8", "#2C946A", "#7C1E94", "#7F942C", "#C24C9B", "#1C515E", "#822F1A", "#9F6BED"),
    True: ("#6C9CFF", "#42DBBD", "#C96BF0", "#EDCC47", "#F08CC8", "#5FA06A", "#B87D6E", "#CADB84"),
}
"""One hue a class, in the order of the data set's classes; found by a search for the largest least distance (CIELAB)
under normal vision and full protanopia, deuteranopia and tritanopia (Machado et al. 2009), away from `WRONG`."""

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
SMALL, BODY, HEADING, TITLE, SCORE = 14, 16, 20, 28, 56
"""The scale of type, in CSS pixels; there are no other sizes."""
RADIUS = 10
"""Of corners, in CSS pixels."""
LEAST_PLOT_HEIGHT = 240
"""Of a chart's plot, in CSS pixels."""

COLOURS: dict[str, Colour] = {
    "paper": PAPER,
    "surface": SURFACE,
    "sunken": SUNKEN,
    "ink": INK,
    "muted": MUTED,
    "line": LINE,
    "faint": FAINT,
    "accent": ACCENT,
    "wrong": WRONG,
    "training": TRAINING,
    "validation": VALIDATION,
}
"""Each by the name that style sheets have for it."""


def class_hue(place: int, dark: bool) -> str:
    """The hue of a class, by its place in the data set's labels; after eight they come round again."""
    hues = CLASS_HUES[dark]
    return hues[place % len(hues)]


def class_hues(labels: Sequence[str], dark: bool) -> dict[str, str]:
    """The hue of each class, for labels in the data set's order."""
    return {label: class_hue(place, dark) for place, label in enumerate(labels)}


def css_variables() -> str:
    """All of it as CSS: `--tl-ink`, `--tl-class-0` …, which follow the page's colour scheme, and `--tl-small` … ."""
    pairs = {name: (colour[False], colour[True]) for name, colour in COLOURS.items()}
    pairs |= {f"class-{place}": pair for place, pair in enumerate(zip(CLASS_HUES[False], CLASS_HUES[True]))}
    lines = [f"--tl-{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items()]
    sizes = {"small": SMALL, "body": BODY, "heading": HEADING, "title": TITLE, "score": SCORE}
    lines += [f"--tl-{name}: {size / BODY:g}rem;" for name, size in sizes.items()]
    lines += [f"--tl-radius: {RADIUS}px;", f"--tl-font: {FONT};"]
    return ":root { " + " ".join(lines) + " }"
