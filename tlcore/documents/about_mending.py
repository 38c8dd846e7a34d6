"""The part of a report that is about what was looked for and mended: shortcuts, and corrections of photos."""

from tlcore.documents.facts import Facts, Pictures
from tlcore.documents.markup import Markup, element, join, number, paragraph, picture, section, table
from tlcore.messages import shortcuts as words
from tlcore.messages.corrections import before_after_message, before_after_title, labels_message
from tlcore.messages.quantities import percent, percent_range


def shortcuts_section(facts: Facts) -> Markup:
    """Classes that are recognised without their object, with photos as the model was shown them."""
    found = facts.shortcuts
    if found is None:
        return section(words.TITLE, paragraph(words.NEVER))
    parts = [paragraph(f"{words.shortcuts_message(found)} {words.basis_message(found)}")]
    for each in found.named:
        alt = f"Photo of the class {each.label} with its middle hidden, still predicted correctly"
        parts += [paragraph(words.class_message(each)), _pictures(each.examples, alt, facts.shortcut_pictures)]
    frame = words.shortcut_frame(found)
    rows = [(row[0], *map(number, row[1:])) for row in frame.itertuples(index=False)]
    parts.append(table("Correct with parts of each photo hidden", tuple(frame.columns), rows))
    return section(words.TITLE, *parts, paragraph(words.LIMITS if found.named else "", "small"))


def _pictures(sha256s: tuple[str, ...], alt: str, pictures: Pictures) -> Markup:
    """Photos without a caption; nothing where no picture is kept."""
    kept = [element("li", picture(small, alt)) for sha256 in sha256s if (small := pictures(sha256))]
    return element("ul", join(kept), class_="photos") if kept else Markup("")


def before_after_section(facts: Facts) -> Markup:
    """What corrections of the photos were worth; no section where the run is one of its own."""
    found = facts.before_after
    if found is None:
        return Markup("")
    scores = (
        ("Before", found.correct_before, found.interval_before),
        ("After", found.correct, found.interval),
    )
    total = found.total
    rows = [
        (name, *map(number, (percent(correct / total), f"{correct:,} of {total:,}", percent_range(*likely))))
        for name, correct, likely in scores
        if total
    ]
    caption = "The earlier and this model, on the test photos of both"
    return section(
        "Before and after corrections",
        paragraph(f"{before_after_title(found)}. {before_after_message(found)}".strip()),
        table(caption, ("Model", "Correct", "Photos", "Likely range"), rows, "scores") if rows else "",
        paragraph(labels_message(found), "small"),
    )
