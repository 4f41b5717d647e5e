"""Quotes: good and bad in the same number and by the same rule, no place speaks for all, nothing hidden is read out."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from conftest import NOON, MakeMention, MakeStore, Save
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.insights.quotes import EACH, LONGEST, PER_PLACE, SHORTEST, Quotes, quotes
from listening.models import TAGS, Mention
from listening.query import parse
from listening.store import Reader, Store, View

VIEW = View(start=NOON - timedelta(days=7), end=NOON + timedelta(hours=1))


def chosen(store: Store, view: View = VIEW) -> Quotes:
    with store.reading() as connection:
        return quotes(Reader(store, connection), view)


def said(found: tuple[Mention, ...]) -> list[str]:
    return [one.text for one in found]


def kind(words: str) -> str:
    """A kind text of a length that can be read aloud, and no copy of another."""
    return f"{words} helps us, {words} is kind, and {words} makes a nicer town."


def three_good(mention: MakeMention) -> list[Mention]:
    return [
        mention(feed=f"Place {number}", tag="good", text=kind(f"Good {number}"), likes=9 - number)
        for number in range(3)
    ]


def test_as_many_good_as_bad_ones(store: Store, save: Save, mention: MakeMention) -> None:
    """Three good and two bad make two of each, the most liked first."""
    save(store, *three_good(mention))
    save(
        store,
        mention(feed="A", tag="bad", text=kind("Bad 1"), likes=1),
        mention(feed="B", tag="bad", text=kind("Bad 2"), replies=5),
        mention(feed="C", tag="neutral", text=kind("Neutral"), likes=99),
        mention(feed="C", tag="unscored", text=kind("Unscored"), likes=99),
    )
    found = chosen(store)
    assert [kind("Good 0"), kind("Good 1")] == said(found.good)
    assert [kind("Bad 2"), kind("Bad 1")] == said(found.bad)


def test_three_of_each_at_most(store: Store, save: Save, mention: MakeMention) -> None:
    """However many there are."""
    for tag in ("good", "bad"):
        save(store, *(mention(feed=f"F{number}", tag=tag, text=kind(f"{tag} {number}")) for number in range(9)))
    found = chosen(store)
    assert (3, 3) == (len(found.good), len(found.bad))


def test_where_one_side_is_silent_the_other_is_not_hidden(store: Store, save: Save, mention: MakeMention) -> None:
    """The page says that there is no bad post; three good ones are shown all the same."""
    save(store, *three_good(mention), mention(feed="D", tag="good", text=kind("Good 4"), likes=1))
    found = chosen(store)
    assert [kind(f"Good {number}") for number in range(3)] == said(found.good)
    assert () == found.bad


def test_an_empty_store_has_no_quotes(store: Store) -> None:
    """Nothing is made up."""
    assert Quotes(good=(), bad=()) == chosen(store)


def test_likes_replies_and_reposts_count_together(store: Store, save: Save, mention: MakeMention) -> None:
    """Most first; of equal ones the newest; what says no number comes last."""
    texts = [kind(words) for words in ("Together", "Likes", "Newer", "Silent")]
    save(
        store,
        mention(feed="A", text=texts[3], published_at=NOON),
        mention(feed="B", text=texts[1], likes=5, published_at=NOON - timedelta(hours=2)),
        mention(feed="C", text=texts[0], likes=2, replies=2, reposts=2, published_at=NOON - timedelta(hours=3)),
        mention(feed="D", text=texts[2], likes=5, published_at=NOON - timedelta(hours=1)),
    )
    assert [texts[0], texts[2], texts[1]] == said(chosen(store).good)


def test_no_place_speaks_for_all(store: Store, save: Save, mention: MakeMention) -> None:
    """Two of a place at most, although it has the most liked ones."""
    loud = [mention(feed="Loud", text=kind(f"Loud {number}"), likes=90 - number) for number in range(5)]
    save(store, *loud, mention(feed="Small", text=kind("Small"), likes=1))
    assert [kind("Loud 0"), kind("Loud 1"), kind("Small")] == said(chosen(store).good)


@pytest.mark.parametrize("count", [60, 61, 150])
def test_a_loud_place_does_not_hide_the_others(count: int, store: Store, save: Save, mention: MakeMention) -> None:
    """Also where the first sixty and more are all from one place."""
    loud = [mention(feed="Loud", text=kind(f"Loud {number}"), likes=1_000 - number) for number in range(count)]
    save(store, *loud, mention(feed="Small", text=kind("Small"), likes=1))
    assert [kind("Loud 0"), kind("Loud 1"), kind("Small")] == said(chosen(store).good)


def test_no_person_speaks_for_all(store: Store, save: Save, mention: MakeMention) -> None:
    """One quote an author, wherever they wrote; a paper's name is no person."""
    save(
        store,
        *(mention(feed=f"Place {n}", author="ada", text=kind(f"Ada {n}"), likes=9 - n) for n in range(3)),
        *(mention(feed="Herald", source="rss", author="Herald", text=kind(f"Herald {n}"), likes=4 - n) for n in (1, 2)),
        mention(feed="Small", author="ben", text=kind("Ben"), likes=1),
    )
    assert [kind("Ada 0"), kind("Herald 1"), kind("Herald 2")] == said(chosen(store).good)


