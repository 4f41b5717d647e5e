"""Closing a week: its numbers are the page's, stand still from then on, and what changes later is said beside them."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import TIMEZONE, MakeMention, Save
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from listening import door, questions, snapshot, weeks
from listening import store as stores
from listening.cli import main
from listening.errors import InputError
from listening.insights.numbers import numbers
from listening.insights.periods import midnight, period
from listening.models import TAGS, Mention
from listening.settings import Settings, load
from listening.store import Reader, Store, View, questioning, reviewing
from listening.store.schema import access_log, mentions
from listening.weeks import (
    Difference,
    WeekNumbers,
    close,
    difference_words,
    key_of,
    known,
    last_ended,
    monday_of,
    numbers_of,
    period_of,
    reopen,
    state,
    value_words,
)

WEEK = "2026-W47"
MONDAY = datetime(2026, 11, 16, 5, 0, tzinfo=UTC)
"""When Monday 16 November 2026 begins in New York."""
ENDED = MONDAY + timedelta(days=7)
LATER = ENDED + timedelta(hours=9)

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
    )
]
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"

[[topics]]
name = "Buses"
query = "bus"
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a town; the working directory is its own."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return load(tmp_path / "listening.toml", {})


@pytest.fixture
def town(settings: Settings) -> Store:
    """The town's empty store; of each post that is saved it is known if it asks."""
    store = door.store_of(settings)
    with store.writing() as connection:
        questioning.save(connection, [], questions.VERSION)
    return store


@pytest.fixture
def post(mention: MakeMention) -> Callable[..., Mention]:
    """Makes a post of the week, an hour after another; ``changes`` replace any field."""
    hours = iter(range(160))

    def make(**changes: Any) -> Mention:
        return mention(**{"published_at": MONDAY + timedelta(hours=next(hours)), "topics": ("Buses",), **changes})

    return make


def judge(store: Store, *changes: tuple[Mention, dict[str, Any]]) -> None:
    """Somebody judges posts."""
    with store.writing() as connection:
        at = {row.id: row.n for row in connection.execute(select(mentions.c.id, mentions.c.n))}
        said = {at[one.id]: change for one, change in changes}
        reviewing.review(store, connection, said, reviewer="Ana", at=LATER, seen=0)


# --- keys -------------------------------------------------------------------------------------------------------------


@given(day=DAYS, zone=st.sampled_from(ZONES))
@example(day=date(2011, 12, 30), zone=ZoneInfo("Pacific/Apia"))
def test_a_key_and_its_week_are_one(day: date, zone: ZoneInfo) -> None:
    """Every day is in the week of its key, and no other; weeks follow each other without a gap."""
    key = key_of(day)
    assert re.fullmatch(r"20\d\d-W\d\d|1999-W52|2100-W\d\d", key)
    assert key == known(key) == known(key.lower()) == known(key.replace("-", ""))
    found = period_of(key, zone)
    monday = monday_of(key)
    assert 0 == monday.weekday()
    assert monday <= day < monday + timedelta(days=7)
    assert [key] * 7 == [key_of(monday + timedelta(days=more)) for more in range(7)]
    assert (midnight(monday, zone), midnight(monday + timedelta(days=7), zone)) == (found.start, found.end)
    after = period_of(key_of(monday + timedelta(days=7)), zone)
    assert (found.start, found.end) == (after.before, after.start)


@given(second=st.integers(1_262_304_000, 2_019_686_400), zone=st.sampled_from(ZONES))
def test_the_newest_week_that_ended_is_the_pages_last_full_week(second: int, zone: ZoneInfo) -> None:
    """At whatever moment, in whatever zone, over whatever change of the clock."""
    now = datetime.fromtimestamp(second, UTC)
    assert period("week", now, zone) == period_of(last_ended(now, zone), zone)


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2026, 1, 1), "2026-W01"),
        (date(2025, 12, 29), "2026-W01"),
        (date(2026, 12, 28), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2028, 1, 2), "2027-W52"),
        (date(2026, 11, 22), WEEK),
    ],
)
def test_weeks_at_the_ends_of_years(day: date, key: str) -> None:
    """The first days of a year may be in the last week of the year before, and the other way round."""
    assert key == key_of(day)


@pytest.mark.parametrize(
    ("key", "hours"), [("2026-W10", 167), ("2026-W44", 169), ("2026-W47", 168)], ids=["spring", "autumn", "usual"]
)
def test_a_week_in_which_clocks_are_changed_is_an_hour_shorter_or_longer(key: str, hours: int) -> None:
    """From midnight to midnight where the agency is."""
    found = period_of(key, TIMEZONE)
    assert hours * 3600 == found.end.timestamp() - found.start.timestamp()
    assert {0} == {at.hour for at in (found.start, found.end, found.before)}


