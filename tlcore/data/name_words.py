"""Which word of the file names may be the class, where several may: site1_fox_3.jpg. Opens no file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.data.file_names import LEAST_PHOTOS, MOST_SHARE, is_code, is_generic, is_number, words_in
from tlcore.data.folder_names import PARTS

MOST_WORDS = 12
"""Of longer names none is told apart by its words."""


@dataclass(frozen=True)
class NameWord:
    """A word of the file names that may be the class.

    Attributes:
        place: 1 for the first word. labels: of each name, None where it has other words than most.
        is_numbered: its values have digits, as those of sites and animals have more often than those of classes.
    """

    place: int
    labels: tuple[str | None, ...]
    is_numbered: bool


def candidate_words(names: Sequence[str]) -> list[NameWord]:
    """The words that may be the class by their values: few, each of several photos, and no numbers, in their order.

    Args:
        names: of files, without folders.
    """
    words = [words_in(name) for name in names]
    lengths = Counter(map(len, words))
    length, number = lengths.most_common(1)[0] if lengths else (0, 0)
    if length > MOST_WORDS or number < MOST_SHARE * len(names):
        return []
    found = []
    for place in range(length):
        labels = tuple(each[place] if len(each) == length else None for each in words)
        if _may_be_class(labels):
            values = {label for label in labels if label is not None}
            numbered = sum(any(map(str.isdigit, value)) for value in values)
            found.append(NameWord(place + 1, labels, 2 * numbered >= len(values)))
    return found


def part_words(names: Sequence[str]) -> list[str] | None:
    """The part that the first word of each name says (train_cat_1.jpg); None unless all do, and there is a train."""
    first = [(words_in(name) or [""])[0].casefold() for name in names]
    if not first or not all(word in PARTS for word in first):
        return None
    parts = [PARTS[word] for word in first]
    return parts if "train" in parts and len(set(parts)) > 1 else None


def tells_more(one: Sequence[str | None], other: Sequence[str | None]) -> bool:
    """Whether `other` puts photos apart that `one` puts together."""
    pairs = {pair for pair in zip(one, other) if None not in pair}
    return len(pairs) > len({label for label, _ in pairs})


def _may_be_class(labels: Sequence[str | None]) -> bool:
    counts = Counter(label for label in labels if label is not None)
    if any(word.casefold() in PARTS or is_number(word) or is_code(word) for word in counts):
        return False
    if all(is_generic(word) for word in counts):
        return False
    often = sum(1 for count in counts.values() if count >= LEAST_PHOTOS)
    return len(counts) >= 2 and len(counts) * LEAST_PHOTOS <= counts.total() and 2 * often >= len(counts)
