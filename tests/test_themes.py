"""Themes: what people talk about, what is new, and that every number opens the mentions behind it."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from random import Random

import numpy as np
import pytest
from conftest import NOON, TIMEZONE, MakeMention, MakeStore, Save
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import store as stores
from listening.insights.odds import chance, incomplete_beta, z_scores
from listening.insights.periods import Period, period
from listening.insights.themes import LEAST, Sides, Theme, sides, themes
from listening.models import TAGS, Mention, Tag
from listening.query import parse
from listening.store import FeedState, Reader, Store, View, stories

WEEK = period("7d", NOON, TIMEZONE)
VIEW = View(start=WEEK.start, end=WEEK.end)
FEED = "Quillhaven social"

_unlike = ("".join(letters) for letters in product("bdfgklmnprst", "aeiou", "lmnrst", "aeiou", "lmnrst", "aeiou"))
"""Words that nobody says twice, so that no two texts are copies."""

USUAL = (
    "The ferry was on time",
    "A quiet ride along the harbor",
    "My bench in the park has been painted",
    "Which line goes to the museum?",
    "The fountain is running again",
    "Is there a map of the harbor?",
)


def heard(store: Store, *feeds: str, since: datetime = NOON - timedelta(days=60)) -> None:
    """Let feeds be listened to since a day, and answer daily."""
    with store.writing() as connection:
        for feed in feeds:
            stores.save_feed(connection, FeedState(name=feed, source="mastodon", state="ok", first_answer_at=since))
            for days in range((NOON - since).days + 1):
                day = store.local_day(int((NOON - timedelta(days=days)).timestamp()))
                stores.note_heard(connection, feed, day, answered=True)


def said(mention: MakeMention, texts: Iterable[str], *, days: float = 1, **changes: object) -> list[Mention]:
    """One mention a text, each by another person, in English, an hour after each other, so many days ago."""
    return [
        mention(
            **{
                "text": text,
                "author": next(_unlike),
                "language": "en",
                "published_at": NOON - timedelta(days=days, minutes=number),
                **changes,
            }
        )
        for number, text in enumerate(texts)
    ]


def usual(mention: MakeMention, times: int = 5) -> list[Mention]:
    """What is said every week, over the last five weeks."""
    found = []
    for week in range(5):
        for time in range(times):
            # Not so alike that the store takes them for copies of one text.
            texts = (f"{next(_unlike)} {text} {next(_unlike)} {next(_unlike)}" for text in USUAL)
            found += said(mention, texts, days=7 * week + 0.5 + time)
    return found


def asked(
    store: Store, view: View = VIEW, *, own: Collection[str] = (), most: int = 8, over: Period = WEEK
) -> list[Theme]:
    """The themes of a week."""
    with store.reading() as connection:
        return themes(Reader(store, connection), view, over, own=own, most=most)


def asked_sides(store: Store, own: Collection[str] = ()) -> Sides:
    """Good against bad in a week."""
    with store.reading() as connection:
        return sides(Reader(store, connection), VIEW, WEEK, own=own)


def words(found: Iterable[Theme]) -> list[str]:
    """The themes as they are shown."""
    return [theme.words for theme in found]


def opened(store: Store, theme: Theme, view: View = VIEW, over: Period = WEEK) -> tuple[list[Mention], list[Mention]]:
    """The mentions that a theme's query opens in the period and in the one before."""
    with store.reading() as connection:
        reader = Reader(store, connection)
        now = replace(view, start=over.start, end=over.end, query=theme.query)
        before = replace(view, start=over.before, end=over.start, query=theme.query)
        return reader.mentions(now, limit=10_000), reader.mentions(before, limit=10_000)


def check_numbers(store: Store, found: Sequence[Theme], view: View = VIEW) -> None:
    """Every number opens exactly the mentions behind it, also where the query is typed by a person."""
    for theme in found:
        now, before = opened(store, theme, view)
        assert (theme.count, theme.before) == (len(now), len(before))
        assert dict(theme.tags) == {tag: n for tag in TAGS if (n := sum(m.tag == tag for m in now))}
        typed = replace(theme, query=parse(theme.query.text))
        assert (len(now), len(before)) == tuple(map(len, opened(store, typed, view)))