@pytest.mark.parametrize("key", ["", "47", "2026", "2026-W00", "2025-W53", "2026-W54", "2026-47", "W47-2026", "week"])
def test_a_key_that_means_no_week_is_refused_in_words(key: str) -> None:
    """2025 had no 53rd week."""
    with pytest.raises(InputError, match="Write it like 2026-W47") as refused:
        known(key)
    assert f"There is no week “{key}”." in str(refused.value)


@pytest.mark.parametrize("key", ["9999-W52", "0001-W01", "0000-W01"])
def test_a_week_at_the_end_of_time_is_refused_too(key: str) -> None:
    """Where dates end."""
    with pytest.raises(InputError, match="There is no week"):
        period_of(key, TIMEZONE)


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_page(
    town: Store, settings: Settings, save: Save, post: Callable[..., Mention]
) -> None:
    """Of every tag, with stories, places and answers; counted by hand from the rows beside it."""
    random = Random(5)
    save(
        town,
        *(
            post(
                tag=random.choice(TAGS),
                question=random.choice((True, False, None)),
                feed=random.choice(("Harbor", "Tram", "Herald")),
                story=f"story-{random.randrange(4)}" if number % 3 == 0 else None,
            )
            for number in range(100)
        ),
        post(published_at=MONDAY - timedelta(seconds=1)),
        post(published_at=ENDED),
        post(own=True),
    )
    with town.reading() as connection:
        week = View(start=MONDAY, end=ENDED)
        before = list(Reader(town, connection).stream(week))
    kinds: tuple[dict[str, Any], ...] = (
        {"tag": "good"},
        {"relevant": False},
        {"tag": "bad", "asks": True, "status": "answered", "answered_at": LATER},
        {"status": "open", "department": "Transit"},
    )
    judge(town, *((one, kinds[place % 4]) for place, one in enumerate(before[:60])))
    found = numbers_of(town, settings, WEEK)
    with town.reading() as connection:
        reader = Reader(town, connection)
        rows = list(reader.stream(week))
        page = numbers(reader, week, period("week", LATER, TIMEZONE), reader.listening_since())
        assert reader.story_count(week) == found.stories
    assert len(rows) == found.mentions == page.now.mentions == found.good + found.neutral + found.bad + found.unscored
    for tag in TAGS:
        assert sum(row.tag == tag for row in rows) == getattr(found, tag) == page.now.tags.get(tag, 0)
    assert len({row.feed for row in rows}) == found.places == page.now.places
    asking = [row for row in rows if row.question]
    answered = [row for row in asking if row.verdict is not None and row.verdict.answered_at is not None]
    assert (len(asking), len(answered)) == (found.asking, found.answered) == (page.now.asking, page.now.answered)
    assert found.answered
    assert round(page.usual_wait or 0) == found.median_wait_seconds
    assert sum(row.verdict is not None and row.verdict.read for row in rows) == found.reviewed == 30
    assert 15 == found.not_about_us
    assert len(before) == found.mentions + found.not_about_us


def test_before_the_first_review_nothing_is_known_of_answers(
    town: Store, settings: Settings, save: Save, post: Callable[..., Mention]
) -> None:
    """It is not none of them, and neither is how many ask where nobody has looked."""
    save(town, post(question=True))
    found = numbers_of(town, settings, WEEK)
    assert (1, None, None) == (found.asking, found.answered, found.median_wait_seconds)
    assert "–" == value_words("answered", None)


def test_an_empty_week_has_numbers_too(town: Store, settings: Settings) -> None:
    """Nothing was said: that can be closed as well."""
    assert WeekNumbers(asking=0) == numbers_of(town, settings, WEEK)


# --- closing ----------------------------------------------------------------------------------------------------------


def test_a_closed_week_stands_still_and_late_posts_are_said(
    town: Store, settings: Settings, save: Save, post: Callable[..., Mention]
) -> None:
    """Frozen, with who and when; three late posts move today's numbers and not the frozen ones."""
    save(town, *(post(tag="good", text=f"Bus {number} was on time") for number in range(4)))
    assert close(town, settings, WEEK, "Ana", LATER)
    found = state(town, WEEK)
    assert (True, "Ana", LATER, ()) == (found.closed, found.who, found.at, found.differences)
    assert found.frozen == found.now == numbers_of(town, settings, WEEK)
    save(town, *(post(tag="bad", text=f"Bus {number} was late") for number in range(3)))
    found = state(town, WEEK)
    assert found.frozen is not None
    assert (4, 7) == (found.frozen.mentions, found.now.mentions)
    said = {each.name: each.words for each in found.differences}
    assert "4 when it was closed, 7 now: 3 late posts" == said["mentions"]
    assert "0 when it was closed, 3 now" == said["bad"]
    assert {"mentions", "bad", "stories"} == set(said)


