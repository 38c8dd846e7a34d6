"""The part of a report that is about figures: scores with their ranges, classes, what gets mixed up, and mistakes."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd

from tlcore.analysis.test_set_results import by_interest
from tlcore.documents import drawings
from tlcore.documents.facts import Facts, OtherTest, Pictures
from tlcore.documents.markup import Markup, bullets, element, join, number, paragraph, picture, section, table
from tlcore.evaluation.metrics import most_confused
from tlcore.evaluation.report import Report
from tlcore.evaluation.significance import difference_of_shares
from tlcore.messages.cross_validation import cross_validation_title, how_message, refit_message, spread_message
from tlcore.messages.learning_curves import TITLE as MORE_PHOTOS
from tlcore.messages.learning_curves import basis_message, curve_message
from tlcore.messages.other_photos import difference_message, learned_message, unlabelled_message
from tlcore.messages.quantities import count, percent, percent_range
from tlcore.messages.run_report import LIKELY, NO_CROSS_VALIDATION, NO_MISTAKES, NO_OTHERS, NO_PHOTOS
from tlcore.messages.unknown import NONE, closest_message

MOST_CLASSES = 20  # of a matrix; of more, the pairs mixed up most are listed
MOST_MISTAKES, MOST_OF_OTHERS = 24, 12  # with pictures

Score = tuple[str, int, int, float, float]
"""What was counted, photos correct, all, and the 95% interval of the share."""


def scores_section(facts: Facts) -> Markup:
    """Every score there is, with its likely range, one below the other."""
    found = list(_scores(facts))
    rows = [
        (
            name,
            number(percent(correct / total)),
            number(f"{correct:,} of {total:,}"),
            number(percent_range(low, high)),
            number(drawings.interval(correct / total, low, high), class_="drawn"),
        )
        for name, correct, total, low, high in found
        if total
    ]
    columns = ("Tested on", "Correct", "Photos", "Likely range", "0–100%")
    cross = facts.cross_validation
    return section(
        "Scores",
        table("Share of photos that were predicted correctly", columns, rows, "scores") if rows else "",
        paragraph(NO_CROSS_VALIDATION if cross is None else f"{how_message(cross)} {spread_message(cross)}"),
        paragraph(refit_message(facts.info)),
        paragraph("" if facts.others else NO_OTHERS),
        *_more_photos(facts),
        paragraph(LIKELY, "small"),
    )


def _more_photos(facts: Facts) -> list[Markup]:
    """Whether more photos would help, where that was measured."""
    curve = facts.learning_curve
    if curve is None:
        return []
    return [element("h3", MORE_PHOTOS), paragraph(curve_message(curve)), paragraph(basis_message(curve), "small")]


def _scores(facts: Facts) -> list[Score]:
    found: list[Score] = []
    if (own := facts.report) is not None:
        found.append(("Test photos, never trained on", own.correct, own.total, own.low, own.high))
    if (cross := facts.cross_validation) is not None:
        found.append((cross_validation_title(cross), cross.correct, cross.total, *cross.interval))
    for other in facts.others:
        if (report := other.results.report) is not None:
            found.append((f"Other photos: {other.name}", report.correct, report.total, report.low, report.high))
    return found


def classes_section(facts: Facts) -> Markup:
    """How well each class is found."""
    assert facts.report is not None
    return section("Results by class", class_table(facts.report, "Results by class, on the test photos"))


def class_table(report: Report, caption: str) -> Markup:
    """A row a class, with the counts that each share is made of."""
    predicted = report.confusion.sum(axis=0)
    rows = []
    for place, each in enumerate(report.per_class.to_dict(orient="records")):
        times, support, correct = int(predicted.iloc[place]), int(each["support"]), int(each["correct"])
        found = f"{percent(each['recall'])} ({correct:,} of {support:,})" if support else "no photos"
        trusted = f"{percent(each['precision'])} ({correct:,} of {times:,})" if times else "never predicted"
        rows.append((each["label"], number(found), number(trusted), number(percent(each["f1"]))))
    return table(caption, ("Class", "Found", "Correct when predicted", "Combined"), rows)


def confusion_section(facts: Facts) -> Markup:
    """Which classes get mixed up."""
    assert facts.report is not None
    confusion = facts.report.confusion
    pairs = most_confused(confusion)
    worst = [f"{each.photos:,} × predicted {each.predicted}, actually {each.truth}" for each in pairs.itertuples()]
    shown = matrix(confusion) if len(confusion) <= MOST_CLASSES else ""
    return section(
        "Which classes get mixed up (confusion matrix)",
        shown,
        bullets(worst[:5] if shown else worst) if worst else paragraph(NO_MISTAKES),
    )


def matrix(confusion: pd.DataFrame) -> Markup:
    """Counts, actual classes in rows and predicted ones in columns; how full a cell is tells the share of its class."""
    labels, counts = [str(label) for label in confusion.index], confusion.to_numpy()
    rows = []
    for row, label in enumerate(labels):
        of = max(1, int(counts[row].sum()))
        cells = [
            number(
                f"{counts[row, column]:,}",
                style=f"--fill:{counts[row, column] / of:.2f}",
                class_="number " + ("hit" if row == column else "miss"),
            )
            for column in range(len(labels))
        ]
        rows.append((label, *cells))
    caption = "Rows: actual class. Columns: predicted class."
    return table(caption, ("Actual", *labels), rows, class_="matrix")


def mistakes_section(facts: Facts) -> Markup:
    """The mistakes on the test photos, the most confident first, with pictures."""
    assert facts.report is not None
    if facts.report.predictions.empty and facts.report.total:
        return section("Mistakes", paragraph(NO_PHOTOS))
    wrong = facts.report.predictions[~facts.report.predictions["correct"]]
    return section("Mistakes", _mistakes(wrong, MOST_MISTAKES, facts.pictures, NO_MISTAKES))


def _mistakes(wrong: pd.DataFrame, most: int, pictures: Pictures, none: str) -> Markup:
    if wrong.empty:
        return paragraph(none)
    shown = by_interest(wrong).head(most)
    rest = len(wrong) - len(shown)
    words = f"{count(len(wrong), 'mistake')}{', most confident first' if len(wrong) > 1 else ''}"
    return join(
        [
            paragraph(f"{words}{f'; the first {len(shown)} are shown' if rest else ''}."),
            element("ul", join(_photo(row, pictures) for row in shown.to_dict(orient="records")), class_="photos"),
        ]
    )


def _photo(row: Mapping[Any, Any], pictures: Pictures) -> Markup:
    """A photo with what it is, what was predicted, and how sure that was."""
    small = pictures(str(row["sha256"]))
    name, predicted = PurePath(str(row["path"])).name, str(row["predicted"])
    actual = f"actually {row['label']}" if "label" in row else ""
    alt = f"Photo {name}: predicted {predicted}{f', {actual}' if actual else ''}"
    shown = picture(small, alt) if small else element("span", "no picture", class_="missing")
    said, sure = f"Predicted {predicted}", f"{percent(float(row['probability']))} confident"
    if not row.get("known", True):
        said, sure = NONE, closest_message(predicted, float(row["probability"]))
    caption = join([element("b", said), actual, sure, name], "<br>")
    return element("li", element("figure", join([shown, element("figcaption", caption, dir="auto")])))


def others_section(facts: Facts) -> Markup:
    """The tests on other photos, each beside the own score."""
    assert facts.report is not None
    if not facts.others:
        return section("Other photos", paragraph(NO_OTHERS))
    return section("Other photos", *(_other(facts.report, each) for each in facts.others))


def _other(own: Report, other: OtherTest) -> Markup:
    results, parts = other.results, [element("h3", other.name)]
    report = results.report
    if report is None:
        parts += [paragraph(unlabelled_message(results, "")), paragraph(learned_message(results))]
        rows = by_interest(results.predictions).head(MOST_OF_OTHERS).to_dict(orient="records")
        parts.append(element("ul", join(_photo(row, other.pictures) for row in rows), class_="photos"))
        return join(parts)
    difference = difference_of_shares((own.correct, own.total), (report.correct, report.total))
    wrong = report.predictions[~report.predictions["correct"]]
    return join(
        [
            *parts,
            paragraph(difference_message(own, report, difference)),
            paragraph(learned_message(results)),
            class_table(report, f"Results by class, on {other.name}"),
            _mistakes(wrong, MOST_OF_OTHERS, other.pictures, "No mistakes on these photos."),
        ]
    )