MARKET = tuple(f"{start} the night market {end}" for start, end in (
    ("I love", "by the river"), ("We went to", "with my sister"), ("When does", "open?"), ("Lanterns at", "tonight"),
    ("Try the dumplings at", "please"), ("So many people at", ""), ("My neighbors sing at", "on Friday"),
    ("Is there a bus to", "after nine?"), ("Thanks for", ""), ("Bring a bag to", "and a cup"),
    ("A stall for plants at", "at last"), ("The band at", "was lovely"),
))  # fmt: skip


def test_what_is_new_stands_first(store: Store, save: Save, mention: MakeMention) -> None:
    """A word that was not said before, by many, is new; what is said every week is not."""
    heard(store, FEED)
    save(store, *usual(mention), *said(mention, MARKET))
    found = asked(store)
    assert ("night market", 12, 0, True) == (found[0].words, found[0].count, found[0].before, found[0].new)
    assert found[0].z > 1.96
    assert [] == [theme.words for theme in found[1:] if theme.new]
    assert "ferry" in words(found)
    check_numbers(store, found)


def test_words_that_mean_nearly_the_same_are_one_theme(store: Store, save: Save, mention: MakeMention) -> None:
    """Timetable and schedule count together, open together, and the one written most is shown."""
    heard(store, FEED)
    texts = (
        "I like the new timetable of the 12", "The timetable hangs by the mill", "My sister drew the timetable by hand",
        "The schedule is easier to read now", "Thanks for a schedule in large print",
    )  # fmt: skip
    save(store, *usual(mention), *said(mention, texts))
    found = next(theme for theme in asked(store) if theme.words == "timetable")
    assert (found.count, found.new) == (5, True)
    now, _ = opened(store, found)
    assert {one.text for one in now} == set(texts)
    assert "schedule" not in words(asked(store))


def test_a_phrase_stands_before_its_words(store: Store, save: Save, mention: MakeMention) -> None:
    """Night market, and not night and market beside it."""
    heard(store, FEED)
    save(store, *usual(mention), *said(mention, MARKET))
    assert ["night market"] == [one for one in words(asked(store)) if {"night", "market"} & set(one.split())]


