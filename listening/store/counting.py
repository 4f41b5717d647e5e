"""Counting a view's mentions without touching their texts.

Whole days come from the small table of daily counts, whole months of a feed and days of all feeds from what these add
up to; only the ragged ends of a period are counted.
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
from listening.store.schema import daily, links, sums
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
        return [*([_when(table)] if self.day else []), *([table.c.feed] if self.feed else []), table.c.tag]

    def add(self, rows: Iterable[Any], totals: _Totals) -> None:
        """Add what was counted: the columns, then the count, then how many of it ask."""
        for *key, tag, count, asking in rows:
            total = totals[(key[0] if self.day else 0, key[-1] if self.feed else 0, tag)]
            total[0] += count
            total[1] += asking


def _when(table: FromClause) -> ColumnElement[Any]:
    """The day that a row counts; in ``sums`` the day of all feeds, or the month of one."""
    return table.c.span if table is sums else table.c.day


class Counting:
    """Counts over one state of the store, each once."""

    def __init__(self, connection: Connection, means: Meaning, timezone: ZoneInfo) -> None:
        self._connection = connection
        self._means = means
        self._timezone = timezone
        self._counted: dict[tuple[View, _By], list[Count]] = {}

    def counts(self, view: View, *, by_day: bool = False, by_feed: bool = True) -> list[Count]:
        """How many mentions, by tag (feed, local day), in order of day, feed and tag."""
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
            self._count_days(view, totals, by, first, last)
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

    def _count_days(self, view: View, totals: _Totals, by: _By, first: date, last: date) -> None:
        """Add the whole days from ``first`` to ``last``, from the table that has the fewest rows for them."""
        start, end = day_number(first), day_number(last)
        if not by.feed and self._means.wanted_feeds(view) is None:
            self._count_kept(view, totals, by, sums, start, end)
            return
        months = None if by.day else _whole_months(first, last)
        if months is None:
            self._count_kept(view, totals, by, daily, start, end)
            return
        first_month, last_month = months
        # No month has a day 0 or 99: these are the ends of the days before and behind the months.
        self._count_kept(view, totals, by, daily, start, 100 * first_month)
        self._count_kept(view, totals, by, sums, first_month, last_month)
        self._count_kept(view, totals, by, daily, 100 * last_month + 99, end)

    def _count_kept(self, view: View, totals: _Totals, by: _By, table: FromClause, first: int, last: int) -> None:
        if first > last:
            return
        columns = by.of(table)
        query = (
            select(*columns, func.sum(table.c.count), func.sum(table.c.asking))
            .where(table.c.topic == self._means.topic(view), _when(table).between(first, last))
            .group_by(*columns)
        )
        if view.tag is not None:
            query = query.where(table.c.tag == view.tag)
        if (wanted := self._means.wanted_feeds(view)) is not None:
            query = query.where(table.c.feed.in_(wanted))
        by.add(self._connection.execute(query).all(), totals)

    def _count_links(self, view: View, totals: _Totals, by: _By, start: datetime, end: datetime) -> None:
        if start.timestamp() >= end.timestamp():
            return
        # The plus hides the tag from SQLite: to group by it, it would go through the whole index of tags.
        columns = [*by.of(links)[:-1], literal_column("+links.tag")]
        asking = func.coalesce(func.sum(links.c.question), 0)
        query = select(*columns, func.count(), asking).where(self._means.where(view, start, end)).group_by(*columns)
        by.add(self._connection.execute(query).all(), totals)


def _whole_months(first: date, last: date) -> tuple[int, int] | None:
    """The first and the last month that lie whole between two days, as 202611; None where none does."""
    begun = first if first.day == 1 else (first.replace(day=1) + timedelta(days=31))
    ended = (last + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    months = begun.year * 100 + begun.month, ended.year * 100 + ended.month
    return months if months[0] <= months[1] else None
