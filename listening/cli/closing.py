"""`listening week`: a week's numbers beside those of the moment it was closed; close it, or open it again."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from listening import door, weeks
from listening.cli import terminal
from listening.cli.telling import stored
from listening.settings import Settings
from listening.store import Store, log_access
from listening.weeks import State


def week(arguments: Namespace) -> int:
    """Close a week or open it again, where that is asked; say how it stands with it."""
    settings = door.load(arguments.settings)
    now = door.now()
    key = weeks.known(arguments.week or weeks.last_ended(now, settings.agency.timezone))
    store = stored(settings)
    if arguments.close or arguments.reopen:
        _by_hand(arguments, store, settings, key, now)
    found = weeks.state(store, key)
    if arguments.json:
        terminal.say_json(_as_json(found))
    else:
        _tell(found, settings, now)
    return 0


def _by_hand(arguments: Namespace, store: Store, settings: Settings, key: str, now: datetime) -> None:
    who = door.who() if arguments.by is None else arguments.by
    act = weeks.close if arguments.close else weeks.reopen
    if act(store, settings, key, who, now):
        log_access(store, at=now, who=door.who(), what=f"week: {'close' if arguments.close else 'reopen'}", detail=key)
    else:
        terminal.warn(f"The week {key} is {'closed' if arguments.close else 'open'} already.")


def _tell(found: State, settings: Settings, now: datetime) -> None:
    zone = settings.agency.timezone
    how = "is open"
    if found.at is not None and found.closed:
        how = f"was closed by {found.who}, {terminal.when(found.at, now, zone)}"
    elif found.at is not None:
        how = f"was opened again by {found.who}, {terminal.when(found.at, now, zone)}"
    elif now.timestamp() < found.period.end.timestamp():
        how = "has not ended yet"
    terminal.say(f"The week {found.week}, {found.period.words(zone)}, {how}.")
    terminal.say()
    then, here = {} if found.frozen is None else asdict(found.frozen), asdict(found.now)
    headings = ["", "when closed", "now", "difference"] if found.closed else ["", "now"]
    terminal.table(headings, [_row(name, then, here) for name in weeks.LABELS], numbers=headings[1:])
    if found.differences:
        terminal.say()
    for each in found.differences:
        terminal.say(f"{weeks.LABELS[each.name]}: {each.words}.")
    if found.log:
        terminal.say()
    for entry in found.log:
        numbers = f", with {terminal.plural(entry.numbers.get('mentions', 0), 'post')}" if entry.numbers else ""
        terminal.say(f"{terminal.when(entry.at, now, zone)}: {weeks.entry_words(entry)} by {entry.who}{numbers}")


def _row(name: str, then: Mapping[str, int | None], now: Mapping[str, int | None]) -> list[str]:
    words = [weeks.LABELS[name]]
    if then:
        words.append(weeks.value_words(name, then[name]))
    words.append(weeks.value_words(name, now[name]))
    return [*words, weeks.difference_words(name, then[name], now[name])] if then else words


def _as_json(found: State) -> dict[str, Any]:
    return {
        "week": found.week,
        "start": found.period.start,
        "end": found.period.end,
        "closed": found.closed,
        "who": found.who or None,
        "at": found.at,
        "frozen": None if found.frozen is None else asdict(found.frozen),
        "now": asdict(found.now),
        "differences": {each.name: each.words for each in found.differences},
        "log": [{"at": each.at, "who": each.who, "what": each.what, "numbers": each.numbers} for each in found.log],
    }
