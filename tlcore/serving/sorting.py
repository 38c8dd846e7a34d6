"""Photos sorted into folders by what a model predicted for them: copies, whose originals stay as they are."""

from pathlib import Path, PurePosixPath

from tlcore.data.export import FileNames, class_folders
from tlcore.errors import UserError
from tlcore.workspace import disk_error, write_atomic

NONE_FOLDER = "none of these"


class SortedPlaces:
    """Where each photo goes: the folder of its class, or that of photos that show none; names that every system takes.

    Args:
        labels: the model's classes.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._folders, self._names = class_folders((*labels, NONE_FOLDER)), FileNames()

    def place(self, path: str, label: str, known: bool) -> str:
        """The path of a photo among the sorted ones, with "/"; another one for each call."""
        folder = self._folders[label if known else NONE_FOLDER]
        return self._names.unique(f"{folder}/{PurePosixPath(path).name}")


class FolderSorter:
    """Writes photos into the folders of their classes below `target`, which is new or empty.

    Raises:
        UserError: there is something in it, or it is a file.
    """

    def __init__(self, labels: tuple[str, ...], target: Path) -> None:
        self._places, self.target = SortedPlaces(labels), target.expanduser()
        try:
            is_free = not self.target.exists() or (self.target.is_dir() and not any(self.target.iterdir()))
        except OSError as error:
            raise disk_error(self.target, error) from error
        if not is_free:
            what = "isn’t empty" if self.target.is_dir() else "is a file"
            raise UserError(f"{self.target} {what}.", "Use a folder that is new or empty.")
        self.total = 0

    def add(self, path: str, data: bytes, label: str, known: bool) -> None:
        """Copy a photo. Raises UserError where the disk is full or cannot be written."""
        file = self.target / self._places.place(path, label, known)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(file, error) from error
        write_atomic(file, data)
        self.total += 1
