"""``python -m listening`` is the ``listening`` command."""

import sys

from listening.cli import main

sys.exit(main())
