"""Which mentions are due to be looked up again at their source, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, tuple_
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
    feed: str
    key: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which mentions are due: published ``since``, neither collected nor looked up after ``before``, from ``feeds``.

    Those published after ``first`` come first.
    """

    since: datetime
    before: datetime
    first: datetime
    feeds: Mapping[str, str]
    """Their names, and the source of each."""

    def condition(self) -> ColumnElement[bool]:
        """The same for the database."""
        return and_(
            links.c.topic == ALL_TOPICS,
            links.c.published_at >= seconds(self.since),
            tuple_(feeds.c.name, feeds.c.source).in_(list(self.feeds.items())),
            mentions.c.collected_at <= seconds(self.before),
            mentions.c.withdrawn_at.is_(None),
            or_(rechecks.c.at.is_(None), rechecks.c.at <= seconds(self.before)),
        )


def waiting_feeds(connection: Connection, wanted: Wanted) -> set[str]:
    """The names of the feeds that have mentions which are due."""
    query = select(feeds.c.name).distinct().select_from(_JOINED).where(wanted.condition())
    return set(connection.execute(query).scalars())


def waiting(connection: Connection, wanted: Wanted) -> Iterator[list[Waiting]]:
    """The mentions that are due; the young ones first, and of these those not looked up for longest.

    They come in pieces: who has found enough reads no further.
    """
    query = (
        select(links.c.n, mentions.c.source, feeds.c.name, mentions.c.key, mentions.c.url)
        .select_from(_JOINED)
        .where(wanted.condition())
        .order_by(
            case((links.c.published_at >= seconds(wanted.first), 0), else_=1),
            func.coalesce(rechecks.c.at, 0),
            links.c.published_at.desc(),
            links.c.n,
        )
    )
    for rows in connection.execute(query).partitions(PIECE):
        yield [Waiting(n=row.n, source=row.source, feed=row.name, key=row.key, url=row.url) for row in rows]


_JOINED = (
    links.join(feeds, feeds.c.no == links.c.feed)
    .join(mentions, mentions.c.n == links.c.n)
    .outerjoin(rechecks, rechecks.c.n == links.c.n)
)


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
