"""`listening forget`: a post, or all of one author, out of the store for good; and where else it may be."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from listening import door
from listening import forgetting as work
from listening.cli import terminal
from listening.cli.keeping import in_use
from listening.collectors import COLLECTORS
from listening.errors import InputError
from listening.forgetting import Found
from listening.insights.periods import day_words
from listening.settings import Settings, learned_file
from listening.settings.table import nearest
from listening.store import Store
from listening.store.erasing import names_pattern
from listening.store.files import File

MOST_SHOWN = 10
"""Ids and files that are named on the terminal; --json names all."""

KINDS = {
    "export": "an export",
    "report": "a report",
    "page": "a page as a file",
    "snapshot": "a snapshot",
    "backup": "a backup",
    "chart": "a chart",
}


def forget(arguments: Namespace) -> int:
    """Forget what is named, after asking; say what is done and what is left to a person."""
    settings = door.load(arguments.settings)
    _one_way(arguments)
    store = in_use(settings)
    if arguments.finish:
        return _finished(work.finish(store), as_json=arguments.json)
    sources = [each.SOURCE for each in COLLECTORS]
    if arguments.author is not None:
        found = work.find_author(store, arguments.author, _source(arguments.source, sources), sources)
    else:
        found = work.find_posts(store, arguments.ids)
    now = door.now()
    if arguments.dry_run:
        _tell(found, settings, arguments, now, problem=None)
        return 0
    if not _sure(found, arguments):
        terminal.warn("Nothing was forgotten.")
        return 1
    problem = _carry_out(store, found, now)
    _tell(found, settings, arguments, now, problem=problem)
    return 1 if problem else 0


def _carry_out(store: Store, found: Found, now: datetime) -> str:
    """Why the file is not clean yet, in words; "" where it is."""
    with terminal.progress("Forgetting", 2) as report:
        if found.mentions or found.authors:
            work.forget(store, found, at=now, who=door.who())
        report(1, "writing the file anew")
        return work.finish(store)


def _one_way(arguments: Namespace) -> None:
    """Refuse a command line that says nothing, or two things."""
    ways = [bool(arguments.ids), arguments.author is not None, arguments.finish]
    if sum(ways) != 1:
        raise InputError(
            "Say what to forget: the id of a post, or --author NAME." if not any(ways) else "One thing at a time.",
            "listening forget 3f2a…, or listening forget --author @ada@harbor.example. Try it first with --dry-run.",
        )
    if arguments.source is not None and arguments.author is None:
        raise InputError("--source goes with --author only.", "An id belongs to one post, wherever it was.")


def _source(wanted: str | None, sources: Sequence[str]) -> str | None:
    if wanted is None or wanted in sources:
        return wanted
    near = nearest(wanted, sources)
    raise InputError(
        f"There is no source “{wanted}”.", f"Did you mean “{near}”?" if near else f"There are: {', '.join(sources)}."
    )


def _sure(found: Found, arguments: Namespace) -> bool:
    """Whether the person is sure; nobody is asked where there is nothing to lose, or with --yes."""
    if arguments.yes or not (found.mentions or found.authors):
        return True
    if not sys.stdin.isatty():
        raise InputError(
            "Forgetting cannot be undone, and there is nobody to ask whether you are sure.",
            "Add --yes. Look first at what it would be: --dry-run.",
        )
    terminal.warn(_what(found, "will be"))
    print("This cannot be undone. Forget it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _what(found: Found, tense: str = "") -> str:
    """What is forgotten, in a sentence: "will be", "would be", or was."""
    posts = terminal.plural(len(found.mentions), "post")
    was = tense or ("was" if len(found.mentions) == 1 else "were")
    if not found.authors:
        again = " It was forgotten before." if found.again and not found.mentions else ""
        return f"{posts} {was} forgotten.{again}"
    source = found.authors[0][0] if len({source for source, _ in found.authors}) == 1 else ""
    place = f" on {source}" if source else ""
    return f"{posts} of this author{place} {was} forgotten, and nothing of the author is collected from now on."


def _tell(found: Found, settings: Settings, arguments: Namespace, now: datetime, *, problem: str | None) -> None:
    """What is done, and what is left to a person."""
    named = _named_in_settings(found, settings)
    if arguments.json:
        terminal.say_json(_as_json(found, named, dry_run=arguments.dry_run, problem=problem))
    else:
        terminal.say(_what(found, "would be" if arguments.dry_run else ""))
        if problem == "":
            terminal.say("No byte of it is left in the store's file.")
        _left(found, settings, now)
        if named:
            terminal.say(f"\nThe settings name the author, in line {', '.join(map(str, named))} of {settings.path}.")
    if problem:
        _unfinished(problem)


def _left(found: Found, settings: Settings, now: datetime) -> None:
    """Where else it may be."""
    zone = settings.agency.timezone
    if found.files:
        terminal.say("\nThese files were written while it was stored, and may hold it. Delete them, or make them anew:")
        for file in found.files:
            terminal.say(f"  {file_words(file, now, zone)}")
    if found.older_files:
        terminal.say("\nPosts of the author that were removed before, as too old or forgotten, may be in these:")
        for file in found.older_files:
            terminal.say(f"  {file_words(file, now, zone)}")
    if found.told:
        terminal.say("\nIt was sent to departments. Ask them to delete the message:")
        for told in found.told:
            terminal.say(f"  {told.department}, {terminal.when(told.at, now, zone)}")
    _ids(found.copies, "may carry the same words, as copies of the story. They are other people's posts, and stay")
    _ids(found.naming, "name the author. They are other people's posts, and stay")
    if learned_file(settings).exists():
        terminal.say(
            f"\n{learned_file(settings)} holds single words and pairs of words from all corrections together, and no "
            "posts; `listening learn` makes it anew without this one."
        )


def _ids(ids: Sequence[str], what: str) -> None:
    if ids:
        more = f" and {len(ids) - MOST_SHOWN:,} more" if len(ids) > MOST_SHOWN else ""
        terminal.say(f"\n{terminal.plural(len(ids), 'other stored post')} may be meant too: they {what}.")
        terminal.say(f"  listening forget {' '.join(ids[:MOST_SHOWN])}{more}")


def file_words(file: File, now: datetime, zone: ZoneInfo) -> str:
    """A file in words: what it is, where, since when, by whom, and of which days."""
    where = file.path or ("printed on a terminal" if file.kind == "export" else "downloaded with a browser")
    said = f"{KINDS[file.kind]}: {where}, written {terminal.when(file.at, now, zone)} by {file.who}"
    days = [
        day_words(moment.astimezone(zone).date(), weekday=False, year=True) if moment else ""
        for moment in (file.start, file.end)
    ]
    if file.path and not Path(file.path).exists():
        said += ", and not there now (moved, or deleted)"
    if days == ["", ""]:
        return said
    return f"{said} ({' '.join(f'{word} {day}' for word, day in zip(('from', 'to'), days, strict=True) if day)})"


def _named_in_settings(found: Found, settings: Settings) -> list[int]:
    """The lines of the settings file that name the author: in a query, or among the listed accounts."""
    pattern = names_pattern(found.names)
    if pattern is None or settings.path is None or not settings.path.exists():
        return []
    lines = settings.path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [number for number, line in enumerate(lines, start=1) if pattern.search(line)]


def _unfinished(problem: str) -> None:
    terminal.warn(
        f"\nIt is in no table any more, and on no page. But bytes of it may still be in the file: {problem} Close the "
        "page and other programs that use the store, then run: listening forget --finish"
    )


def _finished(problem: str, *, as_json: bool) -> int:
    if as_json:
        terminal.say_json({"finished": not problem, "problem": problem})
    elif not problem:
        terminal.say("Nothing of what was forgotten is left in the store's file.")
    if problem:
        _unfinished(problem)
    return 1 if problem else 0


def _as_json(found: Found, named: Sequence[int], *, dry_run: bool, problem: str | None) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "posts": len(found.mentions),
        "forgotten_before": len(found.again),
        "author": bool(found.authors),
        "finished": problem == "",
        "problem": problem or "",
        "files": [_file_as_json(file) for file in found.files],
        "older_files": [_file_as_json(file) for file in found.older_files],
        "sent_to": [{"department": told.department, "at": told.at} for told in found.told],
        "copies": list(found.copies),
        "naming": list(found.naming),
        "settings_lines": list(named),
    }


def _file_as_json(file: File) -> dict[str, object]:
    said = {name: getattr(file, name) for name in ("kind", "path", "who", "start", "end")}
    return {**said, "written_at": file.at, "there": Path(file.path).exists() if file.path else None}
