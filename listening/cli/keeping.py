"""`listening purge` and `listening log`: what is kept, for how long, and who did what with it."""

from __future__ import annotations

import re
from argparse import Namespace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from listening import door, retention, snapshot
from listening.cli import terminal
from listening.cli.telling import stored
from listening.errors import InputError
from listening.insights.periods import day_words
from listening.retention import CLASSES, Purged
from listening.settings import Settings
from listening.settings.table import nearest
from listening.store import Store
from listening.store.access import Access, accesses, accounts, kinds


def purge(arguments: Namespace) -> int:
    """Remove what is older than the settings keep it, and say what that was."""
    settings = door.load(arguments.settings)
    store = in_use(settings)
    now = door.now()
    due = 0 if arguments.dry_run else retention.due(store, settings.retention, now)
    with terminal.stoppable(), terminal.progress("Removing", max(1, due), unit="posts") as report:
        found = retention.purge(
            store, settings.retention, now=now, who=door.who(), dry_run=arguments.dry_run, progress=report
        )
    if arguments.json:
        terminal.say_json(_as_json(found, dry_run=arguments.dry_run))
    else:
        _tell(found, settings.agency.timezone, dry_run=arguments.dry_run)
    return 0


def in_use(settings: Settings) -> Store:
    """The settings' store, where something may be taken out of it; a snapshot stays as it is."""
    if (found := snapshot.of_settings(settings)) is not None:
        raise InputError(
            f"{found.folder} is a snapshot: nothing is taken out of it.",
            "Delete the whole folder, and take a new snapshot if you still need one.",
        )
    return stored(settings)


def _tell(found: Purged, zone: ZoneInfo, *, dry_run: bool) -> None:
    if not found.before:
        terminal.say("Everything is kept for good: the settings name no time under [retention]. Nothing was removed.")
        return
    for name, count in found.counts().items():
        day = day_words(found.before[name].astimezone(zone).date(), weekday=False, year=True)
        what = f"{retention.words(name, count)} from before {day}"
        terminal.say(f"{count:>8,}  {what} {'would be removed' if dry_run else 'removed'}.")
    for file in found.deleted:
        terminal.say(f"          {'Would delete' if dry_run else 'Deleted'}: {file.path}")
    if found.left:
        terminal.say("\nOlder than reports are kept, and left to you:")
        for left in found.left:
            terminal.say(f"  {left.file.path or f'a {left.file.kind}'}, {left.why}.")
    for name in CLASSES:
        if name not in found.before:
            terminal.say(f"{'for good':>8}  {CLASSES[name]}: no time is set.")


_BACK = re.compile(r"(\d{1,5})\s*d")


def log(arguments: Namespace) -> int:
    """Show the access log."""
    settings = door.load(arguments.settings)
    zone, now = settings.agency.timezone, door.now()
    since = None if arguments.since is None else _day("since", arguments.since, now, zone)
    until = None if arguments.until is None else _day("until", arguments.until, now, zone, end=True)
    who = (arguments.who or "").strip()
    wanted = (arguments.what or "").strip().casefold()
    with stored(settings).reading() as connection:
        known = kinds(connection)
        if wanted and not any(kind.startswith(wanted) for kind in known):
            raise InputError(f"Nothing of “{arguments.what}” stands in the log.", _known(wanted, known))
        if who and who not in (people := accounts(connection)):
            raise InputError(f"Nothing of “{arguments.who}” stands in the log.", _known(who, people))
        found = accesses(connection, since=since, until=until, what=wanted, who=who)
    if arguments.json:
        terminal.say_json([{"at": e.at, "who": e.who, "what": e.what, "detail": e.detail} for e in found])
    elif not found:
        terminal.say("Nothing stands in the log of that time." if known else "Nothing stands in the log yet.")
    else:
        terminal.table(("When", "Who", "What", "Of what"), [_line(each, zone) for each in found])
    return 0


def _line(access: Access, zone: ZoneInfo) -> tuple[str, str, str, str]:
    return f"{access.at.astimezone(zone):%Y-%m-%d %H:%M}", access.who, access.what, access.detail


def _known(wanted: str, known: list[str]) -> str:
    near = nearest(wanted, known)
    meant = f"Did you mean “{near}”? " if near else ""
    return f"{meant}There is: {', '.join(known)}." if known else "The log is empty."


def _day(option: str, text: str, now: datetime, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """The beginning of a local day, or its end."""
    today = now.astimezone(zone).date()
    words = {"today": 0, "yesterday": 1}
    text = text.strip().lower()
    try:
        if text in words or (found := _BACK.fullmatch(text)):
            day = today - timedelta(days=words[text] if text in words else int(found[1]))  # type: ignore[index]
        else:
            day = date.fromisoformat(text)
        day += timedelta(days=end)
        return datetime(day.year, day.month, day.day, tzinfo=zone)
    except (ValueError, OverflowError):
        raise InputError(
            f"--{option}: “{text}” is no day.", "Write it like 2026-11-30, today, yesterday, or 30d for 30 days back."
        ) from None


def _as_json(found: Purged, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "before": dict(found.before),
        "removed": found.counts(),
        "deleted": [file.path for file in found.deleted],
        "left": [{"path": left.file.path, "kind": left.file.kind, "why": left.why} for left in found.left],
    }
