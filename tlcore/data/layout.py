"""How files become photos with a class and a part: proposals, the likeliest first, and the choice among them.

A clear reading is used without a question: class folders, alone or in folders of parts. All others are proposed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from tlcore.data.annotations import KINDS, Annotations
from tlcore.data.evidence import Evidence, Table
from tlcore.data.exported import read_export
from tlcore.data.folder_layout import FolderReading
from tlcore.data.label_tables import TableLabels
from tlcore.data.names import clean_path, clean_text, is_junk
from tlcore.data.placed import CLASS_LEFT_OUT, Layout, Placed, SourceFile, label_all, leave_out, name_classes
from tlcore.data.proposal import Proposal, agree, covers, not_offered, num_classes, same_classes
from tlcore.data.proposals import (
    any_case,
    find_annotations,
    from_annotations,
    from_folders,
    from_folders_and_table,
    from_names,
    from_tables,
    has_ids,
    with_names,
)
from tlcore.data.table_columns import further_columns
from tlcore.data.text_files import Read
from tlcore.errors import UndecidedLayout, UserError

__all__ = [
    "CLASS_LEFT_OUT",
    "HOW",
    "KEYS",
    "Layout",
    "Placed",
    "Proposal",
    "Read",
    "SourceFile",
    "Table",
    "UnknownLayout",
    "label_all",
    "leave_out",
    "name_classes",
    "propose",
    "read_layout",
]

KEYS = "\n"
"""Between several keys, where several uploads were asked about one after the other."""


class UnknownLayout(UserError):
    """Files have no reading of the key that was given."""


HOW = (
    "Use one folder per class with its photos inside, or folders named train and validation (and test) with one "
    "folder per class in each."
)
_TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".ods")
HOW_ELSE = "Or name the photos after their class (cat.1.jpg, dog.1.jpg), or add a CSV table of file names and labels."


def propose(
    name: str,
    files: Sequence[SourceFile],
    folders: Iterable[tuple[str, ...]],
    read: Read,
    least_classes: int = 2,
    table: Table | None = None,
) -> tuple[Proposal, ...]:
    """The ways in which files can be read as photos with classes, the likeliest first.

    Args:
        name: of the folder or archive, for sentences.
        files: all of its files; what computers leave behind is skipped without a word.
        folders: all of its folders, to report empty ones.
        read: gives the bytes of tables and annotations, which are as hostile as any input.
        least_classes: 2 to learn from; 1 to test on, or where more photos come from elsewhere.
        table: one from elsewhere.

    Raises:
        UserError: there are no photos, or nothing gives them classes.
    """
    return _propose(name, _evidence(files, folders, read, table), least_classes)


def _evidence(
    files: Sequence[SourceFile], folders: Iterable[tuple[str, ...]], read: Read, table: Table | None
) -> Evidence:
    return Evidence([file for file in files if not is_junk(file.parts)], folders, read, table)


def _propose(name: str, evidence: Evidence, least_classes: int) -> tuple[Proposal, ...]:
    if not evidence.photos:
        raise UserError(f"{name} contains no photos.", HOW)
    by_folders = [pair for pair in from_folders(evidence) if _num_folders(pair[0]) >= least_classes]
    tables = [pair for pair in from_tables(evidence) if num_classes(pair[0]) >= least_classes]
    if by_folders and by_folders[0][0].is_clear:
        found = _beside_clear(evidence, by_folders[0][0], tables)
    else:
        found = _all_open(evidence, by_folders, tables, least_classes)
    found = [each for each in found if num_classes(each) >= least_classes or each.is_clear]
    if not found:
        raise _no_classes(name, evidence)
    return tuple(_with_all_names(evidence, found))


def read_layout(
    name: str,
    files: Sequence[SourceFile],
    folders: Iterable[tuple[str, ...]],
    read: Read,
    layout: str = "",
    least_classes: int = 2,
    table: Table | None = None,
    known: Collection[str] = (),
) -> Layout:
    """The one way to read files, where it is clear or was chosen; the arguments are those of `propose`.

    Args:
        layout: a `LayoutChoice.key`, or what `Proposal.matches` takes; "" for none.
        known: classes of a model; the likeliest reading with no other classes is meant.

    Raises:
        UndecidedLayout: a person has to choose. UnknownLayout: there is no such layout. UserError: there is none.
    """
    if not layout and table is None and (exported := read_export(files, read)) is not None:
        return exported
    evidence = _evidence(files, folders, read, table)
    proposals = _propose(name, evidence, least_classes)
    if not layout and proposals[0].is_clear:
        return _chosen(proposals[0], evidence)
    fitting = [each for each in proposals if known and each.is_offered and _has_only(each, known)]
    if not layout and fitting:
        return _chosen(fitting[0], evidence)
    matching = [each for each in proposals if each.is_offered]
    if layout:
        matching = [each for each in proposals if each.key == layout] or [
            each for each in proposals if each.matches(layout)
        ]
    if layout and len(matching) == 1:
        return _chosen(matching[0], evidence)
    if not matching:
        raise UnknownLayout(
            f"{name} can’t be read by the layout “{layout}”.",
            f"Choose one of: {', '.join(each.key for each in proposals)}.",
        )
    choices = tuple(each.choice() for each in matching)
    what = "can be read in more than one way" if len(choices) > 1 else "has no clear class folders"
    raise UndecidedLayout(f"{name} {what}.", f"Choose a layout: {', '.join(each.key for each in choices)}.", choices)


def _chosen(proposal: Proposal, evidence: Evidence) -> Layout:
    """The layout of a proposal, which then says how it came about, and has what tables say of its photos besides."""
    layout = proposal.layout
    layout.choice = proposal.choice()
    shown = {clean_path(parts): reason for parts, reason in evidence.too_large.items()}
    layout.refused = [(path, shown.get(path, reason)) for path, reason in layout.refused]
    columns = further_columns(evidence.tables, len(layout.placed), {proposal.column})
    if columns:
        numbers = {file.parts: number for number, file in enumerate(evidence.unmasked)}
        layout.placed = [_with_columns(each, columns, numbers.get(each.file.parts)) for each in layout.placed]
    return layout


def _with_columns(placed: Placed, columns: Mapping[str, Mapping[int, str]], number: int | None) -> Placed:
    if number is None:
        return placed
    return replace(
        placed, columns=tuple((name, values[number]) for name, values in columns.items() if number in values)
    )


def _beside_clear(evidence: Evidence, folders: Proposal, tables: list[tuple[Proposal, TableLabels]]) -> list[Proposal]:
    """What there is beside class folders that are clear by themselves; a table that says otherwise is a question."""
    found = [folders]
    fitting = {tuple(table.files) for proposal, table in tables if table.is_named and agree(folders, proposal)}
    for proposal, table in tables:
        both = from_folders_and_table(evidence, folders, proposal)
        if both is not None and not covers(proposal, both):
            found.insert(0, both)
        differs = not agree(folders, proposal) and tuple(table.files) not in fitting  # else it only says more
        is_news = table.is_named and (both is not None or differs)
        if is_news and covers(proposal, folders):
            found.insert(0, proposal)
        else:
            found.append(proposal if is_news else not_offered(proposal))
    found += map(not_offered, from_names(evidence))
    is_clear = sum(each.is_offered for each in found) == 1
    return [*_marked(found, is_clear)]


def _all_open(
    evidence: Evidence,
    folders: list[tuple[Proposal, FolderReading]],
    tables: list[tuple[Proposal, TableLabels]],
    least_classes: int,
) -> list[Proposal]:
    """All that there is, where no class folders are clear."""
    names, export = from_names(evidence), find_annotations(evidence)
    boxes = [from_annotations(evidence, export)] if export is not None and not export.num_mixed else []
    boxes = [each for each in boxes if num_classes(each) >= least_classes]
    strong = [proposal for proposal, reading in folders if not reading.is_weak]
    weak = [proposal for proposal, reading in folders if reading.is_weak]
    ordered = [
        *(proposal for proposal, table in tables if table.is_named),
        *boxes,
        *strong,
        *names,
        *(proposal for proposal, table in tables if not table.is_named),
    ]
    ordered = [each for each in ordered if num_classes(each) >= least_classes]
    if export is None or boxes:
        ordered += [not_offered(each) if ordered else each for each in weak]
    return _without_doubles(ordered)


def _without_doubles(ordered: list[Proposal]) -> list[Proposal]:
    """Of proposals that differ only in what classes are called, one is offered: the first whose classes have names."""
    found: list[Proposal] = []
    for each in ordered:
        same = next(
            (place for place, other in enumerate(found) if other.is_offered and same_classes(each, other)), None
        )
        if same is not None and has_ids(found[same]) and not has_ids(each):
            found.append(not_offered(found[same]))
            found[same] = each
        else:
            found.append(each if same is None else not_offered(each))
    return found


def _marked(found: list[Proposal], is_clear: bool) -> Iterable[Proposal]:
    for each in found:
        yield each if is_clear or not each.is_clear else replace(each, is_clear=False)


def _with_all_names(evidence: Evidence, found: list[Proposal]) -> Iterable[Proposal]:
    """The proposals, those first whose classes got names for their ids, or one spelling for all parts."""
    named = {each.key: with_names(evidence, each) or any_case(evidence, each) for each in found}
    is_clear = not any(each.is_offered and named[each.key] for each in found)
    for each in _marked(found, is_clear):
        better = named[each.key]
        if better is not None:
            yield better
        yield each


def _has_only(proposal: Proposal, known: Collection[str]) -> bool:
    folded = {label.casefold() for label in known}
    return all(each.label.casefold() in folded for each in proposal.photos)


def _num_folders(proposal: Proposal) -> int:
    """The classes of folders: of all files, so that a class of files that turn out to be no photos is reported."""
    return len({each.label for each in proposal.layout.placed})


def _no_classes(name: str, evidence: Evidence) -> UserError:
    """The error where nothing gives at least two classes."""
    for parts, reason in evidence.too_large.items():
        return UserError(
            f"{name} contains no class folders, and {clean_text(parts[-1])} is not read: it {reason}.", HOW
        )
    export = find_annotations(evidence)
    if export is not None:
        return _detection(name, export)
    labels = [proposal.layout.placed[0].label for proposal, _ in from_folders(evidence) if proposal.layout.placed]
    tables = [path[-1] for path in (file.parts for file in evidence.files) if path[-1].casefold().endswith(_TABLES)]
    if tables:
        kind = "Save it as CSV" if tables[0].casefold().endswith((".xlsx", ".xls", ".ods")) else "Check it"
        folders = f"only one class, {labels[0]}," if labels else "no class folders,"
        return UserError(
            f"{name} contains {folders} and {clean_text(tables[0])} gives no classes to the photos.",
            f"{kind}: it needs a column with the file names and one with the labels, at least two different ones. "
            f"Or: {HOW}",
        )
    if labels:
        return UserError(
            f"{name} contains only one class, {labels[0]}.",
            "Add at least one more class, in a folder of its own. " + HOW,
        )
    loose = f" ({len(evidence.photos):,} photos are not in a folder)" if not evidence.frame.parts else ""
    return UserError(f"{name} contains no class folders{loose}.", f"{HOW} {HOW_ELSE}")


def _detection(name: str, export: Annotations) -> UserError:
    """The error for an export for object detection that gives no class to each photo."""
    total = len(export.objects)
    why = (
        f"{export.num_mixed:,} of {total:,} photos show objects of several classes"
        if export.num_mixed
        else "all of its objects have the same class"
    )
    return UserError(
        f"{name} is a {KINDS[export.kind]} export for object detection, and {why}.",
        f"An image classifier needs one class per photo. {HOW}",
    )
