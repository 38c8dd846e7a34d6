"""A table of labels that lies elsewhere than the photos, as a person at this machine names it."""

from pathlib import Path

from tlcore.data.evidence import Table
from tlcore.data.text_files import MAX_BYTES, decode_text
from tlcore.error_reasons import why_file_failed
from tlcore.errors import UserError

PREFIX = "table:"


def find_table(root: Path, layout: str) -> tuple[str, Table | None]:
    """The layout that a named table means, and the table where it lies outside the photos.

    Args:
        root: the folder or archive of the photos. layout: "table:" and a path, which is one in there, or on this
            machine; all others are returned as they are.

    Raises:
        UserError: the table can't be read.
    """
    given = layout.removeprefix(PREFIX)
    if not layout.startswith(PREFIX):
        return layout, None
    root = root.resolve()
    for path in (root / given, Path(given).expanduser()):
        if path.is_file() and path.resolve().is_relative_to(root):
            return PREFIX + path.resolve().relative_to(root).as_posix(), None
    path = Path(given).expanduser()
    return _read_table(path) if path.is_file() else (layout, None)  # else in an archive, or nowhere


def _read_table(path: Path) -> tuple[str, Table]:
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
    except OSError as error:
        raise UserError(f"{path} can’t be read: {why_file_failed(error)}.", "Check who may read it.") from error
    text = decode_text(data) if data else None
    if text is None:
        raise UserError(
            f"{path} is not a table.", f"Use a text file such as a CSV, of at most {MAX_BYTES // 1_000_000} MB."
        )
    return PREFIX + path.name, Table(path.name, text)
