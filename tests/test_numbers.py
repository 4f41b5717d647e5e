"""Periods and numbers: what is counted, what may be compared, and when a percentage may be said."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import NOON, TIMEZONE, MakeMention, MakeStore, Save
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from listening import store as stores
from listening.insights.numbers import (
    FEW,
    Change,
    Numbers,
    Tally,
    answered_of,
    change,
    numbers,
    percent_change,
    place_change,
    share_change,
)
from listening.insights.periods import CHOICES, DEFAULT, Period, day_words, midnight, period, short_day, span_words
from listening.models import TAGS, Mention, Tag
from listening.query import parse
from listening.store import FeedState, Reader, Store, View, reviewing
from listening.store.schema import mentions

ZONES = [
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "Europe/Dublin",
        "Asia/Kolkata",
        "Pacific/Apia",  # had no 30 December 2011
        "Australia/Lord_Howe",  # changes its clocks by half an hour
        "Africa/Cairo",  # where the clocks change at midnight
        "America/Havana",
        "Asia/Beirut",
    )
]
MOMENTS = st.integers(1_262_304_000, 2_019_686_400).map(lambda second: datetime.fromtimestamp(second, UTC))
"""Whole seconds of the years 2010 to 2033."""


def at(text: str) -> datetime:
    """A moment in UTC, written without its Z."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- periods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "label", "within", "compared"),
    [
        ("24h", "Last 24 hours", "in the last 24 hours", "the 24 hours before"),
        ("7d", "Last 7 days", "in the last 7 days", "the 7 days before"),
        ("week", "Last full week", "in the last full week", "the week before"),
        ("30d", "Last 30 days", "in the last 30 days", "the 30 days before"),
        ("90d", "Last 90 days", "in the last 90 days", "the 90 days before"),
        ("365d", "Last 365 days", "in the last 365 days", "the 365 days before"),
    ],
)
def test_every_period_has_its_words(key: str, label: str, within: str, compared: str) -> None:
    """As a choice, inside a sentence, and for what it is compared with."""
    chosen = period(key, NOON, TIMEZONE)
    assert (key, label, within, compared) == (chosen.key, chosen.label, chosen.within, chosen.compared)
    assert label == CHOICES[key]


def test_there_is_no_period_without_a_test() -> None:
    """The list above is the list of the page."""
    assert ["24h", "7d", "week", "30d", "90d", "365d"] == list(CHOICES)
    assert "7d" == DEFAULT


@pytest.mark.parametrize("key", ["", "8d", "WEEK", "7d ", "-1d", "<b>"])
def test_an_unknown_period_is_the_last_seven_days(key: str) -> None:
    """An address that somebody typed wrongly still shows something sensible."""
    assert period("7d", NOON, TIMEZONE) == period(key, NOON, TIMEZONE)


@given(now=MOMENTS, key=st.sampled_from([key for key in CHOICES if key != "week"]), zone=st.sampled_from(ZONES))
def test_days_are_times_24_hours_wherever_clocks_change(now: datetime, key: str, zone: ZoneInfo) -> None:
    """It ends now, is so many times 24 hours long, and the period before it is as long and ends where it starts."""
    chosen = period(key, now, zone)
    length = {"24h": timedelta(days=1)}.get(key) or timedelta(days=int(key[:-1]))
    assert now.timestamp() == chosen.end.timestamp()
    assert length.total_seconds() == chosen.end.timestamp() - chosen.start.timestamp()
    assert length.total_seconds() == chosen.start.timestamp() - chosen.before.timestamp()
    assert {zone} == {chosen.start.tzinfo, chosen.end.tzinfo, chosen.before.tzinfo}


def test_seven_days_over_a_change_of_the_clock() -> None:
    """Noon minus 7 x 24 hours is eleven o'clock where an hour was lost, and one o'clock where it was given back."""
    spring, autumn = period("7d", at("2026-03-10T16:00"), TIMEZONE), period("7d", at("2026-11-04T17:00"), TIMEZONE)
    assert "2026-03-03T11:00:00-05:00" == spring.start.isoformat()
    assert "2026-03-10T12:00:00-04:00" == spring.end.isoformat()
    assert "2026-02-24T11:00:00-05:00" == spring.before.isoformat()
    assert "2026-10-28T13:00:00-04:00" == autumn.start.isoformat()
    assert "2026-11-04T12:00:00-05:00" == autumn.end.isoformat()


