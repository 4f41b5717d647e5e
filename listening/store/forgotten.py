"""What is not to be collected again: marks from which nobody can tell what they stand for.

A mark is a keyed hash; the key is a random one of this store. Whoever has the store can try whether a name that he
thinks of is among them, and can read none.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from listening.models import Post
from listening.store.opening import FORGETTING
from listening.store.rows import seconds
from listening.store.schema import forgotten, meta
from listening.store.sqlite import Prepared, one_of

What = Literal["post", "author", "old"]

_MARKED = Prepared(select(forgotten.c.mark).where(forgotten.c.mark.in_(one_of("marks"))))


def plain_author(author: str) -> str:
    """An author as accounts are compared: @Ada@harbor.example, ada@harbor.example and /u/ada, u/Ada are one each."""
    return author.casefold().strip().removeprefix("/").removeprefix("u/").lstrip("@")


def note_forgotten(
    connection: Connection,
    *,
    at: datetime,
    posts: Iterable[str] = (),
    authors: Iterable[tuple[str, str]] = (),
    old: Iterable[str] = (),
) -> None:
    """Remember that posts (their ids) and all posts of authors (source and name) are not to be collected again.

    ``old`` are posts that were too old to be kept and have no date of their own: their feed would bring them as new.
    """
    key = _key(connection) or _new_key(connection)
    marks: list[tuple[str, What]] = [(_mark(key, "post", id_), "post") for id_ in posts]
    marks += [(_mark(key, "author", source, plain_author(author)), "author") for source, author in authors]
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
        if post.author:
            ids.setdefault(_mark(key, "author", post.source, plain_author(post.author)), set()).add(id_)
    return set().union(*(ids[row.mark] for row in _MARKED.read(connection, marks=list(ids))))


def _key(connection: Connection) -> bytes | None:
    said = connection.execute(select(meta.c.value).where(meta.c.key == FORGETTING)).scalar()
    return None if said is None else bytes.fromhex(said)


def _new_key(connection: Connection) -> bytes:
    key = secrets.token_bytes(32)
    connection.execute(upsert(meta).values(key=FORGETTING, value=key.hex()))
    return key


def _mark(key: bytes, *said: str) -> str:
    return hashlib.blake2b("\x1f".join(said).encode(errors="replace"), key=key, digest_size=16).hexdigest()
