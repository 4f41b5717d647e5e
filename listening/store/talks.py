"""Whose conversations are due to be read, who has taken which, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from listening.models import Mention, Post
from listening.store.conversing import said
from listening.store.rows import mention_of, seconds
from listening.store.schema import ALL_TOPICS, answers, links, mentions, replies, threads


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A post whose conversation is to be read: a mention's number, or below zero that of our own post.

    ``tried_at``: when that was tried last, in seconds since 1970.
    """

    n: int
    post: Post
    tried_at: int | None = None


MOST_DUE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which conversations are looked for: of these ``feeds``; of questions and our own posts ``since``, of others that
    are ``fresh``; not read or tried after ``before``, of fresh ones after ``before_fresh``."""

    feeds: Collection[str]
    since: datetime
    fresh: datetime
    before: datetime
    before_fresh: datetime


def due(connection: Connection, wanted: Wanted) -> list[Due]:
    """The posts whose conversations are to be read, the most wanted first.

    Questions that none of our accounts has answered, then our own posts, then others that somebody answered, or that
    answer somebody.
    """
    fresh, since = seconds(wanted.fresh), seconds(wanted.since)

    def unread(published: ColumnElement[int]) -> ColumnElement[bool]:
        again = and_(published >= fresh, threads.c.at <= seconds(wanted.before_fresh))
        return or_(threads.c.at.is_(None), threads.c.at <= seconds(wanted.before), again)

    counted = and_(links.c.n == mentions.c.n, links.c.topic == ALL_TOPICS)
    stored = (
        select(mentions, threads.c.at.label("tried_at"))
        .outerjoin(threads, threads.c.n == mentions.c.n)
        .where(
            mentions.c.feed.in_(list(wanted.feeds)),
            mentions.c.withdrawn_at.is_(None),
            mentions.c.key != "",
            unread(mentions.c.published_at),
        )
        .order_by(func.coalesce(threads.c.at, 0), mentions.c.published_at.desc())
        .limit(MOST_DUE)
    )
    asking = stored.join(links, counted).where(
        links.c.question == 1, links.c.published_at >= since, mentions.c.n.not_in(select(answers.c.n))
    )
    ours = stored.where(mentions.c.own == 1, mentions.c.published_at >= since)
    talked = stored.join(links, counted).where(
        links.c.published_at >= fresh, or_(mentions.c.replies > 0, mentions.c.reply_to.is_not(None))
    )
    kept = (
        select(replies, threads.c.at.label("tried_at"))
        .outerjoin(threads, threads.c.n == -replies.c.n)
        .where(
            replies.c.own == 1,
            replies.c.reply_to.is_(None),
            replies.c.published_at >= since,
            replies.c.feed.in_(list(wanted.feeds)),
            unread(replies.c.published_at),
        )
        .order_by(func.coalesce(threads.c.at, 0), replies.c.published_at.desc())
        .limit(MOST_DUE)
    )
    found: dict[int, Due] = {}
    for query in (asking, ours, kept, talked):
        for row in connection.execute(query).mappings():
            number, post = (-row["n"], said(row)) if query is kept else (row["n"], mention_of(row))
            found.setdefault(number, Due(n=number, post=_as_post(post), tried_at=row["tried_at"]))
    return list(found.values())


def claim(connection: Connection, wanted: Sequence[Due], at: datetime) -> list[Due]:
    """Take these conversations to read: those that no other program has taken meanwhile."""
    taken = []
    for each in wanted:
        if each.tried_at is None:
            new = upsert(threads).on_conflict_do_nothing()
            done = connection.execute(new, {"n": each.n, "at": seconds(at), "posts": None}).rowcount
        else:
            mine = update(threads).where(threads.c.n == each.n, threads.c.at == each.tried_at)
            done = connection.execute(mine.values(at=seconds(at))).rowcount
        taken += [each] * bool(done)
    return taken


def give_back(connection: Connection, left: Sequence[Due]) -> None:
    """Let conversations that were taken and not asked for be due as before."""
    for each in left:
        if each.tried_at is None:
            connection.execute(delete(threads).where(threads.c.n == each.n))
        else:
            connection.execute(update(threads).where(threads.c.n == each.n).values(at=each.tried_at))


def is_there(connection: Connection, number: int) -> bool:
    """Whether a post (below zero: of our own, kept here) is still stored, and not withdrawn."""
    if number < 0:
        query = select(replies.c.n).where(replies.c.n == -number)
    else:
        query = select(mentions.c.n).where(mentions.c.n == number, mentions.c.withdrawn_at.is_(None))
    return connection.execute(query).first() is not None


def _as_post(mention: Mention) -> Post:
    return Post(**{field.name: getattr(mention, field.name) for field in fields(Post)})


def note_tried(connection: Connection, number: int, at: datetime) -> None:
    """Remember that a conversation cannot be read now: nobody can be asked, or nobody answered."""
    row = upsert(threads).values(n=number, at=seconds(at), posts=None)
    connection.execute(row.on_conflict_do_update(index_elements=["n"], set_={"at": row.excluded.at}))


def note_read(connection: Connection, number: int, at: datetime, posts: int) -> None:
    """Remember that the conversation around a post was read."""
    row = upsert(threads).values(n=number, at=seconds(at), posts=posts)
    connection.execute(
        row.on_conflict_do_update(index_elements=["n"], set_={"at": row.excluded.at, "posts": row.excluded.posts})
    )
