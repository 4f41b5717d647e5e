"""Days that stand out: rare on quiet days, found on loud ones, in places that were heard all along, and said truly."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from math import exp, factorial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from conftest import NOON, MakeMention, Save
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import store as stores
from listening.insights.periods import midnight, period
from listening.insights.spikes import (
    FEWEST,
    LEAST_RATIO,
    Spike,
    first_ones,
    heard_throughout,
    known_days,
    spike_words,
    spikes,
    unusual,
)
from listening.insights.usual import BEFORE, FEWEST_KNOWN, chance, usual
from listening.query import parse
from listening.store import FeedState, Reader, Store, View

TODAY = date(2026, 3, 4)
"""A Wednesday: the local day of ``NOON``."""

QUIET = [3, 2, 4, 3, 2, 1, 1, 4, 3, 3, 2, 3, 2, 0, 3, 4, 2, 3, 4, 1, 2, 2, 3, 3, 4, 3, 1, 1]
"""28 quiet days in a row."""


def days_before(day: date, number: int) -> list[date]:
    """So many days before a day, oldest first."""
    return [day - timedelta(days=back) for back in range(number, 0, -1)]


def hear(store: Store, feed: str, days: Iterable[date], *, answered: bool = True) -> None:
    """Let a feed be asked on these days."""
    days = list(days)
    with store.writing() as connection:
        first = midnight(days[0], store.timezone)
        stores.save_feed(connection, FeedState(name=feed, source="mastodon", state="ok", first_answer_at=first))
        for day in days:
            number = day.year * 10_000 + day.month * 100 + day.day
            stores.note_heard(connection, feed, number, answered=answered)


class Town:
    """A store with mentions by day."""

    def __init__(self, store: Store, mention: MakeMention, save: Save) -> None:
        self.store, self.mention, self.save = store, mention, save

    def posts(self, feed: str, counts: Mapping[date, int], **changes: Any) -> None:
        """So many mentions of a feed on these days, one a minute from 8 in the morning."""
        self.save(
            self.store,
            *(
                self.mention(
                    feed=feed,
                    published_at=midnight(day, self.store.timezone).astimezone(UTC)
                    + timedelta(hours=8, minutes=minute),
                    **changes,
                )
                for day, count in counts.items()
                for minute in range(count)
            ),
        )

    def quiet(self, feed: str, until: date = TODAY) -> None:
        """28 quiet days of a feed, up to a day and without it."""
        self.posts(feed, dict(zip(days_before(until, BEFORE), QUIET, strict=True)))

    def spikes(self, now: datetime = NOON, key: str = "7d", **changes: Any) -> list[Spike]:
        """The spikes of a period up to ``now``."""
        chosen = period(key, now, self.store.timezone)
        with self.store.reading() as connection:
            view = View(start=chosen.start, end=chosen.end, **changes)
            return spikes(Reader(self.store, connection), view, chosen, now, self.store.timezone)


@pytest.fixture
def town(store: Store, mention: MakeMention, save: Save) -> Town:
    """An empty store to fill by day."""
    return Town(store, mention, save)


HEARD = [*days_before(TODAY, BEFORE + 2), TODAY]
"""Every day on which a feed is asked that is heard throughout."""


# --- numbers ------------------------------------------------------------------------------------------------------


def one(count: int, before: list[int], known: list[bool] | None = None) -> Any:
    """What ``unusual`` says of one day."""
    mask = np.array([known or [True] * len(before)])
    return unusual(np.array([float(count)]), np.array([before], dtype=float), mask)[0]


def test_the_chance_is_that_of_poisson_where_days_differ_no_more_than_by_chance() -> None:
    """Beside sums written out: nine or more where three are usual."""
    written_out = 1 - sum(exp(-3) * 3**k / factorial(k) for k in range(9))
    assert written_out == pytest.approx(chance(9, 3.0, 3.0), rel=1e-9)


def test_the_chance_grows_where_days_differ_more() -> None:
    """With mean 3 and variance 6 a count is failures before the third success at evens: sums written out."""
    written_out = 1 - sum((k + 1) * (k + 2) / 2 * 0.5 ** (k + 3) for k in range(9))
    assert written_out == pytest.approx(chance(9, 3.0, 6.0), rel=1e-9)
    assert chance(9, 3.0, 6.0) > chance(9, 3.0, 3.0)


@given(count=st.integers(0, 3_000), expected=st.floats(0.01, 1_000), excess=st.floats(0, 20))
@settings(max_examples=60)
def test_the_chance_is_one_and_falls_with_the_count(count: int, expected: float, excess: float) -> None:
    """It stays between 0 and 1, and one post more is never likelier."""
    variance = expected * (1 + excess)
    assert 0.0 <= chance(count + 1, expected, variance) <= chance(count, expected, variance) + 1e-9 <= 1.0 + 1e-9


@given(
    before=st.lists(st.integers(0, 3) | st.integers(0, 100_000), min_size=BEFORE, max_size=BEFORE),
    unknown=st.sets(st.integers(0, BEFORE - 1), max_size=BEFORE - FEWEST_KNOWN),
)
@settings(max_examples=80)
def test_whatever_the_days_brought_something_can_be_expected(before: list[int], unknown: set[int]) -> None:
    """Any counts give a finite positive mean, no variance below it, and unknown days are not read."""
    known = np.array([[day not in unknown for day in range(BEFORE)]])
    counts = np.array([before], dtype=float)
    found = usual(counts, known)
    assert 0 < found.expected[0] <= found.variance[0] < np.inf
    again = usual(np.where(known, counts, 77.0), known)
    assert (found.expected[0], found.variance[0]) == (again.expected[0], again.variance[0])


def test_a_steady_row_expects_its_mean() -> None:
    """And weekends that bring half are expected to bring half again."""
    steady = usual(np.full((1, BEFORE), 50.0), np.ones((1, BEFORE), dtype=bool))
    assert 50 == pytest.approx(steady.expected[0], rel=0.02)
    week = np.array([50.0] * 5 + [25.0] * 2)
    on_days = usual(np.stack([np.roll(np.tile(week, 4), -day) for day in range(7)]), np.ones((7, BEFORE), dtype=bool))
    assert list(week) == pytest.approx(list(on_days.expected), rel=0.05)


def test_fewer_than_five_are_never_a_spike() -> None:
    """Not even where nothing ever was; five are."""
    assert one(FEWEST - 1, [0] * BEFORE) is None
    assert one(FEWEST, [0] * BEFORE) is not None


def test_thousands_and_a_few_more_are_no_spike() -> None:
    """What chance would not bring may still be nothing to speak of."""
    assert one(int(1_000 * LEAST_RATIO) - 100, [1_000] * BEFORE) is None
    assert one(int(1_000 * LEAST_RATIO) + 100, [1_000] * BEFORE) is not None


def test_two_known_weeks_are_needed() -> None:
    """With a day less nothing is said, whatever comes."""
    for number, said in ((FEWEST_KNOWN, True), (FEWEST_KNOWN - 1, False)):
        known = [False] * (BEFORE - number) + [True] * number
        assert said == (one(500, QUIET, known) is not None)


@pytest.mark.parametrize("back", [1, 2, 7, 14, 28])
def test_a_spike_does_not_blind_us_for_a_month(back: int) -> None:
    """Ten times the usual yesterday, or on the same weekday last week: three times as many today is found."""
    before = [10 * count for count in QUIET]
    before[-back] *= 10
    assert one(90, before) is not None


def test_at_most_one_spike_in_two_days() -> None:
    """The day after a spike is none, the one after it may be one again."""
    days = [TODAY + timedelta(days=number) for number in (0, 1, 2, 3, 6)]
    assert [days[0], days[2], days[4]] == first_ones(reversed(days))


# --- how often ----------------------------------------------------------------------------------------------------

SETTINGS = [
    (level, dispersion, trend)
    for level in (1, 3, 30, 300, 3_000)
    for dispersion in ((1, 2, 5) if level >= 300 else (1, 2))
    for trend in (0.0, 0.01)
]
ROWS, LENGTH = 60, 60


def invented(random: np.random.Generator, level: int, dispersion: int, trend: float, days: int) -> tuple[Any, Any]:
    """Counts and their true means, shape (rows, days): weekends at 0.4, growth a day, variance over mean."""
    at = np.arange(days)
    mean = np.tile(level * np.where(at % 7 >= 5, 0.4, 1.0) * (1 + trend) ** (at - days / 2), (ROWS, 1))
    if dispersion == 1:
        return random.poisson(mean).astype(float), mean
    return random.negative_binomial(mean / (dispersion - 1), 1 / dispersion).astype(float), mean


@pytest.mark.parametrize(("level", "dispersion", "trend"), SETTINGS)
def test_quiet_days_give_at_most_one_false_alarm_in_sixty(level: int, dispersion: int, trend: float) -> None:
    """Over 3,600 quiet days for each kind of talk. 60 are allowed; chance adds up to 2 standard deviations, 16."""
    random = np.random.default_rng([level, dispersion, int(trend * 100)])
    counts, _ = invented(random, level, dispersion, trend, BEFORE + LENGTH)
    before = np.concatenate([counts[:, day : day + BEFORE] for day in range(LENGTH)])
    found = unusual(counts[:, BEFORE:].T.ravel(), before, np.ones(before.shape, dtype=bool))
    loud = np.array([it is not None for it in found]).reshape(LENGTH, ROWS).T
    kept = sum(len(first_ones(TODAY + timedelta(days=int(day)) for day in np.flatnonzero(row))) for row in loud)
    assert kept <= ROWS + 2 * ROWS**0.5


@pytest.mark.parametrize(
    ("level", "dispersion", "least"),
    [(3, 1, 0.28), (3, 2, 0.18), (30, 1, 0.99), (30, 2, 0.95), (300, 5, 0.99), (3_000, 5, 0.99)],
)
def test_three_times_the_expected_is_found_the_same_day(level: int, dispersion: int, least: float) -> None:
    """Nearly always from 30 a day on. At 3 a day it is drawn around 9, and a tail that knew the truth finds 54 %."""
    random = np.random.default_rng([3, level, dispersion])
    counts, mean = invented(random, level, dispersion, 0.0, BEFORE + 5)
    today = 3 * mean[:, BEFORE:].T.ravel()
    if dispersion == 1:
        today = random.poisson(today).astype(float)
    else:
        today = random.negative_binomial(today / (dispersion - 1), 1 / dispersion).astype(float)
    before = np.concatenate([counts[:, day : day + BEFORE] for day in range(5)])
    found = unusual(today, before, np.ones(before.shape, dtype=bool))
    assert sum(it is not None for it in found) / len(found) >= least


# --- what is known ------------------------------------------------------------------------------------------------


def known(asked: Mapping[int, bool], days: int = 30, begun: int | None = None) -> tuple[set[int], set[int]]:
    """Which of the days 0, 1, ... are known so far and to their end, of a feed asked on these days."""
    start = date(2026, 1, 1)
    so_far, whole = known_days(
        {start + timedelta(days=day): answered for day, answered in asked.items()},
        [start + timedelta(days=day) for day in range(days)],
        None if begun is None else start + timedelta(days=begun),
    )
    return set(np.flatnonzero(so_far).tolist()), set(np.flatnonzero(whole).tolist())


def test_a_day_is_known_once_it_is_over_and_an_answer_came_later() -> None:
    """The first day shows what a feed still held, and the last is known so far."""
    assert (set(range(4, 11)), set(range(4, 10))) == known(dict.fromkeys(range(3, 11), True))


def test_a_team_that_collects_once_a_week_knows_all_days() -> None:
    """Each run brings the days since the last one, and a holiday moves it by a day."""
    assert (set(range(1, 23)), set(range(1, 22))) == known({0: True, 7: True, 15: True, 22: True})


def test_after_a_long_silence_a_feed_is_new() -> None:
    """What was missed in nine days nobody knows; the day of the answer is the first again."""
    so_far, whole = known({0: True, 5: True, 14: True, 15: True})
    assert ({1, 2, 3, 4, 5, 15}, {1, 2, 3, 4}) == (so_far, whole)


def test_a_day_of_failures_is_not_known_nor_the_one_when_it_answers_again() -> None:
    """What was held back comes in a heap; the days around stay known."""
    asked = dict.fromkeys(range(11), True) | {4: False, 5: False}
    assert (set(range(1, 11)) - {4, 5, 6}, set(range(1, 10)) - {4, 5, 6}) == known(asked)


def test_a_weekly_team_loses_two_days_by_a_failure_not_a_week() -> None:
    """Monday nobody answered, on Tuesday it was tried again."""
    assert set(range(1, 16)) - {7, 8} == known({0: True, 7: False, 8: True, 15: True})[0]


def test_a_dead_feed_knows_nothing_after_its_last_answer() -> None:
    """Its zeros are no zeros."""
    asked = {day: day <= 10 for day in range(30)}
    assert (set(range(1, 11)), set(range(1, 10))) == known(asked)


def test_days_before_a_topic_began_are_not_known() -> None:
    """However long the feed was heard."""
    assert set(range(21, 30)) == known(dict.fromkeys(range(-8, 31), True), begun=20)[0]


@given(
    st.lists(st.lists(st.booleans(), min_size=BEFORE, max_size=BEFORE), min_size=1, max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
@settings(max_examples=60)
def test_the_feeds_compared_share_two_weeks_and_the_day(before: list[list[bool]], today: list[bool]) -> None:
    """Whatever was heard of each; and one that was heard every day is never left out."""
    rows, now = np.array(before), np.array(today[: len(before)])
    chosen = heard_throughout(now, rows)
    assert not (chosen & ~now).any()
    assert not chosen.any() or rows[chosen].all(axis=0).sum() >= FEWEST_KNOWN
    assert chosen[now & rows.all(axis=1)].all()


# --- from the store -----------------------------------------------------------------------------------------------


def test_a_loud_day_is_found_with_its_count(town: Town) -> None:
    """With what was expected, in which places, and that the day is not over."""
    town.quiet("Herald")
    town.posts("Herald", {TODAY: 20})
    hear(town.store, "Herald", HEARD)
    (spike,) = town.spikes()
    assert (TODAY, 20, 20, {"Herald"}, True) == (
        spike.day,
        spike.count,
        spike.everywhere,
        set(spike.feeds),
        spike.so_far,
    )
    assert 2 < spike.expected < 4
    assert 0 < spike.chance < 0.001


def test_a_past_day_is_found_too_newest_first(town: Town) -> None:
    """Each against the 28 days before it; a day that is over is whole."""
    town.posts("Herald", dict.fromkeys(days_before(TODAY, 60), 3))
    town.posts("Herald", {TODAY - timedelta(days=5): 25, TODAY - timedelta(days=2): 25})
    hear(town.store, "Herald", [*days_before(TODAY, 60), TODAY])
    found = town.spikes()
    assert [TODAY - timedelta(days=2), TODAY - timedelta(days=5)] == [spike.day for spike in found]
    assert not any(spike.so_far for spike in found)


def test_a_day_in_progress_is_a_spike_once_it_beats_whole_days(town: Town) -> None:
    """At nine nothing is said of it, at noon it has what three days bring."""
    town.quiet("Herald")
    hear(town.store, "Herald", HEARD)
    town.posts("Herald", {TODAY: 4})
    assert [] == town.spikes(NOON - timedelta(hours=3))
    town.posts("Herald", {TODAY: 10})
    assert [TODAY] == [spike.day for spike in town.spikes(NOON)]


def test_a_wave_is_told_once_whatever_the_period(town: Town) -> None:
    """Which day of a wave is the spike does not hang on where the period begins."""
    town.quiet("Herald", TODAY - timedelta(days=9))
    town.posts("Herald", {TODAY - timedelta(days=back): 3 for back in range(9)})
    town.posts("Herald", {TODAY - timedelta(days=back): 30 for back in (7, 6)})
    hear(town.store, "Herald", [*days_before(TODAY, 60), TODAY])
    assert [TODAY - timedelta(days=7)] == [spike.day for spike in town.spikes(key="30d")]
    assert [] == town.spikes(key="7d")


def test_a_new_feed_is_no_spike(town: Town) -> None:
    """It brings forty posts on its first days, and back posts of weeks; the old place is as quiet as ever."""
    town.quiet("Herald")
    town.posts("Herald", {TODAY: 3})
    hear(town.store, "Herald", HEARD)
    town.posts("Gazette", dict.fromkeys(days_before(TODAY, 20), 1) | {TODAY - timedelta(days=1): 40, TODAY: 40})
    hear(town.store, "Gazette", [TODAY - timedelta(days=1), TODAY])
    assert [] == town.spikes()


def test_a_spike_beside_a_new_feed_counts_the_old_places(town: Town) -> None:
    """And says how many there were everywhere."""
    town.quiet("Herald")
    town.posts("Herald", {TODAY: 20})
    hear(town.store, "Herald", HEARD)
    town.posts("Gazette", {TODAY: 40})
    hear(town.store, "Gazette", [TODAY - timedelta(days=1), TODAY])
    (spike,) = town.spikes()
    assert (20, 60, {"Herald"}) == (spike.count, spike.everywhere, set(spike.feeds))


def test_a_dead_feed_hides_no_spike(town: Town) -> None:
    """The large place died last week: the day is compared in the one that is left."""
    big = {day: 40 for day in days_before(TODAY, BEFORE) if day < TODAY - timedelta(days=6)}
    town.posts("Gazette", big)
    hear(town.store, "Gazette", [*days_before(TODAY, BEFORE + 2), TODAY][:-6])
    hear(town.store, "Gazette", days_before(TODAY, 5), answered=False)
    town.quiet("Herald")
    town.posts("Herald", {TODAY: 20})
    hear(town.store, "Herald", HEARD)
    assert [(20, {"Herald"})] == [(spike.count, set(spike.feeds)) for spike in town.spikes() if spike.day == TODAY]


def test_a_feed_that_comes_back_is_no_spike(town: Town) -> None:
    """Three days of failure, and what was held back comes on one day."""
    town.posts("Herald", dict.fromkeys(days_before(TODAY, BEFORE)[:-3], 3) | {TODAY: 12})
    hear(town.store, "Herald", [*days_before(TODAY, BEFORE + 2)[:-3], TODAY])
    hear(town.store, "Herald", days_before(TODAY, 3), answered=False)
    assert [] == town.spikes()


def test_a_team_that_collects_once_a_week_sees_the_spikes_of_the_week(town: Town) -> None:
    """Collected on Wednesdays; Saturday was loud, and is known to its end."""
    loud = TODAY - timedelta(days=4)
    town.posts("Herald", dict.fromkeys(days_before(TODAY, 40), 3) | {loud: 20})
    hear(town.store, "Herald", [TODAY - timedelta(weeks=back) for back in range(6, -1, -1)])
    for now in (NOON, NOON + timedelta(days=2)):
        (spike,) = town.spikes(now)
        assert (loud, False) == (spike.day, spike.so_far)


def test_the_last_full_week_is_known_by_a_later_answer(town: Town) -> None:
    """The week ended on Sunday, and what it brought was collected on Wednesday."""
    sunday = date(2026, 3, 1)
    town.posts("Herald", dict.fromkeys(days_before(TODAY, 40), 3) | {sunday: 20})
    hear(town.store, "Herald", [TODAY - timedelta(weeks=back) for back in range(6, -1, -1)])
    assert [(sunday, False)] == [(spike.day, spike.so_far) for spike in town.spikes(key="week")]


def test_a_day_collected_in_part_is_so_far(town: Town) -> None:
    """Nobody collected since Tuesday morning: Tuesday may have had more."""
    town.quiet("Herald", TODAY - timedelta(days=1))
    town.posts("Herald", {TODAY - timedelta(days=1): 20})
    hear(town.store, "Herald", HEARD[:-1])
    assert [True] == [spike.so_far for spike in town.spikes()]


def test_a_new_topic_is_no_spike_in_its_view(town: Town) -> None:
    """It was written yesterday; what its feeds still held of before is thin."""
    late = {"collected_at": NOON - timedelta(days=1), "topics": ("parks",)}
    town.quiet("Herald")
    hear(town.store, "Herald", HEARD)
    town.posts("Herald", dict.fromkeys(days_before(TODAY, 20), 1), **late)
    town.posts("Herald", {TODAY: 30}, topics=("parks",))
    assert [] == town.spikes(topic="parks")
    assert [] == town.spikes(topic="a topic that nothing matches")


def test_an_old_topic_has_spikes_of_its_own(town: Town) -> None:
    """One that was quiet for weeks; and the other topic stays as it was."""
    town.quiet("Herald")
    town.posts("Herald", {TODAY - timedelta(days=60): 1}, topics=("parks",))
    town.posts("Herald", {TODAY: 9}, topics=("parks",))
    town.posts("Herald", {TODAY: 3})
    hear(town.store, "Herald", HEARD)
    assert [9] == [spike.count for spike in town.spikes(topic="parks")]
    assert [] == town.spikes(topic="transit")


def test_a_tag_a_feed_and_words_can_have_a_spike(town: Town) -> None:
    """The view says which mentions count."""
    town.quiet("Herald")
    town.posts("Herald", {TODAY: 15}, tag="bad", text="The fountain is dry, such a pity.")
    hear(town.store, "Herald", HEARD)
    assert [15] == [spike.count for spike in town.spikes(tag="bad")]
    assert [15] == [spike.count for spike in town.spikes(query=parse("fountain"))]
    assert [15] == [spike.count for spike in town.spikes(feeds=frozenset({"Herald"}))]
    assert [] == town.spikes(tag="neutral") == town.spikes(feeds=frozenset({"Gazette"}))


def test_an_empty_store_has_no_spike(town: Town) -> None:
    """Nor has one that began to listen a week ago."""
    assert [] == town.spikes()
    town.posts("Herald", dict.fromkeys(days_before(TODAY, 6), 3) | {TODAY: 50})
    hear(town.store, "Herald", [*days_before(TODAY, 7), TODAY])
    assert [] == town.spikes()


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Wednesday 4 March had 38 posts; a usual Wednesday has about 6."),
        ({"so_far": True}, "Wednesday 4 March has had 38 posts so far; a usual whole Wednesday has about 6."),
        ({"expected": 0.2}, "Wednesday 4 March had 38 posts; a usual Wednesday has hardly any."),
        ({"expected": 0.8}, "Wednesday 4 March had 38 posts; a usual Wednesday has about 1."),
        (
            {"count": 4_210, "everywhere": 4_210, "expected": 1_234.5},
            "Wednesday 4 March had 4,210 posts; a usual Wednesday has about 1,200.",
        ),
        (
            {"everywhere": 60},
            "Wednesday 4 March had 38 posts in the 2 places we heard all along; a usual Wednesday has about 6 there.",
        ),
        (
            {"everywhere": 60, "feeds": frozenset({"Herald"}), "count": 1},
            "Wednesday 4 March had 1 post in the 1 place we heard all along; a usual Wednesday has about 6 there.",
        ),
    ],
)
def test_a_spike_is_said_in_one_plain_sentence(changes: Mapping[str, Any], words: str) -> None:
    """With one post and one place as with many, and no more figures than are known."""
    values: dict[str, Any] = {
        "day": TODAY,
        "count": 38,
        "expected": 6.2,
        "chance": 1e-9,
        "feeds": frozenset({"Herald", "Gazette"}),
        "everywhere": 38,
        **changes,
    }
    assert words == spike_words(Spike(**values))


# --- a real day ---------------------------------------------------------------------------------------------------

CAPTURES = os.environ.get("LISTENING_CAPTURES", "")
AIRPORT = "tweets_csv/sajao__2013_LA_airport_shootings-tweets_labeled.csv"
TWITTER_EPOCH = 1_288_834_974_657
"""Milliseconds: an id, 22 bits shifted, counts from here."""


@pytest.mark.captures
@pytest.mark.skipif(not CAPTURES, reason="LISTENING_CAPTURES names no folder of saved answers")
def test_the_airport_day_is_found_before_noon(tmp_path: Path, mention: MakeMention, save: Save) -> None:
    """The posts of 1 November 2013 with TSA as a word, after 28 days with about three a day."""
    zone, day = ZoneInfo("America/Los_Angeles"), date(2013, 11, 1)
    matcher = parse("TSA")
    town = Town(stores.open_store(f"sqlite:///{tmp_path / 'airport.db'}", zone), mention, save)
    with (Path(CAPTURES) / AIRPORT).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row[0].isdigit()]
    times = [datetime.fromtimestamp(((int(row[0]) >> 22) + TWITTER_EPOCH) // 1000, UTC) for row in rows]
    texts = [row[1] for row in rows]
    heard = [mention(feed="Airport", published_at=at, text=text) for at, text in zip(times, texts, strict=True)]
    save(town.store, *heard)
    random = np.random.default_rng(2013)
    quiet = random.poisson(3, BEFORE).tolist()
    town.posts("Airport", dict(zip(days_before(day, BEFORE), quiet, strict=True)), text="The TSA line was short today.")
    hear(town.store, "Airport", [*days_before(day, BEFORE + 2), *(day + timedelta(days=n) for n in range(9))])
    noon = datetime(2013, 11, 1, 12, tzinfo=zone)
    (early,) = town.spikes(noon, query=matcher)
    assert (day, True) == (early.day, early.so_far)
    after = town.spikes(noon + timedelta(days=6), query=matcher)
    assert day == after[-1].day
    assert 100 < after[-1].count < 200
    assert 1 < after[-1].expected < 6
    assert [] == town.spikes(noon - timedelta(hours=4), query=matcher)