def test_what_should_not_be_read_out_is_no_quote(store: Store, save: Save, mention: MakeMention) -> None:
    """Behind a content warning, taken back, without words, our own."""
    save(
        store,
        mention(feed="A", text=kind("Warned"), likes=9, sensitive=True),
        mention(feed="B", text="", title="", likes=9, withdrawn_at=NOON),
        mention(feed="C", text=kind("Taken back"), likes=9, withdrawn_at=NOON),
        mention(feed="D", text="", title="", likes=9),
        mention(feed="E", text=kind("Ours"), likes=9, own=True),
        mention(feed="F", text=kind("A neighbor"), likes=1),
    )
    assert [kind("A neighbor")] == said(chosen(store).good)


def test_the_same_words_are_quoted_once(store: Store, save: Save, mention: MakeMention) -> None:
    """A copy in another place, in capitals, or with another end is the same."""
    text = kind("The new bridge over the harbor, which opened on Saturday with a brass band,")
    save(
        store,
        mention(feed="A", text=text, likes=9),
        mention(feed="B", text=text, likes=8),
        mention(feed="C", text=text.upper(), likes=7),
        mention(feed="D", text=f"{text} (via Herald)", likes=6),
        mention(feed="E", text=kind("Another voice"), likes=1),
    )
    assert [text, kind("Another voice")] == said(chosen(store).good)


def test_what_can_be_read_aloud_comes_first(store: Store, save: Save, mention: MakeMention) -> None:
    """Too short says nothing, too long is not read; they stand there only where nothing else does."""
    short, long = "Nice bridge!", kind("Long " * 80)
    assert len(short) < SHORTEST < LONGEST < len(long)
    save(
        store,
        mention(feed="A", text=short, likes=99),
        mention(feed="B", text=long, likes=98),
        mention(feed="C", text=kind("Just right"), likes=1),
    )
    assert [kind("Just right"), short, long] == said(chosen(store).good)


def test_a_headline_without_a_text_can_be_quoted(store: Store, save: Save, mention: MakeMention) -> None:
    """Papers often give a title alone; where there is a text too, both count, as they do for the tag."""
    save(
        store,
        mention(feed="A", source="rss", title="Quillhaven opens its new bridge to walkers", text="", likes=1),
        mention(feed="B", source="rss", title="Crowds greet the footbridge on Saturday", text="Short.", likes=9),
    )
    assert ["B", "A"] == [one.feed for one in chosen(store).good]


