"""All benchmarks, each in a process of its own: `python -m benchmarks [--json FILE] [--data FOLDER] [--quick]`.

Exit code 1 when a target is missed, 2 when the photos are absent.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import __doc__ as about
from benchmarks.command import REPOSITORY, check_data, finish, parser
from benchmarks.table import Row, figure, read_json

NAMES = (
    "time_to_model",
    "extraction",
    "prediction",
    "many_photos",
    "web",
    "slow_line",
    "upload",
    "memory",
    "finetune",
    "backbones",
    "feature_precision",
    "preview",
    "imports",
    "eta",
    "cleaning",
    "honesty",
    "load",
    "small_machine",
    "demo_day",
)


def main() -> int:
    """Run them one after the other and print all rows once more at the end."""
    options = parser("", about).parse_args()
    check_data(options.data)
    rows: list[Row] = []
    for name in NAMES:
        rows += _run(name, options.data, options.quick)
    return finish("All benchmarks", rows, options)


def _run(name: str, data: Path, quick: bool) -> list[Row]:
    """The rows of one benchmark; one that broke gives a row that is not met."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rows.json")
        command = [sys.executable, "-m", f"benchmarks.{name}", "--data", str(data.resolve()), "--json", str(file)]
        code = subprocess.run([*command, *(["--quick"] if quick else [])], cwd=REPOSITORY, check=False).returncode
        return read_json(file) if file.exists() else [figure(f"{name}: exit code", code, "<= 0", "")]


if __name__ == "__main__":
    sys.exit(main())
