"""Reach: a range made of known audiences, each counted once, and nothing where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOON, MakeMention, Save

from listening.insights.reach import Reach, reach
from listening.insights.sentences import reach_change, reach_range, reach_words, rounded
from listening.store import Reader, Store, View

VIEW = View(start=NOON - timedelta(days=7), end=NOON + timedelta(hours=1))


def reached(store: Store, **audiences: int) -> Reach | None:
    with store.reading() as connection:
        return reach(Reader(store, connection), VIEW, audiences)


def test_nothing_known_is_nothing_said(store: Store, save: Save, mention: MakeMention) -> None:
    """No follower count and no outlet's figure: there is no reach, not zero."""
    save(store, mention(), mention())
    assert reached(store) is None
    assert reached(store, Herald=5_000) is None  # a figure of an outlet that said nothing


def test_an_author_counts_once_by_the_largest_count_seen(store: Store, save: Save, mention: MakeMention) -> None:
    """Three posts of one author are one audience; unknown ones are counted and not guessed."""
    posts = [
        mention(author="ada", author_url="https://a.example/@ada", author_followers=followers)
        for followers in (100, 120, 110)
    ]
    save(store, *posts, mention(author="ben", author_url="https://b.example/@ben", author_followers=30), mention())
    assert reached(store) == Reach(low=120, high=150, authors=2, outlets=0, unknown=1)


def test_an_outlet_counts_once_a_day(store: Store, save: Save, mention: MakeMention) -> None:
    """Two articles on one day reach the same readers; the next day is another day."""
    articles = [mention(feed="Herald", source="rss", published_at=NOON - timedelta(days=days)) for days in (0, 0, 1)]
    save(store, *articles, mention(author="ada", author_url="https://a.example/@ada", author_followers=100))
    assert reached(store, Herald=5_000) == Reach(low=5_000, high=10_100, authors=1, outlets=1, unknown=0)


def test_authors_without_an_address_are_told_apart_by_name_and_source(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """The same name on two networks is two people, as far as we know."""
    save(
        store,
        mention(author="ada", author_followers=10),
        mention(author="ada", author_followers=10),
        mention(author="ada", source="reddit", author_followers=7),
    )
    assert reached(store) == Reach(low=10, high=17, authors=2, outlets=0, unknown=0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            Reach(low=1_234, high=56_789, authors=3, outlets=1, unknown=0),
            "They may have reached between 1,200 people (the largest single audience) and 57,000 (all known ones, "
            "as if nobody were in two of them), by 3 authors’ followers and 1 outlet’s own figure.",
        ),
        (
            Reach(low=40, high=40, authors=1, outlets=0, unknown=2),
            "They may have reached about 40 people, by 1 author’s followers. Of 2 public posts we do not know the "
            "audience; nothing is guessed for them.",
        ),
    ],
)
def test_it_is_said_as_a_range_with_its_method(found: Reach, expected: str) -> None:
    """Rounded to what is known, with what it is made of."""
    assert reach_words(found) == expected


def test_no_more_digits_than_are_known() -> None:
    """1,234 is 1,200; small counts stay."""
    assert [rounded(count) for count in (0, 7, 42, 128, 1_250, 99_600)] == ["0", "7", "42", "130", "1,200", "100,000"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 7, "0–7"),
        (940, 1_234, "940–1.2K"),
        (40, 40, "40"),
        (9_996, 56_789, "10K–57K"),
        (123_456, 3_400_000, "120K–3.4M"),
    ],
)
def test_as_a_metric_it_is_short(low: int, high: int, expected: str) -> None:
    """It is still a range, so short that no metric cuts it."""
    assert reach_range(Reach(low=low, high=high, authors=1, outlets=0, unknown=0)) == expected


def test_two_ranges_stand_beside_each_other_without_a_percentage() -> None:
    """Where the places differ nothing is said of before."""
    assert reach_change(Reach(low=940, high=1_200, authors=2, outlets=0, unknown=0)) == "940–1.2K before"
    assert reach_change(None) == "a range, not a count"


def test_the_posts_behind_it_are_those_whose_audience_is_known(store: Store, save: Save, mention: MakeMention) -> None:
    """The number that the page opens: all posts but the unknown ones, of either kind."""
    save(
        store,
        mention(author="ada", author_url="https://a.example/@ada", author_followers=100),
        mention(feed="Herald", source="rss"),
        mention(),
    )
    with store.reading() as connection:
        reader = Reader(store, connection)
        for audiences in ({}, {"Herald": 5_000}):
            found = reach(reader, VIEW, audiences)
            assert found is not None
            behind = replace(VIEW, audience_known=frozenset(audiences))
            assert reader.total(behind) == len(reader.mentions(behind)) == 3 - found.unknown
