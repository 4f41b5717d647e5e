"""A period beside others: the one before it, the average of those before, and the same time a year ago.

Each is compared over the places that were heard in both; small numbers are said as counts, not as percentages
(``numbers.change``). What was not listened to is not said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from listening.insights.numbers import FEW, Numbers, Tally, beside, change, share_change
from listening.insights.periods import Period, midnight, span_words
from listening.models import Tag
from listening.store import Reader, View

MOST_AVERAGED = 12
FEWEST_AVERAGED = 3
"""Periods before this one: of fewer an average says nothing."""

YEAR = timedelta(days=364)
"""52 weeks: the same days of the week."""

Rows = tuple[tuple[str, Callable[[Tally], int], Tag | None], ...]
ROWS: Rows = (
    ("Public posts", lambda tally: tally.mentions, None),
    ("Good", lambda tally: tally.tags.get("good", 0), "good"),
    ("Neutral", lambda tally: tally.tags.get("neutral", 0), "neutral"),
    ("Bad", lambda tally: tally.tags.get("bad", 0), "bad"),
    ("Questions", lambda tally: tally.asking, None),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A number of an earlier time, as it is said, and how the period's number differs from it."""

    value: str
    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """An earlier time: what it is called, a cell for each row, and of how many places; ``missing`` says why it has no
    cells."""

    label: str
    cells: tuple[Cell, ...] = ()
    places: int = 0
    missing: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OverTime:
    """The rows' names, the period's own numbers, and the earlier times."""

    rows: tuple[str, ...]
    now: tuple[str, ...]
    earlier: tuple[Earlier, ...]


def over_time(
    reader: Reader, view: View, period: Period, found: Numbers, timezone: ZoneInfo, *, judged: bool
) -> OverTime:
    """A view's numbers over a period beside earlier times; ``judged``: whether it is known which posts ask."""
    rows = ROWS if judged else ROWS[:-1]
    since = found.listening_since
    week = period.key == "week"
    unit = "week" if week else "period"
    # By the clock of the world: a day on which the local clock is changed has 23 or 25 hours.
    length = timedelta(seconds=period.start.timestamp() - period.before.timestamp())
    if week:
        length = timedelta(days=7)

    def numbers_of(start: datetime, end: datetime) -> Numbers:
        return beside(reader, view, period, (start, end), since)

    before = _earlier(f"The {unit} before", numbers_of(period.before, period.start), rows)
    many = _periods_since(since, period, length, timezone)
    if many < FEWEST_AVERAGED:
        average = Earlier(
            label=f"Average of the {unit}s before",
            missing=f"fewer than {FEWEST_AVERAGED} {unit}s of listening before it",
        )
    else:
        back = period.start.astimezone(UTC) - many * length
        start = _back(period.start, many * length, timezone) if week else back.astimezone(timezone)
        average = _earlier(f"Average of the {many} {unit}s before", numbers_of(start, period.start), rows, many)
    year = _a_year_before(period, timezone, numbers_of, rows)
    now = tuple(_now(count(found.now), found.now, tag) for _, count, tag in rows)
    return OverTime(rows=tuple(name for name, _, _ in rows), now=now, earlier=(before, average, year))


def _now(count: int, tally: Tally, tag: Tag | None) -> str:
    """A number of the period itself, with its share where there are enough for one."""
    share = None if tag is None or tally.tagged < FEW else tally.percent(tag)
    return f"{count:,}" if share is None else f"{count:,} ({share}%)"


def _a_year_before(
    period: Period, timezone: ZoneInfo, numbers_of: Callable[[datetime, datetime], Numbers], rows: Rows
) -> Earlier:
    """52 weeks before: the same days of the week, which need not be the week of the same number."""
    try:
        start, end = (_back(at, YEAR, timezone) for at in (period.start, period.end))
    except OverflowError:
        return Earlier(label="A year before", missing="there is no such time")
    last = (end - timedelta(seconds=1)).astimezone(timezone).date()
    label = f"A year before: {span_words(start.astimezone(timezone).date(), last)}"
    return _earlier(label, numbers_of(start, end), rows)


def _earlier(label: str, both: Numbers, rows: Rows, many: int = 1) -> Earlier:
    """The cells of an earlier time; of ``many`` periods their average."""
    if both.same_now is None or both.same_before is None:
        return Earlier(label=label, missing="not all of that time was listened to in any of these places")
    cells = []
    for _, count, tag in rows:
        now, then = count(both.same_now), count(both.same_before)
        share = None if tag is None or both.same_before.tagged < FEW * many else both.same_before.percent(tag)
        value = _each(then, many) if share is None else f"{_each(then, many)} ({share}%)"
        if many == 1:
            changed = change(both, now, then) if tag is None else share_change(both, tag)
            cells.append(Cell(value=value, change=changed.words))
        else:
            cells.append(Cell(value=value, change=_against_average(both, tag, (now, then), many)))
    return Earlier(label=label, cells=tuple(cells), places=len(both.heard_now & both.heard_before))


def _against_average(both: Numbers, tag: Tag | None, counts: tuple[int, int], many: int) -> str:
    """How a number differs from an average; counts where there are few, or other places."""
    now, then = counts
    assert both.same_now is not None
    tagged = min(both.same_now.tagged * many, both.same_before.tagged if both.same_before else 0)
    few = (tagged if tag is not None else min(now * many, then)) < FEW * many
    if few or not both.comparable:
        here = len(both.heard_now & both.heard_before)
        where = "" if both.same_feeds else f", in the {here} {'place' if here == 1 else 'places'} heard in both"
        return f"{now:,} against {_each(then, many)}{where}"
    # A share is the same whatever the length; a count is set against so many times itself.
    return (change(both, now * many, then) if tag is None else share_change(both, tag)).words


def _each(total: int, many: int) -> str:
    """A total's part for each of so many: 20.3"""
    return f"{total / many:,.1f}".removesuffix(".0")


def _periods_since(since: date | None, period: Period, length: timedelta, timezone: ZoneInfo) -> int:
    """How many periods before this one were listened to from their first day on, at most ``MOST_AVERAGED``."""
    if since is None or length <= timedelta(0):
        return 0
    heard = period.start - midnight(since + timedelta(days=1), timezone)
    return max(0, min(MOST_AVERAGED, int(heard / length)))


def _back(at: datetime, by: timedelta, timezone: ZoneInfo) -> datetime:
    """So many days before, at the same time of the local day, also where the clock was changed in between."""
    local = at.astimezone(timezone)
    return (local.replace(tzinfo=None) - by).replace(tzinfo=timezone)
