"""The files of a SavedModel, wherever they lie: a folder, or a zip or tar of one, as TensorFlow Hub and Kaggle give it.

Only the graph and the variables are taken; assets, which graphs read while they run, never are. No TensorFlow.
"""

import re
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from tlcore.errors import UserError
from tlcore.models.imported.zip_members import MOST_MEMBERS, damaged, extract_member, member_sizes

GRAPH = "saved_model.pb"
MOST_GRAPH_BYTES, MOST_VARIABLE_BYTES = 500_000_000, 4_000_000_000
_WANTED = re.compile(rf"{re.escape(GRAPH)}|variables/variables\.(?:index|data-\d{{5}}-of-\d{{5}})")
_BLOCK = 2**20


def is_savedmodel(path: Path) -> bool:
    """Whether it is a folder, a zip or a tar with a SavedModel in it; of an archive, only its names are read."""
    if path.is_dir():
        return (path / GRAPH).is_file()
    try:
        if zipfile.is_zipfile(path):
            return _top(member_sizes(path)) is not None
        return tarfile.is_tarfile(path) and path.suffix.lower() in (".tar", ".gz", ".tgz")
    except (OSError, UserError):
        return False


@contextmanager
def savedmodel_folder(path: Path) -> Iterator[Path]:
    """A folder with the graph and the variables alone.

    Raises:
        UserError: there is no such thing in the archive, or it is damaged or unpacks to absurdly much.
    """
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "variables").mkdir()
        if path.is_dir():
            _link(path, folder)
        elif zipfile.is_zipfile(path):
            _unzip(path, folder)
        else:
            _untar(path, folder)
        if not (folder / GRAPH).is_file():
            raise UserError(f"There is no SavedModel in “{path.name}”.", f"It is a folder with {GRAPH} in it.")
        yield folder


def _link(path: Path, folder: Path) -> None:
    for source in (path / GRAPH, *(path / "variables").glob("variables.*")):
        name = source.relative_to(path).as_posix()
        if _WANTED.fullmatch(name) and source.is_file():
            shutil.copyfile(source, folder / name)


def _top(names: dict[str, int]) -> PurePosixPath | None:
    """The folder inside an archive that has the graph, the highest one."""
    found = [PurePosixPath(name) for name in names if PurePosixPath(name).name == GRAPH]
    return min(found, key=lambda each: len(each.parts)).parent if found else None


def _inner(name: str, top: PurePosixPath) -> str:
    """The name of a file below the top folder, where it is one of those that are taken; else ""."""
    try:
        inner = PurePosixPath(name).relative_to(top).as_posix()
    except ValueError:
        return ""
    return inner if _WANTED.fullmatch(inner) else ""


def _unzip(path: Path, folder: Path) -> None:
    names = member_sizes(path)
    top = _top(names)
    for name in names if top is not None else ():
        inner = _inner(name, top or PurePosixPath())
        if inner:
            most = MOST_GRAPH_BYTES if inner == GRAPH else MOST_VARIABLE_BYTES
            extract_member(path, name, folder / inner, most)


def _untar(path: Path, folder: Path) -> None:
    """Take the files out of a tar as they come; those of the first folder that has any."""
    left, top = MOST_GRAPH_BYTES + MOST_VARIABLE_BYTES, None
    try:
        with tarfile.open(path, "r:*") as archive:
            for number, member in enumerate(archive):
                where = re.fullmatch(rf"(.*?)/?({_WANTED.pattern})", member.name.removeprefix("./"))
                if number > MOST_MEMBERS or member.size > left:
                    raise UserError(f"“{path.name}” would unpack to absurdly much.", "Add another file.")
                source = archive.extractfile(member) if member.isreg() and where else None
                if source is None or where is None or where.group(1) != (top if top is not None else where.group(1)):
                    continue
                top, left = where.group(1), left - member.size
                with source, open(folder / where.group(2), "wb") as file:
                    shutil.copyfileobj(source, file, _BLOCK)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise damaged(path) from error