@given(now=MOMENTS, zone=st.sampled_from(ZONES))
@example(now=at("2027-01-05T12:00"), zone=TIMEZONE)
def test_the_full_week_is_the_last_closed_iso_week(now: datetime, zone: ZoneInfo) -> None:
    """It goes from Monday to Sunday in the agency's time zone, has ended, and no later week has."""
    chosen = period("week", now, zone)
    first = chosen.start.astimezone(zone).date()
    last = datetime.fromtimestamp(chosen.end.timestamp() - 1, zone).date()
    today = now.astimezone(zone).date()
    assert (1, 7) == (first.isoweekday(), last.isoweekday())
    assert first.isocalendar()[:2] == last.isocalendar()[:2] == (today - timedelta(days=7)).isocalendar()[:2]
    assert chosen.end.timestamp() <= now.timestamp()
    assert midnight(last + timedelta(days=8), zone).timestamp() > now.timestamp()
    assert first - timedelta(days=7) == chosen.before.astimezone(zone).date()


@pytest.mark.parametrize(
    ("now", "first", "last", "hours"),
    [
        ("2026-03-04T17:00", "2026-02-23", "2026-03-01", 168),
        ("2026-03-09T03:59:59", "2026-02-23", "2026-03-01", 168),  # Sunday night in New York, Monday in UTC
        ("2026-03-09T04:00:00", "2026-03-02", "2026-03-08", 167),  # the clocks went forward on that Sunday
        ("2026-11-02T04:59:59", "2026-10-19", "2026-10-25", 168),
        ("2026-11-02T05:00:00", "2026-10-26", "2026-11-01", 169),  # and back on that one
        ("2027-01-05T12:00", "2026-12-28", "2027-01-03", 168),  # week 53 of 2026
    ],
)
def test_a_week_begins_on_monday_where_the_agency_is(now: str, first: str, last: str, hours: int) -> None:
    """Also in the weeks of 167 and of 169 hours, and over New Year."""
    chosen = period("week", at(now), TIMEZONE)
    assert date.fromisoformat(first) == chosen.start.date()
    assert date.fromisoformat(last) == (chosen.end - timedelta(seconds=1)).date()
    assert hours * 3600 == chosen.end.timestamp() - chosen.start.timestamp()


@given(day=st.dates(date(2005, 1, 1), date(2034, 1, 1)), zone=st.sampled_from(ZONES))
@example(day=date(2024, 4, 26), zone=ZoneInfo("Africa/Cairo"))  # began at one o'clock
@example(day=date(2023, 11, 5), zone=ZoneInfo("America/Havana"))  # had two midnights
def test_midnight_is_the_first_moment_of_a_day(day: date, zone: ZoneInfo) -> None:
    """A second before it is another day, also where a day begins at one o'clock or has two midnights."""
    if zone.key == "Pacific/Apia" and day == date(2011, 12, 30):
        return  # the day that was not
    begin = midnight(day, zone).timestamp()
    assert day == datetime.fromtimestamp(begin, zone).date()
    assert day > datetime.fromtimestamp(begin - 1, zone).date()


def test_days_in_words() -> None:
    """Without a leading zero, and with the weekday or the year where that is wanted."""
    day = date(2026, 3, 4)
    assert "Wednesday 4 March" == day_words(day)
    assert "4 March 2026" == day_words(day, weekday=False, year=True)
    assert "Wednesday 4 March 2026" == day_words(day, year=True)
    assert "4 March" == day_words(day, weekday=False)
    assert "4 Mar" == short_day(day)


