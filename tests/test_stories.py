"""Stories: copies of one text fold into one, other words stay apart, and a person may say otherwise."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from story_corpus import entries

from listening.models import Mention, Post
from listening.query import parse
from listening.store import Reader, Store, View, open_store, stories
from listening.store.writing import save as save_all
from listening.stories import canonical, explained, gist, likeness

from conftest import MakeMention, Save  # isort: skip

CAPTURES = os.environ.get("LISTENING_CAPTURES")
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ALL = View(start=NOON - timedelta(days=400), end=NOON + timedelta(days=400))
SAME_DAY = timedelta(hours=2)

REPORT = (
    "Quillhaven's new footbridge over the Mill Stream opens on Saturday after two years of work, the council said. "
    "It links the station with the harbour market and saves walkers ten minutes. The mayor thanked the volunteers who "
    "kept the old path open through two winters."
)


MEMORY = "So glad about this, I walked there as a child with my gran, and we always stopped to feed the ducks."


def post(said: str = "", *, title: str = "", source: str = "mastodon", feed: str = "here", url: str = "") -> Post:
    key = f"{feed}-{abs(hash((said, title, url)))}"
    return Post(source=source, feed=feed, key=key, text=said, title=title, url=url)


def way(one: Post, other: Post, apart: timedelta = SAME_DAY) -> str:
    like = likeness(gist(one), gist(other), apart)
    return "" if like is None else like.way


# --- what is the same story


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (post(REPORT), post(f"RT @harborgazette: {REPORT[:100]}…"), "same text, cut short"),
        (post(REPORT), post(f"{REPORT} https://harbor.example/bridge #Quillhaven #bridge"), "same text"),
        (
            post(title="Footbridge over the Mill Stream opens on Saturday", source="rss", feed="a"),
            post(
                title="Footbridge over the Mill Stream opens on Saturday | News | Harbor Gazette",
                source="rss",
                feed="b",
            ),
            "same headline",
        ),
        (
            post(title="Footbridge over the Mill Stream opens on Saturday", source="rss", feed="a"),
            post(title="Footbridge across the Mill Stream opens on Saturday after two years", source="rss", feed="b"),
            "",
        ),
        (post(REPORT), post(f"{MEMORY} {REPORT} {MEMORY[::-1]} See you on Saturday!"), "quoted whole"),
        (
            post("The library was closed again today, what a pity"),
            post("What a pity that the library is closed today"),
            "",
        ),
        (
            post("Ferry delayed by 20 minutes this morning at the harbor pier"),
            post("Ferry delayed by 45 minutes this morning at the harbor pier"),
            "",
        ),
        (post("Thank you so much"), post("Thank you so much", feed="there"), ""),
        (
            post("Finally! https://harbor.example/bridge"),
            post("What a waste of money. https://harbor.example/bridge"),
            "",
        ),
    ],
)  # fmt: skip
def test_the_same_text_is_one_story_and_other_words_are_another(one: Post, other: Post, expected: str) -> None:
    """Cuts, outlets' names, links and hashtags make no difference; other figures, opinions and short thanks do."""
    assert (way(one, other), way(other, one)) == (expected, expected)


def test_the_same_page_in_two_feeds_is_one_story_whatever_its_words() -> None:
    """A headline that was edited between two feeds of one outlet; a link that a whole feed shares is no proof."""
    page = "https://harbor.example/news/bridge?utm_source=rss"
    early = post(title="Bridge to open", source="rss", feed="News", url=page)
    late = post(
        title="Crowds greet the footbridge", source="rss", feed="Town", url="http://www.harbor.example/news/bridge/"
    )
    assert way(early, late, timedelta(days=20)) == "same page"
    assert way(early, replace(late, feed="News"), timedelta(days=1)) == ""
    assert way(early, replace(late, source="mastodon"), timedelta(days=1)) == ""