def test_what_people_decide_later_is_told_apart_from_late_posts(
    town: Store, settings: Settings, save: Save, post: Callable[..., Mention]
) -> None:
    """Two are not about us after all, one came late: the sum alone would hide both."""
    posts = [post(text=f"Bus {number}") for number in range(6)]
    save(town, *posts)
    judge(town, (posts[5], {"relevant": False}))
    close(town, settings, WEEK, "Ana", LATER)
    save(town, post(text="A late bus"))
    judge(town, (posts[0], {"relevant": False}), (posts[1], {"relevant": False}))
    (first, *_) = state(town, WEEK).differences
    words = "5 when it was closed, 4 now: 1 late post, 2 marked as not about us"
    assert Difference(name="mentions", then=5, now=4, words=words) == first
    judge(town, *((one, {"relevant": True}) for one in (posts[0], posts[1], posts[5])))
    (first, *_) = state(town, WEEK).differences
    assert "5 when it was closed, 7 now: 1 late post, 1 about us after all" == first.words


def test_posts_that_no_topic_finds_any_more_are_not_called_late() -> None:
    """After a change of queries there are fewer."""
    then, now = WeekNumbers(mentions=1_412), WeekNumbers(mentions=1_409)
    (found,) = weeks._differences(then, now)
    assert "1,412 when it was closed, 1,409 now: 3 removed, or no longer found by a topic" == found.words


def test_a_reopened_week_moves_again_and_can_be_closed_again(
    town: Store, settings: Settings, save: Save, post: Callable[..., Mention]
) -> None:
    """The log keeps all of it, with the numbers of each closing."""
    save(town, post())
    assert not reopen(town, settings, WEEK, "Ben", LATER)
    assert close(town, settings, WEEK, "Ana", LATER)
    assert not close(town, settings, WEEK, "Ben", LATER + timedelta(hours=1))
    save(town, post(text="A late bus"))
    assert reopen(town, settings, WEEK.lower(), " Ben \n Hill ", LATER + timedelta(hours=2))
    found = state(town, WEEK)
    assert (False, None, (), "Ben Hill") == (found.closed, found.frozen, found.differences, found.who)
    assert close(town, settings, WEEK, "Cleo", LATER + timedelta(hours=3))
    found = state(town, WEEK)
    assert ((), "Cleo") == (found.differences, found.who)
    assert [("Ana", "closed", 1), ("Ben Hill", "reopened", None), ("Cleo", "closed", 2)] == [
        (each.who, each.what, each.numbers.get("mentions")) for each in found.log
    ]
    assert () == state(town, "2026-W46").log


def test_a_week_can_be_closed_from_its_end_on(town: Store, settings: Settings) -> None:
    """Not a second before: what the agency calls Sunday counts, not what UTC does."""
    with pytest.raises(InputError, match=r"The week 2026-W47 has not ended yet\. The newest .* is 2026-W46"):
        close(town, settings, WEEK, "Ana", ENDED - timedelta(seconds=1))
    assert close(town, settings, WEEK, "Ana", ENDED)


def test_nobody_closes_nothing_and_a_snapshot_stays_as_it_is(
    town: Store, settings: Settings, tmp_path: Path, save: Save, post: Callable[..., Mention]
) -> None:
    """A name is needed; in a snapshot nothing is written, and its weeks can be read."""
    save(town, post())
    for act in (close, reopen):
        with pytest.raises(InputError, match="by somebody"):
            act(town, settings, WEEK, "  ", LATER)
    close(town, settings, WEEK, "Ana", LATER)
    (tmp_path / snapshot.MARK).write_text(f'{{"taken_at": "{LATER.isoformat()}"}}', encoding="utf-8")
    for act in (close, reopen):
        with pytest.raises(InputError, match="is a snapshot: no week is closed"):
            act(town, settings, WEEK, "Ana", LATER)
    assert state(town, WEEK).closed


def test_frozen_numbers_come_back_as_they_were_also_from_another_version() -> None:
    """What was not noted then is not known, and what we do not know is left out."""
    whole = WeekNumbers(**{field.name: place for place, field in enumerate(fields(WeekNumbers))})
    assert whole == weeks.numbers_from(json.loads(json.dumps(asdict(whole))))
    assert WeekNumbers(mentions=3) == weeks.numbers_from({"mentions": 3, "moon": "full"})