def test_a_headline_and_its_text_are_read_together(store: Store, save: Save, mention: MakeMention) -> None:
    """Each alone is too short to say anything, both together are not."""
    title, text = "The bridge is open", "Thousands came."
    assert max(len(title), len(text)) < SHORTEST <= len(title) + len(text)
    save(
        store,
        mention(feed="A", source="rss", title=title, text="", likes=9),
        mention(feed="B", source="rss", title=title, text=text, likes=3),
        mention(feed="C", source="rss", title="Quillhaven thanks its many volunteers", text="", likes=2),
    )
    assert ["B", "C", "A"] == [one.feed for one in chosen(store).good]


def test_quotes_are_of_the_view(store: Store, save: Save, mention: MakeMention) -> None:
    """Its period, topic, places, words and tag."""
    save(
        store,
        mention(feed="A", text=kind("Old"), published_at=VIEW.start - timedelta(seconds=1), likes=9),
        mention(feed="A", text=kind("Late"), published_at=VIEW.end, likes=9),
        mention(feed="A", text=kind("Parks"), topics=("parks",), likes=8),
        mention(feed="B", text=kind("A bridge"), topics=("transit",), likes=7),
        mention(feed="C", text=kind("A ferry"), topics=("transit",), tag="bad", likes=6),
    )
    assert [kind("Parks")] == said(chosen(store, replace(VIEW, topic="parks")).good)
    assert [kind("A bridge")] == said(chosen(store, replace(VIEW, feeds=frozenset({"B"}))).good)
    ferry = chosen(store, replace(VIEW, query=parse("ferry")))
    assert ([], [kind("A ferry")]) == (said(ferry.good), said(ferry.bad))
    bad = chosen(store, replace(VIEW, tag="bad"))
    assert ([], [kind("A ferry")]) == (said(bad.good), said(bad.bad))
    neutral = chosen(store, replace(VIEW, tag="neutral"))
    assert ([], []) == (said(neutral.good), said(neutral.bad))


POSTS = st.fixed_dictionaries(
    {
        "tag": st.sampled_from(TAGS),
        "feed": st.sampled_from(("A", "B", "C", "D")),
        "text": st.sampled_from([kind(word) for word in "abcdefgh"] + ["Nice!", "", kind("word " * 90)]),
        "likes": st.none() | st.integers(0, 5),
        "sensitive": st.sampled_from((False, False, False, True)),
        "own": st.sampled_from((False, False, False, True)),
        "withdrawn_at": st.sampled_from((None, None, None, NOON)),
        "published_at": st.integers(-8 * 24, 2).map(lambda hours: NOON + timedelta(hours=hours)),
    }
)


@settings(max_examples=15)
@given(posts=st.lists(POSTS, max_size=30))
def test_any_choice_is_fair(
    posts: list[dict[str, Any]], new_store: MakeStore, save: Save, mention: MakeMention
) -> None:
    """Whatever was said: equal numbers, two of a place, no words twice, nothing hidden, nothing from elsewhere."""
    store = new_store()
    save(store, *(mention(**post) for post in posts))
    found = chosen(store)
    if found.good and found.bad:
        assert len(found.good) == len(found.bad)
    for tag, side in (("good", found.good), ("bad", found.bad)):
        assert EACH >= len(side)
        assert {tag} >= {one.tag for one in side}
        assert PER_PLACE >= max(Counter(one.feed for one in side).values(), default=0)
        assert len(side) == len(set(said(side)))
        for one in side:
            assert one.text
            assert not one.own
            assert not one.sensitive
            assert None is one.withdrawn_at
            assert one.published_at is not None
            assert VIEW.start <= one.published_at < VIEW.end
    fitting = [
        post
        for post in posts
        if post["text"]
        and not (post["own"] or post["sensitive"] or post["withdrawn_at"])
        and VIEW.start <= post["published_at"] < VIEW.end
    ]
    there = {post["tag"] for post in fitting}
    assert ("good" in there, "bad" in there) == (bool(found.good), bool(found.bad))