def test_a_word_that_stands_alone_more_often_is_a_theme_of_its_own(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """A phrase speaks for a word only where it has most of its mentions."""
    heard(store, FEED)
    alone = (f"A market with {thing}" for thing in ("apples", "pears", "plums", "bread", "honey", "cheese", "candles"))
    save(store, *usual(mention), *said(mention, [*MARKET[:3], *alone]))
    assert "market" in words(asked(store))


def test_without_listening_before_nothing_is_new(store: Store, save: Save, mention: MakeMention) -> None:
    """In the first week everything would be."""
    heard(store, FEED, since=NOON - timedelta(days=5))
    save(store, *said(mention, [*MARKET, *USUAL]))
    found = asked(store)
    assert "night market" in words(found)
    assert not any(theme.new for theme in found)
    check_numbers(store, found)


def test_a_feed_that_joined_makes_nothing_new(store: Store, save: Save, mention: MakeMention) -> None:
    """Its words were said before too; we did not hear them."""
    heard(store, FEED)
    heard(store, "Harbor paper", since=NOON - timedelta(days=3))
    save(store, *usual(mention), *said(mention, MARKET, feed="Harbor paper"))
    found = asked(store)
    assert {"night market": False} == {theme.words: theme.new for theme in found if "market" in theme.words}
    check_numbers(store, found)


def test_few_mentions_say_nothing(store: Store, save: Save, mention: MakeMention) -> None:
    """Two people and one word are no theme."""
    heard(store, FEED)
    save(store, *usual(mention, times=1)[:4], *said(mention, MARKET[: LEAST - 1]))
    assert [] == asked(store)


def test_an_empty_store_has_no_themes(store: Store) -> None:
    """Nor has it sides."""
    assert [] == asked(store)
    assert Sides(good=(), bad=()) == asked_sides(store)


def test_three_mentions_a_day_are_enough(store: Store, save: Save, mention: MakeMention) -> None:
    """A small town's week: four people speak of one thing."""
    heard(store, FEED)
    quiet = [one for week in range(2) for one in said(mention, USUAL, days=7 * week + 0.5)]
    save(store, *quiet, *said(mention, MARKET[:4]))
    assert "night market" in words(asked(store))


def test_one_person_is_no_theme(store: Store, save: Save, mention: MakeMention) -> None:
    """However often somebody says a thing."""
    heard(store, FEED)
    save(store, *usual(mention), *said(mention, MARKET, author="eager reader"))
    assert not {"night market", "market"} & set(words(asked(store)))


def test_places_are_voices_where_no_author_is_named(store: Store, save: Save, mention: MakeMention) -> None:
    """Two papers are enough, one is not."""
    heard(store, FEED, "Herald")
    papers = said(mention, MARKET, author=None)
    save(store, *usual(mention), *papers)
    assert "night market" not in words(asked(store))
    save(store, *said(mention, [f"Tonight: {text}" for text in MARKET], author=None, feed="Herald"))
    assert "night market" in words(asked(store))


def test_a_copied_text_is_no_theme(store: Store, save: Save, mention: MakeMention) -> None:
    """Twenty papers with the same report, whatever link they add, are one text."""
    heard(store, FEED)
    report = "The lantern parade of Quillhaven starts at the mill and goes along the river this year"
    copies = said(mention, (f"{report} https://paper{n}.example/{n} - Paper {n}" for n in range(20)))
    save(store, *usual(mention), *copies)
    assert not [one for one in words(asked(store)) if "parade" in one.casefold()]


def test_stories_count_once_where_they_are_known(store: Store, save: Save, mention: MakeMention) -> None:
    """Twelve different texts of which a person says that they are one story are one voice."""
    heard(store, FEED)
    market = said(mention, MARKET)
    save(store, *usual(mention), *market)
    assert "night market" in words(asked(store))
    with store.writing() as connection:
        stories.join(connection, [one.id for one in market])
    assert "night market" not in words(asked(store))


def test_a_chatty_post_counts_once(store: Store, save: Save, mention: MakeMention) -> None:
    """A word said a hundred times in one post is said by one."""
    heard(store, FEED)
    save(store, *usual(mention), *said(mention, ["kites " * 100, "Look, kites", "Who flies kites?"]))
    (theme,) = [theme for theme in asked(store) if theme.words == "kites"]
    assert 3 == theme.count


def test_own_names_are_left_out(store: Store, save: Save, mention: MakeMention) -> None:
    """The agency and its topics are what is listened for, not what was found."""
    heard(store, FEED)
    texts = [f"Quillhaven Transit and the night market {text}" for text in USUAL]
    save(store, *usual(mention), *said(mention, texts), *said(mention, MARKET[:3], days=2))
    found = words(asked(store, own=("Quillhaven Transit", "Markets")))
    assert "night market" in found
    assert not {"Quillhaven", "Transit", "Quillhaven Transit", "market", "#Quillhaven"} & set(found)


def test_forms_are_one_theme_shown_as_most_people_write_it(store: Store, save: Save, mention: MakeMention) -> None:
    """Bicycle and bicycles, and both are opened."""
    heard(store, FEED)
    texts = [f"{start} bicycles" for start in ("Blue", "Green", "Racks for", "More", "Lights for", "Lessons with")]
    texts += [f"A {kind} bicycle" for kind in ("red", "cargo", "child's")]
    save(store, *usual(mention), *said(mention, texts))
    (theme,) = [theme for theme in asked(store) if "bicycle" in theme.words]
    assert ("bicycles", 9) == (theme.words, theme.count)
    assert '"bicycles" OR "bicycle"' == theme.query.text


def test_a_hashtag_is_shown_with_its_sign(store: Store, save: Save, mention: MakeMention) -> None:
    """Where most write it so."""
    heard(store, FEED)
    texts = [f"{start} #KiteDay" for start in ("Happy", "Where is", "Sandwiches for", "We made one for", "Ready for")]
    save(store, *usual(mention), *said(mention, [*texts, "kiteday is soon"]))
    (theme,) = [theme for theme in asked(store) if "kite" in theme.words.casefold()]
    assert ("#KiteDay", 6) == (theme.words, theme.count)


LANGUAGES = {
    "es": (
        "carril bici",
        ("El carril bici es muy cómodo", "Gracias por el carril bici", "Paseo por el carril bici con mi hija",
         "¿Cuándo abre el carril bici?", "Un carril bici junto al río", "Flores al lado del carril bici"),
    ),
    "fr": (
        "fête de la musique",
        ("Merci pour la fête de la musique", "On chante à la fête de la musique", "Vive la fête de la musique",
         "Le programme de la fête de la musique ?", "Mes voisins jouent à la fête de la musique",
         "Un pique-nique avant la fête de la musique"),
    ),
    "de": (
        "Tag der offenen Tür",
        ("Schöner Tag der offenen Tür", "Kuchen beim Tag der offenen Tür", "Wann ist der Tag der offenen Tür?",
         "Danke für den Tag der offenen Tür", "Wir waren mit Oma beim Tag der offenen Tür",
         "Musik zum Tag der offenen Tür"),
    ),
    "zh": (
        "夜市",
        ("我们喜欢夜市", "夜市很热闹", "周末去夜市吧", "夜市的饺子真好吃", "谢谢你们办夜市", "明天还有夜市吗"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ["es", "fr", "zh"])
def test_other_languages_have_themes(store: Store, save: Save, mention: MakeMention, language: str) -> None:
    """Phrases hold small words inside; where words have one character, characters make a phrase."""
    heard(store, FEED)
    theme, texts = LANGUAGES[language]
    save(store, *usual(mention), *said(mention, texts, language=language))
    found = asked(store)
    assert theme in words(found)
    check_numbers(store, found)


def test_german_has_themes(store: Store, save: Save, mention: MakeMention) -> None:
    """Plurals fold; a phrase does not begin with a stop word, so that of "Tag der offenen Tür" the end is left."""
    heard(store, FEED)
    _, texts = LANGUAGES["de"]
    bridges = ("Die Brücken leuchten", "Schöne Brücken", "Unsere Brücke ist bunt", "Wer hat die Brücken bemalt?",
               "Blumen an der Brücke", "Viele Brücken im Park")  # fmt: skip
    save(store, *usual(mention), *said(mention, texts, language="de"), *said(mention, bridges, days=2, language="de"))
    found = asked(store)
    assert {"offenen Tür", "Brücken"} <= set(words(found))
    assert 6 == next(theme.count for theme in found if theme.words == "Brücken")
    check_numbers(store, found)


def test_words_that_only_meet_across_a_sentence_are_no_phrase(store: Store, save: Save, mention: MakeMention) -> None:
    """Full stops stand between them in most texts."""
    heard(store, FEED)
    colors = ["red", "blue", "green", "gold", "white", "pink"]
    save(store, *usual(mention), *said(mention, (f"A {color} kite. Lantern, too" for color in colors)))
    assert "kite. Lantern" not in words(asked(store))
    assert not [one for one in words(asked(store)) if "kite" in one and "antern" in one]


@pytest.mark.parametrize(
    "view",
    [
        VIEW,
        replace(VIEW, topic="transit"),
        replace(VIEW, tag="good"),
        replace(VIEW, feeds=frozenset({FEED})),
        replace(VIEW, source="mastodon"),
        replace(VIEW, query=parse("market OR harbor")),
        replace(VIEW, query=parse("lang:en -dumplings")),
    ],
)
def test_themes_of_any_view_open_the_mentions_of_that_view(
    store: Store, save: Save, mention: MakeMention, view: View
) -> None:
    """A topic, a tag, a feed, a source, a query: what is counted is within it."""
    heard(store, FEED, "Herald")
    save(store, *usual(mention), *said(mention, MARKET), *said(mention, MARKET, days=2, feed="Herald", tag="bad"))
    found = asked(store, view)
    assert "night market" in words(found)
    check_numbers(store, found, view)


WORDS = ("ferry", "ferries", "bridge", "night", "market", "lights", "the", "of", "#kites", "harbor.")
POSTS = st.lists(
    st.tuples(
        st.lists(
            st.sampled_from(
                ["ferry", "ferries", "bridge", "night", "market", "lights", "the", "of", "#kites", "harbor."]
            ),
            max_size=6,
        ),
        st.integers(0, 20),
        st.sampled_from(TAGS),
        st.integers(0, 4),
    ),
    min_size=5,
    max_size=60,
)


@settings(max_examples=40)
@given(posts=POSTS)
def test_every_number_opens_the_mentions_behind_it(
    posts: list[tuple[list[str], int, Tag, int]], new_store: MakeStore, save: Save, mention: MakeMention
) -> None:
    """Whatever is stored: counts, tags and the period before are what the query finds, and at least three."""
    store = new_store()
    heard(store, FEED, since=NOON - timedelta(days=20))
    save(
        store,
        *(
            mention(
                text=" ".join(text), published_at=NOON - timedelta(days=days, hours=1), tag=tag, author=f"p{author}"
            )
            for text, days, tag, author in posts
        ),
    )
    found = asked(store)
    check_numbers(store, found)
    assert all(theme.count >= LEAST for theme in found)
    assert len(set(words(found))) == len(found)
    both = asked_sides(store)
    check_numbers(store, [*both.good, *both.bad])


def test_two_weeks_alike_have_hardly_anything_new(new_store: MakeStore, save: Save, mention: MakeMention) -> None:
    """Where chance alone decides what is said, fewer than one week in four may call a word new."""
    random = Random(2026)
    vocabulary = [first + second + third for first in "bdfglm" for second in "aeiou" for third in ("nara", "vilo")]
    alarms = 0
    for _ in range(12):
        store = new_store()
        heard(store, FEED)
        for days in (1, 8, 15):
            texts = (" ".join(random.choices(vocabulary, k=8)) for _ in range(60))
            save(store, *said(mention, texts, days=days, language=None))
        found = asked(store)
        assert found
        alarms += any(theme.new for theme in found)
    assert alarms <= 3


# --- good against bad -------------------------------------------------------------------------------------------------


def test_good_and_bad_differ_in_what_they_speak_of(store: Store, save: Save, mention: MakeMention) -> None:
    """As many themes of one side as of the other; praise itself is none."""
    heard(store, FEED)
    crews = [f"Great crew {text}" for text in USUAL] + [f"The crew was great {text}" for text in USUAL]
    lifts = [f"Sad, the lift is broken {text}" for text in USUAL] + [f"The lift is slow {text}" for text in USUAL]
    save(store, *usual(mention, 1), *said(mention, crews, tag="good"), *said(mention, lifts, days=2, tag="bad"))
    found = asked_sides(store)
    assert (["crew"], ["lift"]) == (words(found.good), words(found.bad))
    assert found.good[0].z > 0
    assert found.bad[0].z > 0
    assert {"good": 12} == dict(found.good[0].tags)
    check_numbers(store, [*found.good, *found.bad])


def test_sides_that_say_the_same_do_not_differ(store: Store, save: Save, mention: MakeMention) -> None:
    """A word of both is a word of neither."""
    heard(store, FEED)
    save(store, *said(mention, MARKET, tag="good"), *said(mention, MARKET, days=2, tag="bad"))
    assert Sides(good=(), bad=()) == asked_sides(store)


# --- formulas ---------------------------------------------------------------------------------------------------------


def test_a_z_score_is_that_of_the_paper() -> None:
    """Worked by hand: ten of 100 words here, two of 200 there, a prior of one of ten."""
    prior = np.array([1.0, 9.0])
    (z, _) = z_scores(np.array([10.0, 90.0]), 100, np.array([2.0, 198.0]), 200, prior)
    difference = math.log(11 / (100 + 10 - 10 - 1)) - math.log(3 / (200 + 10 - 2 - 1))
    assert z == pytest.approx(difference / math.sqrt(1 / 11 + 1 / 3))


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 500), st.integers(1, 500))
def test_chance_is_the_tail_of_the_binomial_distribution(here: int, there: int, all_here: int, all_there: int) -> None:
    """Against the sum of its terms."""
    share, times = all_here / (all_here + all_there), here + there
    tail = sum(math.comb(times, k) * share**k * (1 - share) ** (times - k) for k in range(here, times + 1))
    assert chance(here, all_here, there, all_there) == pytest.approx(tail, rel=1e-8, abs=1e-14)


@given(st.floats(0.001, 0.999), st.floats(0.1, 500), st.floats(0.1, 500))
def test_the_beta_function_is_a_probability(x: float, a: float, b: float) -> None:
    """From 0 to 1, and symmetric."""
    value = incomplete_beta(x, a, b)
    assert 0 <= value <= 1 + 1e-12
    assert value == pytest.approx(1 - incomplete_beta(1 - x, b, a), abs=1e-7)
