"""Bars, the busiest day and places: small tables that say what the store holds, and the chart that is drawn of them."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median_high
from typing import Any

import altair as alt
import pytest
from conftest import NOON, TIMEZONE, MakeMention, MakeStore, Save
from hypothesis import given, settings
from hypothesis import strategies as st

import listening
from listening import store as stores
from listening.charts import COLOURS, mentions_by_day
from listening.insights.periods import CHOICES, midnight, period
from listening.insights.sentences import chart_words
from listening.insights.tables import TAG_WORDS, Bars, Place, bar_rows, bars, places
from listening.models import TAGS, Mention, Tag
from listening.query import parse
from listening.store import FeedState, Reader, Store, View

FEEDS = (("Herald", "rss"), ("Quillhaven social", "mastodon"), ("r/quillhaven", "reddit"))
SINCE = datetime(2026, 2, 25, 17, tzinfo=UTC)
"""When the store that is filled at random began to listen; its feeds hold older posts too."""

CLOCKS = (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC))
"""When the clocks change in New York in 2026."""


@pytest.fixture(scope="module")
def filled(new_store: MakeStore, mention: MakeMention, save: Save) -> tuple[Store, list[Mention]]:
    """A store with 700 mentions, most of them around the two changes of the clock, and what is in it."""
    store, random = new_store(), Random(11)
    listen(store, SINCE)
    found = []
    for number in range(700):
        feed, source = random.choice(FEEDS)
        near = random.choice(CLOCKS) + timedelta(minutes=random.randrange(-14 * 1440, 14 * 1440))
        far = CLOCKS[0] + timedelta(hours=random.randrange(-4_000, 6_000))
        found.append(
            mention(
                feed=feed,
                source=source,
                published_at=near if number % 5 else far,
                topics=random.choice((("transit",), ("parks",), ("parks", "transit"))),
                tag=random.choice(TAGS),
                text=random.choice(("A lovely bridge.", "The ferry is late.")),
                own=random.random() < 0.1,
            )
        )
    save(store, *found)
    return store, found


def table_of(store: Store, key: str = "7d", now: datetime = NOON, **changes: Any) -> Bars:
    chosen = period(key, now, TIMEZONE)
    with store.reading() as connection:
        view = View(start=chosen.start, end=chosen.end, **changes)
        return bars(Reader(store, connection), view, chosen, TIMEZONE)


def listen(store: Store, since: datetime) -> None:
    """Let the store know that its first feed answered then."""
    with store.writing() as connection:
        stores.save_feed(connection, FeedState(name="Herald", source="rss", state="ok", first_answer_at=since))


def days_of(save: Save, store: Store, mention: MakeMention, **counts: int) -> None:
    """So many good mentions at noon of these days of March 2026: ``d4=3``."""
    for name, count in counts.items():
        day = datetime(2026, 3, int(name[1:]), 17, tzinfo=UTC)
        save(store, *(mention(published_at=day - timedelta(seconds=number)) for number in range(count)))


# --- bars -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "first", "number", "by_week"),
    [
        ("24h", "2026-02-19", 14, False),
        ("7d", "2026-02-19", 14, False),
        ("week", "2026-02-16", 14, False),
        ("30d", "2026-02-02", 31, False),  # the last hours of the first day are in the period
        ("90d", "2025-12-01", 14, True),
        ("365d", "2025-03-03", 53, True),
    ],
)
def test_a_busy_day_is_seen_beside_two_weeks_at_least(
    key: str, first: str, number: int, by_week: bool, store: Store
) -> None:
    """Short periods are drawn with the days before them, long ones in weeks that begin on a Monday."""
    table = table_of(store, key)
    assert (date.fromisoformat(first), number, by_week) == (table.bars[0].first, len(table.bars), table.by_week)
    assert date(2026, 3, 1 if key == "week" else 4) == table.bars[-1].last


def test_a_bar_is_a_local_day(store: Store, save: Save, mention: MakeMention) -> None:
    """Of 23 hours where an hour is lost; the last one ends now and is not whole."""
    now = datetime(2026, 3, 9, 16, tzinfo=UTC)
    for at in ("2026-03-08T04:59:59", "2026-03-08T05:00:00", "2026-03-09T03:59:59", "2026-03-09T04:00:00"):
        save(store, mention(published_at=datetime.fromisoformat(at).replace(tzinfo=UTC)))
    save(store, mention(published_at=now), mention(published_at=now - timedelta(seconds=1)))
    saturday, sunday, monday = table_of(store, now=now).bars[-3:]
    assert (1, 2, 2) == (saturday.count, sunday.count, monday.count)
    assert 23 * 3600 == sunday.end.timestamp() - sunday.start.timestamp()
    assert (True, True, False) == (saturday.whole, sunday.whole, monday.whole)
    assert now.timestamp() == monday.end.timestamp()


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Days around a change of the clock, a few of them at midnight."""
    at = draw(st.sampled_from(CLOCKS)) + timedelta(seconds=draw(st.integers(-9 * 86_400, 9 * 86_400)))
    local = at.astimezone(TIMEZONE)
    return local.replace(hour=0, minute=0, second=0, fold=0) if draw(st.integers(0, 4)) == 0 else at


