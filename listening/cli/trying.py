"""`listening try`: what addresses and saved files give, nothing stored."""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from listening import door, language
from listening import settings as settings_files
from listening.cli import terminal
from listening.cli.tagging import found_settings
from listening.collect import Get
from listening.collectors import check, collector, every
from listening.errors import InputError, ListeningError, SettingsError
from listening.models import COLUMNS, Answer, Feed, Post, Request, Span, TextKind, mention_id
from listening.query import Matcher, parse, warnings
from listening.sentiment import Tagged, Tagger
from listening.settings import Settings
from listening.setup.asking import Asked, ask, client_of, read
from listening.setup.written import FORMS, feed_of, is_address, is_place
from listening.signing import Sessions

EXCERPT = 140
"""Characters of a post in the list."""

QUERY = "query"
"""What the query of the command line is called as a topic."""

MOST_BYTES = 100_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One post as it would be tagged, and where the query found it."""

    post: Post
    language: str | None
    tagged: Tagged
    matched: tuple[Span, ...] = ()


def try_places(arguments: Namespace) -> int:
    """Print what each place gives, in the order they were named."""
    settings = found_settings(arguments.settings)
    kinds = sorted(each.SOURCE for each in every())
    if arguments.kind is not None and arguments.kind not in kinds:
        raise InputError(f"There is no kind “{arguments.kind}”.", f"The kinds are {', '.join(kinds)}.")
    matcher = _matcher(arguments.query, settings)
    tagger = door.tagger_of(settings)
    with terminal.stoppable():
        return asyncio.run(_try(arguments, settings, matcher, tagger))


def _matcher(query: str | None, settings: Settings | None) -> Matcher | None:
    if query is None:
        return None
    if settings is None:
        read_query = parse(query)
    else:
        topics = {topic.name: topic.query for topic in settings.topics}
        read_query = parse(query, topics=topics, listed_authors=settings_files.listed_authors(settings))
    for warning in warnings(read_query):
        terminal.warn(f"Note: {warning}")
    return Matcher({QUERY: read_query})


async def _try(arguments: Namespace, settings: Settings | None, matcher: Matcher | None, tagger: Tagger) -> int:
    failed = 0
    async with aclosing(_asked(arguments.places, arguments.kind, settings)) as answers:
        async for place, asked in answers:
            if asked.page is None:
                failed += 1
                _tell_failure(place, asked, as_json=arguments.json)
                continue
            for note in asked.page.skipped:
                terminal.warn(f"{place}: left out {note}")
            for note in asked.page.notes:
                terminal.warn(f"{place}: {note}")
            kind = collector(asked.feed.source).KIND
            posts = [tried(post, kind, tagger, matcher) for post in asked.page.posts]
            if arguments.json:
                _show_json(place, posts, queried=matcher is not None)
            else:
                _show(place, asked.feed, posts, settings, queried=matcher is not None)
            sys.stdout.flush()
    return 1 if failed else 0


def _tell_failure(place: str, asked: Asked, *, as_json: bool) -> None:
    assert asked.error is not None
    sentence = terminal.sentence(asked.error)
    if as_json:
        terminal.say_json({"place": place, "error": sentence})
    else:
        terminal.warn(f"{place}: {sentence}\n")


def _show_json(place: str, posts: Sequence[Tried], *, queried: bool) -> None:
    for each in posts:
        terminal.say_json(as_json(each, place, queried=queried))
    if not posts:
        terminal.say_json({"place": place, "error": "It answered as it should, but holds no posts."})


async def _asked(
    places: Sequence[str], kind: str | None, settings: Settings | None
) -> AsyncGenerator[tuple[str, Asked], None]:
    """Every place with what it gave, in order; addresses are asked side by side."""
    secrets, sessions = settings_files.secrets(os.environ), Sessions()
    async with client_of(settings) as client:
        tasks: dict[int, asyncio.Task[Asked]] = {}
        for number, place in enumerate(places):
            if is_place(place):
                asking = _ask_place(client.get, place, kind, secrets, sessions, settings)
                tasks[number] = asyncio.create_task(asking)
        try:
            for number, place in enumerate(places):
                yield place, await tasks[number] if number in tasks else _saved(place, kind)
        finally:
            for task in tasks.values():
                task.cancel()


def _may_be_asked(feed: Feed, settings: Settings | None) -> None:
    """Refuse what the settings would refuse: a search by author, terms that nobody confirmed, a private account."""
    try:
        check(feed.source, feed.options)
        account = feed.options.get("account", "")
        if account and not settings_files.is_named(account, feed.options.get("server", ""), settings):
            raise SettingsError(
                f"“{account}” is not named as one of yours.",
                "Nobody is followed by name: only own_accounts and listed_accounts of your settings can be tried.",
            )
    except SettingsError as error:
        raise InputRefused(f"{feed.name}: {error.problem}", error.advice) from error


class InputRefused(ListeningError):
    """A place that may not be asked."""


async def _ask_place(
    get: Get,
    place: str,
    kind: str | None,
    secrets: Mapping[str, str],
    sessions: Sessions,
    settings: Settings | None,
) -> Asked:
    try:
        feed = feed_of(place, kind=kind)
        _may_be_asked(feed, settings)
        return await ask(get, feed, secrets, sessions=sessions, settings=settings)
    except InputRefused as error:
        return Asked(feed=Feed(name=place, source=kind or "rss"), error=error)
    except InputError as error:
        feed = Feed(name=place, source=kind or "rss")
        if kind is None or not is_address(place):
            return Asked(feed=feed, error=error)
        # Some other address that answers as this source does: a relay, an API, a saved answer on a server.
        return await ask(get, feed, secrets, exactly=Request(url=place), settings=settings)


def _saved(place: str, kind: str | None) -> Asked:
    """What a saved file holds."""
    file = Path(place).expanduser()
    feed = Feed(name=file.name, source=kind or "rss")
    try:
        body = _bytes(file, place)
        if kind is None and _is_mastodon(body):
            feed = Feed(name=file.name, source="mastodon")
        return Asked(feed=feed, page=read(Answer(status=200, headers={}, url="", body=body), feed))
    except ListeningError as error:
        return Asked(feed=feed, error=error)


def _bytes(file: Path, place: str) -> bytes:
    try:
        if file.is_dir():
            raise InputError(f"{place} is a folder.", "Name the files in it.")
        if file.exists() and not file.is_file():  # a device may have no end
            raise InputError(f"{place} is not an ordinary file.", f"Name a saved file, {FORMS}.")
        with file.open("rb") as opened:
            body = opened.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise InputError(f"{place} is larger than {MOST_BYTES // 1_000_000} MB.", "Name a smaller file.")
        return body
    except FileNotFoundError:
        raise InputError(f"There is no file {place}.", f"Name a saved file, {FORMS}.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{place} could not be read: {reason.lower()}.") from error


def _is_mastodon(body: bytes) -> bool:
    start = body[:20_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"[") and b'"account"' in body and b'"created_at"' in start


def tried(post: Post, kind: TextKind, tagger: Tagger, matcher: Matcher | None = None) -> Tried:
    """A post, tagged as a collection would tag it."""
    spoken, understood = language.gate(f"{post.title}\n{post.text}", post.language)
    return Tried(
        post=post,
        language=spoken,
        tagged=tagger.tag(post.text, title=post.title, kind=kind, allowed=understood),
        matched=matcher.match(post).get(QUERY, ()) if matcher is not None else (),
    )


def as_json(tried: Tried, place: str, *, queried: bool) -> dict[str, object]:
    """The columns of a mention, and the place; null is what only a collection knows."""
    post, tagged = tried.post, tried.tagged
    known: dict[str, object] = {
        "id": mention_id(source=post.source, key=post.key, feed=post.feed),
        "language": tried.language,
        "vader": tagged.vader,
        "score": tagged.score,
        "tag": tagged.tag,
        "tagger": tagged.tagger,
    }
    if queried:
        known["topics"] = [QUERY] if tried.matched else []
        known["matched"] = matched_words(tried.matched)
    row = {name: known.get(name, getattr(post, name, None)) for name in COLUMNS}
    return {**row, "place": place}


def matched_words(spans: Sequence[Span]) -> list[str]:
    """The words that were found, each once."""
    return list(dict.fromkeys(span.words for span in spans))


def _show(place: str, feed: Feed, posts: Sequence[Tried], settings: Settings | None, *, queried: bool) -> None:
    found = sum(bool(each.matched) for each in posts)
    said = f"{place} ({feed.source}): {terminal.plural(len(posts), 'post')}"
    terminal.say(f"{said}, {found} of them found by the query" if queried else said)
    if posts:
        zone = settings.agency.timezone if settings is not None else None
        terminal.table(
            ("When", "Tag", *(["Found"] if queried else []), "Post"),
            [
                (_when(each.post, zone), _tag(each), *([_found(each)] if queried else []), _words(each.post))
                for each in posts
            ],
        )
    terminal.say()


def _when(post: Post, zone: tzinfo | None) -> str:
    if post.published_at is None:
        return "no date"
    return f"{post.published_at.astimezone(zone):%Y-%m-%d %H:%M}"


def _tag(each: Tried) -> str:
    return each.tagged.tag if each.tagged.score is None else f"{each.tagged.tag} {each.tagged.score:+.2f}"


def _found(each: Tried) -> str:
    return ", ".join(matched_words(each.matched)) or "–"


def _words(post: Post) -> str:
    """Title and the beginning of the text on one line, and who wrote it."""
    words = " – ".join(" ".join(part.split()) for part in (post.title, post.text) if part)
    if len(words) > EXCERPT:
        words = words[: EXCERPT - 1].rstrip() + "…"
    return f"{words} ({post.author})" if post.author else words
