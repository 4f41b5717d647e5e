"""The store: what is kept, what may change, how days are cut, and that every way of counting gives the same number."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import NOON, TIMEZONE, MakeMention, MakeStore, Save
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from keeping_kit import assert_counts_are_exact
from sqlalchemy import inspect

from listening import store as stores
from listening.models import COLUMNS, REVIEW_COLUMNS, TAGS, Mention, Reason, Span
from listening.query import Matcher, parse
from listening.store import Count, FeedState, Reader, Store, View
from listening.store.frame import frame

ALWAYS = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
EVERYTHING = View(start=ALWAYS[0], end=ALWAYS[1])


def held(store: Store, view: View = EVERYTHING) -> list[Mention]:
    """All mentions of a view, without the stories that the store gave them (``test_stories.py``)."""
    with store.reading() as connection:
        return [replace(found, story=None) for found in Reader(store, connection).stream(view)]


def counted(store: Store, view: View = EVERYTHING, *, by_day: bool = False) -> list[Count]:
    with store.reading() as connection:
        return Reader(store, connection).counts(view, by_day=by_day)


def by_day(store: Store) -> dict[str, int]:
    """How many mentions each local day has."""
    days: Counter[str] = Counter()
    for count in counted(store, by_day=True):
        days[str(count.day)] += count.count
    return dict(days)


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_the_columns_are_the_data_dictionary(store: Store) -> None:
    """Table mentions has the columns of a mention in their order, a number before; after them why, and by whom."""
    columns = [column["name"] for column in inspect(store.engine).get_columns("mentions")]
    assert ["n", *COLUMNS, "why", "story_by"] == columns
    assert {field.name for field in fields(Mention)} == {*COLUMNS, "why", "verdict", "also_in"}


def test_a_mention_comes_back_as_it_was_saved(store: Store, save: Save, mention: MakeMention) -> None:
    """Nothing is lost or turned into something else on the way in and out, with every field filled or empty."""
    full = mention(
        url="https://quillhaven.example/posts/1",
        title="A bridge for everybody",
        author="ada",
        author_url="https://quillhaven.example/@ada",
        author_followers=120,
        language="en",
        edited_at=NOON + timedelta(hours=1),
        date_from="clamped",
        likes=3,
        replies=0,
        reposts=1,
        views=1_000,
        reply_to="post-0",
        sensitive=True,
        topics=("transit", "bridges; and tunnels"),
        matched=(Span(topic="transit", field="title", start=2, end=8, words="bridge"),),
        question=False,
        vader=0.61,
        score=0.5,
        confidence=0.75,
        tagger="rules 1",
        why=(Reason(words="nicer", effect=1.9), Reason(words="Justice", effect=0.0, role="masked")),
    )
    empty = mention(text="", topics=("transit",), tag="unscored", published_at=NOON - timedelta(days=1))
    assert 2 == save(store, full, empty)
    assert [full, empty] == held(store)
    with store.reading() as connection:
        assert replace(full, story=full.id) == Reader(store, connection).find(full.id)
        assert None is Reader(store, connection).find("nobody")


def test_saving_twice_adds_nothing(store: Store, save: Save, mention: MakeMention) -> None:
    """The same posts seen again are no new mentions, and no number moves."""
    found = [mention() for _ in range(3)]
    assert 3 == save(store, *found)
    before = counted(store, by_day=True), held(store)
    assert 0 == save(store, *found)
    assert before == (counted(store, by_day=True), held(store))
    assert (3, stores.file_of(store.url).stat().st_size) == stores.size(store)


def test_a_copy_in_one_batch_is_one_mention(store: Store, save: Save, mention: MakeMention) -> None:
    """A feed that lists a post twice has one mention of it."""
    post = mention()
    assert 1 == save(store, post, replace(post, likes=4))
    assert [4] == [one.likes for one in held(store)]


def test_a_second_feed_does_not_take_a_post_over(store: Store, save: Save, mention: MakeMention) -> None:
    """The same post from another feed keeps where, when and as what it was first seen."""
    first = mention(feed="Herald", source="rss", key="https://herald.example/1")
    save(store, first)
    save(
        store,
        replace(
            first,
            feed="Gazette",
            published_at=NOON + timedelta(days=3),
            collected_at=NOON + timedelta(days=4),
            date_from="fetched",
        ),
    )
    assert [first] == held(store)
    assert [Count(feed="Herald", tag="good", count=1, day=date(2026, 3, 4))] == counted(store, by_day=True)
    assert_counts_are_exact(store)


def test_an_edit_changes_words_and_tag_but_not_when_we_first_saw_it(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """Edited words are searched and tagged anew; the old ones are found no more; first seen stays first seen."""
    before = mention(title="Bridge news", text="The bridge is lovely #bridge", tag="good")
    save(store, before)
    after = replace(
        before,
        title="Ferry news",
        text="The ferry is late #ferry",
        tag="bad",
        score=-0.4,
        edited_at=NOON + timedelta(hours=2),
        collected_at=NOON + timedelta(hours=3),
        topics=("ferries",),
    )
    assert 0 == save(store, after)
    assert [replace(after, collected_at=before.collected_at)] == held(store)
    for words, number in (("bridge", 0), ("#bridge", 0), ("title:bridge", 0), ("ferry", 1), ("#ferry", 1)):
        assert number == len(held(store, replace(EVERYTHING, query=parse(words)))), words
    assert ["bad"] == [count.tag for count in counted(store)]
    assert [0, 1] == [len(held(store, replace(EVERYTHING, topic=topic))) for topic in ("transit", "ferries")]
    assert_counts_are_exact(store)


def counts_of(mention: Mention) -> tuple[int | None, ...]:
    return mention.likes, mention.replies, mention.reposts, mention.views, mention.author_followers


SEEN = ((5, None, 2, None, 100), (3, 1, None, None, None), (9, 0, 2, None, 90))


@pytest.mark.parametrize("way", ["an edited text", "counts alone"])
def test_counts_never_fall_and_unknown_stays_unknown(way: str, store: Store, save: Save, mention: MakeMention) -> None:
    """A server that knows fewer likes takes none away, what no server says is not zero; followers may fall."""
    names = ("likes", "replies", "reposts", "views", "author_followers")
    first = mention(**dict(zip(names, SEEN[0], strict=True)))
    quiet = mention(likes=7)
    save(store, first, quiet)
    for number, seen in enumerate(SEEN[1:]):
        said = dict(zip(names, seen, strict=True))
        if way == "an edited text":
            save(store, replace(first, text=f"Edited {number} times, still kind.", **said))  # type: ignore[arg-type]
        else:
            with store.writing() as connection:
                stores.counts_only(connection, [{"id": first.id, **said}])
    with store.reading() as connection:
        found = Reader(store, connection).mentions(EVERYTHING, order="engagement")
    assert [(9, 1, 2, None, 90), (7, None, None, None, None)] == [counts_of(one) for one in found]


def test_a_count_that_cannot_be_is_unknown(store: Store, save: Save, mention: MakeMention) -> None:
    """A source that claims more likes than a number can hold breaks nothing; votes may be below zero."""
    save(store, mention(likes=10**30, replies=-4, author_followers=2**63))
    one = held(store)[0]
    assert (None, -4, None, None, None) == counts_of(one)
    with store.writing() as connection:
        stores.counts_only(
            connection,
            [{"id": one.id, **dict.fromkeys(("likes", "replies", "reposts", "views", "author_followers"), 10**40)}],
        )
    assert [one] == held(store)


def test_own_posts_are_kept_but_counted_nowhere(store: Store, save: Save, mention: MakeMention) -> None:
    """What our own accounts say is stored, found by its id, and in no number, list or search."""
    own, other = mention(own=True), mention()
    save(store, own, other)
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert replace(own, story=own.id) == reader.find(own.id)
        assert 1 == reader.own_count(NOON, NOON + timedelta(seconds=1))
        said = parse(f'"{own.text[:-1]}"')
        for view in (EVERYTHING, replace(EVERYTHING, topic="transit"), replace(EVERYTHING, query=said)):
            assert own.id not in [one.id for one in reader.stream(view)]
            assert own.id not in [one.id for one in reader.mentions(view)]
        assert 1 == reader.total(EVERYTHING)


def test_an_account_that_becomes_ours_leaves_the_numbers(store: Store, save: Save, mention: MakeMention) -> None:
    """When the settings name an account as ours, its posts leave the views, and come back when they no longer do."""
    post = mention(feed="Herald")
    for own, number in ((False, 1), (True, 0), (False, 1)):
        save(store, replace(post, own=own))
        assert number == len(held(store)) == sum(count.count for count in counted(store))
        assert_counts_are_exact(store)


def test_withdrawn_posts_stay_withdrawn(store: Store, save: Save, mention: MakeMention) -> None:
    """A post that its author took back is not brought back by a server that still holds a copy."""
    post = mention(text="", title="", url="", matched=(), withdrawn_at=NOON)
    save(store, post)
    save(store, replace(post, text="A copy of it", withdrawn_at=None))
    assert [post] == held(store)


HOSTILE = (
    "a\x00b",
    "'); DROP TABLE mentions; --",
    "\"quotes\" 'single' ``",
    "\u202eright to left\u202c שלום",
    "lone \ud800 surrogate \udfff",
    "😀" * 1_000,
    "= 1 + 1",
    "%s {} \\",
    "x" * 1_000_000,
    "NEAR( AND OR NOT * ^ : {title} -",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_kept_and_found(text: str, store: Store, save: Save, mention: MakeMention) -> None:
    """Whatever stands in a post, it is kept as it is; only a lone surrogate, which no file can hold, becomes �."""
    writable = "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    post = mention(
        title=text,
        text=f"{text} bridge",
        author=text,
        url=text,
        matched=(Span(topic="transit", field="title", start=0, end=len(text), words=text),),
    )
    save(store, post, mention(text="A ferry."))
    wanted = replace(
        post,
        title=writable,
        text=f"{writable} bridge",
        author=writable,
        url=writable,
        matched=(replace(post.matched[0], words=writable),),
    )
    assert [wanted] == held(store, replace(EVERYTHING, query=parse("bridge")))
    save(store, replace(post, text=f"{text} ferry"))
    assert [] == held(store, replace(EVERYTHING, query=parse("bridge")))
    assert 2 == len(held(store, replace(EVERYTHING, query=parse("ferry"))))


# --- days -------------------------------------------------------------------------------------------------------------

DST = (
    # The last second of a day in New York, the first of the next; clocks change on 8 March and 1 November 2026.
    ("2026-03-08T04:59:59", "2026-03-07"),
    ("2026-03-08T05:00:00", "2026-03-08"),
    ("2026-03-09T03:59:59", "2026-03-08"),
    ("2026-03-09T04:00:00", "2026-03-09"),
    ("2026-11-01T03:59:59", "2026-10-31"),
    ("2026-11-01T04:00:00", "2026-11-01"),
    ("2026-11-02T04:59:59", "2026-11-01"),
    ("2026-11-02T05:00:00", "2026-11-02"),
)


def test_days_are_cut_in_the_agencys_time_zone(store: Store, save: Save, mention: MakeMention) -> None:
    """Also on the days of 23 and of 25 hours, whether days are counted or a period of one local day is asked for."""
    save(store, *(mention(published_at=datetime.fromisoformat(at).replace(tzinfo=UTC)) for at, _ in DST))
    wanted = Counter(day for _, day in DST)
    assert dict(wanted) == by_day(store)
    for day, number in wanted.items():
        first = date.fromisoformat(day)
        start, end = (datetime.combine(each, datetime.min.time(), TIMEZONE) for each in (first, first + timedelta(1)))
        assert number == sum(count.count for count in counted(store, View(start=start, end=end)))


def test_another_time_zone_cuts_all_days_anew(store: Store, save: Save, mention: MakeMention) -> None:
    """When the settings name another time zone, old days are cut by it too, and back again."""
    save(store, *(mention(published_at=NOON + timedelta(hours=hour)) for hour in range(0, 48, 5)))
    in_new_york = by_day(store)
    auckland = stores.open_store(store.url, ZoneInfo("Pacific/Auckland"))
    assert in_new_york != by_day(auckland)
    local = [one.published_at.astimezone(ZoneInfo("Pacific/Auckland")) for one in held(auckland) if one.published_at]
    assert Counter(str(at.date()) for at in local) == by_day(auckland)
    assert_counts_are_exact(auckland)
    assert in_new_york == by_day(stores.open_store(store.url, TIMEZONE))


# --- the same number in every way of asking ---------------------------------------------------------------------------

FEEDS = (("Herald", "rss"), ("Gazette", "rss"), ("Quillhaven social", "mastodon"), ("r/quillhaven", "reddit"))
TOPICS = ("transit", "libraries", "parks")
WORDS = ("bridge", "ferry", "late", "lovely", "library", "bus", "thank", "you")
QUERIES = (
    "bridge",
    "bridge -late",
    "(bus OR ferry) late",
    '"thank you"',
    "librar*",
    "bus NEAR/1 late",
    "raw:Bus OR raw:ferry",
    "bridge source:rss",
    "lang:en lovely",
)


STARTS = tuple(datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 5), (6, 28), (10, 29)))


@pytest.fixture(scope="module")
def filled(new_store: MakeStore, mention: MakeMention, save: Save) -> tuple[Store, list[Mention]]:
    """A store with 600 mentions around both changes of the clock and between two months, and what is in it."""
    store, random = new_store(), Random(7)
    found = []
    for _ in range(600):
        feed, source = random.choice(FEEDS)
        found.append(
            mention(
                feed=feed,
                source=source,
                text=" ".join(random.choices([*WORDS, "Bus"], k=5)),
                title=random.choice(["", *WORDS]),
                published_at=random.choice(STARTS)
                + random.randrange(300) * timedelta(seconds=random.choice((1, 1_800))),
                topics=tuple(random.sample(TOPICS, random.choice((1, 1, 2)))),
                tag=random.choice(TAGS),
                likes=random.choice((None, random.randrange(50))),
                language=random.choice(("en", None)),
                own=random.random() < 0.1,
                question=random.choice((True, False, None)),
            )
        )
    save(store, *found)
    return store, found


def in_view(mention: Mention, view: View) -> bool:
    """What a view means, said once more and plainly."""
    assert mention.published_at is not None
    return (
        not mention.own
        and view.start.timestamp() <= mention.published_at.timestamp() < view.end.timestamp()
        and (not view.topic or view.topic in mention.topics)
        and (view.tag is None or view.tag == mention.tag)
        and (view.source is None or view.source == mention.source)
        and (view.feeds is None or mention.feed in view.feeds)
        and (mention.question is True or not view.asking)
        and (view.query is None or bool(Matcher({"": view.query}).match(mention)))
    )


def local_day(mention: Mention) -> date:
    assert mention.published_at is not None
    return mention.published_at.astimezone(TIMEZONE).date()


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """A moment near a change of the clock or of the month, in UTC or in New York, often at a local midnight."""
    base = draw(st.sampled_from(STARTS))
    at = base + timedelta(seconds=draw(st.integers(0, 8 * 86_400)))
    if draw(st.booleans()):
        return at
    local = at.astimezone(TIMEZONE)
    return local.replace(hour=0, minute=0, second=0) if draw(st.booleans()) else local


@st.composite
def views(draw: st.DrawFn) -> View:
    start, end = sorted((draw(moments()), draw(moments())), key=datetime.timestamp)
    query = draw(st.none() | st.sampled_from(QUERIES))
    names = [feed for feed, _ in FEEDS]
    return View(
        start=start,
        end=end,
        topic=draw(st.sampled_from(("", *TOPICS, "no such topic"))),
        tag=draw(st.none() | st.sampled_from(TAGS)),
        source=draw(st.none() | st.sampled_from(("rss", "mastodon", "youtube"))),
        feeds=draw(st.none() | st.frozensets(st.sampled_from([*names, "no such feed"]))),
        query=None if query is None else parse(query),
        asking=draw(st.booleans()),
    )


@settings(max_examples=120)
@given(view=views())
def test_every_way_of_asking_gives_the_same_mentions(view: View, filled: tuple[Store, list[Mention]]) -> None:
    """The number, the list, the export and the days of any view are those of a plain walk over all mentions."""
    store, found = filled
    wanted = [one for one in found if in_view(one, view)]
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert len(wanted) == reader.total(view)
        assert {one.id for one in wanted} == {one.id for one in reader.mentions(view, limit=1_000)}
        assert {one.id for one in wanted} == {one.id for one in reader.stream(view)}
        said = {(count.feed, count.tag, count.day): count.count for count in reader.counts(view, by_day=True)}
        assert {one.feed for one in wanted} <= reader.feeds_of(view)
        of_feeds = {(count.feed, count.tag): (count.count, count.asking) for count in reader.counts(view)}
        days = reader.counts(view, by_day=True, by_feed=False)
        tags = {count.tag: count.count for count in reader.counts(view, by_feed=False)}
    asking = Counter((one.feed, one.tag) for one in wanted if one.question)
    assert said == Counter((one.feed, one.tag, local_day(one)) for one in wanted)
    assert of_feeds == {
        key: (count, asking[key]) for key, count in Counter((one.feed, one.tag) for one in wanted).items()
    }
    assert {(count.tag, count.day): count.count for count in days} == Counter(
        (one.tag, local_day(one)) for one in wanted
    )
    assert tags == Counter(one.tag for one in wanted)


@pytest.mark.parametrize("order", ["newest", "engagement"])
@pytest.mark.parametrize("words", ["", "bridge OR bus", "bus NEAR/3 late"])
def test_screenfuls_neither_skip_nor_repeat(
    order: stores.Order, words: str, filled: tuple[Store, list[Mention]]
) -> None:
    """Leafing through a view shows every mention once, in order; of equal engagement the newest first."""
    store, _ = filled
    view = replace(EVERYTHING, query=parse(words) if words else None)
    with store.reading() as connection:
        reader = Reader(store, connection)
        leafed = [one for page in range(60) for one in reader.mentions(view, order=order, limit=11, offset=11 * page)]
        whole = reader.mentions(view, order=order, limit=1_000)
    assert whole == leafed
    keys = [(sum_of(one) if order == "engagement" else 0, one.published_at) for one in whole]
    assert sorted(keys, reverse=True) == keys


def sum_of(mention: Mention) -> int:
    return -1 if mention.likes is None else mention.likes


def test_newest_and_oldest_leave_own_posts_out(store: Store, save: Save, mention: MakeMention) -> None:
    """The newest and the oldest mention are what others said."""
    save(
        store,
        *(mention(published_at=NOON + timedelta(hours=hour), own=hour in (0, 9)) for hour in (0, 3, 5, 9)),
    )
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert (NOON + timedelta(hours=3), NOON + timedelta(hours=5)) == (reader.oldest_at(), reader.newest_at())


class AnyMixOfChanges(RuleBasedStateMachine):
    """Inserts, edits, new tags, new topics, accounts that become ours: the daily counts stay a recount."""

    make_store: MakeStore
    make_mention: MakeMention
    save: Save

    def __init__(self) -> None:
        super().__init__()
        self.store = self.make_store()
        self.said: dict[str, Mention] = {}

    @rule(
        hours=st.integers(-40, 40),
        tag=st.sampled_from(TAGS),
        feed=st.sampled_from(FEEDS),
        own=st.booleans(),
        question=st.sampled_from((True, False, None)),
    )
    def insert(self, hours: int, tag: str, feed: tuple[str, str], own: bool, question: bool | None) -> None:
        at = NOON + timedelta(hours=hours)
        one = self.make_mention(
            published_at=at, tag=tag, feed=feed[0], source=feed[1], own=own and hours % 3 == 0, question=question
        )
        self.said[one.id] = one
        assert 1 == self.save(self.store, one)

    @precondition(lambda self: bool(self.said))
    @rule(
        data=st.data(),
        changes=st.fixed_dictionaries(
            {},
            optional={
                "text": st.sampled_from(("A new bridge", "A kind bus driver", "")),
                "tag": st.sampled_from(TAGS),
                "question": st.sampled_from((True, False, None)),
                "topics": st.sampled_from(((), ("transit",), ("parks", "transit"), ("parks",))),
                "own": st.booleans(),
                "feed": st.sampled_from(("Herald", "Gazette")),
                "published_at": st.just(NOON + timedelta(days=9)),
            },
        ),
    )
    def change(self, data: st.DataObject, changes: dict[str, Any]) -> None:
        before = self.said[data.draw(st.sampled_from(sorted(self.said)))]
        assert 0 == self.save(self.store, replace(before, **changes))
        kept = {"feed": before.feed, "published_at": before.published_at}
        self.said[before.id] = replace(before, **{**changes, **kept})

    @invariant()
    def daily_counts_equal_a_recount(self) -> None:
        assert_counts_are_exact(self.store)
        assert Counter(
            (one.feed, one.tag, local_day(one)) for one in self.said.values() if one.topics and not one.own
        ) == {(count.feed, count.tag, count.day): count.count for count in counted(self.store, by_day=True)}


def test_daily_counts_equal_a_recount_after_any_mix_of_changes(
    new_store: MakeStore, mention: MakeMention, save: Save
) -> None:
    """Whatever is inserted, edited and tagged anew, in any order, the small table of daily counts stays exact."""
    machine = type("Machine", (AnyMixOfChanges,), {})
    for name, made in (("make_store", new_store), ("make_mention", mention), ("save", save)):
        setattr(machine, name, staticmethod(made))
    case = machine.TestCase()  # type: ignore[attr-defined]
    case.settings = settings(max_examples=8, stateful_step_count=10)
    case.runTest()


# --- feeds, runs, notes -----------------------------------------------------------------------------------------------


def test_what_is_known_of_a_feed_comes_back(store: Store) -> None:
    """A feed's state is kept between runs, and the latest one wins."""
    state = FeedState(
        name="Herald",
        source="rss",
        etag='"1"',
        cursor="7",
        first_answer_at=NOON,
        last_answer_at=NOON,
        last_posts=20,
        state="ok",
        not_before=NOON + timedelta(minutes=9),
        ordered=True,
    )
    with store.writing() as connection:
        stores.save_feed(connection, FeedState(name="Herald", source="rss", failures=3))
        stores.save_feed(connection, state, day=20260304, answered=True)
    with store.reading() as connection:
        assert {"Herald": state} == stores.feed_states(connection)
    with store.writing() as connection:
        stores.forgive(connection, {"Herald": NOON + timedelta(minutes=20)})
    with store.reading() as connection:
        assert {
            "Herald": replace(state, not_before=None, failures=0, due_at=NOON + timedelta(minutes=20))
        } == stores.feed_states(connection)