@settings(max_examples=30)
@given(day=st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_day_has_its_own_name(day: date) -> None:
    """The names of weekdays and months are those of the calendar."""
    said = datetime.strptime(day_words(day, year=True), "%A %d %B %Y").replace(tzinfo=UTC).date()
    assert day == said
    assert f"{day:%A}" == day_words(day).split()[0]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-03-04", "2026-03-04", "4 March 2026"),
        ("2026-03-02", "2026-03-08", "2 to 8 March 2026"),
        ("2026-02-23", "2026-03-08", "23 February to 8 March 2026"),
        ("2025-12-29", "2026-01-04", "29 December 2025 to 4 January 2026"),
        ("2025-03-04", "2026-03-04", "4 March 2025 to 4 March 2026"),
    ],
)
def test_a_span_of_days_in_words(first: str, last: str, words: str) -> None:
    """Month and year are said once where they are the same."""
    assert words == span_words(date.fromisoformat(first), date.fromisoformat(last))


# --- what is counted --------------------------------------------------------------------------------------------------


def tally(good: int = 0, neutral: int = 0, bad: int = 0, unscored: int = 0, places: int = 1) -> Tally:
    return Tally(tags={"good": good, "neutral": neutral, "bad": bad, "unscored": unscored}, places=places)


def test_unscored_mentions_are_counted_but_have_no_part_in_the_tone() -> None:
    """They are mentions; shares and net sentiment are of the tagged ones alone."""
    some = tally(good=6, neutral=2, bad=2, unscored=30)
    assert (40, 10) == (some.mentions, some.tagged)
    assert (0.6, 0.2, 0.2) == (some.share("good"), some.share("neutral"), some.share("bad"))
    assert 0.4 == some.net_sentiment


@pytest.mark.parametrize(
    "some", [Tally(tags={}, places=0), tally(), tally(unscored=4)], ids=["none", "zero", "unscored"]
)
def test_where_nothing_is_tagged_the_tone_is_unknown(some: Tally) -> None:
    """Not zero: unknown."""
    assert (None, None, 0) == (some.share("good"), some.net_sentiment, some.tagged)


@given(counts=st.tuples(*[st.integers(0, 500)] * 4))
def test_net_sentiment_is_good_less_bad_by_all_tagged(counts: tuple[int, int, int, int]) -> None:
    """Between -1 and 1, and the shares of good, neutral and bad add up to one."""
    some = tally(*counts)
    if not some.tagged:
        return
    shares = [some.share(tag) or 0 for tag in TAGS if tag != "unscored"]
    assert 1 == pytest.approx(sum(shares))
    assert (counts[0] - counts[2]) / sum(counts[:3]) == some.net_sentiment
    assert -1 <= (some.net_sentiment or 0) <= 1


NOW = at("2026-03-10T16:00")
"""Noon in New York on Tuesday 10 March 2026; the clocks were changed on the Sunday before."""

LAST = period("7d", NOW, TIMEZONE)
LONG_AGO = LAST.before - timedelta(days=100)


def hear(
    store: Store, feed: str, days: Sequence[str] = (), *, source: str = "mastodon", first: datetime = LONG_AGO
) -> None:
    """A feed that answered first at ``first``, and on these local days (without: on every day of both periods)."""
    noted = [date.fromisoformat(day) for day in days]
    if not days:
        begin = LAST.before.date()
        noted = [begin + timedelta(days=offset) for offset in range((LAST.end.date() - begin).days + 1)]
    with store.writing() as connection:
        stores.save_feed(connection, FeedState(name=feed, source=source, state="ok", first_answer_at=first))
        for day in noted:
            number = day.year * 10_000 + day.month * 100 + day.day
            stores.note_heard(connection, feed, number, answered=True)


def asked(store: Store, view: View | None = None, over: Period = LAST) -> Numbers:
    """The numbers of the last 7 days, of all mentions or of a view."""
    with store.reading() as connection:
        reader = Reader(store, connection)
        return numbers(reader, view or View(start=over.start, end=over.end), over, reader.listening_since())


def several(make: MakeMention, count: int, when: datetime, *, feed: str = "Harbor", tag: str = "good") -> list[Mention]:
    return [make(feed=feed, published_at=when + timedelta(minutes=number), tag=tag) for number in range(count)]


THIS, BEFORE = at("2026-03-06T12:00"), at("2026-02-27T12:00")
"""A moment in the last 7 days, and one in the 7 before."""


