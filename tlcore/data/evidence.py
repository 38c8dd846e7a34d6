"""What there is to find classes in: the folders that photos lie in, and the texts beside them, read when asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from tlcore.data import class_names, table_rows
from tlcore.data.folder_layout import FolderReading, read_folders
from tlcore.data.folder_names import is_annotations
from tlcore.data.folder_tree import Frame
from tlcore.data.names import may_be_photo
from tlcore.data.photo_index import PhotoIndex
from tlcore.data.placed import SourceFile
from tlcore.data.table_match import MatchedTable, TableFile, is_submission, match_table
from tlcore.data.table_rows import parse_rows
from tlcore.data.text_files import MAX_BYTES, MAX_JSON, Read, read_texts

MOST_TEXTS = 30
"""Tables and JSON files that are read, those nearest to the top first, plain texts last; a data set has a few."""
TOO_LARGE = (
    "has {size:,.0f} MB, and labels are read from files of up to {most} MB; split it into several files, or use a CSV "
    "with a row for each photo"
)
_NO_TABLES = ("readme", "license", "licence", "requirements")


@dataclass(frozen=True)
class Table:
    """A table from elsewhere that a person named."""

    name: str
    text: str


class Evidence:
    """Files, and what may say of their classes.

    Args:
        files: without what computers leave behind. folders: all of them, to report empty ones. read: gives the bytes
            of texts. table: one from elsewhere.

    Attributes:
        photos: the files whose names may be those of photos. readings, frame: what their folders say.
    """

    def __init__(
        self,
        files: Sequence[SourceFile],
        folders: Iterable[tuple[str, ...]],
        read: Read,
        table: Table | None = None,
    ) -> None:
        self.files, self.folders, self.read, self._table = files, list(folders), read, table
        self.photos = [file for file in files if may_be_photo(file.parts[-1])]
        self.readings: list[FolderReading] = []
        self.frame = Frame(())
        if self.photos:
            self.readings, self.frame = read_folders([file.parts[:-1] for file in self.photos])
        self._inner = cache(self.frame.inner)

    @cached_property
    def texts(self) -> dict[tuple[str, ...], str]:
        """The texts that may be tables, names or COCO files, by their paths."""
        wanted = [file for file in self.files if _may_be_table(file.parts[-1])]
        wanted.sort(key=lambda file: (file.parts[-1].casefold().endswith(".txt"), len(file.parts), file.parts))
        found = {(self._table.name,): self._table.text} if self._table else {}
        return found | {
            file.parts: text for file, text in read_texts(self.read, wanted[:MOST_TEXTS]) if text is not None
        }

    @cached_property
    def unmasked(self) -> list[SourceFile]:
        """The photos without the pictures in folders of annotations."""
        is_masked = cache(
            lambda folders: any(map(is_annotations, folders)) and isinstance(self.frame.inner(folders), str)
        )
        return [file for file in self.photos if not is_masked(file.parts[:-1])]

    @cached_property
    def index(self) -> PhotoIndex:
        """The photos of `unmasked` by their names; a number is the place in that list."""
        return PhotoIndex([file.parts for file in self.unmasked])

    @cached_property
    def too_large(self) -> dict[tuple[str, ...], str]:
        """Tables and annotations that are not read because of their size, with the reason, by their paths."""
        found = {}
        for file in self.files:
            most = MAX_JSON if file.parts[-1].casefold().endswith(".json") else MAX_BYTES
            if file.size > most and _may_be_table(file.parts[-1]):
                found[file.parts] = TOO_LARGE.format(size=file.size / 1e6, most=most // 1_000_000)
        return found

    @cached_property
    def tables(self) -> list[MatchedTable]:
        """The tables whose rows mean photos of `unmasked`."""
        found = []
        for path, text in self.texts.items():
            is_table = path[-1].casefold().endswith(table_rows.SUFFIXES) and not is_submission(path[-1])
            rows = parse_rows(path[-1], text) if is_table else None
            if rows is not None:
                parts = [self.part(file) for file in self.unmasked]
                table = match_table(TableFile(path, rows), self.index, parts)
                found += [table] if table is not None else []
        return found

    def part(self, file: SourceFile) -> str | None:
        """The part that a file's folder says."""
        found = self._inner(file.parts[:-1])
        return None if isinstance(found, str) else found[1]

    def grouped(self) -> Iterator[list[SourceFile]]:
        """The photos folder by folder, without those in folders that are left out."""
        groups: dict[tuple[str, ...], list[SourceFile]] = {}
        for file in self.unmasked:
            if not isinstance(self._inner(file.parts[:-1]), str):
                groups.setdefault(file.parts[:-1], []).append(file)
        yield from groups.values()


def _may_be_table(name: str) -> bool:
    endings = (*table_rows.SUFFIXES, *class_names.SUFFIXES)
    return name.casefold().endswith(endings) and not name.casefold().startswith(_NO_TABLES)
