"""The same post in several places: one mention, counted where it was first seen, with the other places beside it.

A post has one id wherever it is met (``models.mention_id``), so a second feed that carries it is only noted. An article
is met in several ways: in its paper's feed, in a list of the world's news, in a search. These call it differently, but
its address and its headline are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select, text

from listening.models import Mention, Post
from listening.store.rows import moment, seconds
from listening.store.schema import mentions, places
from listening.store.sqlite import Prepared, one_of
from listening.stories import OWN_PAGES, SAME_PAGE, canonical, gist, page_key, same_article


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A place where a stored mention was met as well: the mention's number, and the id that the post has there, where
    that is another than the mention's own."""

    n: int
    feed: str
    id: str


_UNDER = Prepared(text("SELECT s.key, s.n FROM json_each(:keys) AS asked JOIN story_keys AS s ON s.key = asked.value"))
_COMPARED = ("source", "feed", "key", "url", "title", "text")
_THERE = Prepared(
    select(mentions.c.n, mentions.c.published_at, *(mentions.c[name] for name in _COMPARED)).where(
        mentions.c.n.in_(one_of("numbers")), mentions.c.withdrawn_at.is_(None)
    )
)
_KNOWN = Prepared(select(places.c.id).where(places.c.id.in_(one_of("ids"))))
_ADD = Prepared(text("INSERT OR IGNORE INTO places (n, feed, id, at) VALUES (:n, :feed, :id, :at)"))


def known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these ids are those of stored mentions in another place."""
    return {row.id for row in _KNOWN.read(connection, ids=list(ids))}


def note(connection: Connection, found: Iterable[Seen], at: datetime) -> None:
    """Note further places of mentions."""
    _ADD.write(
        connection,
        [{"n": one.n, "feed": one.feed, "id": one.id, "at": seconds(at)} for one in found],
    )


def note_feeds(connection: Connection, found: Iterable[tuple[str, str]], at: datetime) -> None:
    """Note that stored mentions (their ids) were met in further feeds (their names)."""
    connection.execute(
        text(
            "INSERT OR IGNORE INTO places (n, feed, id, at) "
            "SELECT m.n, json_extract(value, '$[1]'), '', :at FROM json_each(:found) "
            "JOIN mentions AS m ON m.id = json_extract(value, '$[0]') WHERE m.feed <> json_extract(value, '$[1]')"
        ),
        {"found": json.dumps(list(found)), "at": seconds(at)},
    )


def same_articles(connection: Connection, new: Mapping[str, Mention]) -> tuple[dict[str, Seen], dict[str, str]]:
    """Which of these new mentions are articles that are stored already, or come twice among them.

    The first are given with where they were met; the second with the id of the one that says most.
    """
    pages = {id_: canonical(each.url) for id_, each in new.items() if is_page(each)}
    if not pages:
        return {}, {}
    keys = {page_key(page): page for page in pages.values()}
    under: dict[int, list[int]] = {}
    for row in _UNDER.read(connection, keys=sorted(keys)):
        under.setdefault(row.key, []).append(row.n)
    there = {
        row["n"]: row
        for row in _THERE.read(connection, numbers=sorted({n for some in under.values() for n in some})).mappings()
    }
    stored: dict[str, Seen] = {}
    doubles: dict[str, str] = {}
    first: dict[str, list[str]] = {}
    # Of several that came together the one with most words is the mention.
    for id_, page in sorted(pages.items(), key=lambda item: -len(new[item[0]].text)):
        each = new[id_]
        for number in under.get(page_key(page), ()):
            if number in there and _is(each, there[number], page):
                stored[id_] = Seen(n=number, feed=each.feed, id=id_)
                break
        else:
            for other in first.get(page, ()):
                if new[other].feed != each.feed and same_article(gist(each), gist(new[other])):
                    doubles[id_] = other
                    break
            else:
                first.setdefault(page, []).append(id_)
    return stored, doubles


def is_page(post: Post) -> bool:
    """Whether a post is an article with an address of its own."""
    return post.source in OWN_PAGES and bool(urlsplit(post.url).path.strip("/"))


def _is(mention: Mention, row: Mapping[Any, Any], page: str) -> bool:
    other = Post(**{name: row[name] for name in _COMPARED})
    at = moment(row["published_at"])
    assert at is not None
    assert mention.published_at is not None
    near = abs(at - mention.published_at) <= SAME_PAGE
    elsewhere = other.feed != mention.feed and is_page(other) and canonical(other.url) == page
    return near and elsewhere and same_article(gist(mention), gist(other))


def of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The further places of mentions, by their numbers, in the order in which they were met."""
    asked = text("SELECT value FROM json_each(:numbers)").bindparams(numbers=json.dumps(list(numbers)))
    query = select(places.c.n, places.c.feed).where(places.c.n.in_(asked.columns(places.c.n).scalar_subquery()))
    found: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(query.order_by(places.c.at, places.c.feed)):
        found[row.n] = tuple(dict.fromkeys((*found.get(row.n, ()), row.feed)))
    return found


def ids_of(connection: Connection, numbers: Iterable[int]) -> list[str]:
    """The ids that mentions have in other places."""
    asked = text("SELECT value FROM json_each(:numbers)").bindparams(numbers=json.dumps(list(numbers)))
    query = select(places.c.id).where(places.c.n.in_(asked.columns(places.c.n).scalar_subquery()))
    return [id_ for id_ in connection.execute(query).scalars() if id_]
