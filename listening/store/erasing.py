"""Forgetting, as far as it is the store's: who wrote what, whom it was sent to, and no byte left of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import Connection, func, or_, select

from listening.models import Mention
from listening.store import conversing, sqlite
from listening.store.forgotten import plain_address, plain_author
from listening.store.opening import Store, file_of, in_words
from listening.store.removing import listed
from listening.store.rows import mention_of, moment
from listening.store.schema import feeds, mentions, sent

UNFINISHED = "forgetting to be finished"
"""Under this name stands that something was forgotten of which bytes may still be in the file."""

NEAR = 3
"""Names that are proposed for a mistyped one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A department that a post was sent to, and when."""

    department: str
    at: datetime


def of_ids(connection: Connection, ids: Sequence[str]) -> dict[int, Mention]:
    """The mentions with these ids, by their numbers; posts of conversations by theirs below zero."""
    query = select(mentions).where(mentions.c.id.in_(ids))
    found = {row["n"]: mention_of(row) for row in connection.execute(query).mappings()}
    return found | _kept(conversing.of_ids(connection, ids))


def _kept(posts: Mapping[int, Mention]) -> dict[int, Mention]:
    """Posts of conversations, under numbers that no mention has."""
    return {-number: post for number, post in posts.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Whose mentions are meant: a name as the source gives it, or the address of the account; on one source, in one
    feed."""

    author: str
    source: str | None = None
    feed: str | None = None

    @property
    def by_address(self) -> bool:
        """Whether the account's address was given."""
        return "://" in self.author


def of_author(connection: Connection, wanted: Wanted) -> dict[int, Mention]:
    """All mentions of an author, by their numbers; posts of conversations by theirs below zero."""
    column = mentions.c.author_url if wanted.by_address else mentions.c.author
    plain = plain_address if wanted.by_address else plain_author
    every = [
        *connection.execute(select(column).where(column.is_not(None)).distinct()).scalars(),
        *conversing.names(connection, column.name),
    ]
    names = {name for name in every if plain(name) == plain(wanted.author)}
    query = select(mentions).where(column.in_(names))
    if wanted.source is not None:
        query = query.where(mentions.c.source == wanted.source)
    if wanted.feed is not None:
        query = query.where(mentions.c.feed == wanted.feed)
    found = {row["n"]: mention_of(row) for row in connection.execute(query.order_by(mentions.c.n)).mappings()}
    said = conversing.of_authors(connection, column.name, names)
    return found | _kept(
        {
            number: post
            for number, post in said.items()
            if wanted.source in (None, post.source) and wanted.feed in (None, post.feed)
        }
    )


def feed_names(connection: Connection, source: str) -> list[str]:
    """The names of the feeds of a source that there ever were."""
    return list(connection.execute(select(feeds.c.name).where(feeds.c.source == source)).scalars())


def near_authors(connection: Connection, wanted: Wanted) -> list[str]:
    """Names of authors that there are and that are much like one that there is not."""
    query = select(mentions.c.author).where(mentions.c.author.is_not(None)).distinct()
    if wanted.source is not None:
        query = query.where(mentions.c.source == wanted.source)
    if wanted.feed is not None:
        query = query.where(mentions.c.feed == wanted.feed)
    by_plain: dict[str, str] = {}
    others = [
        post.author
        for post in conversing.said_by_others(connection).values()
        if post.author and wanted.source in (None, post.source) and wanted.feed in (None, post.feed)
    ]
    for name in (*connection.execute(query).scalars(), *others):
        by_plain.setdefault(plain_author(name), name)
        by_plain.setdefault(plain_author(name).partition("@")[0], name)
    near = get_close_matches(plain_author(wanted.author), by_plain, n=NEAR, cutoff=0.75)
    short = plain_author(wanted.author).partition("@")[0]
    near += get_close_matches(short, by_plain, n=NEAR, cutoff=0.75)
    return list(dict.fromkeys(by_plain[plain] for plain in near))[:NEAR]


def sent_to(connection: Connection, numbers: Iterable[int]) -> list[Told]:
    """The departments that these mentions were sent to, each with when that was last."""
    query = select(sent.c.department, func.max(sent.c.at)).where(sent.c.n.in_(listed(numbers)))
    found = []
    for department, at in connection.execute(query.group_by(sent.c.department).order_by(sent.c.department)):
        when = moment(at)
        assert when is not None
        found.append(Told(department=department, at=when))
    return found


def copies_of(connection: Connection, found: Iterable[Mention]) -> list[Mention]:
    """Other mentions of the same stories: their words may be the same."""
    mine = list(found)
    stories = [mention.story or mention.id for mention in mine]
    query = select(mentions).where(
        or_(mentions.c.id.in_(stories), (mentions.c.story.in_(stories)) & (mentions.c.story != mentions.c.id))
    )
    ids = {mention.id for mention in mine}
    others = [mention_of(row) for row in connection.execute(query.order_by(mentions.c.n)).mappings()]
    return [mention for mention in others if mention.id not in ids]


def optimize_index(connection: Connection) -> None:
    """Make the full-text index one part, in which nothing of removed words is left."""
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    connection.exec_driver_sql("INSERT INTO search (search) VALUES ('optimize')")


def rewrite_file(store: Store) -> bool:
    """Write the store's file anew without what was removed, and empty its log; False where others kept us from it.

    Raises StoreFull where the disk has no room for a second copy of the file meanwhile.
    """
    with in_words(store.url, store.wait_seconds):
        return sqlite.rewrite(file_of(store.url), wait_seconds=store.wait_seconds)
