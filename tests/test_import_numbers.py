"""What an import does to the page's numbers: it neither fakes a change nor a spike, and hides neither."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import MakeMention, Save

from listening import door, importing
from listening import store as stores
from listening.insights.numbers import Numbers, change, numbers
from listening.insights.periods import Period, period
from listening.insights.spikes import spikes
from listening.settings import Settings
from listening.store import FeedState, Reader, Store, View

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 25, 20, tzinfo=UTC)
"""A Wednesday; the last full week is 16 to 22 November."""

SETTINGS = """
[agency]
name = "Town of Quillhaven"
timezone = "America/New_York"
contact = "press@quillhaven.example"

[[topics]]
name = "Town"
query = "quillhaven"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Quillhaven's settings, with a store beside them."""
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return door.load(tmp_path / "listening.toml")


@pytest.fixture
def listened(settings: Settings, mention: MakeMention, save: Save) -> Store:
    """A store that has listened to one place for 90 days, in which there are 3 posts a day."""
    store = door.store_of(settings)
    days = [NOW - timedelta(days=back) for back in range(90)]
    save(store, *(mention(published_at=day - timedelta(minutes=n)) for day in days for n in range(3)))
    with store.writing() as connection:
        for day in days:
            state = FeedState(name="Quillhaven social", source="mastodon", first_answer_at=days[-1])
            stores.save_feed(connection, state, day=store.local_day(int(day.timestamp())), answered=True)
    return store


def bring(settings: Settings, store: Store, days: Iterable[tuple[date, int]], name: str = "Export") -> None:
    """Import a file with so many posts about us on each local day, at noon."""
    file = Path(settings.store_url.removeprefix("sqlite:///")).with_name("export.csv")
    lines = [
        f"https://board.example/{name}/{day}/{n},Quillhaven has a fountain,{day} 12:00:00"
        for day, posts in days
        for n in range(posts)
    ]
    file.write_text("\n".join(["url,text,date", *lines, ""]), encoding="utf-8")
    table = importing.opened(file)
    layout = importing.Layout(columns={"url": ("url",), "text": ("text",), "date": ("date",)}, source="forum")
    reading = importing.Reading(layout=layout, header=table.header, name=name, zone=ZONE, now=NOW)
    with door.import_job(settings, store, clock=lambda: NOW) as job:
        importing.run(job, table, reading, rows=len(lines), mark=importing.mark_of(job, reading, str(lines)))


def days(first: date, last: date, posts: int) -> list[tuple[date, int]]:
    """So many posts on each of these days."""
    return [(first + timedelta(days=step), posts) for step in range((last - first).days + 1)]


def counted(store: Store, chosen: Period) -> Numbers:
    """The page's numbers of a period."""
    with store.reading() as connection:
        reader = Reader(store, connection)
        return numbers(reader, View(start=chosen.start, end=chosen.end), chosen, reader.listening_since())


WEEK = period("week", NOW, ZONE)


def test_a_week_that_only_a_file_tells_of_is_no_rise(settings: Settings, listened: Store) -> None:
    """Its posts are in the volume, and the change is that of the place which was heard in both weeks."""
    before = counted(listened, WEEK)
    bring(settings, listened, days(date(2026, 11, 16), date(2026, 11, 22), 40))
    after = counted(listened, WEEK)
    assert before.now.mentions + 280 == after.now.mentions
    assert after.same_now is not None
    assert after.same_before is not None
    assert (21, 21) == (after.same_now.mentions, after.same_before.mentions)
    assert "21 against 21, in the 1 place heard in both" == change(after, 21, 21).words
    assert before.listening_since == after.listening_since


def test_two_weeks_in_one_place_are_compared(settings: Settings, listened: Store) -> None:
    """Files of both weeks, also one after the other under one name: what they tell counts as heard."""
    bring(settings, listened, days(date(2026, 11, 9), date(2026, 11, 15), 10))
    bring(settings, listened, days(date(2026, 11, 16), date(2026, 11, 22), 40))
    found = counted(listened, WEEK)
    assert found.same_now is not None
    assert found.same_before is not None
    assert (21 + 280, 21 + 70) == (found.same_now.mentions, found.same_before.mentions)
    assert found.comparable


def test_half_a_week_beside_a_whole_one_is_no_fall(settings: Settings, listened: Store) -> None:
    """A file that ends on Wednesday says nothing of Thursday."""
    bring(settings, listened, days(date(2026, 11, 9), date(2026, 11, 18), 40))
    found = counted(listened, WEEK)
    assert "Export" not in found.heard_now
    assert "Export" in found.heard_before
    assert found.same_now is not None
    assert found.same_before is not None
    assert (21, 21) == (found.same_now.mentions, found.same_before.mentions)


def test_old_posts_do_not_say_that_we_have_listened_since_then(settings: Settings, listened: Store) -> None:
    """Nor does a page with nothing but files break."""
    since = counted(listened, WEEK).listening_since
    bring(settings, listened, days(date(2013, 11, 1), date(2013, 11, 12), 5))
    assert since == counted(listened, WEEK).listening_since


def test_a_file_alone_fakes_no_spike_and_a_spike_within_a_file_is_seen(settings: Settings, listened: Store) -> None:
    """A place that begins with 40 posts a day stands out from nothing; a day of 40 among days of 4 does."""
    chosen = period("30d", NOW, ZONE)

    def found() -> list[date]:
        with listened.reading() as connection:
            reader = Reader(listened, connection)
            return [one.day for one in spikes(reader, View(start=chosen.start, end=chosen.end), chosen, NOW, ZONE)]

    assert [] == found()
    bring(settings, listened, days(date(2026, 11, 16), date(2026, 11, 22), 40), "Week")
    assert [] == found()
    month = dict(days(date(2026, 10, 1), date(2026, 11, 24), 4)) | {date(2026, 11, 18): 60}
    bring(settings, listened, month.items(), "Month")
    assert [date(2026, 11, 18)] == found()


def test_a_store_with_nothing_but_files_has_numbers(settings: Settings) -> None:
    """Two weeks of them are compared, and nobody claims to have listened."""
    store = door.store_of(settings)
    bring(
        settings,
        store,
        [*days(date(2026, 11, 9), date(2026, 11, 15), 4), *days(date(2026, 11, 16), date(2026, 11, 22), 6)],
    )
    found = counted(store, WEEK)
    assert (42, None) == (found.now.mentions, found.listening_since)
    assert "+50%" == change(found, 42, 28).words
