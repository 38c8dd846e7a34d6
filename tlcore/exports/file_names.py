"""What an export is called by itself."""

from tlcore.data.names import slug
from tlcore.exports.exporter import ExportKind


def export_file_name(name: str, kind: ExportKind) -> str:
    """What a download of the data set "Leaves" is called: "leaves-python.zip"; "leaves.html", whose ending says it."""
    ending = "" if kind.suffix == f".{kind.key}" else f"-{kind.key}"
    return f"{slug(name)}{ending}{kind.suffix}"
