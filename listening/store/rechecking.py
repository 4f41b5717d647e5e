"""Which mentions are due to be looked up again at their source, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from listening.models import Mention
from listening.store.removing import listed
from listening.store.rows import mention_of, moment, seconds
from listening.store.schema import ALL_TOPICS, feeds, links, mentions, rechecks

PIECE = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A mention to be looked up, with its number; ``missing_at``: since when it was not found."""

    n: int
    mention: Mention
    missing_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """That a mention was looked up; ``missing_at``: since when it is not found, None where it is or nobody can tell."""

    n: int
    missing_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A mention that is due, as far as is needed to see which server would be asked."""

    n: int
    source: str
    key: str
    url: str


def waiting(
    connection: Connection, *, since: datetime, before: datetime, sources: Collection[str]
) -> Iterator[list[Waiting]]:
    """Mentions published ``since``, and neither collected nor looked up after ``before``; those not looked up for
    longest first, in pieces: who has found enough reads no further."""
    query = (
        select(links.c.n, mentions.c.source, mentions.c.key, mentions.c.url)
        .join(feeds, feeds.c.no == links.c.feed)
        .join(mentions, mentions.c.n == links.c.n)
        .outerjoin(rechecks, rechecks.c.n == links.c.n)
        .where(
            links.c.topic == ALL_TOPICS,
            links.c.published_at >= seconds(since),
            feeds.c.source.in_(sources),
            mentions.c.collected_at <= seconds(before),
            mentions.c.withdrawn_at.is_(None),
            or_(rechecks.c.at.is_(None), rechecks.c.at <= seconds(before)),
        )
        .order_by(func.coalesce(rechecks.c.at, 0), links.c.published_at.desc(), links.c.n)
    )
    for rows in connection.execute(query).partitions(PIECE):
        yield [Waiting(n=row.n, source=row.source, key=row.key, url=row.url) for row in rows]


def due(connection: Connection, numbers: Sequence[int]) -> list[Due]:
    """These mentions, in this order."""
    query = (
        select(mentions, rechecks.c.missing_at)
        .outerjoin(rechecks, rechecks.c.n == mentions.c.n)
        .where(mentions.c.n.in_(listed(numbers)))
    )
    found = {row["n"]: row for row in connection.execute(query).mappings()}
    return [Due(n=n, mention=mention_of(found[n]), missing_at=moment(found[n]["missing_at"])) for n in numbers]


def note_looked(connection: Connection, looked: Sequence[Looked], at: datetime) -> None:
    """Remember that mentions were looked up; those that are gone meanwhile are left out."""
    there = set(connection.execute(select(mentions.c.n).where(mentions.c.n.in_(listed(e.n for e in looked)))).scalars())
    rows = [
        {"n": each.n, "at": seconds(at), "missing_at": seconds(each.missing_at)} for each in looked if each.n in there
    ]
    if rows:
        row = upsert(rechecks)
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["n"], set_={"at": row.excluded.at, "missing_at": row.excluded.missing_at}
            ),
            rows,
        )
