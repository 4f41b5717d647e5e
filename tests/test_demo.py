"""The invented town: offline, just now, and never in the future, at whatever time somebody looks at it."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from listening import demo, door
from listening import settings as settings_files
from listening import store as stores
from listening.collect import RunResult
from listening.demo import YOUNGEST, SavedTown
from listening.fetch import Validators
from listening.insights.feeds import health
from listening.insights.numbers import numbers
from listening.insights.periods import period
from listening.insights.tables import bars
from listening.models import Mention, Post, Request
from listening.settings import Settings, load
from listening.store import Reader, Store, View

pytestmark = pytest.mark.skipif(not demo.folder().exists(), reason="installed without the invented town")

MONDAY = datetime(2026, 3, 9, 16, 2, 3, tzinfo=UTC)
"""Two minutes past noon in Quillhaven, on the day after its clocks went forward."""

LITTLE = timedelta(hours=2)
"""Times of day are moved by less than this."""

MOMENTS = [
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2026-02-16T05:01:00",  # when the answers were saved, Monday 00:01 in Quillhaven
        "2026-03-08T06:59:59",  # the last second before the clocks go forward
        "2026-03-08T07:05:00",
        "2026-07-05T03:59:00",  # Saturday 23:59
        "2026-11-01T05:59:59",  # the last second before an hour comes twice
        "2026-11-01T07:05:00",  # just after it
        "2026-11-22T18:30:00",
        "2031-01-01T00:00:00",
    )
]


@pytest.fixture(scope="module")
def settings() -> Settings:
    """The town's settings."""
    return load(demo.settings_file(), {})


@pytest.fixture(scope="module")
def saved(settings: Settings) -> list[Post]:
    """All saved posts, with the times that they were saved with."""
    town = SavedTown(settings, lambda: MONDAY)
    return [post for feed in settings.feeds for post in town.posts(feed)]


