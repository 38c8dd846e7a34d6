"""`python -m tlcore`: the command line, see cli/main.py."""

import sys

from tlcore.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
