"""How often a place is asked: by what is new there, within bounds, whatever comes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening import pace
from listening.collect import Asking, network
from listening.collectors._rhythm import fresh_seconds
from listening.fetch import fresh_for
from listening.insights.rhythm import rhythm
from listening.models import Feed
from listening.pace import LONGEST, SOONEST, Pace, Visit
from listening.store import FeedState

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def every(known: Pace) -> timedelta:
    return timedelta(seconds=known.every)


def lived(a_day: float, *, days: float = 7.0, page: int = 20, ours: float = 0.1) -> Pace:
    """What is known of a place with so many posts a day, evenly, which was asked as the pace wants."""
    known = Pace(every=600)
    at, published = NOW, 0.0
    last: datetime | None = None
    while at < NOW + timedelta(days=days):
        before = published
        published = (at - NOW) / timedelta(days=1) * a_day
        new = int(published) - int(before)
        about = int(published * ours) - int(before * ours)
        visit = Visit(at=at, posts=page, new=min(new, page), ours=about, known=last is not None, overflows=True)
        known = pace.learned(known, visit, last, SOONEST)
        last, at = at, at + every(known)
    return known


def test_a_silent_place_slows_down_to_the_longest_wait_and_no_further() -> None:
    """After a week without anything new it is asked every four hours."""
    assert every(lived(0.0)) == LONGEST


def test_a_busy_place_is_asked_as_often_as_its_source_bears() -> None:
    """Some news sites publish every few minutes."""
    assert every(lived(400)) == SOONEST


def test_four_times_the_posts_are_asked_for_twice_as_often() -> None:
    """The square root is what lets posts wait the shortest time for a given number of requests."""
    few, many = every(lived(8)), every(lived(32))
    assert SOONEST < many < few < LONGEST
    assert 1.5 < few / many < 2.7


def test_a_place_that_speaks_of_us_is_asked_more_often() -> None:
    """As many posts, more of them about us."""
    assert every(lived(10, ours=0.6)) < every(lived(10, ours=0.1)) < every(lived(10, ours=0.0))


def test_a_burst_quickens_and_passes() -> None:
    """Ten posts within the hour: asked sooner; a day later it goes as it went before."""
    calm = lived(4, days=14)
    at = NOW + timedelta(days=14)
    busy = pace.learned(calm, Visit(at=at, posts=20, new=10, ours=1), at - timedelta(hours=1), SOONEST)
    assert every(busy) < every(calm) * 0.6
    after = busy
    for hour in range(1, 25):
        here = at + timedelta(hours=hour)
        new = int(hour % 6 == 0)
        after = pace.learned(after, Visit(at=here, posts=20, new=new, ours=0), here - timedelta(hours=1), SOONEST)
    assert every(after) > every(calm) * 0.6


def test_one_post_is_no_burst() -> None:
    """A single new post does not turn the pace over."""
    calm = lived(2, days=14)
    at = NOW + timedelta(days=14)
    after = pace.learned(calm, Visit(at=at, posts=20, new=1, ours=0), at - timedelta(hours=2), SOONEST)
    assert every(after) > every(calm) * 0.5


def test_a_page_full_of_new_posts_is_asked_again_at_once_and_said() -> None:
    """Nothing of the last page is left: some may have fallen off before they were read."""
    calm = lived(2)
    at = NOW + timedelta(days=8)
    full = pace.learned(calm, Visit(at=at, posts=20, new=20, ours=0), at - timedelta(hours=3), SOONEST)
    assert every(full) == SOONEST
    assert full.missed_at == at.timestamp()
    said = rhythm(FeedState(name="x", source="rss", pace=pace.written(full)), at)
    assert "some may have been missed" in said.missed


def test_a_page_is_asked_before_half_of_it_can_have_gone_by() -> None:
    """A page of five posts, fifty of them a day, none about us: every hour at the latest."""
    assert every(lived(50, page=5, ours=0.0)) <= timedelta(minutes=80)
    assert every(lived(50, page=200, ours=0.0)) < LONGEST


def test_the_first_page_tells_the_pace_by_its_dates() -> None:
    """A new place need not be learned for days: twenty posts of the last day, or of the last year."""
    day = [NOW - timedelta(hours=hour) for hour in range(1, 21)]
    year = [NOW - timedelta(days=17 * week) for week in range(1, 21)]
    first = Visit(at=NOW, posts=20, new=20, ours=2, known=False)
    busy, quiet = (pace.learned(Pace(), replace(first, dated=dates), None, SOONEST) for dates in (day, year))
    assert every(busy) < timedelta(minutes=60)
    assert every(quiet) > timedelta(hours=2.5)


def test_what_the_server_asks_for_holds() -> None:
    """A busy place whose server says that its answer is good for an hour is asked every hour."""
    busy = lived(300)
    at = NOW + timedelta(days=8)
    visit = Visit(at=at, posts=50, new=10, ours=1, hint=timedelta(hours=1))
    asked = pace.learned(busy, visit, at - timedelta(hours=1), SOONEST)
    assert every(asked) == timedelta(hours=1)
    said = rhythm(FeedState(name="x", source="rss", pace=pace.written(asked)), at)
    assert "its server asks not to come more often" in said.sentence


def test_a_source_bears_what_it_bears_and_a_person_may_want_less() -> None:
    """Reddit is asked more seldom than a paper; `--every 1h` holds for all, `--every 1m` for nobody."""
    assert pace.soonest("rss") == timedelta(minutes=10)
    assert pace.soonest("reddit") == timedelta(minutes=30)
    assert pace.soonest("reddit", timedelta(hours=1)) == timedelta(hours=1)
    assert pace.soonest("rss", timedelta(minutes=1)) == timedelta(minutes=10)


@pytest.mark.parametrize("gap", [timedelta(days=400), timedelta(0), timedelta(days=-400)])
def test_a_clock_that_jumps_does_not_upset_the_pace(gap: timedelta) -> None:
    """Set forward by a year, or back: what was learned of a week is not thrown away."""
    calm = lived(24)
    at = NOW + timedelta(days=7) + gap
    after = pace.learned(calm, Visit(at=at, posts=20, new=3, ours=0), NOW + timedelta(days=7), SOONEST)
    assert every(calm) / 3 < every(after) < every(calm) * 3


visits = st.builds(
    Visit,
    at=st.integers(-400 * 86_400, 400 * 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    posts=st.integers(0, 2000),
    new=st.integers(0, 2000),
    ours=st.integers(0, 2000),
    dated=st.lists(st.datetimes(timezones=st.just(UTC)), max_size=5),
    known=st.booleans(),
    overflows=st.booleans(),
    hint=st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds)),
)


@given(st.lists(visits, max_size=12), st.sampled_from([SOONEST, timedelta(minutes=1), timedelta(days=3)]))
def test_whatever_comes_the_pace_stays_within_its_bounds(seen: list[Visit], least: timedelta) -> None:
    """Any visits in any order of time: never under what the source bears, never over the longest wait; and it can be
    written down and read again."""
    known, last = Pace(), None
    for visit in seen:
        known, last = pace.learned(known, visit, last, least), visit.at
        assert least <= every(known) <= max(LONGEST, least)
        assert every(pace.read(pace.written(known))) == every(known)
        due = pace.due_at(known, visit.at, random.Random(1))
        assert visit.at < due <= visit.at + every(known) * 1.1


@given(st.text())
def test_a_pace_that_cannot_be_read_is_forgotten(text: str) -> None:
    """The store may hold what a later version wrote."""
    assert pace.read(text).every >= 0


def test_places_asked_together_do_not_stay_together() -> None:
    """After a night's sleep all are asked at once; then they spread out."""
    chance = random.Random(3)
    due = [pace.due_at(Pace(every=3600), NOW, chance) for _ in range(100)]
    assert len({moment.minute for moment in due}) > 8


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "public, max-age=600"}, 600),
        ({"cache-control": "max-age=600", "age": "200"}, 400),
        ({"cache-control": "max-age=600", "age": "900"}, 0),
        ({"cache-control": "no-cache, max-age=600"}, 0),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "max-age=31536000"}, 86_400),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age=600", "age": "x"}, 600),
    ],
)
def test_what_a_server_says_of_its_answer(headers: dict[str, str], seconds: int) -> None:
    """Cache-Control, less the time that the answer has lain in a cache; a day at most."""
    assert fresh_for(headers) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        (b"<channel><ttl>15</ttl><item>", 900),
        (b"<channel><ttl>1440</ttl><item>", 1800),
        (b"<channel><item><ttl>15</ttl>", 0),
        (b"<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency><item>", 900),
        (b"<sy:updatePeriod> daily </sy:updatePeriod><item>", 1800),
        (b"<sy:updateFrequency>0</sy:updateFrequency><sy:updatePeriod>hourly</sy:updatePeriod>", 1800),
        (b"<ttl></ttl>", 0),
        (b"{}", 0),
    ],
)
def test_what_a_document_says_of_itself(head: bytes, seconds: float) -> None:
    """The feed's own words, before its entries; half an hour at most, since most programs say an hour unasked."""
    assert fresh_seconds(head) == seconds


