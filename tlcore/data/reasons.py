"""Why files were left out, told all at once: reasons of one kind in one sentence, with how many files it is about."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tlcore.data.placed import CLASS_LEFT_OUT
from tlcore.errors import UserError

MOST_KINDS = 12
"""Kinds of reasons that are spelled out; nobody reads more, and the report has them all."""

_NUMBERS = re.compile(r"\d[\d.,]*")
_NOUN_END = r"(?=$|[,;:(]| \(| (?:from|that|which|with|inside|outside|to|of|in|for|on)\b)"
_NOUN = re.compile(rf"^is (not )?an? (.+?){_NOUN_END}")
_OTHER_NOUN = re.compile(rf"(,| or) not an? (.+?){_NOUN_END}")
_TWO = re.compile(r"\bor an?\b|\band is\b")
_FIXED = re.compile(r"^(is|was|has|uses|needs|contains|lies|can[’']t|starts) (?!the\b|its\b|an?\b)")
_VERBS = {
    "is": "are",
    "was": "were",
    "lies": "lie",
    "has": "have",
    "uses": "use",
    "needs": "need",
    "contains": "contain",
    "starts": "start",
}
_REST = (
    (re.compile(r"\bisn[’']t\b"), "aren’t"),
    (re.compile(r"\bwhich has\b"), "which have"),
    (re.compile(r"\bits own\b"), "their own"),
    (re.compile(r"\bits class\b"), "their class"),
    (re.compile(r"\bits end\b"), "the end"),
    (re.compile(r"\bit (start|need)s\b"), r"they \1"),
    (re.compile(r"\bthat it\b"), "that they"),
    (re.compile(r"\bit is\b"), "they are"),
    (re.compile(r"\bit was\b"), "they were"),
    (re.compile(r"\bit\b"), "them"),
    (re.compile(r"\bthe picture\b"), "the pictures"),
)


class ReasonGroup(NamedTuple):
    """Files that were left out for reasons that differ in nothing but numbers.

    `path`, `reason`: of the first; `same`: whether the numbers are the same too.
    """

    number: int
    path: str
    reason: str
    same: bool = True


def group_reasons(refused: Iterable[tuple[str, str]]) -> list[ReasonGroup]:
    """Files (path, reason) by kind of reason, the most frequent kind first."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path, reason in refused:
        groups[_NUMBERS.sub("#", reason)].append((path, reason))
    found = [ReasonGroup(len(files), *files[0], len({why for _, why in files}) == 1) for files in groups.values()]
    return sorted(found, key=lambda group: -group.number)


def describe_reasons(refused: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """A sentence for each kind of reason: "230 files are HEIC photos from a phone, which aren't supported; …"."""
    groups = group_reasons(refused)
    sentences = [_sentence(group) for group in groups[:MOST_KINDS]]
    rest = groups[MOST_KINDS:]
    if rest:
        left = sum(group.number for group in rest)
        sentences.append(f"{left:,} more {'file' if left == 1 else 'files'} can’t be used for other reasons.")
    return tuple(sentences)


@contextmanager
def reasons_given(refused: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Around what may fail because files were left out: its UserError then says why each of them was.

    Args:
        refused: path and reason of each, as it stands when the error comes.
    """
    try:
        yield
    except UserError as error:
        unwanted = [each for each in refused if each[1] != CLASS_LEFT_OUT]  # what a person chose explains nothing
        error.reasons = error.reasons or describe_reasons(unwanted)
        raise


def plural_reason(reason: str) -> str:
    """A reason as it follows a number of files: "is a PDF, not a picture" becomes " are PDFs, not pictures"."""
    text = reason
    if _TWO.search(text):
        return f": each {reason}"
    if noun := _NOUN.match(text):
        text = f"are {noun[1] or ''}{noun[2]}s{text[noun.end() :]}"
    elif verb := _FIXED.match(text):
        text = f"{_VERBS.get(verb[1], verb[1])} {text[verb.end() :]}"
    elif not text.startswith("its class"):
        return f": each {reason}"
    text = _OTHER_NOUN.sub(lambda found: f"{found[1]} not {found[2]}s", text)
    for pattern, instead in _REST:
        text = pattern.sub(instead, text)
    return f": {text}" if text.startswith("their") else f" {text}"


def _sentence(group: ReasonGroup) -> str:
    if group.number == 1:
        return f"{group.path} {group.reason.removesuffix('.')}."
    if not group.same:
        return f"{group.number:,} files are like {group.path}, which {group.reason.removesuffix('.')}."
    return f"{group.number:,} files{plural_reason(group.reason).removesuffix('.')}. For example: {group.path}."
