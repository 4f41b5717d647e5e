"""What is not to be collected again: marks from which nobody can tell what they stand for.

A mark is a keyed hash; the key is a random one of this store. Whoever has the store can try whether a name that he
thinks of is among them, and can read none.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from listening.models import Post
from listening.store.opening import FORGETTING
from listening.store.rows import moment, seconds
from listening.store.schema import forgotten, meta
from listening.store.sqlite import Prepared, one_of

_BEFORE = re.compile(r"/?(?:u/)?@*", re.IGNORECASE)

What = Literal["post", "author", "old"]

_MARKED = Prepared(select(forgotten.c.mark).where(forgotten.c.mark.in_(one_of("marks"))))


@dataclass(frozen=True, order=True, kw_only=True, slots=True)
class Author:
    """Whose posts are not to be collected: of a source, or (``feed``) of one feed only; by name, or by the address
    of the account where ``name`` is one."""

    source: str
    name: str
    feed: str = ""

    def said(self) -> tuple[str, ...]:
        """What a mark of it is made of."""
        if "://" in self.name:
            return ("account", self.source, plain_address(self.name))
        name = plain_author(self.name)
        return ("author", self.source, name, self.feed) if self.feed else ("author", self.source, name)


def plain_address(address: str) -> str:
    """An account's address as such are compared."""
    return address.strip().casefold().rstrip("/")


def plain_author(author: str) -> str:
    """An author as accounts are compared: @Ada@harbor.example, ada@harbor.example and /u/ada, u/Ada are one each."""
    return bare_author(author).casefold()


def bare_author(author: str) -> str:
    """An author's name as it is written, without the signs before it."""
    return _BEFORE.sub("", author.strip(), count=1).strip()


def note_forgotten(
    connection: Connection,
    *,
    at: datetime,
    posts: Iterable[str] = (),
    authors: Iterable[Author] = (),
    old: Iterable[str] = (),
) -> None:
    """Remember that posts (their ids) and all posts of authors are not to be collected again.

    ``old`` are posts that were too old to be kept and have no date of their own: their feed would bring them as new.
    """
    key = _key(connection) or _new_key(connection)
    marks: list[tuple[str, What]] = [(_mark(key, "post", id_), "post") for id_ in posts]
    marks += [(_mark(key, *author.said()), "author") for author in authors]
    marks += [(_mark(key, "post", id_), "old") for id_ in old]
    if marks:
        connection.execute(
            upsert(forgotten).on_conflict_do_nothing(),
            [{"mark": mark, "what": what, "at": seconds(at)} for mark, what in marks],
        )


def among(connection: Connection, posts: Iterable[tuple[str, Post]]) -> set[str]:
    """The ids of those of these posts that are not to be collected; each comes with its id."""
    key = _key(connection)
    if key is None:
        return set()  # nothing was ever forgotten
    ids: dict[str, set[str]] = {}
    for id_, post in posts:
        ids.setdefault(_mark(key, "post", id_), set()).add(id_)
        for author in _authors(post):
            ids.setdefault(_mark(key, *author.said()), set()).add(id_)
    return set().union(*(ids[row.mark] for row in _MARKED.read(connection, marks=list(ids))))


def since(connection: Connection, ids: Iterable[str], authors: Iterable[Author]) -> datetime | None:
    """Since when the latest of these posts and authors is forgotten; None where none is."""
    if (key := _key(connection)) is None:
        return None
    marks = [_mark(key, "post", id_) for id_ in ids] + [_mark(key, *author.said()) for author in authors]
    query = select(func.max(forgotten.c.at)).where(forgotten.c.mark.in_(marks), forgotten.c.what != "old")
    return moment(connection.execute(query).scalar())


def _authors(post: Post) -> Iterator[Author]:
    """As whom a post's author may have been forgotten."""
    if post.author:
        yield Author(source=post.source, name=post.author)
        yield Author(source=post.source, name=post.author, feed=post.feed)
    if post.author_url:
        yield Author(source=post.source, name=post.author_url)


def _key(connection: Connection) -> bytes | None:
    said = connection.execute(select(meta.c.value).where(meta.c.key == FORGETTING)).scalar()
    return None if said is None else bytes.fromhex(said)


def _new_key(connection: Connection) -> bytes:
    key = secrets.token_bytes(32)
    connection.execute(upsert(meta).values(key=FORGETTING, value=key.hex()))
    return key


def _mark(key: bytes, *said: str) -> str:
    return hashlib.blake2b("\x1f".join(said).encode(errors="replace"), key=key, digest_size=16).hexdigest()
