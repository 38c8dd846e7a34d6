"""Finding photos by what tables and annotations call them: a path, its end, a name, with or without its ending."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from tlcore.data.names import has_photo_ending

_LONGEST_NUMBER = 18
_DEEPEST = 6
"""Folders of a path that are told apart; no table names more."""


class PhotoIndex:
    """The photos by their names. `paths`: the parts of each photo's path, in the order of the numbers."""

    def __init__(self, paths: Sequence[tuple[str, ...]]) -> None:
        self.paths = paths
        self._found: dict[str, list[int]] = defaultdict(list)
        for number, parts in enumerate(paths):
            plain = [_plain(part) for part in parts[-_DEEPEST:]]
            stem = _stem(plain[-1])
            for start in range(len(plain)):
                folders = "/".join(plain[start:-1])
                for name in {plain[-1], stem, _number(stem)}:
                    self._found[f"{folders}/{name}" if folders else name].append(number)

    def find(self, name: str) -> Sequence[int]:
        """The numbers of all photos that a name may mean: none, one, or several of the same name in other folders."""
        parts = [
            part for part in _plain(name.strip().strip("\"'").replace("\\", "/")).split("/") if part not in ("", ".")
        ]
        parts = parts[-_DEEPEST:]
        for start in range(len(parts)):
            for last in dict.fromkeys((parts[-1], _stem(parts[-1]) if has_photo_ending(parts[-1]) else parts[-1])):
                found = self._found.get("/".join([*parts[start:-1], last]))
                if found:
                    return found
        return self._found.get(_number(parts[-1]), ()) if parts else ()


def _plain(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _number(stem: str) -> str:
    """A number without the zeros before it, which tables lose: 0007 and 7 are one."""
    return f"#{int(stem)}" if stem.isdecimal() and len(stem) < _LONGEST_NUMBER else stem


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
