"""The scoring core gives vaderSentiment's own numbers, in time linear in the text."""

from __future__ import annotations

import random
import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

from listening.sentiment import scorer
from listening.sentiment.vader import compound

GLUE = (
    *("but", "least", "at", "very", "no", "or", "nor", "without", "doubt", "never", "so", "this", "kind", "of", "sort"),
    *("just", "enough", "the", "a", "BUT", "No", "NO", "wouldn't've", "Mill", "Lane", "QUILLHAVEN", "didn’t"),
)
MARKS = (
    "!",
    "!!!!!",
    "?",
    "??",
    "????",
    "...",
    ":)",
    ";-)",
    ":D",
    "<3",
    "İ",
    "ΑΣ'",
    "ß",
    "\u200d",
    "K",
    "\u00a0",
    "&amp;",
)
EDGES = ("", "", "", "", ".", "!", "?", ",", "'s", "’s", '"', "(", "\n", "\t", " ")


class ListeningIn(SentimentIntensityAnalyzer):  # type: ignore[misc]
    """vaderSentiment, with a record of the valence it gave each word of the last text."""

    def score_valence(self, sentiments: list[float], text: str) -> dict[str, float]:
        self.sentiments = list(sentiments)
        scores: dict[str, float] = super().score_valence(sentiments, text)
        return scores


@cache
def original() -> ListeningIn:
    return ListeningIn()


@cache
def vocabulary() -> tuple[tuple[str, ...], ...]:
    """What a text is made of here: every kind of word that VADER treats in its own way."""
    analyzer = original()
    idioms = tuple(word for phrase in (*SPECIAL_CASES, *BOOSTER_DICT) if " " in phrase for word in phrase.split())
    return (
        tuple(sorted(analyzer.lexicon)),
        GLUE,
        tuple(NEGATE),
        tuple(BOOSTER_DICT),
        idioms,
        tuple(SPECIAL_CASES),
        tuple(sorted(analyzer.emojis)),
        MARKS,
        ("good", "bad", "great", "GOOD"),
    )


def words() -> st.SearchStrategy[str]:
    shapes = st.sampled_from((str, str, str, str.upper, str.capitalize))
    word = st.one_of(*(st.sampled_from(kind) for kind in vocabulary()))
    return st.builds(lambda word, shape, edge: shape(word) + edge, word, shapes, st.sampled_from(EDGES))


def texts() -> st.SearchStrategy[str]:
    spaces = st.sampled_from((" ", " ", " ", "", "\n", "  "))
    return st.builds(lambda words, space: space.join(words), st.lists(words(), max_size=30), spaces)


def assert_same(text: str) -> None:
    expected = original().polarity_scores(text)
    # Compared as text: 0.0 and -0.0 are equal, but not to the last digit.
    assert repr(scorer().polarity_scores(text)) == repr(expected)
    assert repr(scorer().compound(text)) == repr(expected["compound"])


@settings(max_examples=200)
@given(texts())
def test_any_mix_of_known_words_scores_as_in_vadersentiment(text: str) -> None:
    """Negations, boosters, idioms, emoticons, emojis, capitals, "but" and "no" in any order give the same numbers."""
    assert_same(text)


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_unicode_scores_as_in_vadersentiment(text: str) -> None:
    """Whatever characters a text has, the numbers are the same."""
    assert_same(text)


def test_thousands_of_made_up_texts_score_as_in_vadersentiment() -> None:
    """A seeded mass of texts, longer and with more repeated words than hypothesis makes, gives the same numbers."""
    source = random.Random(20_250_101)
    kinds = vocabulary()
    for _ in range(2_500):
        made = [source.choice(source.choice(kinds)) for _ in range(source.randrange(40))]
        shaped = [word.upper() if source.random() < 0.15 else word + source.choice(EDGES) for word in made]
        assert_same(" ".join(shaped))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "!!!",
        "👍👍 👎",
        "good🙂good",
        "It was good but good but bad and good, no good",
        "no no good",
        "at least good, least good, very least good",
        "kind of good, sort of good, just enough good, KIND OF good",
        "the bus stop is the bomb, yeah right, to die for",
        "never so good, without doubt good, this is so this good",
        "NOT GOOD",
        "not GOOD",
        "bad ass badass kiss of death",
    ],
)
def test_the_odd_corners_of_vadersentiment_are_kept(text: str) -> None:
    """The places where vaderSentiment surprises come out the same."""
    assert_same(text)


@settings(max_examples=200)
@given(texts())
def test_the_effects_are_the_valences_of_vadersentiment(text: str) -> None:
    """Each word's effect is the valence that vaderSentiment gave it, at its place: the reasons are exact."""
    analyzer = original()
    analyzer.polarity_scores(text)
    expected = [(place, valence) for place, valence in enumerate(analyzer.sentiments) if valence]

    effects = scorer().effects(scorer().read(text))

    assert [(effect.position, effect.value) for effect in effects] == expected
    assert sum(effect.value for effect in effects) == sum(analyzer.sentiments)


def test_a_turned_word_is_shown_with_what_turned_it() -> None:
    """The words of an effect reach from the negation to the word, and over the whole idiom."""
    read = scorer().read("It was not very good and now we go there, yeah right")
    effects = scorer().effects(read)
    shown = [" ".join(read.lower[effect.first : effect.last + 1]) for effect in effects]
    assert shown == ["not very good", "yeah right"]


def test_emphasis_counts_only_where_something_was_said() -> None:
    """Exclamation marks strengthen a score and make none."""
    read = scorer().read("Good!!")
    assert compound(scorer().effects(read), read.emphasis) > scorer().compound("Good")
    assert scorer().compound("Mill Lane!!") == 0.0


def test_with_words_changes_only_the_words_named() -> None:
    """Replacing a word keeps the rest, the emphasis and the text it was made from."""
    read = scorer().read("Good news, BAD day!")
    changed = read.with_words({2: "THING"})
    assert changed.lower == ["good", "news", "thing", "day"]
    assert changed.words[2] == "THING"
    assert changed.emphasis == read.emphasis
    assert read.lower == ["good", "news", "bad", "day"]


@pytest.mark.parametrize("unit", ["the bus was not very good but late ", "good but bad ", "no ", "GOOD day 🙂 "])
def test_the_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    """Eight times the text takes about eight times as long, with "but" and repeated words too."""

    def seconds(text: str) -> float:
        start = time.process_time()
        scorer().polarity_scores(text)
        return time.process_time() - start

    short = min(seconds(unit * 1_000) for _ in range(4))
    long = min(seconds(unit * 8_000) for _ in range(2))
    assert long < 24 * short
