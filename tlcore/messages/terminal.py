"""Text out of files and from strangers, made fit for a terminal: nothing in it moves the cursor or turns a line around.

Names of files, classes and data sets may hold control characters. A terminal obeys them: they change colours and
titles, overwrite what was printed before, or make a name read as another one.
"""

import re

_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters (C0, C1), line separators, changes of direction, and the halves of broken characters."""


def printable(text: str) -> str:
    """A text in one line, each character that a terminal would obey as \\u and its number; JSON stays valid."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def printable_lines(text: str) -> str:
    """`printable` of each of several lines. A name that is put into one of them must be printable before."""
    return "\n".join(map(printable, text.split("\n")))
