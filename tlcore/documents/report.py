"""A run as one HTML file that opens offline and prints well: no script, no address, every picture inside.

The figures are those of the pages, counted elsewhere; a section that has nothing to tell says why in a sentence.
"""

import time
from pathlib import Path

from tlcore import __version__
from tlcore.charts.tokens import COLOURS, FONT
from tlcore.config import short_name
from tlcore.documents.about_confidence import confidence_section, unknown_section
from tlcore.documents.about_mending import before_after_section, shortcuts_section
from tlcore.documents.about_photos import photos_section, split_section
from tlcore.documents.about_scores import (
    classes_section,
    confusion_section,
    mistakes_section,
    others_section,
    scores_section,
)
from tlcore.documents.about_training import making_section, training_section
from tlcore.documents.facts import Facts
from tlcore.documents.markup import Markup, bullets, element, join, paragraph, section
from tlcore.evaluation.findings import Finding, is_good
from tlcore.messages.quantities import capitalized, percent
from tlcore.messages.run_report import INTENDED
from tlcore.messages.scores import score_detail
from tlcore.messages.trust import TITLE, finding_message
from tlcore.models.backbones import known_title

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What the file may load: nothing. It holds even where somebody puts it on a server."""

_STYLES = Path(__file__).with_name("report.css")


def report_html(facts: Facts) -> str:
    """The report of a run, a whole HTML document.

    Args:
        facts: with test figures.
    """
    sections = [
        _head(facts),
        trust_section(facts.findings),
        photos_section(facts),
        split_section(facts),
        training_section(facts),
        scores_section(facts),
        before_after_section(facts),
        classes_section(facts),
        confusion_section(facts),
        mistakes_section(facts),
        shortcuts_section(facts),
        others_section(facts),
        confidence_section(facts),
        unknown_section(facts),
        section("Intended use", paragraph(INTENDED)),
        making_section(facts),
    ]
    body = element("main", join(sections))
    head = join(
        [
            Markup('<meta charset="utf-8">'),
            Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Markup(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
            element("title", f"{facts.name}: report"),
            Markup(f"<style>\n{_styles()}</style>"),
        ]
    )
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def trust_section(findings: tuple[Finding, ...]) -> Markup:
    """How far the score can be trusted, the weightiest first."""
    signs = {True: ("✓", "fine"), False: ("!", "careful")}
    items = []
    for each in findings:
        sign, look = signs[is_good(each)]
        words = [element("span", sign, class_="sign", aria_hidden="true"), element("span", finding_message(each))]
        items.append(element("li", join(words, ""), class_=look))
    return section(TITLE, bullets(items, "trust"))


def _head(facts: Facts) -> Markup:
    """What it is, and the score."""
    day = time.strftime("%-d %B %Y", time.gmtime(facts.created)) if facts.created else ""
    strategy = f"{capitalized(short_name(facts.config.strategy))} on {known_title(facts.config.backbone)}"
    made = " · ".join(filter(None, (strategy, f"trained {day}" if day else "", f"Transfer Lab {__version__}")))
    report = facts.report
    score = Markup("")
    if report is not None and report.total:
        detail = score_detail(report.correct, report.total, report.low, report.high)
        number = element("span", percent(report.accuracy), class_="score")
        score = element("p", join([number, element("span", detail)], " "), class_="headline")
    title = element("h1", facts.name, dir="auto")
    return element("header", join([title, paragraph(made, "small"), score]))


def _styles() -> str:
    colours = " ".join(f"--{name}: {colour[False]};" for name, colour in COLOURS.items())
    return f":root {{ {colours} --font: {FONT}; }}\n{_STYLES.read_text(encoding='utf-8')}"
