"""The options of `listening import`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

Add = Callable[..., Any]


def add(command: Add, settings: Add, json: Add) -> None:
    """Add them; ``settings`` and ``json`` add the options that all commands have."""
    brought = command(
        "import",
        "importing:import_file",
        "Brandwatch, Meltwater, Talkwalker and CrowdTangle are recognised; of any other CSV, XLSX or JSON lines file "
        "you say which column holds what. Only rows that a topic matches are kept. Safe to run twice; one that is "
        "stopped goes on where it was.",
    )
    settings(brought)
    brought.add_argument("file", metavar="FILE", help="the file that the other tool wrote")
    brought.add_argument(
        "--kind",
        default="auto",
        metavar="TOOL",
        help="brandwatch, meltwater, talkwalker, crowdtangle, reddit, minet, tweets or meta (auto: by its columns)",
    )
    brought.add_argument(
        "--dry-run", action="store_true", help="show the first 20 rows as they are read; store nothing"
    )
    brought.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="which column holds the text, title, url, id, date, author, …; repeat for more",
    )
    brought.add_argument(
        "--source", default="", metavar="PLACE", help="where all posts are from: x, facebook, feedback, …"
    )
    brought.add_argument(
        "--dates", choices=("day-first", "month-first"), default="", metavar="ORDER", help="day-first or month-first"
    )
    brought.add_argument("--timezone", default="", metavar="ZONE", help="of dates without one (your agency’s)")
    brought.add_argument("--day", default="", metavar="DAY", help="the day of all posts, where they carry no date")
    brought.add_argument(
        "--name",
        default="",
        metavar="NAME",
        help="the place they belong to; the same name goes on with an earlier file’s",
    )
    brought.add_argument("--mapping", default="", metavar="NAME", help="read it as a mapping says that was kept")
    brought.add_argument("--save-mapping", default="", metavar="NAME", help="keep how this file is read, by a name")
    # What the page says of an uploaded file: how it is read, what it was called, and that it goes afterwards.
    for hidden in ("--layout", "--called"):
        brought.add_argument(hidden, default="", help=argparse.SUPPRESS)
    brought.add_argument("--delete", action="store_true", help=argparse.SUPPRESS)
    brought.add_argument("--again", action="store_true", help="also where this very file was imported before")
    json(brought)
