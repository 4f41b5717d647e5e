"""The periods a page can show, and how they are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

DEFAULT = "7d"
CHOICES: Mapping[str, str] = MappingProxyType(
    {
        "24h": "Last 24 hours",
        "7d": "Last 7 days",
        "week": "Last full week",
        "30d": "Last 30 days",
        "90d": "Last 90 days",
        "365d": "Last 365 days",
    }
)
"""Key in the address, and its words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """From ``start`` up to, not including, ``end``; ``before`` is where the equal period just before it starts.

    ``key`` is that of the page's choice, "" for any other time (``between``). ``named`` is what it is called where that
    is not its choice on the page: "week of 16 to 22 November 2026".
    """

    key: str
    start: datetime
    end: datetime
    before: datetime
    named: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """As it stands in a sentence, behind "the": "last 7 days"."""
        label = self.named or CHOICES[self.key]
        return f"{label[0].lower()}{label[1:]}"

    @property
    def label(self) -> str:
        """As the page's choice says it: "Last 7 days"."""
        return f"{self.name[0].upper()}{self.name[1:]}"

    @property
    def within(self) -> str:
        """As it stands in a sentence: "in the last 7 days"."""
        return f"in the {self.name}"

    def words(self, timezone: ZoneInfo) -> str:
        """Which days they are: "16 to 22 November 2026", or "7 days to 28 November 2026, 15:49"."""
        last = self.end.astimezone(timezone)
        if not self.key:
            inside = (self.end - timedelta(seconds=1)).astimezone(timezone)
            return span_words(self.start.astimezone(timezone).date(), inside.date())
        if self.key == "week":
            return span_words(self.start.astimezone(timezone).date(), last.date() - timedelta(days=1))
        length = CHOICES[self.key].removeprefix("Last ")
        return f"{length} to {day_words(last.date(), weekday=False, year=True)}, {last:%H:%M}"

    @property
    def compared(self) -> str:
        """What changes are against: "the 7 days before"."""
        said = {"24h": "the 24 hours before", "week": "the week before", "": "the time before, as long as this"}
        return said.get(self.key, f"the {self.key.removesuffix('d')} days before")


def period(key: str, now: datetime, timezone: ZoneInfo) -> Period:
    """The period of a key at a moment; an unknown key means the default.

    ``week`` is the last closed ISO week, Monday to Sunday, in the agency's time zone; the others end now and are
    multiples of 24 hours, also where a clock is changed in between.
    """
    if key == "week":
        today = now.astimezone(timezone).date()
        monday = today - timedelta(days=today.weekday())
        return Period(
            key=key,
            start=midnight(monday - timedelta(days=7), timezone),
            end=midnight(monday, timezone),
            before=midnight(monday - timedelta(days=14), timezone),
        )
    if key not in CHOICES:
        key = DEFAULT
    length = timedelta(days=1) if key == "24h" else timedelta(days=int(key.removesuffix("d")))
    end = now.astimezone(UTC)
    return Period(
        key=key,
        start=(end - length).astimezone(timezone),
        end=end.astimezone(timezone),
        before=(end - 2 * length).astimezone(timezone),
    )


def between(start: datetime, end: datetime, timezone: ZoneInfo) -> Period:
    """Any time from ``start`` up to ``end``, beside the one just before it that is as long."""
    last = max(start, end - timedelta(seconds=1)).astimezone(timezone).date()
    named = f"time from {span_words(start.astimezone(timezone).date(), last)}"
    length = timedelta(seconds=end.timestamp() - start.timestamp())
    try:
        before = (start.astimezone(UTC) - length).astimezone(timezone)
    except OverflowError:  # so long a time has none before it
        before = start
    return Period(key="", start=start, end=end, before=before, named=named)


def midnight(day: date, timezone: ZoneInfo) -> datetime:
    """The moment a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone)


def day_words(day: date, *, weekday: bool = True, year: bool = False) -> str:
    """Wednesday 4 March, or 4 March 2026. No leading zero, whatever the machine's language."""
    words = f"{day.day} {MONTHS[day.month - 1]}"
    if weekday:
        words = f"{WEEKDAYS[day.weekday()]} {words}"
    return f"{words} {day.year}" if year else words


def short_day(day: date) -> str:
    """4 Mar"""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def span_words(first: date, last: date) -> str:
    """2 to 8 March 2026, 23 February to 8 March 2026, 29 December 2025 to 4 January 2026."""
    if first == last:
        return day_words(last, weekday=False, year=True)
    if first.year != last.year:
        start = day_words(first, weekday=False, year=True)
    elif first.month != last.month:
        start = day_words(first, weekday=False)
    else:
        start = str(first.day)
    return f"{start} to {day_words(last, weekday=False, year=True)}"


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
