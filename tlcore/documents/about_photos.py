"""The part of a report that is about the photos: classes, where they come from, how they were split."""

from tlcore.data.manifest import SPLITS, Dataset
from tlcore.documents.facts import Facts
from tlcore.documents.markup import Markup, bullets, number, paragraph, section, table
from tlcore.messages.edits import edit_message
from tlcore.messages.file_report import report_summary
from tlcore.messages.quantities import count, percent
from tlcore.messages.run_report import HOW_SPLIT, NO_DATASET, PART_WORDS, groups_message, source_message

MOST_EDITS = 30


def photos_section(facts: Facts) -> Markup:
    """Classes with their photos in each part, where they come from, and what was changed since."""
    dataset = facts.dataset
    if dataset is None:
        return section("Photos", paragraph(NO_DATASET))
    counts = dataset.photos.groupby(["label", "split"], observed=True).size()
    rows = []
    for label in dataset.labels:
        parts = [int(counts.get((label, part), 0)) for part in SPLITS]
        rows.append((label, *parts, sum(parts)))
    total = [int((dataset.photos["split"] == part).sum()) for part in SPLITS]
    rows.append(("All", *total, sum(total)))
    size = f"{count(len(dataset.photos), 'photo')} in {count(len(dataset.labels), 'class', 'classes')}."
    return section(
        "Photos",
        paragraph(f"{dataset.name}: {size} {source_message(dataset.source, dataset.licence)}"),
        table("Photos of each class, by part", ("Class", *PART_WORDS.values(), "All"), rows),
        _changed(facts, dataset),
    )


def _changed(facts: Facts, dataset: Dataset) -> Markup:
    """Files that were left out, notes of the import, and the edits that led to this version."""
    lines = [*dataset.notes]
    if not dataset.report.empty:
        lines.append(f"Of the files that were imported: {report_summary(dataset.report)}.")
    edits = [edit_message(change) for change in facts.edits]
    if edits:
        lines.append(f"Version {dataset.version}, after {count(len(edits), 'change')}:")
    more = len(edits) - MOST_EDITS
    shown = edits[:MOST_EDITS] + ([f"and {count(more, 'more change')}"] if more > 0 else [])
    return Markup("\n".join([*(paragraph(line) for line in lines), bullets(shown)]))


def split_section(facts: Facts) -> Markup:
    """How test photos were chosen, and what stays together."""
    dataset = facts.dataset
    if dataset is None:
        return section("How they were split", paragraph(NO_DATASET))
    groups = dataset.photos["group"].dropna() if "group" in dataset.photos else dataset.photos["label"].iloc[:0]
    parts = dataset.photos["split"].value_counts()
    rows = [
        (PART_WORDS[part], int(parts.get(part, 0)), number(percent(parts.get(part, 0) / max(1, len(dataset.photos)))))
        for part in SPLITS
    ]
    return section(
        "How they were split",
        paragraph(HOW_SPLIT),
        table("Photos in each part", ("Part", "Photos", "Share"), rows),
        paragraph(groups_message(groups.nunique(), len(groups))),
    )
