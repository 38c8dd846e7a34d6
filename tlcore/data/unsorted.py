"""Photos that nobody has put into classes yet: a folder of them as a data set that is saved nowhere."""

from collections.abc import Generator
from pathlib import Path

from tlcore.data.collect import Collected, Reading, collect
from tlcore.data.folder import FolderSource, no_photo
from tlcore.data.layout import label_all
from tlcore.data.manifest import Dataset
from tlcore.data.names import is_junk
from tlcore.data.report import guessed
from tlcore.events import Event, never


def holds_only_photos(folder: Path) -> bool:
    """Whether this is a folder with files and without folders: photos that nobody has put into classes yet."""
    if not folder.is_dir():
        return False
    try:
        entries = [entry for entry in folder.iterdir() if not is_junk((entry.name,))]
        return bool(entries) and all(entry.is_file() for entry in entries)
    except OSError:
        return False  # whoever reads it tells why it cannot be read


def read_unsorted(folder: Path) -> Generator[Event, None, Dataset]:
    """The photos of a folder without classes, as a data set that is saved nowhere: no labels, an empty id, and all of
    it to learn from.

    Raises:
        UserError: no file in it is a photo.
    """
    source = FolderSource(folder)
    collected = Collected(refused=list(source.refused), lines=guessed(source.guessed))
    yield from collect(source, label_all(source.files, "photo").placed, collected, Reading(), never)
    photos = collected.photos().assign(split="train")
    if photos.empty:
        raise no_photo(source.name)
    return Dataset(
        id="",
        name=source.name,
        folder=source.root,
        root=source.root,
        labels=(),
        photos=photos,
        report=collected.report(),
        fingerprint="",
        created=0.0,
        source=str(source.root),
        licence="",
        notes=(),
    )