@dataclass
class Clock:
    """A clock that a test moves on."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Built:
    """A town that was built, and how."""

    settings: Settings
    store: Store
    clock: Clock

    def mentions(self) -> list[Mention]:
        """All that is stored of others, newest first."""
        whole = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
        with self.store.reading() as connection:
            return list(Reader(self.store, connection).stream(whole))

    def listen(self) -> RunResult:
        """Collect once more."""
        return door.listen(self.settings, store=self.store, clock=self.clock)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The town on Monday noon; whoever reaches for the network fails."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("The demo reached for the network.")

    clock = Clock(MONDAY)
    with pytest.MonkeyPatch.context() as machine:
        for name in ("connect", "connect_ex", "sendto"):
            machine.setattr(socket.socket, name, refuse)
        machine.setattr(socket, "getaddrinfo", refuse)
        machine.delenv("LISTENING_STORE", raising=False)
        found = demo.build(tmp_path_factory.mktemp("town"), clock)
        yield Built(settings=found, store=door.store_of(found), clock=clock)


def time_of(post: Post) -> datetime:
    assert post.published_at is not None
    return post.published_at


# --- the town that is shown -------------------------------------------------------------------------------------------


def test_it_is_built_without_a_network_from_every_source(town: Built) -> None:
    """Hundreds of mentions of all three kinds, good and bad; only the blog that has moved says no, and how."""
    found = town.mentions()
    assert len(found) > 300
    assert {"rss", "mastodon", "reddit"} == {one.source for one in found}
    assert {"good", "neutral", "bad"} <= {one.tag for one in found}
    assert {topic.name for topic in town.settings.topics} == {name for one in found for name in one.topics}
    with town.store.reading() as connection:
        states = stores.feed_states(connection)
    failing = [each for each in health(town.settings.feeds, states, MONDAY) if each.trouble]
    assert ["Harbor Trail Blog"] == [each.feed.name for each in failing]
    assert failing[0].problem
    assert failing[0].advice


def test_it_is_marked_as_made_up(town: Built) -> None:
    """Its settings say so, its store does not lie among the saved answers, and no post leads to a real site."""
    assert town.settings.agency.made_up
    assert demo.is_saved(town.settings)
    assert not stores.file_of(town.settings.store_url).is_relative_to(demo.folder())
    assert [] == [one.url for one in town.mentions() if not (urlsplit(one.url).hostname or "").endswith(".example")]


def test_the_newest_mention_is_minutes_old(town: Built) -> None:
    """Whoever opens the page sees that it is happening now."""
    with town.store.reading() as connection:
        newest = Reader(town.store, connection).newest_at()
    assert newest is not None
    assert timedelta(0) <= MONDAY - newest <= timedelta(minutes=10)


def test_nothing_that_is_stored_lies_in_the_future(town: Built) -> None:
    """Not published, not edited, not collected."""
    for one in town.mentions():
        assert time_of(one) <= MONDAY
        assert one.collected_at <= MONDAY
        assert one.edited_at is None or one.edited_at <= MONDAY
        assert "source" == one.date_from


def test_its_week_can_be_compared(town: Built) -> None:
    """As if the town had listened all along: percentages for a day and a week, and two weeks of bars without a gap."""
    zone = town.settings.agency.timezone
    with town.store.reading() as connection:
        reader = Reader(town.store, connection)
        for key in ("7d", "week"):
            chosen = period(key, MONDAY, zone)
            view = View(start=chosen.start, end=chosen.end)
            found = numbers(reader, view, chosen, reader.listening_since())
            assert found.same_feeds
            assert found.comparable
            assert 8 == len(found.heard_now)
            table = bars(reader, view, chosen, zone)
            assert all(bar.count for bar in table.bars[:-1])


def test_listening_again_adds_nothing(town: Built) -> None:
    """The same posts, the same times, the same numbers."""
    before = town.mentions()
    again = town.listen()
    assert (0, ["Harbor Trail Blog"]) == (again.new, [result.feed for result in again.failed])
    assert before == town.mentions()


def test_later_what_was_held_back_arrives_and_what_is_there_stays(town: Built) -> None:
    """The next posts of the week come when their time has come; no time that is stored moves."""
    before = {one.id: time_of(one) for one in town.mentions()}
    shift, later = stores.noted(town.store, demo.SHIFT), MONDAY + timedelta(hours=30)
    town.clock.now = later
    try:
        brought = town.listen()
        after = {one.id: time_of(one) for one in town.mentions()}
        assert shift == stores.noted(town.store, demo.SHIFT)
        assert brought.new >= len(after) - len(before) > 5
        assert before == {id_: after[id_] for id_ in before}
        assert all(MONDAY < at <= later for id_, at in after.items() if id_ not in before)
    finally:
        town.clock.now = MONDAY


def test_building_it_again_in_the_same_folder_adds_nothing(town: Built) -> None:
    """As when the page's server starts anew on a store that is there."""
    before = len(town.mentions())
    demo.build(stores.file_of(town.settings.store_url).parent, town.clock)
    assert before == len(town.mentions())


# --- at any time ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", MOMENTS, ids=[f"{now:%Y-%m-%d %H:%M:%S}" for now in MOMENTS])
def test_at_any_time_the_town_is_as_of_now(now: datetime, settings: Settings, saved: list[Post]) -> None:
    """The newest post is minutes old, nothing lies in the future, weekdays and times of day stay what they were."""
    town = SavedTown(settings, lambda: now)
    town.choose_shift()
    assert 0 == town.days % 7
    assert timedelta(0) <= town.moment < LITTLE
    zone = settings.agency.timezone
    ages = []
    for post in saved:
        there = town.retime(post)
        wanted = time_of(post).astimezone(zone) + timedelta(days=town.days)
        moved = town.moved(time_of(post))
        assert (wanted + town.moment).replace(tzinfo=None) == moved.replace(tzinfo=None)
        assert (wanted.weekday(), wanted.time()) == (
            time_of(post).astimezone(zone).weekday(),
            time_of(post).astimezone(zone).time(),
        )
        if there is None:
            assert moved.timestamp() > now.timestamp()
            continue
        assert moved.timestamp() == time_of(there).timestamp()
        assert time_of(there) <= now
        assert there.edited_at is None or there.edited_at <= now
        ages.append(now - time_of(there))
    assert timedelta(0) <= min(ages) <= YOUNGEST
    assert len(ages) > len(saved) / 2
    weeks = [sum(timedelta(days=7 * week) <= age < timedelta(days=7 * week + 7) for age in ages) for week in (0, 1)]
    assert min(weeks) > 50


