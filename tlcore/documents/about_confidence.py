"""The part of a report that is about what it does when it is unsure: calibration, and "none of these"."""

from collections.abc import Mapping

from tlcore.documents.facts import Facts
from tlcore.documents.markup import Markup, paragraph, section
from tlcore.messages.quantities import percent
from tlcore.messages.run_report import LEFT_OUT_OLD, NO_UNKNOWN


def confidence_section(facts: Facts) -> Markup:
    """Whether its confidence can be believed."""
    return section("Is its confidence honest? (calibration)", paragraph(LEFT_OUT_OLD))


def unknown_section(facts: Facts) -> Markup:
    """What it says of things that it does not know, and what that costs."""
    unknown = facts.info.get("unknown")
    title = "“None of these”"
    if not isinstance(unknown, Mapping):
        return section(title, paragraph(NO_UNKNOWN))
    return section(title, paragraph(f"Kept: {percent(float(unknown.get('kept', 0)))}"))