@settings(max_examples=30)
@given(
    now=moments(),
    key=st.sampled_from(list(CHOICES)),
    limits=st.sampled_from(
        (
            {},
            {"topic": "parks"},
            {"source": "rss"},
            {"feeds": frozenset({"r/quillhaven", "Herald"})},
            {"tag": "bad"},
            {"query": parse("ferry")},
            {"topic": "nobody"},
        )
    ),
)
def test_bars_hold_exactly_what_they_show(
    now: datetime, key: str, limits: dict[str, Any], filled: tuple[Store, list[Mention]]
) -> None:
    """They lie side by side, each counts what a plain walk over all mentions counts, and opens just those."""
    store, found = filled
    chosen = period(key, now, TIMEZONE)
    view = View(start=chosen.start, end=chosen.end, **limits)
    with store.reading() as connection:
        reader = Reader(store, connection)
        table = bars(reader, view, chosen, TIMEZONE)
        shown = list(reader.stream(replace(view, start=table.bars[0].start)))
        assert sum(bar.count for bar in table.bars) == len(shown)
        top = max(table.bars, key=lambda bar: bar.count)
        for tag, count in top.tags.items():
            if limits.get("tag", tag) == tag:
                assert count == reader.total(replace(view, start=top.start, end=top.end, tag=tag))
    for before, after in zip(table.bars, table.bars[1:], strict=False):
        assert before.end.timestamp() == after.start.timestamp()
        assert before.last + timedelta(days=1) == after.first
    ids = {one.id for one in shown}
    for bar in table.bars:
        inside = [one for one in found if one.id in ids and bar.start.timestamp() <= at(one) < bar.end.timestamp()]
        assert Counter(one.tag for one in inside) == Counter(bar.tags)
        days = {datetime.fromtimestamp(at(one), TIMEZONE).date() for one in inside}
        assert all(bar.first <= day <= bar.last for day in days)
    # Weeks before anything was stored are left out; they hold nothing of the period.
    assert table.bars[0].start.timestamp() <= chosen.start.timestamp() or (
        table.by_week and min(at(one) for one in found if not one.own) >= table.bars[0].start.timestamp()
    )
    assert table.bars[-1].end.timestamp() == chosen.end.timestamp()
    assert all(bar.whole for bar in table.bars[:-1])
    assert_busiest_is_right(table, SINCE.astimezone(TIMEZONE).date())


def at(mention: Mention) -> float:
    assert mention.published_at is not None
    return mention.published_at.timestamp()


def assert_busiest_is_right(table: Bars, since: date) -> None:
    """What the busiest bar means, said once more and plainly."""
    heard = [bar for bar in table.bars if bar.first >= since]
    if len(heard) < 4:
        assert None is table.busiest
        return
    highest = max(bar.count for bar in heard)
    tops = [bar for bar in heard if bar.count == highest]
    others = [bar.count for bar in heard if bar is not tops[0] and bar.whole]
    usual = median_high(others) if others else 0
    stands_out = len(tops) == 1 and highest >= 5 and highest >= 2 * usual
    assert (tops[0] if stands_out else None) is table.busiest
    assert usual == table.usual


