"""When two people mean the same class: by its name, cleaned, however they write its letters."""

from collections.abc import Iterable

from tlcore.data.names import clean_label


def class_key(name: str) -> str:
    """What two spellings of a class name have in common: "Cat", " cat " and "CAT" are the same."""
    return clean_label(name).casefold()


def has_classes(known: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether all of the `wanted` are among the `known`."""
    return {*map(class_key, wanted)} <= {*map(class_key, known)}


def same_classes(first: Iterable[str], second: Iterable[str]) -> bool:
    """Whether both name the same classes, in any order."""
    return {*map(class_key, first)} == {*map(class_key, second)}
