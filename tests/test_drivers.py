"""What drove a spike: a story or words, only where they explain enough of the day, and said in a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOON, TIMEZONE, MakeMention, Save

from listening import store as stores
from listening.insights.drivers import Driver, day_view, driver
from listening.insights.sentences import driver_words
from listening.insights.spikes import Spike
from listening.models import Mention
from listening.store import FeedState, Reader, Store, View

FEED = "Quillhaven social"
VIEW = View(start=NOON - timedelta(days=30), end=NOON + timedelta(days=1))
DAY = NOON.astimezone(TIMEZONE).date()
OTHERS = (
    "My bench in the park has been painted green", "Which line goes to the museum on holidays?",
    "Thanks to whoever found my glove at the pier", "The fountain runs again, children are delighted",
    "Is there a choir that still takes a tenor?", "Somebody left apples at every door of our street",
    "The clock on the tower is four minutes fast", "Where do I bring an old bicycle for repair?",
)  # fmt: skip


def drove(store: Store, count: int) -> Driver | None:
    spike = Spike(day=DAY, count=count, expected=2.0, chance=0.001, feeds=frozenset({FEED}), everywhere=count)
    with store.reading() as connection:
        return driver(Reader(store, connection), VIEW, spike, TIMEZONE, own=("Quillhaven",))


@pytest.fixture
def usual(store: Store, save: Save, mention: MakeMention) -> list[Mention]:
    """A feed heard for weeks, with some talk on other days and on the day itself."""
    with store.writing() as connection:
        first = NOON - timedelta(days=60)
        stores.save_feed(connection, FeedState(name=FEED, source="mastodon", state="ok", first_answer_at=first))
        for days in range(60):
            at = int((NOON - timedelta(days=days)).timestamp())
            stores.note_heard(connection, FEED, store.local_day(at), answered=True)
    before = [
        mention(text=f"{text} {days}", published_at=NOON - timedelta(days=days))
        for days in range(2, 9)
        for text in OTHERS[:4]
    ]
    today = [mention(text=text, author=f"p{n}", published_at=NOON) for n, text in enumerate(OTHERS)]
    save(store, *before, *today)
    return today


def test_one_story_drove_the_day(store: Store, save: Save, mention: MakeMention, usual: list[Mention]) -> None:
    """A report that was shared is named with its number, and its view holds just its posts."""
    report = "Quillhaven opens the footbridge over the Mill Stream to walkers on Saturday morning at nine"
    copies = [mention(text=report, feed=FEED, published_at=NOON + timedelta(minutes=n)) for n in range(6)]
    save(store, *copies)
    found = drove(store, len(usual) + len(copies))
    assert found is not None
    assert found.first is not None
    assert (found.first.text, found.count) == (report, 6)
    with store.reading() as connection:
        spike = Spike(day=DAY, count=14, expected=2.0, chance=0.001, feeds=frozenset({FEED}), everywhere=14)
        reader = Reader(store, connection)
        assert reader.total(day_view(VIEW, spike, TIMEZONE)) == 14
        assert {one.id for one in reader.stream(found.view)} == {one.id for one in copies}


def test_words_drove_the_day(store: Store, save: Save, mention: MakeMention, usual: list[Mention]) -> None:
    """Where no text was shared, the words that came up far more than the week before."""
    lanterns = (
        "Lanterns on the water tonight, bring the children", "I made two lanterns out of old maps",
        "Who lights the lanterns at the pier?", "So many lanterns, I could cry with joy",
        "Lanterns everywhere, even on the bus",
        "My neighbor sells lanterns for the school", "The lanterns are the best idea in years",
        "Can one still get lanterns at the market?", "Grandfather tells how they swam among lanterns",
    )  # fmt: skip
    posts = [mention(text=text, author=f"l{n}", published_at=NOON) for n, text in enumerate(lanterns)]
    save(store, *posts)
    found = drove(store, len(usual) + len(posts))
    assert found is not None
    assert (found.words.casefold(), found.count, found.first) == ("lanterns", 9, None)
    with store.reading() as connection:
        assert Reader(store, connection).total(found.view) == 9


def test_only_places_heard_all_along_explain_it(
    store: Store, save: Save, mention: MakeMention, usual: list[Mention]
) -> None:
    """A story told in a place that joined yesterday is no part of the spike, whose sentence leaves that place out."""
    report = "Quillhaven opens the footbridge over the Mill Stream to walkers on Saturday morning at nine"
    elsewhere = [mention(text=report, feed="New place", published_at=NOON + timedelta(minutes=n)) for n in range(6)]
    save(store, *elsewhere, mention(text=report, feed=FEED, published_at=NOON))
    assert drove(store, len(usual) + 1) is None


def test_nothing_drove_the_day(store: Store, usual: list[Mention]) -> None:
    """A day of many small things has no driver, and none is made up."""
    assert drove(store, len(usual)) is None
    assert drove(store, 100 * len(usual)) is None


def test_it_is_said_in_a_sentence(mention: MakeMention) -> None:
    """With the number of posts that it explains, and never with words behind a warning or taken back."""
    assert driver_words(Driver(words="night market", count=9, view=VIEW)) == "“Night market” comes up in 9 of them."
    first = mention(title="Footbridge opens\non Saturday")
    story = Driver(first=first, count=6, view=VIEW)
    assert driver_words(story) == "One story, “Footbridge opens on Saturday”, makes up 6 of them."
    hidden = replace(story, first=replace(first, sensitive=True))
    assert driver_words(hidden) == "One story, “Behind a content warning; open it to read.”, makes up 6 of them."
    gone = replace(story, first=replace(first, title="", text="", withdrawn_at=NOON))
    assert "Taken back by its author" in driver_words(gone)
