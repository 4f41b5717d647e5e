"""Counting a view's mentions without touching their texts.

Whole days come from the small table of daily counts; only the ragged ends of a period are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, FromClause, func, literal_column, select
from sqlalchemy.sql.elements import ColumnElement

from listening.models import Tag
from listening.store.rows import day_number, day_of
from listening.store.schema import daily, links
from listening.store.views import Meaning, View


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """So many mentions of a tag from a feed on a local day, a day or a feed only where it was asked for; how many of
    them ask for something."""

    feed: str
    tag: Tag
    count: int
    day: date | None = None
    asking: int = 0


_Totals: TypeAlias = defaultdict[tuple[int, int, Tag], list[int]]
"""How many, and how many of them ask: by local day, feed (0: not asked for) and tag."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _By:
    """By what is counted beside the tag."""

    day: bool
    feed: bool

    def of(self, table: FromClause) -> list[ColumnElement[Any]]:
        """The columns to group by."""
        return [*([table.c.day] if self.day else []), *([table.c.feed] if self.feed else []), table.c.tag]

    def add(self, rows: Iterable[Any], totals: _Totals) -> None:
        """Add what was counted: the columns, then the count, then how many of it ask."""
        for row in rows:
            total = totals[(row[0] if self.day else 0, row[self.day] if self.feed else 0, row[-3])]
            total[0] += row[-2]
            total[1] += row[-1]


class Counting:
    """Counts over one state of the store, each once."""

    def __init__(self, connection: Connection, means: Meaning, timezone: ZoneInfo) -> None:
        self._connection = connection
        self._means = means
        self._timezone = timezone
        self._counted: dict[tuple[View, _By], list[Count]] = {}

    def counts(self, view: View, *, by_day: bool = False, by_feed: bool = True) -> list[Count]:
        """How many mentions, by tag (feed, local day), in order of day, feed and tag.

        Whole days come from the small table of daily counts; only the ragged ends of the period are counted.
        """
        asked = (view, _By(day=by_day, feed=by_feed))
        if asked not in self._counted:
            self._counted[asked] = self._count(*asked)
        return self._counted[asked]

    def _count(self, view: View, by: _By) -> list[Count]:
        totals: _Totals = defaultdict(lambda: [0, 0])
        first, last = self._whole_days(view) if view.counted_by_day else (None, None)
        if first is None or last is None:
            self._count_links(view, totals, by, view.start, view.end)
        else:
            self._count_links(view, totals, by, view.start, self._midnight(first))
            self._count_daily(view, totals, by, first, last)
            self._count_links(view, totals, by, self._midnight(last + timedelta(days=1)), view.end)
        return [
            Count(
                feed=self._means.names[feed] if feed else "",
                tag=tag,
                count=asking if view.asking else count,
                day=day_of(day) if day else None,
                asking=asking,
            )
            for (day, feed, tag), (count, asking) in sorted(totals.items())
            if (asking if view.asking else count)
        ]

    def by_feed_and_day(self, view: View) -> dict[str, dict[date, int]]:
        """How many mentions a feed has on a local day, where it has any: ``counts`` without tags, for long periods."""
        found: dict[str, dict[date, int]] = {}
        first, last = self._whole_days(view)
        if not view.counted_by_day or view.tag is not None or view.asking or first is None or last is None:
            pieces = [view]
        else:
            pieces = [
                replace(view, end=self._midnight(first)),
                replace(view, start=self._midnight(last + timedelta(days=1))),
            ]
            query = (
                select(daily.c.feed, daily.c.day, func.sum(daily.c.count))
                .where(
                    daily.c.topic == self._means.topic(view), daily.c.day.between(day_number(first), day_number(last))
                )
                .group_by(daily.c.day, daily.c.feed)
            )
            if (wanted := self._means.wanted_feeds(view)) is not None:
                query = query.where(daily.c.feed.in_(wanted))
            dates: dict[int, date] = {}
            for feed, day, count in self._connection.execute(query):
                if count:
                    when = dates.get(day) or dates.setdefault(day, day_of(day))
                    found.setdefault(self._means.names[feed], {})[when] = count
        for piece in pieces:
            for counted in self.counts(piece, by_day=True) if piece.start.timestamp() < piece.end.timestamp() else ():
                assert counted.day is not None
                days = found.setdefault(counted.feed, {})
                days[counted.day] = days.get(counted.day, 0) + counted.count
        return found

    def _whole_days(self, view: View) -> tuple[date | None, date | None]:
        zone = self._timezone
        first = view.start.astimezone(zone).date()
        # As numbers: times of one zone are compared by the clock on the wall, which repeats an hour every year.
        if self._midnight(first).timestamp() < view.start.timestamp():
            first += timedelta(days=1)
        last = view.end.astimezone(zone).date() - timedelta(days=1)
        return (first, last) if first <= last else (None, None)

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._timezone)

    def _count_daily(self, view: View, totals: _Totals, by: _By, first: date, last: date) -> None:
        columns = by.of(daily)
        query = (
            select(*columns, func.sum(daily.c.count), func.sum(daily.c.asking))
            .where(daily.c.topic == self._means.topic(view), daily.c.day.between(day_number(first), day_number(last)))
            .group_by(*columns)
        )
        if view.tag is not None:
            query = query.where(daily.c.tag == view.tag)
        if (wanted := self._means.wanted_feeds(view)) is not None:
            query = query.where(daily.c.feed.in_(wanted))
        by.add(self._connection.execute(query), totals)

    def _count_links(self, view: View, totals: _Totals, by: _By, start: datetime, end: datetime) -> None:
        if start.timestamp() >= end.timestamp():
            return
        # The plus hides the tag from SQLite: to group by it, it would go through the whole index of tags.
        columns = [*by.of(links)[:-1], literal_column("+links.tag")]
        asking = func.coalesce(func.sum(links.c.question), 0)
        query = select(*columns, func.count(), asking).where(self._means.where(view, start, end)).group_by(*columns)
        by.add(self._connection.execute(query), totals)