# --- the busiest ------------------------------------------------------------------------------------------------------


def test_the_busiest_day_is_alone_and_twice_a_usual_one(store: Store, save: Save, mention: MakeMention) -> None:
    """Six against usually three."""
    days_of(save, store, mention, d1=3, d2=6, d3=3)
    save(store, *(mention(published_at=NOON - timedelta(days=day)) for day in range(4, 12) for _ in range(3)))
    table = table_of(store)
    assert table.busiest is not None
    assert (date(2026, 3, 2), 6, 3) == (table.busiest.first, table.busiest.count, table.usual)


def test_days_before_we_listened_are_no_usual_ones(store: Store, save: Save, mention: MakeMention) -> None:
    """A feed still holds a few posts of them: they are drawn, but nothing is busy beside them, and neither are they."""
    listen(store, datetime(2026, 2, 28, 17, tzinfo=UTC))
    save(store, *(mention(published_at=datetime(2026, 2, 25, 17, tzinfo=UTC)) for _ in range(30)))
    days_of(save, store, mention, d1=4, d2=7, d3=4)
    table = table_of(store)
    assert (45, None, 4) == (sum(bar.count for bar in table.bars), table.busiest, table.usual)
    save(store, *(mention(published_at=datetime(2026, 3, 2, 20, tzinfo=UTC)) for _ in range(9)))
    table = table_of(store)
    assert table.busiest is not None
    assert (date(2026, 3, 2), 4) == (table.busiest.first, table.usual)


@pytest.mark.parametrize(("since", "named"), [("2026-03-01", True), ("2026-03-02", False)])
def test_in_the_first_days_none_is_called_the_busiest(
    since: str, named: bool, store: Store, save: Save, mention: MakeMention
) -> None:
    """Four days are the least, today among them."""
    listen(store, datetime.fromisoformat(f"{since}T17:00:00+00:00"))
    days_of(save, store, mention, d2=1, d3=30)
    assert named == (table_of(store).busiest is not None)


@pytest.mark.parametrize(("since", "busiest"), [(2, None), (1, date(2026, 3, 3))])
def test_days_before_we_listened_are_no_usual_days(
    since: int, busiest: date | None, store: Store, save: Save, mention: MakeMention
) -> None:
    """A feed still holds a few posts of earlier days; beside them the first days of listening would look busy."""
    first = datetime(2026, 3, since, 12, tzinfo=UTC)
    with store.writing() as connection:
        stores.save_feed(connection, stores.FeedState(name="Herald", source="rss", first_answer_at=first))
    days_of(save, store, mention, d1=3, d2=3, d3=30, d4=3)
    found = table_of(store).busiest
    assert busiest == (None if found is None else found.first)


@pytest.mark.parametrize(
    "counts",
    [{}, {"d2": 4}, {"d2": 6, "d3": 6}],
    ids=["nothing", "under five", "two as high"],
)
def test_no_day_is_called_the_busiest_where_none_stands_out(
    counts: dict[str, int], store: Store, save: Save, mention: MakeMention
) -> None:
    """A few posts are no event, and two days as high are none either."""
    days_of(save, store, mention, **counts)
    assert None is table_of(store).busiest


def test_less_than_twice_a_usual_day_is_not_busy(store: Store, save: Save, mention: MakeMention) -> None:
    """Five against usually three."""
    save(store, *(mention(published_at=NOON - timedelta(days=day)) for day in range(1, 14) for _ in range(3)))
    days_of(save, store, mention, d3=2)
    assert (None, 3) == (table_of(store).busiest, table_of(store).usual)


