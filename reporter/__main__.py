"""python -m reporter: the command line without its installed name."""

import sys

from reporter.cli import main

sys.exit(main())