def test_a_feed_is_heard_when_it_answered(store: Store) -> None:
    """Only answers count as listening; all along means since before the period began."""
    with store.writing() as connection:
        for name, since, answered in (("old", -20, True), ("new", -2, True), ("silent", -20, False)):
            first = NOON + timedelta(days=since) if answered else None
            state = FeedState(name=name, source="rss", first_answer_at=first)
            stores.save_feed(connection, state, day=20260303, answered=answered)
    with store.reading() as connection:
        reader = Reader(store, connection)
        week = NOON - timedelta(days=7), NOON
        assert {"old", "new"} == reader.heard_feeds(*week)
        assert {"old"} == reader.heard_feeds(*week, all_along=True)
        assert set() == reader.heard_feeds(NOON, NOON + timedelta(days=7))
        assert date(2026, 2, 12) == reader.listening_since()


def test_a_run_tells_how_far_it_came(store: Store) -> None:
    """A run that is under way, or was killed, has no end; a finished one has, with its result."""
    number = stores.start_run(store, at=NOON, feeds_to_ask=3)
    with store.writing() as connection:
        for new in (4, 0):
            stores.run_progress(connection, number, at=NOON + timedelta(minutes=1), failed=not new, posts=10, new=new)
    with store.reading() as connection:
        run = Reader(store, connection).latest_run()
    assert run is not None
    assert (None, 3, 2, 1, 20, 4) == (run.finished_at, run.feeds, run.done, run.failed, run.posts, run.new)
    stores.finish_run(store, number, at=NOON + timedelta(minutes=2), note="all is well")
    with store.reading() as connection:
        run = Reader(store, connection).latest_run()
    assert run is not None
    assert (NOON + timedelta(minutes=2), "all is well") == (run.finished_at, run.note)


