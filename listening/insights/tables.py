"""Small tidy tables: mentions a day, mentions by place. A few hundred rows at most, counted by the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median_high
from typing import Any
from zoneinfo import ZoneInfo

from listening.insights.periods import MONTHS, WEEKDAYS, Period, day_words, midnight
from listening.models import TAGS, Tag
from listening.store import Reader, View

FEWEST_DAYS = 14
"""The chart shows at least two weeks, so that a busy day is seen beside usual ones."""

MOST_DAYS = 45
"""Beyond this a bar is a week: days would be too thin to read."""

FEWEST_HEARD = 4
"""Bars that began while we listened, today's too: with fewer, none can be called the busiest."""

BUSY_RATIO = 2.0
BUSY_COUNT = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar of the chart: a local day, or a week of them. ``end`` is the first moment after it."""

    first: date
    last: date
    start: datetime
    end: datetime
    tags: dict[Tag, int]
    whole: bool

    @property
    def count(self) -> int:
        """All mentions of the bar."""
        return sum(self.tags.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Bars:
    """The bars in order of time; the busiest one, where one stands out against the others.

    ``since`` is the day from which on we have listened, where bars stand before it: of these days only what places
    still showed then is known.
    """

    bars: tuple[Bar, ...]
    by_week: bool
    busiest: Bar | None
    usual: float
    since: date | None = None


def bars(reader: Reader, view: View, period: Period, timezone: ZoneInfo) -> Bars:
    """Mentions a day over the period and at least two weeks; a week a bar for long periods."""
    last = (period.end - timedelta(seconds=1)).astimezone(timezone).date()
    first = min(period.start.astimezone(timezone).date(), last - timedelta(days=FEWEST_DAYS - 1))
    if period.key in ("7d", "24h"):
        first = last - timedelta(days=FEWEST_DAYS - 1)
    by_week = (last - first).days + 1 > MOST_DAYS
    if by_week:
        oldest = reader.oldest_at()
        if oldest is not None:  # weeks before anything was stored are no quiet weeks
            begun = min(oldest.astimezone(timezone).date(), last - timedelta(days=FEWEST_DAYS - 1))
            first = max(first, begun)
        first -= timedelta(days=first.weekday())
    since = reader.listening_since()
    counts = reader.counts(replace(view, start=midnight(first, timezone), end=period.end), by_day=True, by_feed=False)
    step = 7 if by_week else 1
    offsets = range(0, (last - first).days + 1, step)
    of_bar: list[dict[Tag, int]] = [dict.fromkeys(TAGS, 0) for _ in offsets]
    for count in counts:
        if count.day is not None and first <= count.day <= last:
            of_bar[(count.day - first).days // step][count.tag] += count.count
    made = []
    for offset, tags in zip(offsets, of_bar, strict=True):
        start = first + timedelta(days=offset)
        stop = min(start + timedelta(days=step - 1), last)
        end = midnight(start + timedelta(days=step), timezone)
        made.append(
            Bar(
                first=start,
                last=stop,
                start=midnight(start, timezone),
                end=min(end, period.end),
                tags=tags,
                whole=end <= period.end,
            )
        )
    # Of days before we listened a feed still holds a few posts: next to them any day would look busy.
    heard = [bar for bar in made if since is None or bar.first >= since]
    busiest, usual = _busiest(heard) if len(heard) >= FEWEST_HEARD else (None, 0.0)
    return Bars(
        bars=tuple(made),
        by_week=by_week,
        busiest=busiest,
        usual=usual,
        since=since if since is not None and len(heard) < len(made) else None,
    )


def _busiest(made: list[Bar]) -> tuple[Bar | None, float]:
    """The bar with most mentions, if it is the only one and holds at least twice a usual one.

    A usual bar is the median of the other whole ones; of two in the middle the larger, so that we claim less.
    """
    top = max(made, key=lambda bar: bar.count)
    usual = median_high([bar.count for bar in made if bar is not top and bar.whole] or [0])
    alone = sum(bar.count == top.count for bar in made) == 1
    if alone and top.count >= BUSY_COUNT and top.count >= BUSY_RATIO * usual:
        return top, usual
    return None, usual


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One feed's mentions in the period."""

    feed: str
    count: int
    tags: dict[Tag, int]


def places(reader: Reader, view: View) -> list[Place]:
    """Mentions by place, most first."""
    found: dict[str, dict[Tag, int]] = {}
    for count in reader.counts(view):
        found.setdefault(count.feed, dict.fromkeys(TAGS, 0))[count.tag] += count.count
    return sorted(
        (Place(feed=feed, count=sum(tags.values()), tags=tags) for feed, tags in found.items()),
        key=lambda place: (-place.count, place.feed),
    )


def bar_rows(table: Bars) -> list[dict[str, Any]]:
    """The bars as rows for the chart: one a bar and tag that has mentions, and one for a bar that has none.

    Keys: ``when`` (weekday|day for two lines), ``place`` (order), ``tag`` (Good, Neutral, Bad, Not tagged),
    ``order`` (bad at the bottom), ``count``, ``start`` (ISO date), ``told`` (what the part says, as a sentence).
    """
    rows = []
    month = None
    for place, bar in enumerate(table.bars):
        day = str(bar.first.day)
        if bar.first.month != month or table.by_week:
            day, month = f"{bar.first.day} {MONTHS[bar.first.month - 1][:3]}", bar.first.month
        when = f"{'from' if table.by_week else WEEKDAYS[bar.first.weekday()][:3]}|{day}"
        for order, (tag, word) in enumerate(TAG_WORDS.items()):
            if not bar.tags[tag] and (bar.count or order):
                continue
            rows.append(
                {
                    "when": when,
                    "place": place,
                    "tag": word,
                    "order": order,
                    "count": bar.tags[tag],
                    "start": bar.first.isoformat(),
                    "told": _told(bar, tag, by_week=table.by_week),
                }
            )
    return rows


def _told(bar: Bar, tag: Tag, *, by_week: bool) -> str:
    """What a part of a bar says: "Monday 16 November: 4 bad posts"."""
    count = bar.tags[tag]
    when = f"{'Week of ' if by_week else ''}{day_words(bar.first)}"
    posts = "post" if count == 1 else "posts"
    if not count:
        return f"{when}: no posts"
    return f"{when}: {count:,} {posts} not tagged" if tag == "unscored" else f"{when}: {count:,} {tag} {posts}"


TAG_WORDS: dict[Tag, str] = {"bad": "Bad", "neutral": "Neutral", "good": "Good", "unscored": "Not tagged"}
"""The tags in words, in the order they stand on each other from the baseline up."""
