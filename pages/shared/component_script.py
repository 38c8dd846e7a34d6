"""The script of a component: one text for the browser, of as many files as it is easier to read in."""

from pathlib import Path

_MAKE = Path(__file__).with_name("make.js")


def component_script(*paths: Path) -> str:
    """These files in this order, after make.js, whose `make` they share."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (_MAKE, *paths))
