"""What an export is called by itself."""

from tlcore.data.names import slug
from tlcore.exports.exporter import ExportKind


def export_file_name(name: str, kind: ExportKind) -> str:
    """The name of a download: "leaves-python.zip", of the data set "Leaves"."""
    return f"{slug(name)}-{kind.key}{kind.suffix}"