def test_notes_and_accesses_are_written_down(store: Store) -> None:
    """Facts about the store are remembered, and who searched or exported what."""
    assert None is stores.noted(store, "demo_shift")
    for value in ("3", "4"):
        stores.note(store, "demo_shift", value)
    assert "4" == stores.noted(store, "demo_shift")
    stores.log_access(store, at=NOON, who="ada", what="export", detail="csv, 3 rows")
    with store.reading() as connection:
        row = connection.exec_driver_sql("SELECT at, who, what, detail FROM access_log").one()
    assert (int(NOON.timestamp()), "ada", "export", "csv, 3 rows") == tuple(row)


def test_known_posts_are_told_from_new_ones(store: Store, save: Save, mention: MakeMention) -> None:
    """A run learns what is stored of a post, so that it need not tag the same words twice."""
    found = [mention(likes=number) for number in range(1_200)]
    save(store, *found)
    with store.reading() as connection:
        known = stores.known(connection, [*(one.id for one in found), "new"])
    assert {one.id for one in found} == set(known)
    one = found[3]
    assert (one.text, stores.topics_text(one.topics), 3, False) == (
        known[one.id].text,
        known[one.id].topics,
        known[one.id].likes,
        known[one.id].withdrawn,
    )


def test_a_frame_has_the_columns_and_keeps_unknown_apart_from_zero(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """Notebooks get the data dictionary's columns; missing counts are missing, times are aware, also none at all."""
    save(store, mention(likes=0, edited_at=datetime(9999, 1, 1, tzinfo=UTC)), mention(likes=None))
    table = frame(held(store))
    assert [*COLUMNS, *REVIEW_COLUMNS] == list(table.columns)
    assert [True, False] == sorted(table["likes"].isna(), reverse=True)
    assert "UTC" == str(table["published_at"].dt.tz)
    assert [*COLUMNS, *REVIEW_COLUMNS] == list(frame([]).columns)