def test_a_period_holds_its_first_moment_and_not_its_last(store: Store, save: Save, mention: MakeMention) -> None:
    """A mention on the edge is counted once, in the later period; the hour that was lost changes nothing."""
    hear(store, "Harbor")
    edges = (LAST.before, LAST.start, LAST.end)
    for edge in edges:
        save(store, mention(feed="Harbor", published_at=edge.astimezone(UTC)))
        save(store, mention(feed="Harbor", published_at=edge.astimezone(UTC) - timedelta(seconds=1)))
    found = asked(store)
    assert found.same_now is not None
    assert found.same_before is not None
    assert (2, 2, 2) == (found.now.mentions, found.same_now.mentions, found.same_before.mentions)


def test_volume_leaves_out_own_posts_and_counts_withdrawn_ones(store: Store, save: Save, mention: MakeMention) -> None:
    """What we say ourselves is no conversation; what was taken back was said."""
    hear(store, "Harbor")
    save(
        store,
        mention(feed="Harbor", published_at=THIS),
        mention(feed="Harbor", published_at=THIS, tag="unscored"),
        mention(feed="Harbor", published_at=THIS, own=True),
        mention(feed="Harbor", published_at=THIS, text="", withdrawn_at=THIS + timedelta(hours=1), tag="bad"),
    )
    found = asked(store).now
    assert {"good": 1, "unscored": 1, "bad": 1} == {tag: count for tag, count in found.tags.items() if count}
    assert (3, 2, 1) == (found.mentions, found.tagged, found.places)


def test_places_are_the_feeds_that_gave_something(store: Store, save: Save, mention: MakeMention) -> None:
    """A feed that was asked and had nothing is no place where people talk."""
    for feed in ("Harbor", "Tram", "Quiet"):
        hear(store, feed)
    save(store, *several(mention, 3, THIS), *several(mention, 1, THIS, feed="Tram"))
    assert 2 == asked(store).now.places


# --- what may be compared ---------------------------------------------------------------------------------------------


def test_a_change_is_over_the_feeds_heard_in_both_periods(store: Store, save: Save, mention: MakeMention) -> None:
    """A feed that is new brings no growth: it is counted, and left out of what is compared."""
    hear(store, "Harbor")
    hear(store, "New feed", ["2026-03-08", "2026-03-09"], first=at("2026-03-08T12:00"))
    save(
        store,
        *several(mention, 12, BEFORE),
        *several(mention, 18, THIS),
        *several(mention, 50, at("2026-03-09T12:00"), feed="New feed"),
    )
    found = asked(store)
    assert found.same_now is not None
    assert found.same_before is not None
    assert (68, 18, 12) == (found.now.mentions, found.same_now.mentions, found.same_before.mentions)
    assert not found.same_feeds
    assert not found.comparable
    said = change(found, found.same_now.mentions, found.same_before.mentions)
    assert Change(words="18 against 12, in the 1 place heard in both", direction=1) == said


def test_several_feeds_heard_in_both_are_said_in_the_plural(store: Store, save: Save, mention: MakeMention) -> None:
    """Two of three were there all along; a percentage is not said although there are enough mentions."""
    for feed in ("Harbor", "Tram"):
        hear(store, feed)
    hear(store, "New feed", ["2026-03-09"], first=at("2026-03-09T12:00"))
    save(store, *several(mention, 20, BEFORE), *several(mention, 10, THIS, feed="Tram"))
    assert "10 against 20, in the 2 places heard in both" == change(asked(store), 10, 20).words


def test_a_feed_that_fell_silent_is_left_out_of_the_comparison(store: Store, save: Save, mention: MakeMention) -> None:
    """Fewer posts because a server no longer answers are not fewer posts."""
    hear(store, "Harbor")
    hear(store, "Gone", ["2026-02-25", "2026-02-26"])
    save(store, *several(mention, 15, THIS), *several(mention, 15, BEFORE), *several(mention, 40, BEFORE, feed="Gone"))
    found = asked(store)
    assert found.same_before is not None
    assert (15, 15) == (found.now.mentions, found.same_before.mentions)
    assert frozenset({"Harbor", "Gone"}) == found.heard_before
    assert frozenset({"Harbor"}) == found.heard_now


