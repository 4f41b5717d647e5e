"""Closing a week: its numbers are frozen when the team has read it, and what changes later is said, not hidden.

A week is an ISO week, Monday to Sunday in the agency's time zone, and is called by its key: 2026-W47. Its numbers are
those of the page's period "week".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Literal
from zoneinfo import ZoneInfo

from listening import snapshot
from listening.errors import InputError
from listening.insights.numbers import FEW_ANSWERS, tally
from listening.insights.periods import Period, day_words, midnight, span_words
from listening.insights.sentences import within
from listening.settings import Settings
from listening.store import Connection, Reader, Store, View
from listening.store import closing as week_logs
from listening.store.closing import WeekEntry
from listening.store.queues import Asked, Queue

KEY = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE | re.ASCII)

LABELS: Mapping[str, str] = {
    "mentions": "Public posts",
    "good": "Good",
    "neutral": "Neutral",
    "bad": "Bad",
    "unscored": "Not tagged",
    "stories": "Stories",
    "places": "Places",
    "asking": "Questions",
    "answered": "Answered",
    "median_wait_seconds": "Usual wait for an answer",
    "reviewed": "Read by a person",
    "not_about_us": "Not about us",
}
"""A week's numbers in words, in the order in which they are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekNumbers:
    """A week's numbers. ``asking``, ``answered`` and ``median_wait_seconds`` are None where they are not known."""

    mentions: int = 0
    good: int = 0
    neutral: int = 0
    bad: int = 0
    unscored: int = 0
    stories: int = 0
    places: int = 0
    asking: int | None = None
    answered: int | None = None
    median_wait_seconds: int | None = None
    reviewed: int = 0
    not_about_us: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A number that was another one when the week was closed. ``words``: 412 when it was closed, 415 now."""

    name: str
    then: int | None
    now: int | None
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How it stands with a week: ``frozen`` are its numbers when it was closed, None while it is open.

    ``who`` and ``at``: of the latest entry of the ``log``; "" and None where there is none.
    """

    week: str
    period: Period
    now: WeekNumbers
    frozen: WeekNumbers | None = None
    who: str = ""
    at: datetime | None = None
    differences: tuple[Difference, ...] = ()
    log: tuple[WeekEntry, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether its numbers stand still."""
        return self.frozen is not None


# --- keys -------------------------------------------------------------------------------------------------------------


def key_of(day: date) -> str:
    """The key of the week that a local day is in: 2026-W47."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def last_ended(now: datetime, timezone: ZoneInfo) -> str:
    """The newest week that has ended: the page's "last full week"."""
    return key_of(now.astimezone(timezone).date() - timedelta(days=7))


def monday_of(week: str) -> date:
    """The first day of a week; raises InputError for a key that means none."""
    found = KEY.fullmatch(week.strip())
    try:
        if found is None:
            raise ValueError(week)
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        raise InputError(f"There is no week “{week}”.", "Write it like 2026-W47: a year, and a week of it.") from None


def known(week: str) -> str:
    """The key as we write it, of one in small letters or without its hyphen; raises InputError as ``monday_of``."""
    return key_of(monday_of(week))


def period_of(week: str, timezone: ZoneInfo) -> Period:
    """From a week's Monday to the next, in a time zone; raises InputError for a key that means none."""
    monday = monday_of(week)
    try:
        start, end, before = (midnight(monday + timedelta(days=days), timezone) for days in (0, 7, -7))
    except OverflowError:
        raise InputError(f"There is no week “{week}”.", "Write one of our time.") from None
    named = f"week of {span_words(monday, monday + timedelta(days=6))}"
    return Period(key="week", start=start, end=end, before=before, named=named)


# --- numbers ----------------------------------------------------------------------------------------------------------


def numbers_of(store: Store, settings: Settings, week: str) -> WeekNumbers:
    """A week's numbers as they are now."""
    with store.reading() as connection:
        return _numbers(store, connection, period_of(week, settings.agency.timezone))


def _numbers(store: Store, connection: Connection, period: Period) -> WeekNumbers:
    reader = Reader(store, connection)
    view = View(start=period.start, end=period.end)
    found = tally(reader, view)
    asked = reader.judged()
    waited = reader.waited(view) if asked else None
    away = Queue(view=view, show="not about us")
    return WeekNumbers(
        mentions=found.mentions,
        good=found.tags.get("good", 0),
        neutral=found.tags.get("neutral", 0),
        bad=found.tags.get("bad", 0),
        unscored=found.tags.get("unscored", 0),
        stories=reader.story_count(view),
        places=found.places,
        asking=found.asking if asked else None,
        answered=None if waited is None else len(waited),
        median_wait_seconds=round(median(waited)) if waited and len(waited) >= FEW_ANSWERS else None,
        reviewed=reader.total(replace(view, reviewed=True)),
        not_about_us=len(Asked(store, connection, away, period.end).numbers()),
    )


# --- closing ----------------------------------------------------------------------------------------------------------


def close(store: Store, settings: Settings, week: str, who: str, at: datetime) -> bool:
    """Freeze a week's numbers; False, and nothing, where it is closed already.

    Raises InputError for a week that has not ended, for a snapshot, and where nobody's name is given.
    """
    week = known(week)
    period = period_of(week, settings.agency.timezone)
    _refuse(settings, who)
    if at.timestamp() < period.end.timestamp():
        last = last_ended(at, settings.agency.timezone)
        raise InputError(
            f"The week {week} has not ended yet.", f"The newest that can be closed is {last}; its Sunday is over."
        )
    with store.writing() as connection:
        # Counted in the transaction that writes them: what is frozen is one state of the store.
        numbers = asdict(_numbers(store, connection, period))
        return week_logs.note_week(connection, week, who=_named(who), at=at, what="closed", numbers=numbers)


def reopen(store: Store, settings: Settings, week: str, who: str, at: datetime) -> bool:
    """Let a closed week's numbers move again; False, and nothing, where it is open. Raises InputError as ``close``."""
    week = known(week)
    _refuse(settings, who)
    with store.writing() as connection:
        return week_logs.note_week(connection, week, who=_named(who), at=at, what="reopened")


def _refuse(settings: Settings, who: str) -> None:
    if (found := snapshot.of_settings(settings)) is not None:
        raise InputError(
            f"{found.folder} is a snapshot: no week is closed or opened in it.", "Do it with your own settings."
        )
    if not who.strip():
        raise InputError("A week is closed and opened by somebody.", "Say who you are.")


def _named(who: str) -> str:
    return " ".join(who.split())


def state(store: Store, week: str) -> State:
    """How it stands with a week, and what is another number now than when it was closed."""
    week = known(week)
    period = period_of(week, store.timezone)
    with store.reading() as connection:
        log = tuple(week_logs.week_log(connection, week))
        now = _numbers(store, connection, period)
    if not log:
        return State(week=week, period=period, now=now)
    last = log[-1]
    frozen = numbers_from(last.numbers) if last.what == "closed" else None
    differences = () if frozen is None else _differences(frozen, now)
    return State(
        week=week, period=period, now=now, frozen=frozen, who=last.who, at=last.at, differences=differences, log=log
    )


def closed_words(store: Store, week: str) -> str:
    """That a week was closed, and what is another number now; "" for an open one. Whoever closed it is not named."""
    with store.reading() as connection:
        log = week_logs.week_log(connection, known(week))
    if not log or log[-1].what != "closed":
        return ""
    found = state(store, week)
    at = log[-1].at.astimezone(store.timezone)
    said = f"This week was closed on {day_words(at.date())}, {at:%H:%M}"
    moved = {each.name: each.words for each in found.differences}
    if "mentions" in moved:
        return f"{said}: public posts {moved['mentions']}."
    tags = [f"{LABELS[name].lower()} {moved[name]}" for name in ("good", "bad") if name in moved]
    return f"{said}: {'; '.join(tags)}." if tags else f"{said}; its numbers have not moved since."


def numbers_from(noted: Mapping[Any, Any]) -> WeekNumbers:
    """The numbers of an entry of the log; what an older version did not note is not known."""
    return WeekNumbers(**{field.name: noted[field.name] for field in fields(WeekNumbers) if field.name in noted})


def _differences(then: WeekNumbers, now: WeekNumbers) -> tuple[Difference, ...]:
    found = []
    for name in LABELS:
        before, after = getattr(then, name), getattr(now, name)
        if before != after:
            words = f"{value_words(name, before)} when it was closed, {value_words(name, after)} now"
            if name == "mentions" and (why := _why(then, now)):
                words += f": {why}"
            found.append(Difference(name=name, then=before, now=after, words=words))
    return tuple(found)


def _why(then: WeekNumbers, now: WeekNumbers) -> str:
    """What moved the number of posts: those that came late, and those of which somebody said what they are about."""
    away = now.not_about_us - then.not_about_us
    more = now.mentions - then.mentions + away
    said = []
    if more:
        late = "late post" if more == 1 else "late posts"
        said.append(f"{more:,} {late}" if more > 0 else f"{-more:,} removed, or no longer found by a topic")
    if away:
        said.append(f"{away:,} marked as not about us" if away > 0 else f"{-away:,} about us after all")
    return ", ".join(said)


def value_words(name: str, value: int | None) -> str:
    """A number as it is shown: 1,204; a wait as 3 hours; – where it is not known."""
    if value is None:
        return "–"
    return within(value) if name == "median_wait_seconds" else f"{value:,}"


def difference_words(name: str, then: int | None, now: int | None) -> str:
    """What a number gained or lost since the week was closed: +3, −1; "" where it is the same."""
    if then == now:
        return ""
    if then is None or now is None or name == "median_wait_seconds":
        return "changed"
    return f"{now - then:+,d}".replace("-", "−")


def entry_words(entry: WeekEntry) -> Literal["closed", "opened again"]:
    """What an entry of the log did."""
    return "closed" if entry.what == "closed" else "opened again"
