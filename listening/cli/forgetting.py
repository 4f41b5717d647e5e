"""`listening forget`: a post, or all of one author, out of the store for good; and where else it may be."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from listening import door
from listening import forgetting as work
from listening.cli import terminal
from listening.cli.keeping import in_use
from listening.collectors import kinds
from listening.errors import InputError
from listening.forgetting import Found
from listening.insights.periods import day_words
from listening.models import Mention
from listening.settings import Settings, learned_file
from listening.settings.table import nearest
from listening.store import Store
from listening.store.access import span_of
from listening.store.files import File
from listening.store.redacting import names_pattern

MOST_SHOWN = 50
"""Posts that are named on the terminal; --json names all."""

WORDS = 60
"""Signs of a post that are shown, so that a person sees which it is."""

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
    found = _found(store, arguments)
    now = door.now()
    if not found.anything and found.wanted is not None:
        return _nobody(found, arguments)
    if arguments.dry_run:
        _tell(found, settings, arguments, now)
        return 0
    if not _sure(found, arguments):
        terminal.warn("Nothing was forgotten.")
        return 1
    return _carry_out(store, found, settings, arguments, now)


def _found(store: Store, arguments: Namespace) -> Found:
    if arguments.author is None:
        return work.find_posts(store, arguments.ids)
    sources = list(kinds())
    source = _source(arguments.source, sources)
    return work.find_author(
        store, arguments.author, source, sources, feed=arguments.feed, also_unseen=arguments.also_unseen
    )


def _carry_out(store: Store, found: Found, settings: Settings, arguments: Namespace, now: datetime) -> int:
    """Forget it, say where else it may be, and only then clean the file: that may take minutes."""
    if found.anything:
        found = work.forget(store, found, at=now, who=door.who())
    if not arguments.json:
        _tell(found, settings, arguments, now)
    with terminal.progress("Writing the file anew", 1) as report:
        problem = work.finish(store)
        report(1)
    if arguments.json:
        _tell(found, settings, arguments, now, problem=problem)
    elif not problem and found.anything:
        terminal.say("\nNo byte of it is left in the store's file.")
    if problem:
        _unfinished(problem)
    return 1 if problem else 0


def _nobody(found: Found, arguments: Namespace) -> int:
    """Say that nobody of this name is here: mistyped, or one of whom nothing is stored."""
    assert found.wanted is not None
    if arguments.json:
        terminal.say_json({"posts": 0, "author": False, "near": list(found.near)})
        return 1
    where = f" in {found.wanted.feed}" if found.wanted.feed else ""
    where = where or (f" on {found.wanted.source}" if found.wanted.source else "")
    terminal.warn(f"There is no author “{found.wanted.author}” here{where}. Nothing was forgotten.")
    if found.near:
        terminal.warn(f"Did you mean {' or '.join(f'“{name}”' for name in found.near)}?")
    terminal.warn("So that nothing by this name is collected in future, although nothing is stored: add --also-unseen.")
    return 1


def _one_way(arguments: Namespace) -> None:
    """Refuse a command line that says nothing, or two things."""
    ways = [bool(arguments.ids), arguments.author is not None, arguments.finish]
    if sum(ways) != 1:
        raise InputError(
            "Say what to forget: the id of a post, or --author NAME." if not any(ways) else "One thing at a time.",
            "listening forget 3f2a…, or listening forget --author @ada@harbor.example. Try it first with --dry-run.",
        )
    for option in ("source", "feed", "also_unseen"):
        if getattr(arguments, option) and arguments.author is None:
            raise InputError(
                f"--{option.replace('_', '-')} goes with --author only.", "An id belongs to one post, wherever it was."
            )


def _source(wanted: str | None, sources: Sequence[str]) -> str | None:
    if wanted is None or wanted in sources:
        return wanted
    near = nearest(wanted, sources)
    raise InputError(
        f"There is no source “{wanted}”.", f"Did you mean “{near}”?" if near else f"There are: {', '.join(sources)}."
    )


def _sure(found: Found, arguments: Namespace) -> bool:
    """Whether the person is sure; nobody is asked where there is nothing to lose, or with --yes."""
    if arguments.yes or not found.anything:
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
    sources, feeds = {each.source for each in found.authors}, {each.feed for each in found.authors}
    place = f" on {sources.pop()}" if len(sources) == 1 else ""
    place = f" in {feeds.pop()}" if len(feeds) == 1 and feeds != {""} else place
    if found.before and not found.mentions:
        return f"This author{place} was forgotten before: nothing of the author is stored, and nothing is collected."
    return f"{posts} of this author{place} {was} forgotten, and nothing of the author is collected from now on."


def _tell(found: Found, settings: Settings, arguments: Namespace, now: datetime, *, problem: str | None = None) -> None:
    """What is done, and what is left to a person."""
    named = _named_in_settings(found, settings)
    if arguments.json:
        terminal.say_json(_as_json(found, named, dry_run=arguments.dry_run, problem=problem))
        return
    terminal.say(_what(found, "would be" if arguments.dry_run else ""))
    if arguments.dry_run:
        _posts(list(found.mentions.values()), settings.agency.timezone)
    _left(found, settings, now)
    if named:
        terminal.say(f"\nThe settings name the author, in line {', '.join(map(str, named))} of {settings.path}.")


def _left(found: Found, settings: Settings, now: datetime) -> None:
    """Where else it may be."""
    zone = settings.agency.timezone
    if found.files:
        terminal.say(
            "\nThese files may hold it: they were written while it was stored. Delete them, or make them anew:"
        )
        for file in found.files:
            terminal.say(f"  {file_words(file, now, zone)}")
    if found.older_files:
        terminal.say("\nThese may hold posts that are not stored any more, as too old or forgotten before:")
        for file in found.older_files:
            terminal.say(f"  {file_words(file, now, zone)}")
    if found.told:
        terminal.say("\nIt was sent to departments. Ask them to delete the message:")
        for told in found.told:
            terminal.say(f"  {told.department}, {terminal.when(told.at, now, zone)}")
    _others(found.copies, "may carry the same words, as copies of the story", zone)
    _others(found.naming, "may name the author, or link to it", zone)
    if learned_file(settings).exists():
        terminal.say(
            f"\n{learned_file(settings)} holds single words and pairs of words from all corrections together, and no "
            "posts; `listening learn` makes it anew without this one."
        )


def _others(posts: Sequence[Mention], what: str, zone: ZoneInfo) -> None:
    if posts:
        terminal.say(f"\n{terminal.plural(len(posts), 'other stored post')} {what}. They are other people's, and stay:")
        _posts(posts, zone)
        terminal.say("  Read them first; one that has to go as well is forgotten by its id.")


def _posts(posts: Sequence[Mention], zone: ZoneInfo) -> None:
    """Which posts these are: id, day, place and first words."""
    for post in posts[:MOST_SHOWN]:
        assert post.published_at is not None
        day = day_words(post.published_at.astimezone(zone).date(), weekday=False, year=True)
        terminal.say(f"  {post.id}  {day}, {post.feed}: {first_words(post)}")
    if len(posts) > MOST_SHOWN:
        terminal.say(f"  … and {len(posts) - MOST_SHOWN:,} more; --json names all.")


def first_words(post: Mention) -> str:
    """The first words of a post, on one line."""
    words = " ".join(f"{post.title} {post.text}".split())
    said = words if len(words) <= WORDS else f"{words[:WORDS].rsplit(' ', 1)[0]} …"
    return f"“{said}”" if said else "(without words: deleted at its source)"


def file_words(file: File, now: datetime, zone: ZoneInfo) -> str:
    """A file in words: what it is, where, since when, by whom, and of which days."""
    where = file.path or ("printed on a terminal" if file.kind == "export" else "downloaded with a browser")
    said = f"{KINDS[file.kind]}: {where}, written {terminal.when(file.at, now, zone)}"
    said += f" by {file.who}" if file.who else ""
    if file.path and not _there(file):
        said += ", and not found there now (moved, deleted, or out of reach)"
    span = span_of(file.start, file.end, zone)
    return f"{said} ({span})" if span else said


def _there(file: File) -> bool | None:
    """Whether the file is there; None where nobody knows its path, or may look."""
    if not file.path:
        return None
    try:
        return Path(file.path).exists()
    except OSError:
        return None


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
        **({"mentions": [asdict(mention) for mention in found.mentions.values()]} if dry_run else {}),
        "finished": problem == "",
        "problem": problem or "",
        "files": [_file_as_json(file) for file in found.files],
        "older_files": [_file_as_json(file) for file in found.older_files],
        "sent_to": [{"department": told.department, "at": told.at} for told in found.told],
        "copies": [_other_as_json(each) for each in found.copies],
        "naming": [_other_as_json(each) for each in found.naming],
        "settings_lines": list(named),
    }


def _other_as_json(other: Mention) -> dict[str, object]:
    return {"id": other.id, "feed": other.feed, "published_at": other.published_at, "words": first_words(other)}


def _file_as_json(file: File) -> dict[str, object]:
    said = {name: getattr(file, name) for name in ("kind", "path", "who", "start", "end")}
    return {**said, "written_at": file.at, "there": _there(file)}
