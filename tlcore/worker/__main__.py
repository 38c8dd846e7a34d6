"""`python -m tlcore.worker`: the process that does one job, see process.py."""

import sys

from tlcore.worker.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
