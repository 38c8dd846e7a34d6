"""What an analysis has found, on disk in its job's folder.

analyses/<id>/result.json     what was found, the version of the analysis that found it, and the checksums of the tables
analyses/<id>/*.parquet       tables of it, where it has any
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.checksums import file_checksum
from tlcore.data.parquet import read_parquet, to_parquet
from tlcore.jobs.store import analysis_id
from tlcore.workspace import Workspace, read_json, write_atomic, write_json

RESULT = "result.json"

Found = tuple[dict[str, Any], dict[str, pd.DataFrame]]
"""The values and the tables, by name."""


def analysis_folder(workspace: Workspace, run_id: str, what: str, options: Mapping[str, Any] | None = None) -> Path:
    """Where what an analysis of a run finds lies, whether or not there is anything."""
    return workspace.analyses / analysis_id(run_id, what, options)


def save_result(
    folder: Path, version: int, values: Mapping[str, Any], tables: Mapping[str, pd.DataFrame] | None = None
) -> None:
    """Write what was found into the job's folder, `result.json` last; what was there is replaced.

    Args:
        version: of the analysis; raise it when the same run would give something else.
        values: for JSON. tables: by name.

    Raises:
        UserError: the disk is full or cannot be written.
    """
    files = {}
    for name, table in (tables or {}).items():
        data = to_parquet(table)
        write_atomic(folder / f"{name}.parquet", data)
        files[f"{name}.parquet"] = file_checksum(data)
    write_json(folder / RESULT, {"version": version, "found": dict(values), "files": files})


def load_result(folder: Path, version: int) -> Found | None:
    """What was found; None where there is nothing (yet), of another version, or damaged. Do not change the tables."""
    try:
        seen = (folder / RESULT).stat()
    except OSError:
        return None
    return _read(folder, version, (seen.st_ino, seen.st_size, seen.st_mtime_ns))


@lru_cache(maxsize=16)
def _read(folder: Path, version: int, _state: tuple[int, int, int]) -> Found | None:
    """`_state`: of the file, so that what was read is read again when it has changed."""
    try:
        values = read_json(folder / RESULT)
        if values["version"] != version:
            return None
        tables = {name.removesuffix(".parquet"): read_parquet(folder / name, values) for name in values["files"]}
        return dict(values["found"]), tables
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
