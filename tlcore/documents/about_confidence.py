"""The part of a report that is about what it does when it is unsure: calibration, and "none of these"."""

from collections.abc import Mapping

from tlcore.documents import drawings
from tlcore.documents.facts import Facts
from tlcore.documents.markup import Markup, paragraph, section
from tlcore.messages import calibration as words
from tlcore.messages.quantities import percent
from tlcore.messages.run_report import NO_UNKNOWN


def confidence_section(facts: Facts) -> Markup:
    """Whether its confidence can be believed: the finding, and confidence beside the share that was correct."""
    found = facts.calibration
    if found is None:
        return section(words.TITLE, paragraph(words.NEVER))
    parts = [paragraph(f"{words.calibration_finding(found)} {words.WHAT}")]
    if found.after is not None:
        points = [(each.confidence, each.correct / each.total, each.low, each.high) for each in found.after.bins]
        parts += [
            drawings.reliability(points, words.reliability_alt_text(found.after)),
            paragraph(words.error_message(found)),
            paragraph(f"{words.temperature_message(found)} {words.DIAGRAM}", "small"),
        ]
    return section(words.TITLE, *parts)


def unknown_section(facts: Facts) -> Markup:
    """What it says of things that it does not know, and what that costs."""
    unknown = facts.info.get("unknown")
    title = "“None of these”"
    if not isinstance(unknown, Mapping):
        return section(title, paragraph(NO_UNKNOWN))
    return section(title, paragraph(f"Kept: {percent(float(unknown.get('kept', 0)))}"))