def test_a_notice_that_returns_is_a_new_story() -> None:
    """The same words in the same place a week later are news again; in another place they are a late copy."""
    notice = post("The market is on the harbor square this Saturday from eight to noon")
    assert way(notice, replace(notice, key="next week"), timedelta(days=7)) == ""
    assert way(notice, replace(notice, key="elsewhere", feed="there"), timedelta(days=7)) == "same text"
    assert way(notice, replace(notice, key="elsewhere", feed="there"), timedelta(days=30)) == ""


def test_why_is_said_in_words() -> None:
    """Same text 93 %, same day."""
    like = likeness(gist(post(REPORT)), gist(post(f"{REPORT} #bridge")), SAME_DAY)
    assert like is not None
    assert explained(like, SAME_DAY) == "same text 100 %, same day"
    assert explained(like, timedelta(days=1, hours=3)) == "same text 100 %, a day apart"
    assert explained(like, timedelta(days=5)) == "same text 100 %, 5 days apart"


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=80))
def test_likeness_is_the_same_from_both_sides(one: str, other: str, title: str) -> None:
    """Whatever the texts: no failure, and no matter which came first."""
    here, there = gist(post(one, title=title)), gist(post(other, feed="there"))
    assert likeness(here, there, SAME_DAY) == likeness(there, here, SAME_DAY)


