"""Pictures for the question how photos are to be read: small ones of the examples that each choice names.

A page may not open what a stranger sent, so the job that asks makes them, with the decoder that reads the photos too,
and keeps them in its own folder.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tlcore.data.images import PhotoRefused
from tlcore.data.names import clean_path
from tlcore.data.placed import SourceFile
from tlcore.data.thumbnails import Thumbnails, ThumbnailWriter
from tlcore.errors import LayoutChoice, UndecidedLayout

SIZE = 160  # pixels a side: twice what a page shows
MOST_PICTURES = 45
"""Pictures of all choices together: five of nine."""


class Reads(Protocol):
    """The `read` of a source."""

    def __call__(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, bytes | PhotoRefused]]: ...


@contextmanager
def examples_at_hand(
    files: Iterable[SourceFile], read: Reads, thumbnail: Callable[[bytes, int], bytes]
) -> Iterator[None]:
    """Around what may ask how files are to be read: the question then brings a function that makes its pictures.

    Args:
        thumbnail: gives a small picture of a photo, at most so many pixels a side; raises PhotoRefused.
    """
    try:
        yield
    except UndecidedLayout as question:
        choices = question.choices
        question.pictures = lambda: _pictures(choices, files, read, thumbnail)
        raise


def keep_pictures(folder: Path, pictures: Mapping[str, bytes]) -> None:
    """Keep pictures in a job's folder, each under the shown path of its photo. Raises OSError."""
    with ThumbnailWriter(folder) as writer:
        for path, picture in pictures.items():
            writer.add(path, picture)


def kept_pictures(folder: Path) -> Thumbnails:
    """The pictures in a job's folder; `read` takes the shown path of a photo."""
    return Thumbnails(folder)


def _pictures(
    choices: Iterable[LayoutChoice],
    files: Iterable[SourceFile],
    read: Reads,
    thumbnail: Callable[[bytes, int], bytes],
) -> dict[str, bytes]:
    """A picture of each example that can be decoded, by its shown path."""
    wanted = list(dict.fromkeys(path for choice in choices for path, _ in choice.examples))[:MOST_PICTURES]
    by_path = {clean_path(file.parts): file for file in files}
    found = {}
    for file, data in read([by_path[path] for path in wanted if path in by_path]):
        if isinstance(data, PhotoRefused):
            continue
        try:
            found[clean_path(file.parts)] = thumbnail(data, SIZE)
        except PhotoRefused:
            continue
    return found
