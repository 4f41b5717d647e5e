"""`listening snapshot`: what the meeting will show, frozen into a folder."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from listening import door, snapshot
from listening.cli import terminal
from listening.cli.telling import megabytes, stored
from listening.insights.periods import day_words
from listening.leaflet import leaflet
from listening.store import size
from listening.store.files import digest_of, note_file

PAGE = "page.html"


def freeze(arguments: Namespace) -> int:
    """Write the snapshot and say how it is shown."""
    settings = door.load(arguments.settings)
    store = stored(settings)
    with terminal.stoppable():
        taken = snapshot.take(settings, store, Path(arguments.output).expanduser(), now=door.now())
        page = leaflet(settings, store, now=taken.taken_at)
        (taken.folder / PAGE).write_text(page.html, encoding="utf-8")
    mentions, _ = size(store)
    note_file(
        store,
        at=taken.taken_at,
        who=door.who(),
        kind="snapshot",
        path=taken.folder,
        start=None,
        end=None,
        rows=mentions,
        detail="listening snapshot",
        digest=digest_of(taken.folder),
    )
    local = taken.taken_at.astimezone(settings.agency.timezone)
    bytes_ = sum(file.stat().st_size for file in taken.folder.iterdir())
    terminal.say(
        f"{terminal.plural(mentions, 'mention')} as of {day_words(local.date(), year=True)}, {local:%H:%M}, "
        f"frozen into {taken.folder} ({megabytes(bytes_)})."
    )
    terminal.say("Copy the whole folder to the computer of the meeting, with this program. There it needs no network:")
    terminal.say(f"  listening serve --snapshot {taken.folder.name}")
    held = "" if page.held == page.counted else f", with the newest {page.held:,} of {page.counted:,} posts"
    terminal.say(f"{taken.folder / PAGE} is the page as one file{held}: any browser opens it, without this program.")
    return 0
