"""Time of `import tlcore` in a fresh process, beside a Python that does nothing, and which heavy packages come with it.

Inside the clock: the whole process, from its start to its end, Python's own share (the reference) included. The two
take turns; medians, after one start of each that does not count (it fills the system's file cache).

Expected: what a person waits for before a script or a notebook cell begins; the functions behind the names are loaded
when they are first used. Seen on two cores: 0.011 s, Python alone 0.009 s.
"""

import subprocess
import sys
import time
from statistics import median

from benchmarks.command import REPOSITORY, finish, parser
from benchmarks.table import Row, figure

ROUNDS = 15
HEAVY = ("tensorflow", "keras", "streamlit", "sklearn", "scipy", "pandas")
IMPORT, NOTHING = "import tlcore", "pass"


def main() -> int:
    """Measure, print, write."""
    options = parser("imports", __doc__).parse_args()  # --data is taken and not needed
    seconds: dict[str, list[float]] = {IMPORT: [], NOTHING: []}
    for turn in range(1 + (3 if options.quick else ROUNDS)):
        for code, measured in seconds.items():
            start = time.perf_counter()
            _python(code)
            if turn:
                measured.append(time.perf_counter() - start)
    ours, nothing = (median(seconds[code]) for code in (IMPORT, NOTHING))
    rows = [figure("import tlcore in a fresh process, beside Python alone", ours, "< 0.3", "s", nothing), _heavy()]
    return finish("Import of the package", rows, options)


def _heavy() -> Row:
    """How many of the heavy packages are loaded by the import alone."""
    loaded = _python(f"import sys, tlcore; print(*(name for name in {HEAVY} if name in sys.modules))").split()
    return figure(f"of {', '.join(HEAVY)} loaded with it", len(loaded), "<= 0", "packages")


def _python(code: str) -> str:
    """What a fresh Python prints when it runs this code beside the package."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
