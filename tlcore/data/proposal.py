"""A way to read files as photos with classes, and what is made of it: every file with its class, or a reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tlcore.data.names import clean_path, is_junk, may_be_photo
from tlcore.data.placed import Layout, Placed, SourceFile, name_classes
from tlcore.errors import LayoutChoice

MOST_EXAMPLES = 9
MOST_CLASSES_SHOWN = 100
PARTS = ("train", "validation", "test")

ANY_CASE = "+any-case"
"""How the key of a proposal ends that takes Cats in one part and cats in another as one class."""

Place = Callable[[SourceFile], tuple[str, str | None] | str]
"""The class of a file as it came and its part, or the reason why it has none."""


@dataclass(frozen=True)
class Proposal:
    """A way to read the files.

    Attributes:
        key, labels_from, basis, file, column: as in `LayoutChoice`.
        place: gives a file's class and part, or the reason why it has none.
        layout: what comes of it for all files.
        is_clear: nobody needs to be asked before it is used. is_offered: it is shown to whoever is asked; the others
            are there for those who name them.
        used: paths of the files that it rests on, as tables; they are neither photos nor left out.
        missing: what a table lists and is not there, with the reason. names_file: of the names of ids.
    """

    key: str
    labels_from: str
    basis: str
    place: Place = field(repr=False)
    layout: Layout = field(default_factory=Layout, repr=False)
    is_clear: bool = False
    is_offered: bool = True
    file: str = ""
    column: str = ""
    used: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    names_file: str = ""

    @cached_property
    def photos(self) -> list[Placed]:
        """The files with a class whose names may be those of photos."""
        return [each for each in self.layout.placed if may_be_photo(each.file.parts[-1])]

    def choice(self) -> LayoutChoice:
        """What a person is asked about it."""
        photos = self.photos
        labels = Counter(each.label for each in photos)
        parts = Counter(each.split for each in photos)
        return LayoutChoice(
            self.key,
            self.labels_from,
            self.basis,
            num_photos=len(photos),
            num_left_out=len(self.layout.placed) - len(photos) + self.layout.num_left_out,
            num_classes=len(labels),
            classes=tuple(sorted(labels.items(), key=lambda each: (each[0].casefold(), each[0]))[:MOST_CLASSES_SHOWN]),
            parts=tuple((part, parts[part]) for part in PARTS if parts[part]),
            examples=_examples(photos),
            file=self.file,
            column=self.column,
            names_file=self.names_file,
            ignores_case=self.key.endswith(ANY_CASE),
        )

    def matches(self, layout: str) -> bool:
        """Whether what a person wrote means this one: where the classes come from, or the table."""
        if self.labels_from == "table" and layout.startswith("table:"):
            wanted = layout.removeprefix("table:").removeprefix("./").casefold()
            return any(wanted in (path.casefold(), path.casefold().rpartition("/")[2]) for path in self.used)
        return layout == self.labels_from


def make_proposal(base: Proposal, files: Iterable[SourceFile], is_clear: bool = False) -> Proposal:
    """A proposal with the layout that comes of its `place`: every file with its class, or a reason."""
    layout, used = Layout(), set(base.used)
    raw: list[tuple[SourceFile, str, str | None]] = []
    for file in files:
        found = "" if used and clean_path(file.parts) in used else base.place(file)
        if isinstance(found, tuple):
            raw.append((file, *found))
        elif found:
            layout.refused.append((clean_path(file.parts), found))
    parts = {part for file, _, part in raw if part is not None and may_be_photo(file.parts[-1])}
    has_parts = "train" in parts and len(parts) > 1  # else the photos are split later
    if len(parts) > 1 and not has_parts:
        layout.notes.append("There was no training part, so validation and test photos were not kept apart.")
    labels = name_classes([label for _, label, _ in raw], layout.notes)
    layout.placed = [Placed(file, labels[label], part if has_parts else None) for file, label, part in raw]
    layout.num_left_out = len(layout.refused)
    layout.refused += base.missing
    return replace(base, layout=layout, is_clear=is_clear)


def add_empty(layout: Layout, folders: Iterable[tuple[str, ...]], place: Callable[[tuple[str, ...]], object]) -> None:
    """Note the class folders in which no file lies. `place`: the class and part of a folder, or a reason."""
    found = ((parts, place(parts)) for parts in folders if not is_junk(parts))
    empty = {each[0] for parts, each in found if isinstance(each, tuple) and each[0] == parts[-1]}
    names = name_classes(sorted(empty), [])
    used = {each.label for each in layout.placed}
    layout.empty = sorted(set(names.values()) - used)


def same_classes(one: Proposal, other: Proposal) -> bool:
    """Whether two proposals put the same photos together in the same parts, whatever the classes are called."""
    first = {each.file.parts: (each.label, each.split) for each in one.photos}
    second = {each.file.parts: (each.label, each.split) for each in other.photos}
    return first.keys() == second.keys() and _is_one_to_one((first[parts], second[parts]) for parts in first)


def agree(one: Proposal, other: Proposal, by_name: bool = False) -> bool:
    """Whether two proposals put the same photos together as far as both have a class for them.

    Args:
        by_name: whether the classes have to be called the same too.
    """
    first = {each.file.parts: each.label for each in one.photos}
    second = {each.file.parts: each.label for each in other.photos}
    pairs = {(first[parts], second[parts]) for parts in first.keys() & second.keys()}
    return all(label == same for label, same in pairs) if by_name else _is_one_to_one(pairs)


def covers(one: Proposal, other: Proposal) -> bool:
    """Whether a proposal has a class for every photo that another one has a class for."""
    return {each.file.parts for each in other.photos} <= {each.file.parts for each in one.photos}


def num_classes(proposal: Proposal) -> int:
    """How many classes have files whose names may be those of photos."""
    return len({each.label for each in proposal.photos})


def not_offered(proposal: Proposal) -> Proposal:
    """The proposal for those only who name it."""
    return replace(proposal, is_offered=False, is_clear=False)


def _is_one_to_one(pairs: Iterable[tuple[object, object]]) -> bool:
    found = set(pairs)
    return len(found) == len({first for first, _ in found}) == len({second for _, second in found})


def _examples(photos: Sequence[Placed]) -> tuple[tuple[str, str], ...]:
    """Up to `MOST_EXAMPLES` photos, one of each class, then a second of each, and so on."""
    by_label: dict[str, list[Placed]] = {}
    for each in photos:
        group = by_label.setdefault(each.label, [])
        if len(group) < MOST_EXAMPLES:
            group.append(each)
    turns = [(turn, label, each) for label, group in by_label.items() for turn, each in enumerate(group)]
    turns.sort(key=lambda each: (each[0], each[1]))
    chosen = sorted(turns[:MOST_EXAMPLES], key=lambda each: (each[1], each[0]))
    return tuple((clean_path(each.file.parts), label) for _, label, each in chosen)
