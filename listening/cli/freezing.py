"""`listening snapshot`: what the meeting will show, frozen into a folder."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from listening import door, snapshot
from listening.cli import terminal
from listening.cli.telling import megabytes, stored
from listening.insights.periods import day_words
from listening.store import size


def freeze(arguments: Namespace) -> int:
    """Write the snapshot and say how it is shown."""
    settings = door.load(arguments.settings)
    store = stored(settings)
    with terminal.stoppable():
        taken = snapshot.take(settings, store, Path(arguments.output).expanduser(), now=door.now())
    mentions, _ = size(store)
    local = taken.taken_at.astimezone(settings.agency.timezone)
    bytes_ = sum(file.stat().st_size for file in taken.folder.iterdir())
    terminal.say(
        f"{terminal.plural(mentions, 'mention')} as of {day_words(local.date(), year=True)}, {local:%H:%M}, "
        f"frozen into {taken.folder} ({megabytes(bytes_)})."
    )
    terminal.say("Copy the whole folder to the computer of the meeting, with this program. There it needs no network:")
    terminal.say(f"  listening serve --snapshot {taken.folder.name}")
    return 0
