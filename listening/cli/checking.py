"""`listening check`: the settings read, every feed asked once, nothing stored."""

from __future__ import annotations

import asyncio
import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from listening import demo, door, teaching
from listening import settings as settings_files
from listening.cli import terminal
from listening.cli.files import write_whole
from listening.cli.rehearsing import rehearse
from listening.collect import Get, Retime
from listening.errors import InputError
from listening.query import parse, warnings
from listening.settings import Settings
from listening.setup.asking import Asked, ask, client_of
from listening.setup.outline import write_outline
from listening.signing import Sessions
from listening.store import file_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """How one feed answered: how many posts, how many of them a topic matches, and when the newest was published."""

    feed: str
    source: str
    answered: bool
    posts: int = 0
    matched: int = 0
    newest: datetime | None = None
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    advice: str = ""


def check(arguments: Namespace) -> int:
    """Say what the settings mean and how every feed answers; or rehearse the meeting."""
    if arguments.meeting:
        return rehearse(arguments)
    if arguments.snapshot:
        raise InputError("--snapshot goes with --meeting.", "listening check --meeting --snapshot FOLDER")
    settings = door.load(arguments.settings)
    if arguments.opml:
        return _write_outline(settings, Path(arguments.opml))
    remarks = [*settings_files.remarks(settings), *query_warnings(settings)]
    if said := teaching.outdated(settings):
        remarks.append(said)
    if not arguments.json:
        _describe(settings, remarks)
    with terminal.stoppable():
        feeds = asyncio.run(_feeds(settings))
    failed = [feed for feed in feeds if not feed.answered]
    if arguments.json:
        terminal.say_json(
            {
                "settings": str(settings.path),
                "agency": settings.agency.name,
                "feeds": [_as_json(feed) for feed in feeds],
                "failed": len(failed),
                "warnings": remarks,
            }
        )
    else:
        _show(feeds, settings)
    for feed in failed:
        terminal.warn(f"\n{feed.feed}: {feed.problem} {feed.advice}".rstrip())
    return 1 if failed else 0


def _write_outline(settings: Settings, path: Path) -> int:
    """The places as other feed readers take them."""
    text, without = write_outline(settings.agency.name, settings.feeds, settings.paused, door.now())
    write_whole(path, text.encode())
    written = len(settings.feeds) + len(settings.paused) - len(without)
    terminal.say(f"Written: {path} with {terminal.plural(written, 'place')}.")
    if without:
        terminal.say(f"Not in it, because no feed reader can ask it: {', '.join(without)}.")
    return 0


def query_warnings(settings: Settings) -> list[str]:
    """What in the topics' queries is probably not meant, a sentence each."""
    queries = {topic.name: topic.query for topic in settings.topics}
    authors = settings_files.listed_authors(settings)
    return [
        f"Topic “{name}”: {said}"
        for name, query in queries.items()
        for said in warnings(parse(query, topics=queries, listed_authors=authors))
    ]


async def _feeds(settings: Settings) -> list[Checked]:
    matcher = door.concluder_of(settings).matcher
    secrets, sessions = settings_files.secrets(os.environ), Sessions()
    done = 0
    with terminal.progress("Asking", len(settings.feeds), unit="feeds") as report:

        async def one(get: Get, place: int, retime: Retime | None) -> Checked:
            nonlocal done
            asked = await ask(get, settings.feeds[place], secrets, sessions=sessions, settings=settings)
            done += 1
            report(done, asked.feed.name)
            return _checked(asked, retime)

        def _checked(asked: Asked, retime: Retime | None) -> Checked:
            feed, page = asked.feed, asked.page
            if page is None:
                assert asked.error is not None
                return Checked(
                    feed=feed.name,
                    source=feed.source,
                    answered=False,
                    problem=asked.error.problem,
                    advice=asked.error.advice,
                )
            posts = [moved for post in page.posts if (moved := retime(post) if retime else post) is not None]
            return Checked(
                feed=feed.name,
                source=feed.source,
                answered=True,
                posts=len(posts),
                matched=sum(bool(matcher.match(post)) for post in posts),
                newest=max((post.published_at for post in posts if post.published_at), default=None),
                skipped=page.skipped,
                notes=page.notes,
            )

        places = range(len(settings.feeds))
        if demo.is_saved(settings):
            town = demo.SavedTown(settings, door.now)
            town.choose_shift()
            return [await one(town.get, place, town.retime) for place in places]
        async with client_of(settings) as client:
            return list(await asyncio.gather(*(one(client.get, place, None) for place in places)))


def _describe(settings: Settings, remarks: Sequence[str]) -> None:
    agency = settings.agency
    short = f" ({agency.short_name})" if agency.short_name else ""
    paused = f", {len(settings.paused)} paused" if settings.paused else ""
    terminal.say(f"Settings: {settings.path}")
    terminal.say(f"Agency:   {agency.name}{short}, days end at midnight in {agency.timezone.key}")
    terminal.say(f"Contact:  {agency.contact or 'none yet'}")
    terminal.say(f"Topics:   {', '.join(topic.name for topic in settings.topics)}")
    terminal.say(f"Feeds:    {len(settings.feeds)}{paused}")
    terminal.say(f"Store:    {file_of(settings.store_url)}")
    for remark in remarks:
        terminal.say(f"\nNote: {remark}")
    terminal.say()


def _show(feeds: Sequence[Checked], settings: Settings) -> None:
    if not feeds:
        return
    now, zone = door.now(), settings.agency.timezone
    terminal.table(
        ("Feed", "Source", "Answered", "Posts", "About you", "Newest"),
        [
            (
                feed.feed,
                feed.source,
                "yes" if feed.answered else "no",
                str(feed.posts) if feed.answered else "",
                str(feed.matched) if feed.answered else "",
                terminal.when(feed.newest, now, zone) if feed.newest else "",
            )
            for feed in feeds
        ],
        numbers=("Posts", "About you"),
        spare=("Source",),
    )
    for feed in feeds:
        for note in feed.skipped:
            terminal.say(f"\n{feed.feed}: left out {note}")
        for note in feed.notes:
            terminal.say(f"\n{feed.feed}: {note}")
    answered = sum(feed.answered for feed in feeds)
    terminal.say(f"\n{answered} of {terminal.plural(len(feeds), 'feed')} answered. Nothing was stored.")


def _as_json(feed: Checked) -> dict[str, object]:
    return {
        "feed": feed.feed,
        "source": feed.source,
        "answered": feed.answered,
        "posts": feed.posts,
        "matched": feed.matched,
        "newest": feed.newest,
        "skipped": list(feed.skipped),
        "notes": list(feed.notes),
        "problem": feed.problem,
        "advice": feed.advice,
    }