@given(st.binary(max_size=300))
def test_any_document_may_be_asked(body: bytes) -> None:
    """Whatever bytes come, it is a number of seconds."""
    assert 0 <= fresh_seconds(b"<ttl>" + body) <= 1800


def test_the_pace_in_words() -> None:
    """How often, and why, as a press officer would say it."""

    def said(known: Pace) -> str:
        return rhythm(FeedState(name="x", source="rss", pace=pace.written(known)), NOW).sentence

    assert said(lived(36)) == "Asked about every 30 minutes: about 36 new posts a day, 4 of them about you."
    assert said(lived(0.0)) == "Asked about every 4 hours: hardly anything is new there."
    assert said(lived(1, ours=0.0)).endswith("about 6 new posts a week, hardly any about you.")
    assert said(Pace()) == ""


def test_no_witness_is_asked_sooner_than_it_bears_or_for_money() -> None:
    """Whether there is a network may not be asked of who is counted, asked one by one, or was asked just now."""
    rss, x = {"url": "https://herald.example/feed"}, {"terms": "confirmed", "dollars_a_month": "200"}
    minutes = {"just now": 5, "rested": 20, "Reddit": 20, "X": 60, "Stack": 60, "Video": 60, "due": 60}
    sources = {"Reddit": "reddit", "X": "x", "Stack": "stackexchange", "Video": "youtube"}
    feeds = [Feed(name=name, source=sources.get(name, "rss"), options=x if name == "X" else rss) for name in minutes]
    states = {
        feed.name: FeedState(name=feed.name, source=feed.source, state="ok", last_asked_at=at, last_answer_at=at)
        for feed in feeds
        if (at := NOW - timedelta(minutes=minutes[feed.name]))
    }
    away = FeedState(name="away", source="rss", state="unreachable", last_asked_at=NOW - timedelta(hours=1))
    states["away"] = replace(away, last_answer_at=NOW - timedelta(hours=2))
    feeds.append(Feed(name="away", source="rss", options=rss))

    def witnesses(every: timedelta) -> list[str]:
        asking = Asking(now=NOW, fingerprint="", secrets={}, soonest=every)
        return [feed.name for feed in asking.witnesses([feeds[-2]], feeds, states)]

    assert witnesses(timedelta(minutes=15)) == ["rested"]
    assert witnesses(timedelta(0)) == ["rested"]
    assert witnesses(timedelta(hours=1)) == []


