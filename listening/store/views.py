"""Which mentions are meant, and what that is in SQL.

Everything that is asked starts from a ``View``. The same view counts, lists and exports, so a number on the page, the
list it opens and the rows of an export cannot differ.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    ScalarSelect,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.sql.elements import ColumnElement

from listening.models import Post, Status, Tag
from listening.query import Matcher, Query
from listening.store.rows import moment, seconds
from listening.store.schema import ALL_TOPICS, feeds, links, mentions, topics, verdicts
from listening.store.search import plan
from listening.store.verdicts import READ


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """Which mentions are meant: those published from ``start`` up to, not including, ``end``, and so on.

    ``topic`` "" means all topics; ``feeds`` None means all feeds; ``story`` None means all stories; ``asking``:
    those only that ask for something; ``ids``: of these only; ``audience_known``: those only whose author's followers
    are known, or that are from one of these feeds. ``reviewed``, ``answered``: those only that a person has read, or
    not; that were answered, or not. ``status``, ``department``: those only that people gave these. Our own posts, and
    those that a person said are not about us, are in no view.
    """

    start: datetime
    end: datetime
    topic: str = ""
    tag: Tag | None = None
    source: str | None = None
    feeds: frozenset[str] | None = None
    query: Query | None = None
    story: int | None = None
    asking: bool = False
    ids: frozenset[str] | None = None
    audience_known: frozenset[str] | None = None
    reviewed: bool | None = None
    answered: bool | None = None
    status: Status | None = None
    department: str | None = None

    @property
    def counted_by_day(self) -> bool:
        """Whether the daily counts, which know topic, feed, tag and who asks, can answer for its whole days."""
        others = (self.query, self.story, self.ids, self.audience_known)
        return all(other is None for other in (*others, self.reviewed, self.answered, self.status, self.department))


class Meaning:
    """What views mean in SQL, for one connection; it remembers a search within it.

    ``feeds`` and ``names`` are the stored feeds' numbers by name, and their names by number.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._topics = {row.name: row.no for row in connection.execute(select(topics.c.name, topics.c.no))}
        rows = connection.execute(select(feeds.c.name, feeds.c.no, feeds.c.source)).all()
        self.feeds = {row.name: row.no for row in rows}
        self.names = {row.no: row.name for row in rows}
        self._sources = {row.name: row.source for row in rows}
        self._found: dict[tuple[str, datetime, datetime, Query], ScalarSelect[int] | None] = {}
        self._between: dict[tuple[str, datetime, datetime], tuple[int, int]] = {}

    def topic(self, view: View) -> int:
        """The number of the view's topic."""
        return self.topic_number(view.topic)

    def topic_number(self, name: str) -> int:
        """A topic's number by its name, "" for all; -1, which finds nothing, for one that no mention has yet."""
        return self._topics.get(name, -1) if name else ALL_TOPICS

    def wanted_feeds(self, view: View) -> list[int] | None:
        """The numbers of the feeds that the view asks for; None: of all."""
        if view.feeds is None and view.source is None:
            return None
        return [
            number
            for name, number in self.feeds.items()
            if (view.feeds is None or name in view.feeds) and view.source in (None, self._sources[name])
        ]

    def where(
        self, view: View, start: datetime | None = None, end: datetime | None = None, table: FromClause = links
    ) -> ColumnElement[bool]:
        """What the view means but for its times, and from ``start`` to ``end``."""
        conditions: list[ColumnElement[bool]] = [table.c.topic == self.topic(view)]
        if start is not None:
            conditions.append(table.c.published_at >= seconds(start))
        if end is not None:
            conditions.append(table.c.published_at < seconds(end))
        if view.tag is not None:
            conditions.append(table.c.tag == view.tag)
        if (wanted := self.wanted_feeds(view)) is not None:
            conditions.append(table.c.feed.in_(wanted))
        if view.asking:
            # A number of the statement, not a value given to it: else SQLite cannot tell that its small index will do.
            conditions.append(table.c.question == literal_column("1"))
        if view.story is not None:
            # Two questions for two indexes: the first mention by its number, copies by their story.
            copies = and_(table.c.story == view.story, table.c.story != table.c.n)
            conditions.append(or_(table.c.n == view.story, copies))
        if view.ids is not None:
            asked = text("SELECT value FROM json_each(:ids)").bindparams(
                bindparam("ids", json.dumps(sorted(view.ids)), unique=True)
            )
            wanted_ids = mentions.c.id.in_(asked.columns(mentions.c.id).scalar_subquery())
            conditions.append(table.c.n.in_(select(mentions.c.n).where(wanted_ids)))
        if view.audience_known is not None:
            known = [number for name, number in self.feeds.items() if name in view.audience_known]
            followed = select(mentions.c.n).where(mentions.c.n == table.c.n, mentions.c.author_followers.is_not(None))
            conditions.append(or_(table.c.feed.in_(known), followed.correlate(table).exists()))
        conditions += self._judged(view, table)
        if view.query is not None:
            conditions.append(self._matching(view, table))
        return and_(*conditions)

    def _judged(self, view: View, table: FromClause) -> list[ColumnElement[bool]]:
        """The conditions on what people said."""
        theirs = select(verdicts.c.n).where(
            verdicts.c.published_at >= seconds(view.start), verdicts.c.published_at < seconds(view.end)
        )
        conditions: list[ColumnElement[bool]] = []
        for wanted, said in ((view.reviewed, READ), (view.answered, verdicts.c.answered_at.is_not(None))):
            if wanted is not None:
                inside = table.c.n.in_(theirs.where(said))
                conditions.append(inside if wanted else ~inside)
        for value, column in ((view.status, verdicts.c.status), (view.department, verdicts.c.department)):
            if value is not None:
                inside = table.c.n.in_(theirs.where(column == value))
                # Nobody said anything of most mentions: these have no status and no department either.
                conditions.append(inside if value else ~table.c.n.in_(theirs.where(column != "")))
        return conditions

    def _matching(self, view: View, table: FromClause) -> ColumnElement[bool]:
        """The condition that a mention matches the view's query."""
        assert view.query is not None
        asked = (view.topic, view.start, view.end, view.query)
        if asked not in self._found:
            answer = plan(view.query)
            lowest, highest = self._numbers_between(view)
            if answer.match is None:
                candidates = None
            else:
                candidates = (
                    text("SELECT rowid FROM search WHERE search MATCH :words AND rowid BETWEEN :lowest AND :highest")
                    .bindparams(words=answer.match, lowest=lowest, highest=highest)
                    .columns(links.c.n)
                    .scalar_subquery()
                )
            self._found[asked] = candidates if answer.exact else self._read_and_decide(view, candidates)
        found = self._found[asked]
        return true() if found is None else table.c.n.in_(found)

    def _numbers_between(self, view: View) -> tuple[int, int]:
        """The lowest and highest mention number of the period: it spares the index all other years."""
        asked = (view.topic, view.start, view.end)
        if asked in self._between:
            return self._between[asked]
        query = select(func.min(links.c.n), func.max(links.c.n)).where(
            links.c.topic == self.topic(view),
            links.c.published_at >= seconds(view.start),
            links.c.published_at < seconds(view.end),
        )
        lowest, highest = self._connection.execute(query).one()
        self._between[asked] = (0, -1) if lowest is None else (lowest, highest)
        return self._between[asked]

    def _read_and_decide(self, view: View, candidates: ScalarSelect[int] | None) -> ScalarSelect[int]:
        assert view.query is not None
        matcher = Matcher({"": view.query})
        query = (
            select(mentions)
            .join(links, links.c.n == mentions.c.n)
            .where(
                links.c.topic == self.topic(view),
                links.c.published_at >= seconds(view.start),
                links.c.published_at < seconds(view.end),
                true() if candidates is None else links.c.n.in_(candidates),
            )
            .execution_options(yield_per=500)
        )
        sure = [row["n"] for row in self._connection.execute(query).mappings() if matcher.match(_post(row))]
        numbers = text("SELECT value FROM json_each(:numbers)").bindparams(bindparam("numbers", json.dumps(sure)))
        return numbers.columns(links.c.n).scalar_subquery()


def _post(row: Any) -> Post:
    """The part of a row that a query reads."""
    return Post(
        source=row["source"],
        feed=row["feed"],
        key=row["key"],
        url=row["url"],
        title=row["title"],
        text=row["text"],
        author=row["author"],
        author_url=row["author_url"],
        language=row["language"],
        published_at=moment(row["published_at"]),
    )