def test_a_day_that_is_not_over_can_be_the_busiest_but_is_no_usual_one(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """At nine in the morning a quiet day has not happened yet."""
    morning = midnight(date(2026, 3, 4), TIMEZONE) + timedelta(hours=9)
    save(store, *(mention(published_at=NOON - timedelta(days=day)) for day in range(1, 14)))
    assert 1 == table_of(store, now=morning).usual
    save(store, *(mention(published_at=morning - timedelta(minutes=number)) for number in range(1, 8)))
    table = table_of(store, now=morning)
    assert table.busiest is table.bars[-1]
    assert (7, 1, False) == (table.bars[-1].count, table.usual, table.bars[-1].whole)


def test_of_two_days_in_the_middle_the_larger_is_the_usual_one(store: Store, save: Save, mention: MakeMention) -> None:
    """So that we claim less: with six days of one post and six of four, four are usual."""
    for back in range(1, 13):
        count = 4 if back % 2 else 1
        save(store, *(mention(published_at=NOON - timedelta(days=back)) for _ in range(count)))
    save(store, *(mention(published_at=NOON) for _ in range(3)))
    save(store, *(mention(published_at=NOON - timedelta(days=13)) for _ in range(8)))
    table = table_of(store, now=NOON + timedelta(hours=1))
    assert table.busiest is table.bars[0]
    assert 4 == table.usual


# --- places -----------------------------------------------------------------------------------------------------------


def test_places_come_with_most_first_and_by_name(store: Store, save: Save, mention: MakeMention) -> None:
    """With their tags; a place without a mention in the view is not there."""
    for feed, tags in (("Tram", ("bad", "bad")), ("Harbor", ("good", "unscored")), ("Zebra", ("good", "bad", "bad"))):
        save(store, *(mention(feed=feed, tag=tag) for tag in tags))
    save(store, mention(feed="Old", published_at=NOON - timedelta(days=30)), mention(feed="Ours", own=True))
    view = View(start=NOON - timedelta(days=1), end=NOON + timedelta(days=1))
    with store.reading() as connection:
        reader = Reader(store, connection)
        found = places(reader, view)
        good = places(reader, replace(view, tag="good"))
    assert [("Harbor", 1), ("Zebra", 1)] == [(place.feed, place.count) for place in good]
    none = dict.fromkeys(TAGS, 0)
    assert found == [
        Place(feed="Zebra", count=3, tags={**none, "good": 1, "bad": 2}),
        Place(feed="Harbor", count=2, tags={**none, "good": 1, "unscored": 1}),
        Place(feed="Tram", count=2, tags={**none, "bad": 2}),
    ]


# --- the chart --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def busy(new_store: MakeStore, save: Save, mention: MakeMention) -> Bars:
    """A post on each of eleven days; on Tuesday 3 March 14 good, 2 neutral, 8 bad ones and one that is not tagged."""
    store = new_store()
    save(store, *(mention(published_at=NOON - timedelta(days=day)) for day in (0, *range(2, 12))))
    tags = ("good",) * 14 + ("neutral",) * 2 + ("bad",) * 8 + ("unscored",)
    save(store, *(mention(published_at=NOON - timedelta(days=1), tag=tag) for tag in tags))
    return table_of(store, now=NOON + timedelta(hours=1))


def spec(table: Bars, *, room: bool = False) -> dict[str, Any]:
    """The chart as it is sent to the browser, its data as rows; altair checks it against its schema."""
    made = mentions_by_day(table, room=room)
    made["datasets"] = {name: data.to_pylist() for name, data in made["datasets"].items()}
    alt.LayerChart.from_dict(made)
    return made


def rows(made: dict[str, Any], layer: int) -> list[dict[str, Any]]:
    """The data of a layer."""
    found: list[dict[str, Any]] = made["datasets"][made["layer"][layer]["data"]["name"]]
    return found


def within(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a nested value, with what it holds."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from within(inner)


WORDS = ("Bad", "Neutral", "Good", "Not tagged")
STACKED: tuple[Tag, ...] = ("bad", "neutral", "good", "unscored")


def test_there_is_a_row_for_each_bar_and_tag(busy: Bars) -> None:
    """Bad at the bottom, none for what is not there but one for an empty day; the month stands where it changes."""
    found = bar_rows(busy)
    assert {("when", "place", "tag", "order", "count", "start", "told")} == {tuple(row) for row in found}
    assert 36 == sum(row["count"] for row in found)
    for bar in busy.bars:
        there = [(word, count) for word, count in zip(WORDS, (bar.tags[tag] for tag in STACKED), strict=True) if count]
        mine = [row for row in found if row["start"] == bar.first.isoformat()]
        assert (there or [("Bad", 0)]) == [(row["tag"], row["count"]) for row in mine]
        assert sorted(row["order"] for row in mine) == [WORDS.index(row["tag"]) for row in mine]
    labels = list(dict.fromkeys(row["when"] for row in found))
    assert ["Thu|19 Feb", "Fri|20", "Sat|21"] == labels[:3]
    assert ["Sat|28", "Sun|1 Mar", "Mon|2", "Tue|3", "Wed|4"] == labels[-5:]
    last = [row for row in found if row["start"] == "2026-03-03"]
    assert [8, 2, 14, 1] == [row["count"] for row in last]
    assert ["8 bad posts", "2 neutral posts", "14 good posts", "1 post not tagged"] == [
        row["told"].removeprefix("Tuesday 3 March: ") for row in last
    ]


def test_weeks_are_named_by_their_first_day(store: Store) -> None:
    """With its month each: not every label is drawn."""
    found = bar_rows(table_of(store, "90d"))
    assert ["from|1 Dec", "from|8 Dec", "from|15 Dec"] == list(dict.fromkeys(row["when"] for row in found))[:3]
    assert found[0]["told"].startswith("Week of Monday 1 December: ")


@pytest.mark.parametrize("room", [False, True], ids=["desk", "room"])
def test_colours_come_from_the_theme_alone(busy: Bars, room: bool) -> None:
    """One scale with the same names everywhere and no colour in it, so that light and dark switch by themselves."""
    made = spec(busy, room=room)
    scales = [inner for key, inner in within(made["layer"]) if key == "color"]
    assert 3 == len(scales)
    for scale in scales:
        assert {"domain": ["Good", "Neutral", "Bad", "ink", "paper", "Not tagged"]} == scale["scale"]
        assert None is scale["legend"]
    assert COLOURS == scales[0]["scale"]["domain"]
    assert None is re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl|light-dark|\bcolor\"?: ?\"", json.dumps(made))
    assert {"tag", "on"} == {scale["field"] for scale in scales}


def test_the_theme_has_a_colour_for_every_name() -> None:
    """In light and dark, in the order of the scale: good and bad are the colours that the page uses for them."""
    file = Path(listening.__file__).resolve().parent.parent / ".streamlit" / "config.toml"
    theme = tomllib.loads(file.read_text(encoding="utf-8"))["theme"]
    for mode in ("light", "dark"):
        colours = dict(zip(COLOURS, theme[mode]["chartCategoricalColors"], strict=True))
        assert len(COLOURS) == len(set(colours.values()))
        wanted = {"Good": "primaryColor", "Bad": "orangeColor", "ink": "textColor", "paper": "backgroundColor"}
        assert {name: theme[mode][key] for name, key in wanted.items()} == {name: colours[name] for name in wanted}


def test_bars_stand_on_zero_with_bad_at_the_bottom(busy: Bars) -> None:
    """And with a little room above the highest, for its number."""
    made = spec(busy)
    parts = made["layer"][0]
    assert "bar" == parts["mark"]["type"]
    y = parts["encoding"]["y"]
    assert ("count", "zero") == (y["field"], y["stack"])
    assert (True, 0) == (y["scale"]["zero"], y["scale"]["domainMin"])
    (ceiling,) = rows(made, 3)
    assert 25 < ceiling["top"] < 1.5 * 25
    assert ("order", "quantitative") == (parts["encoding"]["order"]["field"], parts["encoding"]["order"]["type"])
    drawn = rows(made, 0)
    assert {"Bad": 0, "Neutral": 1, "Good": 2, "Not tagged": 3} == {row["tag"]: row["order"] for row in drawn}
    assert set(TAG_WORDS.values()) == {row["tag"] for row in drawn}


def test_the_chart_draws_every_number_of_the_table(busy: Bars) -> None:
    """In order of time, each bar with its own place, and nothing else."""
    drawn = rows(spec(busy), 0)
    assert [bar.first.isoformat() for bar in busy.bars] == list(dict.fromkeys(row["start"] for row in drawn))
    assert 14 == len({row["x"] for row in drawn})
    for bar in busy.bars:
        said = {row["tag"]: row["count"] for row in drawn if row["start"] == bar.first.isoformat()}
        assert ({word: bar.tags[tag] for tag, word in TAG_WORDS.items() if bar.tags[tag]} or {"Bad": 0}) == said


def test_the_chart_has_no_title_and_no_key_of_its_own(busy: Bars) -> None:
    """The page says the finding as a heading and the key in words; screen readers get one sentence, not two."""
    made = spec(busy)
    assert set() == {"title", "description"} & set(made)
    for layer in made["layer"]:
        assert set() == {"title", "description"} & set(layer)
        for axis in {"x", "y"} & set(layer["encoding"]):
            assert None is layer["encoding"][axis].get("title")
    assert [False, False, False] == [layer["mark"]["aria"] for layer in made["layer"][1:]]


def test_only_the_busiest_bar_has_numbers(busy: Bars) -> None:
    """Its total above it, and in it the parts that have room, in a colour that can be read on them."""
    made = spec(busy)
    numbers, call_out = rows(made, 1), rows(made, 2)
    assert [("Bad", "8", 4.0, "paper"), ("Good", "14", 17.0, "paper")] == [
        (row["tag"], row["words"], row["middle"], row["on"]) for row in numbers
    ]
    assert [("25 posts", 25, "ink", "2026-03-03")] == [
        (row["words"], row["top"], row["on"], row["start"]) for row in call_out
    ]
    assert {"expr": "bandwidth('x') < 26 ? 0 : 1"} == made["layer"][1]["mark"]["opacity"]


def test_a_chart_without_a_busiest_bar_has_no_numbers(store: Store, save: Save, mention: MakeMention) -> None:
    """Nor one without anything: it can be drawn all the same, from zero to one."""
    empty = spec(table_of(store))
    assert ([], [], [{"top": 1.0}]) == tuple(rows(empty, layer) for layer in (1, 2, 3))
    days_of(save, store, mention, d2=2, d3=2)
    assert ([], []) == tuple(rows(spec(table_of(store)), layer) for layer in (1, 2))


def test_all_charts_of_a_page_have_one_specification(busy: Bars, store: Store) -> None:
    """Only the data differ: then a browser draws them into the chart that it has."""
    made, empty = (spec(table) for table in (busy, table_of(store)))
    assert made.pop("datasets") != empty.pop("datasets")
    assert made == empty


def test_a_click_says_which_part_of_which_bar(busy: Bars) -> None:
    """The page opens that day's and tag's mentions by it."""
    picked = next(inner for key, inner in within(spec(busy)) if key == "params")[0]
    assert "bar" == picked["name"]
    assert ["start", "tag"] == picked["select"]["fields"]
    assert "point" == picked["select"]["type"]


def test_in_the_meeting_room_all_of_it_is_larger(busy: Bars) -> None:
    """Axis, numbers and call-out by the same factor; on a small projector by two thirds of it."""
    desk, room = spec(busy), spec(busy, room=True)
    sizes = [[inner for key, inner in within(made) if key in ("fontSize", "labelFontSize")] for made in (desk, room)]
    assert len(sizes[0]) >= 5
    assert [f"{small * 1.6} * (windowSize()[1] <= 800 ? {2 / 3} : 1)" for small in sizes[0]] == [
        large["expr"] for large in sizes[1]
    ]
    assert min(sizes[0]) >= 15
    assert room["height"] == desk["height"]  # the argument has to fit on the wall


@pytest.mark.parametrize("key", list(CHOICES))
def test_the_chart_can_be_heard(key: str, filled: tuple[Store, list[Mention]]) -> None:
    """Its sentence has the number of bars, the fewest and the most, and the parts of the highest one."""
    table = table_of(filled[0], key, CLOCKS[1] + timedelta(days=3))
    counts = [bar.count for bar in table.bars]
    said = chart_words(table)
    unit = "week" if table.by_week else "day"
    assert f"public posts a {unit}, {len(counts)} {unit}s, from " in said
    assert f"between {min(counts)} and {max(counts)} a {unit}." in said
    if counts.count(max(counts)) == 1:
        top = table.bars[counts.index(max(counts))]
        assert f": {top.count}, of which {top.tags['good']} good, {top.tags['neutral']} neutral" in said
