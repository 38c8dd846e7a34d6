"""Tables on disk as Parquet: their bytes, and reading them held against the JSON beside them (checksums.py)."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tlcore.checksums import DamagedFile, check_file


def to_parquet(frame: pd.DataFrame) -> bytes:
    """The file of a table, without its row numbers."""
    target = BytesIO()
    frame.to_parquet(target, index=False)
    return target.getvalue()


def read_parquet(path: Path, values: Mapping[str, Any]) -> pd.DataFrame:
    """The table in a file.

    Args:
        values: the JSON beside it, which has its checksum under `files` unless version 0.1.0 wrote it.

    Raises:
        DamagedFile: the file is not what was written, or no such file.
        OSError: it cannot be read.
    """
    data = check_file(path.read_bytes(), path.name, values)
    try:
        if "files" not in values:  # no checksum says that its text is text, and pandas finds out when it is used
            pq.read_table(BytesIO(data)).validate(full=True)
        # A thread and a buffer a column are no faster for tables this small, and Arrow would keep all of them.
        table = pd.read_parquet(BytesIO(data), use_threads=False, pre_buffer=False)
        pa.default_memory_pool().release_unused()
        return table
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFile(f"{path.name} is no table.") from error
