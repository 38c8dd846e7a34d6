"""Make the virtual environment and install what is needed into it: `python scripts/set_up.py FOLDER REQUIREMENTS`.

Says in a sentence what is missing (wrong Python, no network for pip). Needs nothing but Python's standard library, and
must be readable to a Python that is too old.
"""

import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)


def main():
    """Install; returns the exit code."""
    folder, requirements = Path(sys.argv[1]), sys.argv[2]
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST:
        return complain(
            "This is Python {}.{}; Transfer Lab needs 3.11, 3.12 or 3.13.".format(*version),
            "Install one of them and name it: make run PYTHON=python3.12",
        )
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists() and subprocess.call([sys.executable, "-m", "venv", str(folder)]) != 0:
        return complain(
            "Python could not make a virtual environment.",
            "On Debian and Ubuntu the package python3-venv is needed: sudo apt install python3-venv",
        )
    print("Installing what Transfer Lab needs (about 1 GB, a few minutes the first time) ...", flush=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
    if subprocess.call(pip) != 0:
        return complain(
            "The packages could not be installed; what pip said stands above.",
            "Usually there is no network, or the disk is full (about 3 GB are needed). Mend that and start again.",
        )
    return 0


def complain(what, fix):
    """Print what is wrong and what to do."""
    sys.stderr.write("{}\n{}\n".format(what, fix))
    return 1


if __name__ == "__main__":
    sys.exit(main())