def out_of_reach(minutes: int, failures: int = 1, name: str = "gone") -> FeedState:
    """A place that has not been reached for so long, and was tried just now."""
    since = NOW - timedelta(minutes=minutes)
    return FeedState(
        name=name, source="rss", state="unreachable", failures=failures, failing_since=since, last_asked_at=NOW
    )


def heard(minutes: int) -> FeedState:
    """Another place that answered so long ago."""
    at = NOW - timedelta(minutes=minutes)
    return FeedState(name="other", source="rss", state="ok", last_asked_at=at, last_answer_at=at)


@pytest.mark.parametrize(
    ("states", "to_blame"),
    [
        ([out_of_reach(0), heard(10)], False),  # the first time
        ([out_of_reach(20), heard(10)], True),  # somebody answered meanwhile
        ([out_of_reach(20), heard(19)], False),  # within the same run, perhaps before the network went away
        ([out_of_reach(20, failures=2), heard(20)], True),  # its failure was counted, as others were reached
        ([out_of_reach(20)], False),
        ([out_of_reach(40)], True),  # it alone, for long
        ([out_of_reach(600), out_of_reach(600, name="another")], False),  # everybody
        ([out_of_reach(20), replace(heard(10), last_asked_at=None)], False),  # imported: nobody was asked
        ([out_of_reach(20), heard(-60)], False),  # noted by a clock that ran ahead
    ],
)
def test_who_is_to_blame_that_nobody_was_reached(states: list[FeedState], to_blame: bool) -> None:
    """The place, or the network: the others tell."""
    assert (not network.not_to_blame(["gone"], {state.name: state for state in states}, NOW)) == to_blame


def test_without_a_network_a_place_is_tried_ever_more_seldom() -> None:
    """Soon at first, after a quarter of the time that it has been away, half an hour at most."""
    waits = [
        (network.tried_again(out_of_reach(minutes), NOW, random.Random(1)) - NOW) / timedelta(minutes=1)
        for minutes in (0, 40, 6000)
    ]
    assert 0.8 <= waits[0] <= 1.0
    assert 8 <= waits[1] <= 10
    assert 24 <= waits[2] <= 30
