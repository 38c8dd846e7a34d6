"""The proposals that each kind of evidence gives: folders, names of files, tables, annotations, and names for ids."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import compress
from operator import not_
from types import MappingProxyType

from tlcore.data import class_names
from tlcore.data.annotations import Annotations, read_coco, read_voc, read_yolo
from tlcore.data.evidence import Evidence
from tlcore.data.file_names import labels_in_names
from tlcore.data.folder_layout import FolderReading
from tlcore.data.label_tables import TableLabels, merge_tables, read_table
from tlcore.data.name_words import candidate_words, part_words, tells_more
from tlcore.data.names import clean_path, may_be_photo
from tlcore.data.placed import SourceFile
from tlcore.data.proposal import ANY_CASE, Place, Proposal, add_empty, agree, make_proposal
from tlcore.data.text_files import parse_json

MOST_MISSING = 1_000
"""Rows without a photo that are reported one by one."""
NO_PICTURE = "is not a picture"


def from_folders(evidence: Evidence) -> Iterator[tuple[Proposal, FolderReading]]:
    """What the folders say, the likeliest first."""
    for reading in evidence.readings:
        base = Proposal(reading.key, "folders", reading.basis, _in_folders(reading), file=reading.file)
        proposal = make_proposal(base, evidence.files, is_clear=reading.is_clear)
        add_empty(proposal.layout, evidence.folders, reading.place)
        yield proposal, reading


def from_names(evidence: Evidence) -> list[Proposal]:
    """What the names of the files say, the likeliest first; nothing where they follow no pattern.

    Where several words of the names may be the class, each is proposed. Words without digits go before all words
    together where others have digits, as those of sites and animals have.
    """
    labels: dict[tuple[str, ...], str] = {}
    for group in evidence.grouped():
        found = labels_in_names([file.parts[-1] for file in group])
        labels |= {file.parts: label for file, label in zip(group, found or ()) if label is not None}
    files = [file for group in evidence.grouped() for file in group if not labels or file.parts in labels]
    names, paths = [file.parts[-1] for file in files], [file.parts for file in files]
    whole, words = [labels.get(path) for path in paths], candidate_words(names)
    if labels and len(words) == 1 and None not in words[0].labels and not tells_more(words[0].labels, whole):
        labels, words = dict(zip(paths, filter(None, words[0].labels))), []  # fox of IMG_fox_3
    words = [each for each in words if not labels or tells_more(each.labels, whole)]
    parts = dict(zip(paths, part_words(names) or ()))
    together = [_from_name(evidence, "names", "file-names", labels, parts)] if labels else []
    singles = [
        _from_name(evidence, f"names:{each.place}", "file-name-word", dict(zip(paths, each.labels)), parts)
        for each in words
    ]
    has_numbered = any(each.is_numbered for each in words)
    first = [has_numbered and not each.is_numbered for each in words]
    return [*compress(singles, first), *together, *compress(singles, map(not_, first))]


def _from_name(
    evidence: Evidence,
    key: str,
    basis: str,
    labels: Mapping[tuple[str, ...], str | None],
    parts: Mapping[tuple[str, ...], str],
) -> Proposal:
    """Classes by the paths of the files, and parts where no folder says them."""
    place = _by_path(evidence, labels, "has no class in its name", parts)
    word = key.partition(":")[2]
    return make_proposal(Proposal(key, "names", basis, place, file=word), evidence.files)


def from_tables(evidence: Evidence) -> list[tuple[Proposal, TableLabels]]:
    """What the tables say, once for each column that may be the classes."""
    merged = merge_tables([labels for table in evidence.tables for labels in read_table(table)])
    first = [each.files[0] for each in merged]
    return [(_from_table(evidence, each, first.count(each.files[0]) > 1), each) for each in merged]


def _from_table(evidence: Evidence, table: TableLabels, has_columns: bool) -> Proposal:
    shown = ", ".join(table.files)
    column = f":{table.column or 'one-hot'}" if has_columns else ""
    base = Proposal(
        f"table:{table.files[0]}{column}",
        "table",
        "table" if table.column else "table-one-hot",
        _in_table(evidence, table),
        file=shown,
        column=table.column,
        used=tuple(table.files),
        missing=tuple((path, f"is listed in {shown}, but isn’t there") for path in table.missing[:MOST_MISSING]),
    )
    return make_proposal(base, evidence.files)


def from_folders_and_table(evidence: Evidence, folders: Proposal, table: Proposal) -> Proposal | None:
    """Folders, and a table for photos that they leave without a class; None where the two do not fit together."""
    known = {each.label for each in folders.photos}
    added = {each.file.parts for each in table.photos} - {each.file.parts for each in folders.photos}
    labels = {each.label for each in table.photos if each.file.parts in added}
    if not added or not labels or len(labels & known) < len(labels) / 2 or not agree(folders, table, by_name=True):
        return None

    def place(file: SourceFile) -> tuple[str, str | None] | str:
        found = folders.place(file)
        return table.place(file) if isinstance(found, str) and file.parts in added else found

    base = replace(
        folders, key=f"folders+{table.key}", basis="folders-and-table", place=place, file=table.file, used=table.used
    )
    return make_proposal(base, evidence.files)


def find_annotations(evidence: Evidence) -> Annotations | None:
    """The export for object detection that the photos are; None where they are none."""
    if not evidence.unmasked:
        return None
    parsed = [(path, parse_json(text)) for path, text in evidence.texts.items() if path[-1].casefold().endswith("json")]
    return (
        read_coco(parsed, evidence.index)
        or read_voc(evidence.files, evidence.read, evidence.index)
        or read_yolo(evidence.files, evidence.read, evidence.index)
    )


def from_annotations(evidence: Evidence, found: Annotations) -> Proposal:
    """The class of the objects on each photo as its class."""
    labels = {evidence.unmasked[number].parts: label for number, label in found.labels.items()}
    place = _by_path(evidence, labels, "has no annotated object")
    used = tuple(clean_path(parts) for parts in found.used)
    base = Proposal(found.kind, "annotations", found.kind, place, file=found.file, used=used)
    return make_proposal(base, evidence.files)


def has_ids(proposal: Proposal) -> bool:
    """Whether the classes are called by ids."""
    return class_names.are_ids({each.label for each in proposal.photos})


def any_case(evidence: Evidence, proposal: Proposal) -> Proposal | None:
    """A proposal in which train/Cats and test/cats are one class; None where no part has one of a class's spellings.

    In one part, a and A are two classes.
    """
    parts = defaultdict(set)
    for each in proposal.photos:
        parts[each.label].add(each.split)
    spellings = defaultdict(list)
    for label in sorted(parts, key=lambda label: ("train" not in parts[label], label)):
        spellings[label.casefold()].append(label)
    names = {
        label: group[0]
        for group in spellings.values()
        for label in group
        if len(set().union(*(parts[each] for each in group))) == sum(len(parts[each]) for each in group)
    }
    if all(label == name for label, name in names.items()):
        return None
    base = replace(proposal, key=f"{proposal.key}{ANY_CASE}", place=_named(proposal.place, names))
    return make_proposal(base, evidence.files)


def with_names(evidence: Evidence, proposal: Proposal) -> Proposal | None:
    """A proposal whose classes are ids, with their names out of a file; None where no file has them."""
    labels = {each.label for each in proposal.photos}
    if not has_ids(proposal):
        return None
    for path, text in evidence.texts.items():
        shown = clean_path(path)
        if shown in proposal.used or not path[-1].casefold().endswith(class_names.SUFFIXES):
            continue
        names = class_names.names_for(labels, path[-1], text)
        if names is not None:
            base = replace(
                proposal,
                key=f"{proposal.key}+{shown}",
                place=_named(proposal.place, names),
                names_file=shown,
                used=(*proposal.used, shown),
            )
            named = make_proposal(base, evidence.files)
            named.layout.empty = [names.get(label, label) for label in proposal.layout.empty]
            return named
    return None


def _in_folders(reading: FolderReading) -> Place:
    place = cache(reading.place)
    return lambda file: place(file.parts[:-1])


def _by_path(
    evidence: Evidence,
    labels: Mapping[tuple[str, ...], str | None],
    reason: str,
    parts: Mapping[tuple[str, ...], str] = MappingProxyType({}),
) -> Place:
    """The class by the path of a file; the part is that of its folder, or that in `parts`."""

    def place(file: SourceFile) -> tuple[str, str | None] | str:
        label = labels.get(file.parts)
        if label is None:
            return reason if may_be_photo(file.parts[-1]) else NO_PICTURE
        return label, evidence.part(file) or parts.get(file.parts)

    return place


def _in_table(evidence: Evidence, table: TableLabels) -> Place:
    """The class of a photo in a table; a part that a column of the table says goes before that of the folder."""
    numbers = {file.parts: number for number, file in enumerate(evidence.unmasked)}
    shown = ", ".join(table.files)

    def place(file: SourceFile) -> tuple[str, str | None] | str:
        number = numbers.get(file.parts)
        if number is None:
            return f"has no row in {shown}" if may_be_photo(file.parts[-1]) else NO_PICTURE
        if number in table.several:
            return f"has several classes in {shown}"
        if number not in table.labels:
            unclear = f"has the same name as another photo, and {shown} doesn’t say which of them it means"
            return unclear if number in table.unclear else f"has no row with a class in {shown}"
        folder = evidence.part(file)
        part = table.parts.get(number)
        return table.labels[number], (part if table.has_split else folder or part)

    return place


def _named(place: Place, names: dict[str, str]) -> Place:
    def named(file: SourceFile) -> tuple[str, str | None] | str:
        found = place(file)
        return found if isinstance(found, str) else (names.get(found[0], found[0]), found[1])

    return named
