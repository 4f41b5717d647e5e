"""`listening check --meeting`: the meeting rehearsed, with a table and a go or no go."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from listening import door, snapshot
from listening.cli import terminal
from listening.cli.starting import app
from listening.errors import InputError
from listening.insights.periods import day_words

MARKS = {"go": "go", "look": "look", "no go": "NO GO"}


def rehearse(arguments: Namespace) -> int:
    """Draw every view, say what was found; 1 where something must be mended first."""
    before = os.environ.get("LISTENING_STORE")
    try:
        return _rehearse(arguments)
    finally:  # a snapshot's store is not that of whatever this process does next
        os.environ.pop("LISTENING_STORE", None)
        if before is not None:
            os.environ["LISTENING_STORE"] = before


def _rehearse(arguments: Namespace) -> int:
    if arguments.snapshot and arguments.settings:
        raise InputError("--snapshot and --settings do not go together.", "A snapshot brings its own settings.")
    if arguments.snapshot:
        frozen = snapshot.of_folder(Path(arguments.snapshot).expanduser().resolve())
        os.environ["LISTENING_STORE"] = frozen.store_url
        settings = door.load(frozen.settings)
    else:
        settings = door.load(arguments.settings)
    program = app()
    store = door.store_of(settings)
    taken = snapshot.of_settings(settings)
    now = door.now() if taken is None else taken.taken_at
    local = now.astimezone(settings.agency.timezone)
    if not arguments.json:
        terminal.say(
            f"The page of {settings.agency.name} as of {day_words(local.date())}, {local:%H:%M}, view by view. "
            "Nothing is collected or changed.\n"
        )
    from listening.pages import rehearsal  # here: it takes a second to load what draws the pages

    with terminal.stoppable(), terminal.progress("Drawing", rehearsal.number_of_views(settings), unit="views") as told:
        found = rehearsal.rehearse(settings, store, app=program, now=now, report=told)
    wrong = [one for one in found if one.verdict == "no go"]
    look = [one for one in found if one.verdict == "look"]
    if arguments.json:
        terminal.say_json(
            {
                "agency": settings.agency.name,
                "as_of": now.isoformat(),
                "go": not wrong,
                "findings": [{"what": one.what, "verdict": one.verdict, "words": one.words} for one in found],
            }
        )
        return 1 if wrong else 0
    terminal.table(["", "what", "found"], [[MARKS[one.verdict], one.what, one.words] for one in found])
    terminal.say()
    if wrong:
        things = "One thing" if len(wrong) == 1 else f"{len(wrong)} things"
        terminal.say(f"NO GO. {things} must be mended first.")
        return 1
    known = "" if not look else " Know about " + ("one thing." if len(look) == 1 else f"{len(look)} things.")
    terminal.say(f"GO.{known}")
    return 0