@pytest.mark.parametrize(
    ("name", "then", "now", "words"),
    [
        ("mentions", 3, 3, ""),
        ("mentions", 412, 1_415, "+1,003"),
        ("bad", 4, 1, "−3"),
        ("answered", None, 2, "changed"),
        ("median_wait_seconds", 3_600, 7_200, "changed"),
    ],
)
def test_a_difference_has_its_sign(name: str, then: int | None, now: int | None, words: str) -> None:
    """A true minus; of what was not known it is only said that it changed."""
    assert words == difference_words(name, then, now)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is Monday 23 November 2026, nine o'clock in New York."""
    monkeypatch.setattr(door, "now", lambda: LATER)


@pytest.mark.usefixtures("on")
def test_the_command_shows_closes_and_compares(
    town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """The last full week, unless another is named; frozen, now and the difference side by side, and the log."""
    save(town, *(post(text=f"Bus {number}", tag="good") for number in range(12)))
    assert 0 == main(["week"])
    shown = capsys.readouterr().out
    assert shown.startswith("The week 2026-W47, 16 to 22 November 2026, is open.\n")
    assert re.search(r"^Public posts +12$", shown, re.MULTILINE)
    assert 0 == main(["week", "--close", "--by", "Ana"])
    shown = capsys.readouterr().out
    assert "was closed by Ana, today 9:00." in shown
    assert re.search(r"^Public posts +12 +12$", shown, re.MULTILINE)
    save(town, post(text="A late bus", tag="bad"))
    assert 0 == main(["week", "2026w47"])
    shown = capsys.readouterr().out
    assert re.search(r"^Public posts +12 +13 +\+1$", shown, re.MULTILINE)
    assert re.search(r"^Good +12 +12$", shown, re.MULTILINE)
    assert "Public posts: 12 when it was closed, 13 now: 1 late post.\n" in shown
    assert shown.endswith("today 9:00: closed by Ana, with 12 posts\n")
    assert 0 == main(["week", WEEK, "--close"])
    assert "The week 2026-W47 is closed already.\n" == capsys.readouterr().err
    assert 0 == main(["week", WEEK, "--reopen", "--by", "Ben"])
    assert "was opened again by Ben, today 9:00." in capsys.readouterr().out
    with town.reading() as connection:
        log = connection.execute(select(access_log.c.what, access_log.c.detail).order_by(access_log.c.no)).all()
    assert [("week: close", WEEK), ("week: reopen", WEEK)] == [tuple(row) for row in log]


@pytest.mark.usefixtures("on")
def test_the_command_for_a_program(
    town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """All of it as one line of JSON, times in UTC."""
    save(town, post())
    assert 0 == main(["week", "--close", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (WEEK, "2026-11-16T05:00:00Z", "2026-11-23T05:00:00Z", True) == tuple(
        found[name] for name in ("week", "start", "end", "closed")
    )
    assert found["frozen"] == found["now"] == found["log"][0]["numbers"]
    assert door.who() == found["who"]
    assert set(weeks.LABELS) == set(found["now"])
    assert 0 == main(["week", "2026-W46", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (False, None, None, [], {}) == tuple(
        found[name] for name in ("closed", "frozen", "who", "log", "differences")
    )


@pytest.mark.usefixtures("on", "town")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2026-W54"], "There is no week “2026-W54”."),
        (["2026-W48", "--close"], "The week 2026-W48 has not ended yet."),
        (["--close", "--by", " "], "Say who you are."),
        (["--close", "--reopen"], "not allowed with argument --close"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and nothing is written."""
    assert 2 == main(["week", *words])
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("on", "town")
def test_a_week_that_goes_on_is_shown_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Its numbers still grow."""
    assert 0 == main(["week", "2026-W48"])
    assert "The week 2026-W48, 23 to 29 November 2026, has not ended yet." in capsys.readouterr().out


@pytest.mark.usefixtures("on", "settings")
def test_before_the_first_collection_there_is_no_week(capsys: pytest.CaptureFixture[str]) -> None:
    """It says what to do, and makes no store."""
    assert 2 == main(["week"])
    assert "Nothing is stored yet" in capsys.readouterr().err
    assert not Path("mentions.db").exists()


def test_a_week_is_cut_where_the_agency_is(
    town: Store, settings: Settings, save: Save, post: Callable[..., Mention], tmp_path: Path
) -> None:
    """The same posts in a town of another zone are another week's."""
    save(town, post(published_at=MONDAY), post(published_at=ENDED - timedelta(seconds=1)))
    assert 2 == numbers_of(town, settings, WEEK).mentions
    west = replace(settings, agency=replace(settings.agency, timezone=ZoneInfo("America/Los_Angeles")))
    other = stores.open_store(f"sqlite:///{tmp_path / 'other.db'}", west.agency.timezone)
    save(other, post(published_at=MONDAY), post(published_at=ENDED - timedelta(seconds=1)))
    assert (1, 1) == tuple(numbers_of(other, west, key).mentions for key in ("2026-W46", WEEK))
