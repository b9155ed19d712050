"""python -m reporter: the command line without its installed name."""

import sys

from reporter.cli import main

if __name__ == "__main__":  # the workers of a local cluster import this file
    sys.exit(main())