def test_a_feed_that_joined_half_way_through_the_period_before_is_not_compared(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """It was heard in both, but not all along: half a week against a whole one is no comparison."""
    hear(store, "Harbor")
    hear(store, "Half", ["2026-02-28", "2026-03-06"], first=at("2026-02-28T12:00"))
    save(store, *several(mention, 12, THIS), *several(mention, 12, BEFORE), *several(mention, 30, THIS, feed="Half"))
    found = asked(store)
    assert found.same_now is not None
    assert (42, 12) == (found.now.mentions, found.same_now.mentions)
    assert frozenset({"Harbor"}) == found.heard_before


def test_a_feed_that_was_asked_in_vain_was_not_heard(store: Store) -> None:
    """A day on which it failed is no day on which we listened."""
    hear(store, "Harbor", ["2026-02-26"])
    with store.writing() as connection:
        stores.note_heard(connection, "Harbor", 20260306, answered=False)
    assert frozenset() == asked(store).heard_now


def test_without_a_feed_heard_in_both_it_says_since_when_we_listen(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """In the first week there is nothing to compare with, and nothing is made up."""
    hear(store, "Harbor", ["2026-03-08", "2026-03-09"], first=at("2026-03-08T12:00"))
    save(store, *several(mention, 30, at("2026-03-09T12:00")))
    found = asked(store)
    assert (30, None, None) == (found.now.mentions, found.same_now, found.same_before)
    wanted = Change(words="listening since 8 Mar", direction=None)
    assert [wanted] * 3 == [change(found, 30, 0), share_change(found, "good"), place_change(found, 1, 0)]


def test_an_empty_store_says_that_nothing_was_heard(store: Store) -> None:
    """No zero, no percentage, no day."""
    found = asked(store)
    assert (0, 0, None) == (found.now.mentions, found.now.places, found.listening_since)
    assert Change(words="nothing heard yet", direction=None) == change(found, 0, 0)


def test_a_view_of_some_feeds_is_compared_over_these_feeds(store: Store, save: Save, mention: MakeMention) -> None:
    """What is new elsewhere does not stand in the way of a percentage for the feeds that were asked for."""
    hear(store, "Harbor")
    hear(store, "Herald", source="rss")
    hear(store, "New feed", ["2026-03-09"], first=at("2026-03-09T12:00"))
    rss = {"feed": "Herald", "source": "rss"}
    save(
        store,
        *(mention(published_at=THIS + timedelta(hours=hour), **rss) for hour in range(12)),
        *(mention(published_at=BEFORE + timedelta(hours=hour), **rss) for hour in range(10)),
        *several(mention, 5, THIS),
    )
    whole = View(start=LAST.start, end=LAST.end)
    for view in (replace(whole, feeds=frozenset({"Herald"})), replace(whole, source="rss")):
        found = asked(store, view)
        assert frozenset({"Herald"}) == found.heard_now == found.heard_before
        assert found.comparable
        assert "+20%" == change(found, 12, 10).words
    assert not asked(store).comparable


def test_topic_tag_and_words_hold_for_both_periods(store: Store, save: Save, mention: MakeMention) -> None:
    """Whatever the view asks for, the period before is asked for the same."""
    hear(store, "Harbor")
    for when, count in ((THIS, 3), (BEFORE, 2)):
        for number in range(count):
            moment = when + timedelta(hours=number)
            save(
                store,
                mention(feed="Harbor", published_at=moment, topics=("parks",), text="A lovely picnic.", tag="good"),
                mention(feed="Harbor", published_at=moment, topics=("transit",), text="The ferry is late.", tag="bad"),
            )
    whole = View(start=LAST.start, end=LAST.end)
    for view in (replace(whole, topic="parks"), replace(whole, tag="good"), replace(whole, query=parse("picnic"))):
        found = asked(store, view)
        assert found.same_before is not None
        assert (3, 2) == (found.now.mentions, found.same_before.mentions)
        assert {"good"} == set(found.now.tags) == set(found.same_before.tags)


def test_the_full_week_is_compared_with_the_week_before(store: Store, save: Save, mention: MakeMention) -> None:
    """By local days: Sunday evening in New York is the old week although in UTC it is Monday."""
    week = period("week", NOW, TIMEZONE)
    hear(store, "Harbor", ["2026-02-24", "2026-03-05"])
    late, early = at("2026-03-02T04:59:59"), at("2026-03-02T05:00:00")
    save(store, mention(feed="Harbor", published_at=late), mention(feed="Harbor", published_at=early))
    save(store, mention(feed="Harbor", published_at=at("2026-03-09T03:59:59")))
    found = asked(store, over=week)
    assert found.same_before is not None
    assert (2, 1) == (found.now.mentions, found.same_before.mentions)


# --- how a change is said ---------------------------------------------------------------------------------------------


def compared(now: Tally, before: Tally, *, same_feeds: bool = True) -> Numbers:
    """Numbers of feeds that were heard in both periods, with one more now where ``same_feeds`` is False."""
    both = frozenset({"Harbor", "Tram"})
    return Numbers(
        now=now,
        same_now=now,
        same_before=before,
        heard_now=both if same_feeds else both | {"New feed"},
        heard_before=both,
        listening_since=date(2026, 1, 5),
    )


@pytest.mark.parametrize(
    ("now", "before", "words", "direction"),
    [
        (9, 9, "9 against 9", 0),
        (9, 10, "9 against 10", -1),
        (10, 9, "10 against 9", 1),
        (9, 40, "9 against 40", -1),
        (1_200, 3, "1,200 against 3", 1),
        (0, 0, "0 against 0", 0),
        (10, 10, "no change", 0),
        (15, 10, "+50%", 1),
        (10, 15, "−33%", -1),
        (20, 10, "+100%", 1),
        (13, 12, "+8%", 1),
        (12_000, 1_000, "+1,100%", 1),
    ],
)
def test_under_ten_mentions_in_either_period_are_said_as_counts(
    now: int, before: int, words: str, direction: int
) -> None:
    """From ten on a percentage, with its sign; below, in either period, both counts."""
    found = compared(tally(good=now), tally(good=before))
    assert (min(now, before) >= FEW) == found.comparable
    assert Change(words=words, direction=direction) == change(found, now, before)


def test_a_part_of_under_ten_is_said_in_counts_although_the_whole_is_large() -> None:
    """Three bad posts against one are not +200%."""
    found = compared(tally(good=50, bad=3), tally(good=50, bad=1))
    assert found.comparable
    assert Change(words="3 against 1", direction=1) == change(found, 3, 1)


@pytest.mark.parametrize(
    ("now", "before", "words", "direction"),
    [
        (tally(good=12, bad=8), tally(good=10, bad=10), "+10 points", 1),
        (tally(good=10, bad=10), tally(good=12, bad=8), "−10 points", -1),
        (tally(good=51, bad=49), tally(good=50, bad=50), "+1 point", 1),
        (tally(good=50, bad=50), tally(good=51, bad=49), "−1 point", -1),
        (tally(good=10, bad=10), tally(good=20, bad=20), "no change", 0),
        (tally(good=10, bad=10, unscored=80), tally(good=20, bad=20), "no change", 0),
        (tally(good=4, bad=5), tally(good=20, bad=20), "4 against 20", -1),
        (tally(good=20, bad=20), tally(good=4, bad=5), "20 against 4", 1),
        (tally(unscored=20), tally(good=20), "0 against 20", -1),
    ],
)
def test_shares_change_by_points(now: Tally, before: Tally, words: str, direction: int) -> None:
    """Of the tagged ones, in percentage points; in counts where there are few, or where nothing is tagged."""
    assert Change(words=words, direction=direction) == share_change(compared(now, before), "good")


def test_shares_of_unequal_feeds_are_said_in_counts() -> None:
    """With the places heard in both named, as for every other change."""
    found = compared(tally(good=30, bad=10), tally(good=20, bad=20), same_feeds=False)
    assert "30 against 20, in the 2 places heard in both" == share_change(found, "good").words
    assert "10 against 20, in the 2 places heard in both" == share_change(found, "bad").words


@pytest.mark.parametrize(
    ("now", "before", "words", "direction"),
    [(4, 4, "as many as before", 0), (5, 4, "4 before", 1), (1, 4, "4 before", -1), (40, 20, "20 before", 1)],
)
def test_places_are_never_a_percentage(now: int, before: int, words: str, direction: int) -> None:
    """They are a handful."""
    assert Change(words=words, direction=direction) == place_change(compared(tally(), tally()), now, before)


COUNTS = st.integers(0, 40) | st.integers(0, 3_000)


@given(
    now=st.tuples(*[COUNTS] * 4), before=st.tuples(*[COUNTS] * 4), same_feeds=st.booleans(), tag=st.sampled_from(TAGS)
)
def test_no_percentage_is_ever_said_of_few_or_of_unequal_feeds(
    now: tuple[int, int, int, int], before: tuple[int, int, int, int], same_feeds: bool, tag: Tag
) -> None:
    """A percentage or points stand only where ten mentions or more were heard in the same feeds in both periods."""
    found = compared(tally(*now), tally(*before), same_feeds=same_feeds)
    said = change(found, sum(now), sum(before))
    parts = share_change(found, tag if tag != "unscored" else "good")
    enough = sum(now) >= 10 and sum(before) >= 10 and same_feeds
    if not enough:
        assert "%" not in said.words
        assert "point" not in parts.words
        assert f"{sum(now):,} against {sum(before):,}" in said.words
    if "%" in said.words:
        percent = int(said.words.replace("−", "-").replace(",", "").rstrip("%"))
        exact = 100 * (sum(now) - sum(before)) / sum(before)
        assert 0.5 >= abs(percent - exact) or (percent == -99 and -100 < exact < -99)  # something is left: never −100%
    assert (said.direction or 0) * (sum(now) - sum(before)) >= 0


def test_a_share_of_a_few_tagged_ones_is_said_in_counts() -> None:
    """Two of three tagged against one of three is no wave, however many could not be tagged."""
    now, before = (Tally(tags={"good": good, "bad": 3 - good, "unscored": 20}, places=1) for good in (2, 1))
    harbor = frozenset({"Harbor"})
    numbers_ = Numbers(
        now=now, same_now=now, same_before=before, heard_now=harbor, heard_before=harbor, listening_since=None
    )
    assert share_change(numbers_, "good").words == "2 against 1"
    assert percent_change(10, 4_000) == -99
    assert percent_change(0, 4_000) == -100


# --- questions that were answered -------------------------------------------------------------------------------------


def judge(store: Store, said: Mapping[str, Mapping[str, Any]]) -> None:
    """Write verdicts on mentions, by their ids."""
    with store.writing() as connection:
        rows = connection.execute(select(mentions.c.id, mentions.c.n)).all()
        changes = {row.n: said[row.id] for row in rows if row.id in said}
        reviewing.review(store, connection, changes, reviewer="Ana", at=NOW, seen=0)


def test_before_the_first_review_nothing_is_known_of_answers(store: Store, save: Save, mention: MakeMention) -> None:
    """Unknown, not none; one verdict on anything, and it is known."""
    hear(store, "Harbor")
    one = mention(feed="Harbor", published_at=THIS, question=True)
    save(store, one)
    found = asked(store)
    assert (1, None, None, ()) == (found.now.asking, found.now.answered, found.now.waiting, found.waited)
    judge(store, {one.id: {"tag": "good"}})
    found = asked(store)
    assert (1, 0, 1, ()) == (found.now.asking, found.now.answered, found.now.waiting, found.waited)
    assert Change(words="0 of 1 answered", direction=None) == answered_of(found.now)


def test_half_of_the_answers_is_said_of_three_and_more(store: Store, save: Save, mention: MakeMention) -> None:
    """With the posts of the period only; an answer before the question's time took no time."""
    hear(store, "Harbor")
    some = [mention(feed="Harbor", published_at=THIS, question=True) for _ in range(3)]
    old = mention(feed="Harbor", published_at=BEFORE, question=True)
    save(store, *some, old)
    judge(
        store,
        {one.id: {"answered_at": THIS + timedelta(hours=hours)} for one, hours in zip(some, (-1, 5, 9), strict=True)},
    )
    judge(store, {old.id: {"answered_at": THIS}})
    found = asked(store)
    assert ((0, 5 * 3600, 9 * 3600), 5 * 3600) == (found.waited, found.usual_wait)
    assert replace(found, waited=found.waited[:2]).usual_wait is None
    assert Change(words="3 of 3 answered", direction=None) == answered_of(found.now)
    assert Change(words="none asked", direction=None) == answered_of(replace(found.now, asking=0, answered=0))


@pytest.fixture(scope="module")
def judged(new_store: MakeStore, mention: MakeMention, save: Save) -> Store:
    """A store of 200 posts of which many ask, and people's verdicts on half of them: every kind, in any mixture."""
    store, random = new_store(), Random(11)
    for feed in ("Harbor", "Tram"):
        hear(store, feed)
    found = [
        mention(
            feed=random.choice(("Harbor", "Tram")),
            text=random.choice(("Where is the ferry?", "When does the bridge open?", "A lovely bridge")),
            topics=tuple(random.sample(("transit", "parks"), random.choice((1, 2)))),
            tag=random.choice(TAGS),
            question=random.choice((True, True, False, None)),
            published_at=LAST.before + timedelta(minutes=random.randrange(14 * 1440)),
        )
        for _ in range(200)
    ]
    save(store, *found)
    kinds: tuple[Mapping[str, Any], ...] = (
        {"status": "answered", "answered_at": NOW},
        {"answered_at": NOW, "asks": False},
        {"status": "answered", "answered_at": NOW, "relevant": False},
        {"asks": True, "status": "open"},
        {"asks": True, "answered_at": NOW, "tag": "bad"},
        {"relevant": False},
        {"tag": "good"},
    )
    judge(store, {one.id: random.choice(kinds) for one in found[::2]})
    return store


@settings(max_examples=60)
@given(
    key=st.sampled_from(list(CHOICES)),
    topic=st.sampled_from(("", "transit", "nobody")),
    tag=st.none() | st.sampled_from(TAGS),
    feeds=st.none() | st.sampled_from((frozenset({"Tram"}), frozenset({"Harbor", "Tram"}), frozenset[str]())),
    words=st.none() | st.sampled_from(("bridge", "ferry OR open", "raw:Where")),
)
def test_what_waits_and_what_was_answered_are_the_rows_that_their_views_open(
    key: str, topic: str, tag: Tag | None, feeds: frozenset[str] | None, words: str | None, judged: Store
) -> None:
    """The number that stands there is the length of the list behind it, in every view; together all that ask."""
    over = period(key, NOW, TIMEZONE)
    view = View(
        start=over.start, end=over.end, topic=topic, tag=tag, feeds=feeds, query=None if words is None else parse(words)
    )
    found = asked(judged, view, over)
    with judged.reading() as connection:
        reader = Reader(judged, connection)
        listed = {
            answered: list(reader.stream(replace(view, asking=True, answered=answered))) for answered in (True, False)
        }
        asking = reader.total(replace(view, asking=True))
        read = reader.total(replace(view, asking=True, reviewed=True))
    assert found.now.asking == asking == len(listed[True]) + len(listed[False])
    if not listed[True] and 2 * read < asking:  # hardly anybody has looked: nothing is said of answers
        assert (found.now.answered, found.now.waiting, found.waited) == (None, None, ())
    else:
        assert (len(listed[True]), len(listed[False])) == (found.now.answered, found.now.waiting)
        wait = [
            int((one.verdict.answered_at - one.published_at).total_seconds())
            for one in listed[True]
            if one.verdict and one.verdict.answered_at and one.published_at
        ]
        assert found.waited == tuple(sorted(max(0, each) for each in wait))
    assert all(one.verdict is not None and one.verdict.answered_at is not None for one in listed[True])
    assert not any(one.verdict is not None and one.verdict.answered_at is not None for one in listed[False])
