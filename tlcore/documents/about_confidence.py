"""The part of a report that is about what it does when it is unsure: calibration, and "none of these"."""

from tlcore.documents import drawings
from tlcore.documents.facts import Facts
from tlcore.documents.markup import Markup, paragraph, section
from tlcore.evaluation.rejection import RejectionRule
from tlcore.messages import calibration as words
from tlcore.messages import unknown
from tlcore.messages.other_photos import strange_message


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
    """What it says of things that it does not know, what that costs, and how photos of other things fared."""
    try:
        rule = RejectionRule.from_dict(facts.info["unknown"])
    except (LookupError, TypeError, ValueError):
        return section(unknown.NONE, paragraph(unknown.NEVER))
    return section(
        unknown.NONE,
        paragraph(f"{unknown.WHAT} {unknown.basis_message(rule)}"),
        paragraph(f"As set, it {unknown.setting_label(rule.kept)} of such photos. {unknown.cost_message(rule.cost())}"),
        *(paragraph(f"{each.name}: {words}") for each in facts.others if (words := strange_message(each.results))),
    )