@pytest.mark.parametrize("bad", ["#tag ", " - x", "RT @a: ", "https://a.example ", "… ", "\u00a0", "a|", "@", "("])
def test_a_hostile_text_of_a_million_characters_is_read_at_once(bad: str) -> None:
    """Only its beginning is read, so that nothing a stranger writes keeps a collection waiting."""
    long = bad * (1_000_000 // len(bad))
    for one in (post(long), post(long + "end", title=long), post("The bridge opens on Saturday", title=long)):
        found = gist(one)
        assert len(found.words) <= 500
        assert len(found.keys) <= 40
        assert likeness(found, found, SAME_DAY) is not None or len(found.words) < 6


@given(st.text(max_size=200))
def test_any_address_can_be_compared(url: str) -> None:
    """Whatever a source calls an address; and the usual differences between copies of one fall away."""
    assert isinstance(canonical(url), str)
    plain = canonical("https://harbor.example/news?id=7")
    for copy in (
        "http://www.harbor.example:80/news/?utm_source=x&id=7",
        "https://HARBOR.example/news?id=7#comments",
        "https://m.harbor.example/news?at_medium=RSS&id=7&fbclid=abc",
    ):
        assert canonical(copy) == plain
    assert canonical("https://harbor.example/news?id=8") != plain


@pytest.mark.captures
@pytest.mark.skipif(not CAPTURES, reason="LISTENING_CAPTURES does not name the real captures")
def test_labelled_pairs_of_real_posts() -> None:
    """Of the pairs that people would call one text, at least nine in ten are found; 98 in 100 found ones are right."""
    found: dict[tuple[bool, bool], int] = defaultdict(int)
    meet = 0
    with Path(__file__).with_name("story_pairs.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            one = entries(Path(str(CAPTURES)), row["file"])[row["id"]]
            other = entries(Path(str(CAPTURES)), row["other_file"])[row["other_id"]]
            assert one.published_at is not None
            assert other.published_at is not None
            here, there = gist(one), gist(other)
            same = likeness(here, there, abs(one.published_at - other.published_at)) is not None
            found[same, row["same"] == "1"] += 1
            meet += same and not set(here.keys).isdisjoint(there.keys)
    right, wrong, missed = found[True, True], found[True, False], found[False, True]
    assert right + missed >= 140
    assert found[False, False] + wrong >= 100
    assert right / (right + wrong) >= 0.98
    assert right / (right + missed) >= 0.90
    assert meet == right + wrong  # every pair that is alike is also met under a key


# --- in the store


def story_of(store: Store, *mentions: Mention) -> list[str | None]:
    with store.reading() as connection:
        reader = Reader(store, connection)
        return [None if (found := reader.find(each.id)) is None else found.story for each in mentions]


def test_copies_fold_as_they_come(store: Store, save: Save, mention: MakeMention) -> None:
    """In one batch or in later runs, a copy takes the story of what it copies, and opinions stay by themselves."""
    first = mention(text=REPORT, published_at=NOON)
    boost = mention(text=f"RT @gazette: {REPORT[:120]}…", published_at=NOON + timedelta(hours=1))
    opinion = mention(text="Two years for a footbridge, really?", published_at=NOON)
    save(store, first, boost, opinion)
    later = mention(text=f"{REPORT} #bridge", feed="Harbor social", published_at=NOON + timedelta(days=2))
    save(store, later)
    assert story_of(store, first, boost, opinion, later) == [first.id, first.id, opinion.id, first.id]
    save(store, later, boost, first)
    assert story_of(store, first, boost, opinion, later) == [first.id, first.id, opinion.id, first.id]


def test_an_edited_mention_keeps_its_story_and_is_found_by_its_new_words(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """Stories do not move under a reader; copies of the edited text join all the same."""
    first = mention(text=REPORT, published_at=NOON)
    save(store, first)
    edited = replace(
        first, text="The opening of the footbridge at the station is put off until the first of May, sorry"
    )
    save(store, edited)
    copy = mention(text=edited.text, feed="Harbor social", published_at=NOON + timedelta(hours=3))
    save(store, copy)
    assert story_of(store, first, copy) == [first.id, first.id]


def test_the_view_says_how_many_stories_and_which_are_largest(store: Store, save: Save, mention: MakeMention) -> None:
    """Stories are counted in the view only: a story that began before the period counts by what is in it."""
    old = mention(text=REPORT, published_at=NOON - timedelta(days=9), topics=("bridges",))
    copies = [
        mention(text=f"{REPORT} #{n}", feed=f"feed {n}", published_at=NOON + timedelta(hours=n), topics=("bridges",))
        for n in range(3)
    ]
    alone = [mention(text=f"Something else number {n} about the ferry timetable", topics=()) for n in range(2)]
    save(store, old, *copies, *alone)
    week = View(start=NOON - timedelta(days=1), end=NOON + timedelta(days=6))
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert (reader.total(ALL), reader.story_count(ALL)) == (4, 1)
        assert (reader.total(week), reader.story_count(week)) == (3, 1)
        (story,) = reader.stories(week)
        assert (story.count, story.tags, len(story.feeds)) == (3, {"good": 3}, 3)
        assert story.first.id == copies[0].id
        assert {each.id for each in reader.stream(replace(week, story=story.no))} == {each.id for each in copies}
        assert reader.stories(replace(ALL, query=parse("ferry"))) == []


def test_people_split_and_join_for_good(store: Store, save: Save, mention: MakeMention) -> None:
    """What somebody decided holds when posts are seen again, and new copies follow it."""
    first = mention(text=REPORT, published_at=NOON)
    copy = mention(text=f"{REPORT} Indeed.", feed="Harbor social", published_at=NOON + timedelta(hours=1))
    other = mention(text="The mayor cuts the ribbon at the Mill Stream today, all are welcome to come and see it")
    save(store, first, copy, other)
    with store.writing() as connection:
        assert stories.split(connection, first.id) == first.id
    assert story_of(store, first, copy) == [first.id, copy.id]
    with store.writing() as connection:
        assert stories.join(connection, [other.id, first.id]) == first.id
    save(store, first, copy, other)
    assert story_of(store, first, copy, other) == [first.id, copy.id, first.id]
    with store.reading() as connection:
        why = stories.explain(connection, other.id)
        assert why is not None
        assert why[0] is None  # by hand, not by likeness
        assert stories.members(connection, first.id) == [first.id, other.id]
    with store.writing() as connection, pytest.raises(KeyError):
        stories.split(connection, "nobody")


def test_a_copy_of_what_was_split_off_is_found_by_its_words(store: Store, save: Save, mention: MakeMention) -> None:
    """Also by those of which the story had known before: neither part is lost to later copies."""
    first = mention(text=REPORT, published_at=NOON)
    long = f"{REPORT} And then the whole town went to the Mill Stream, to sing there until the moon came out at last."
    apart = mention(text=long, feed="Harbor social", published_at=NOON + timedelta(hours=1))
    save(store, first, apart)
    with store.writing() as connection:
        before = stories.split(connection, apart.id)
        counted = text("SELECT n, count(*) AS keys_ FROM story_keys GROUP BY n")
        held = {row.n: row.keys_ for row in connection.execute(counted)}
    assert before == first.id
    assert [len(gist(each).keys) for each in (first, apart)] == [held[1], held[2]]


def test_stories_of_any_size_are_joined(store: Store, save: Save, mention: MakeMention) -> None:
    """Two waves of retweets, more of them than a statement takes values, become one story."""
    waves = [
        [mention(text=f"{text} #{n}", feed=f"f{n % 7}", published_at=NOON + timedelta(seconds=n)) for n in range(700)]
        for text in (REPORT, "The harbor market moves into the old depot for the winter, and the band plays at noon")
    ]
    save(store, *waves[0], *waves[1])
    with store.writing() as connection:
        story = stories.join(connection, [waves[1][3].id, waves[0][5].id])
        assert len(stories.members(connection, story)) == 1_400
    with store.reading() as connection:
        assert Reader(store, connection).story_count(ALL) == 1


WORDS = st.sampled_from(["bridge", "ferry", "market", "late", "open", "harbor", "thanks", "library"])
TEXTS = st.lists(WORDS, min_size=4, max_size=9).map(" ".join)


@settings(max_examples=25)
@given(st.lists(st.tuples(TEXTS, st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=20), st.integers(0, 15))
def test_counts_of_stories_are_those_of_counting_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, int, int]], start: int
) -> None:
    """Whatever was saved, the number of stories of any period is the number of different stories of its mentions."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('stories')}/s.db", ZoneInfo("UTC"))
    found = [
        Mention(
            source="mastodon", feed=f"feed {feed}", key=str(n), text=words, id=f"m{n}", topics=("t",), tag="neutral",
            published_at=NOON + timedelta(days=day), collected_at=NOON, date_from="source", tagger="t",
        )
        for n, (words, feed, day) in enumerate(said)
    ]  # fmt: skip
    for batch in (found[::2], found[1::2]):
        with store.writing() as connection:
            save_all(store, connection, batch)
    view = View(start=NOON + timedelta(days=start), end=NOON + timedelta(days=30))
    with store.reading() as connection:
        reader = Reader(store, connection)
        mentions = list(reader.stream(view))
        assert reader.story_count(view) == len({each.story for each in mentions})
        by_story: dict[str | None, int] = defaultdict(int)
        for each in mentions:
            by_story[each.story] += 1
        largest = sorted((count for count in by_story.values() if count > 1), reverse=True)
        assert [story.count for story in reader.stories(view, limit=50)] == largest


def test_a_store_of_an_older_version_gets_its_stories(tmp_path: Path, mention: MakeMention) -> None:
    """It is brought up when it is opened, nothing is lost, and the next collection finds its stories."""
    url = f"sqlite:///{tmp_path}/old.db"
    store = open_store(url, ZoneInfo("UTC"))
    first, copy = mention(text=REPORT, published_at=NOON), mention(text=f"{REPORT} #x", published_at=NOON, feed="there")
    with store.writing() as connection:
        save_all(store, connection, [first, copy])
        for statement in (
            "DROP INDEX links_copies",
            "DROP TABLE story_keys",
            "ALTER TABLE links DROP COLUMN story",
            "ALTER TABLE mentions DROP COLUMN story_by",
            "UPDATE mentions SET story = NULL",
            "UPDATE meta SET value = '1' WHERE key = 'schema'",
        ):
            connection.execute(text(statement))
    store.engine.dispose()
    for _ in range(2):
        store = open_store(url, ZoneInfo("UTC"))
    assert story_of(store, first, copy) == [first.id, copy.id]
    with store.reading() as connection:
        assert Reader(store, connection).story_count(ALL) == 2
        after = stories.waiting(connection)
    while after is not None:
        with store.writing() as connection:
            after = stories.place_waiting(connection, after)
    assert story_of(store, first, copy) == [first.id, first.id]
    with store.reading() as connection:
        assert stories.waiting(connection) is None
        assert Reader(store, connection).story_count(ALL) == 1
