"""`listening notice`: what is collected and how long it is kept, for the public; or the record of it, for the file."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from listening import door
from listening import notice as notices
from listening.cli import terminal
from listening.cli.files import write_whole
from listening.errors import InputError

ENDINGS = (".html", ".htm")


def notice(arguments: Namespace) -> int:
    """Write the notice, or the record, and warn of what is missing in it."""
    settings = door.load(arguments.settings)
    target = Path(arguments.output).expanduser()
    if target.suffix.lower() not in ENDINGS:
        raise InputError(f"{target} is not named like a web page.", "Name the file .html.")
    make = notices.record if arguments.record else notices.notice
    made = make(settings, os.environ, now=door.now())
    write_whole(target, made.html.encode())
    what = "record of processing activities" if arguments.record else "notice"
    terminal.say(f"The {what} was written to {target}. Read it before you publish it.")
    for missing in made.missing:
        terminal.warn(missing)
    return 0
