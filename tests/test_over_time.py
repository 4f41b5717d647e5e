"""A week beside other times: over the same places, small numbers as counts, and nothing said that is unknown."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import TIMEZONE, MakeMention, Save
from hypothesis import given
from hypothesis import strategies as st

from listening import store as stores
from listening.insights.numbers import numbers
from listening.insights.over_time import OverTime, over_time
from listening.models import Tag
from listening.store import FeedState, Reader, Store, View
from listening.weeks import period_of

WEEK = "2026-W47"
MONDAY = datetime(2026, 11, 16, 17, tzinfo=UTC)
"""Noon in New York."""

Hear = Callable[..., None]
Post = Callable[..., None]


@pytest.fixture
def hear(store: Store) -> Hear:
    """Let a feed answer on each Monday, from so many weeks before this week on."""

    def heard(feed: str, *, weeks: int) -> None:
        first = MONDAY - timedelta(weeks=weeks, hours=36)
        with store.writing() as connection:
            stores.save_feed(connection, FeedState(name=feed, source="rss", state="ok", first_answer_at=first))
            for back in range(weeks + 1):
                day = (MONDAY - timedelta(weeks=back)).date()
                stores.note_heard(connection, feed, day.year * 10_000 + day.month * 100 + day.day, answered=True)

    return heard


@pytest.fixture
def posts(store: Store, save: Save, mention: MakeMention) -> Post:
    """So many posts of a week, so many weeks back."""

    def many(count: int, *, back: int = 0, feed: str = "Herald", tag: Tag = "neutral", question: bool = False) -> None:
        at = MONDAY - timedelta(weeks=back)
        more = {"source": "rss", "feed": feed, "tag": tag, "question": question}
        save(store, *[mention(published_at=at + timedelta(minutes=number), **more) for number in range(count)])

    return many


def told(store: Store, *, judged: bool = True) -> OverTime:
    chosen = period_of(WEEK, TIMEZONE)
    view = View(start=chosen.start, end=chosen.end)
    with store.reading() as connection:
        reader = Reader(store, connection)
        found = numbers(reader, view, chosen, reader.listening_since())
        return over_time(reader, view, chosen, found, TIMEZONE, judged=judged)


def test_a_week_beside_the_one_before(store: Store, hear: Hear, posts: Post) -> None:
    """Counts with their change, shares with their points."""
    hear("Herald", weeks=2)
    posts(30, tag="good")
    posts(10, tag="bad", question=True)
    posts(10, back=1, tag="good")
    posts(10, back=1, tag="bad", question=True)
    found = told(store)
    assert ("Public posts", "Good", "Neutral", "Bad", "Questions") == found.rows
    assert ("40", "30 (75%)", "0 (0%)", "10 (25%)", "10") == found.now
    before = found.earlier[0]
    assert "The week before" == before.label
    assert ["20", "10 (50%)", "0 (0%)", "10 (50%)", "10"] == [cell.value for cell in before.cells]
    assert ["+100%", "+25 points", "no change", "−25 points", "no change"] == [cell.change for cell in before.cells]


def test_small_numbers_are_counts(store: Store, hear: Hear, posts: Post) -> None:
    """Of three and two posts no percentage is said, against a week or an average."""
    hear("Herald", weeks=6)
    posts(3, tag="good")
    for back in range(1, 7):
        posts(2, back=back, tag="bad")
    found = told(store)
    assert "3 against 2" == found.earlier[0].cells[0].change == found.earlier[1].cells[0].change
    assert not [cell for earlier in found.earlier for cell in earlier.cells if "%" in cell.value + cell.change]


def test_the_average_is_of_the_weeks_that_were_listened_to(store: Store, hear: Hear, posts: Post) -> None:
    """At most twelve, and of fewer than three none is said."""
    hear("Herald", weeks=5)
    posts(20)
    for back, count in enumerate((10, 15, 20, 10, 10), 1):
        posts(count, back=back)
    average = told(store).earlier[1]
    assert "Average of the 5 weeks before" == average.label
    assert ("13", "+54%") == (average.cells[0].value, average.cells[0].change)


def test_two_weeks_are_no_average(store: Store, hear: Hear, posts: Post) -> None:
    """It is said why there is none."""
    hear("Herald", weeks=2)
    posts(20)
    average = told(store).earlier[1]
    assert () == average.cells
    assert "fewer than 3 weeks of listening before it" == average.missing


def test_the_same_week_last_year_is_fifty_two_weeks_before(store: Store, hear: Hear, posts: Post) -> None:
    """The same days of the week."""
    hear("Herald", weeks=60)
    posts(24)
    posts(12, back=52)
    posts(99, back=53)
    year = told(store).earlier[2]
    assert "A year before: 17 to 23 November 2025" == year.label
    assert ("12", "+100%") == (year.cells[0].value, year.cells[0].change)


def test_a_place_that_was_not_listened_to_then_is_not_compared(store: Store, hear: Hear, posts: Post) -> None:
    """What a new place brought is in the week's own number, and in no change; the places are said."""
    hear("Herald", weeks=5)
    hear("Courier", weeks=0)
    posts(12)
    posts(30, feed="Courier")
    for back in range(1, 6):
        posts(12, back=back)
    found = told(store)
    assert "42" == found.now[0]
    before = found.earlier[0]
    assert ("12", "12 against 12, in the 1 place heard in both", 1) == (
        before.cells[0].value,
        before.cells[0].change,
        before.places,
    )
    assert "12 against 12, in the 1 place heard in both" == found.earlier[1].cells[0].change
    assert "not all of that time was listened to in any of these places" == found.earlier[2].missing


def test_questions_are_left_out_where_nobody_knows_them(store: Store, hear: Hear, posts: Post) -> None:
    """After an older version of the program, until the next collection."""
    hear("Herald", weeks=2)
    posts(5)
    assert "Questions" not in told(store, judged=False).rows


ZONES = st.sampled_from(["America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"])


@given(day=st.dates(date(2012, 2, 1), date(2040, 1, 1)), zone=ZONES)
def test_last_years_week_is_a_whole_week(day: date, zone: str) -> None:
    """Monday to Monday by the local clock, also where it was changed in between."""
    from listening.insights.over_time import YEAR, _back

    timezone = ZoneInfo(zone)
    year, week, _ = day.isocalendar()
    chosen = period_of(f"{year:04}-W{week:02}", timezone)
    start, end = (_back(at, YEAR, timezone).astimezone(timezone) for at in (chosen.start, chosen.end))
    assert 0 == start.weekday() == end.weekday()
    assert 7 == (end.date() - start.date()).days
    assert 364 == (chosen.start.astimezone(timezone).date() - start.date()).days
