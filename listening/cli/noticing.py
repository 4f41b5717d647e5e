"""`listening notice`: what is collected and how long it is kept, for the public; or the record of it, for the file."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from listening import door
from listening import notice as notices
from listening import store as stores
from listening.cli import terminal
from listening.cli.files import write_whole
from listening.errors import InputError
from listening.settings import Settings
from listening.store import imports

ENDINGS = (".html", ".htm")


def notice(arguments: Namespace) -> int:
    """Write the notice, or the record, and warn of what is missing in it."""
    settings = door.load(arguments.settings)
    target = Path(arguments.output).expanduser()
    if target.suffix.lower() not in ENDINGS:
        raise InputError(f"{target} is not named like a web page.", "Name the file .html.")
    make = notices.record if arguments.record else notices.notice
    _nothing_by_hand(target, arguments)
    made = make(settings, os.environ, now=door.now(), brought=_brought(settings))
    write_whole(target, made.html.encode())
    what = "record of processing activities" if arguments.record else "notice"
    terminal.say(f"The {what} was written to {target}. Read it before you publish it.")
    for missing in made.missing:
        terminal.warn(missing)
    return 0


def _brought(settings: Settings) -> list[str]:
    """The sources of posts that were imported, where there is a store."""
    if not stores.file_of(settings.store_url).exists():
        return []
    with door.store_of(settings).reading() as connection:
        return imports.sources(connection)


def _nothing_by_hand(target: Path, arguments: Namespace) -> None:
    """Refuse to write over a page that somebody has worked on, or that is none of ours."""
    if arguments.overwrite or not target.is_file():
        return
    try:
        ours = notices.as_written(target.read_bytes())
    except OSError as failure:
        raise InputError(
            f"{target} is there and cannot be read: {(failure.strerror or 'unknown reason').lower()}.",
            "Write to another name.",
        ) from failure
    if not ours:
        raise InputError(
            f"{target} is not as this program wrote it: somebody has added to it, or it is another page.",
            "Write to another name, or add --overwrite, and what is in it is lost. What only you can say goes into "
            "the settings, under [notice], and stands in every new one.",
        )