def test_an_edit_that_is_still_to_come_is_not_shown_yet(settings: Settings, saved: list[Post]) -> None:
    """A post of a minute ago was not edited in an hour."""
    clock = Clock(MONDAY)
    town = SavedTown(settings, clock)
    town.choose_shift()
    edited = [(post, post.edited_at) for post in saved if post.edited_at is not None]
    assert edited
    for post, saved_edit in edited:
        published, edit = town.moved(time_of(post)), town.moved(saved_edit)
        clock.now = (published + (edit - published) / 2).astimezone(UTC)
        shown = town.retime(post)
        assert shown is not None
        assert clock.now == shown.edited_at
        clock.now = (edit + timedelta(hours=1)).astimezone(UTC)
        shown = town.retime(post)
        assert shown is not None
        assert edit.timestamp() == (shown.edited_at or MONDAY).timestamp()


def test_the_same_shift_is_used_by_every_later_run(settings: Settings, store: Store) -> None:
    """Whatever the time: it is kept with the store, or posts would come twice under two times."""
    first = SavedTown(settings, lambda: MONDAY)
    assert not first.recall(store)
    first.choose_shift()
    first.remember(store)
    later = SavedTown(settings, lambda: MONDAY + timedelta(days=40))
    assert later.recall(store)
    assert (first.days, first.moment) == (later.days, later.moment)
    some = datetime(2026, 2, 11, 13, 0, tzinfo=UTC)
    assert first.moved(some) == later.moved(some)


def test_the_saved_server_answers_as_a_real_one(settings: Settings) -> None:
    """A Mastodon server knows no posts of the future, and none at or before the last one seen."""
    feed = next(feed for feed in settings.feeds if feed.source == "mastodon")
    town = SavedTown(settings, lambda: MONDAY)
    town.choose_shift()
    place = f"{feed.options['server']}/api/v1/timelines/tag/{feed.options['tag']}"

    def ids(query: str) -> list[int]:
        fetched = asyncio.run(town.get(Request(url=f"{place}{query}"), Validators()))
        assert 200 == fetched.answer.status
        return [int(status["id"]) for status in json.loads(fetched.answer.body)]

    shown = ids("")
    middle = sorted(shown)[len(shown) // 2]
    assert sorted(one for one in shown if one > middle) == sorted(ids(f"?min_id={middle}"))
    assert sorted(one for one in shown if one < middle) == sorted(ids(f"?max_id={middle}"))
    everything = len(town.posts(feed))
    assert 0 < len(shown) < everything


def test_other_settings_are_never_answered_from_the_disk(tmp_path: Path) -> None:
    """A copy of the town's settings is a real agency's file: its feeds are asked."""
    copy = tmp_path / "listening.toml"
    copy.write_bytes(demo.settings_file().read_bytes())
    assert not demo.is_saved(settings_files.load(copy, {}))


@pytest.mark.parametrize("moment", ["2026-11-19T03:47", "2026-11-20T13:27", "2026-11-22T16:17"])
def test_the_newest_mention_is_fresh_whatever_the_time_of_week(moment: str) -> None:
    """Not just the newest post: own posts and those about nothing of ours are not seen on the page."""
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    town_settings = load(demo.settings_file(), {})
    town = demo.SavedTown(town_settings, lambda: now)
    town.choose_shift()
    counts = door.concluder_of(town_settings).counts
    posts = [post for feed in town_settings.feeds for post in town.posts(feed) if counts(post)]
    newest = max(moved.published_at for post in posts if (moved := town.retime(post)) and moved.published_at)
    assert now - newest <= demo.YOUNGEST
