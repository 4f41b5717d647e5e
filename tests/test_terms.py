"""A text as terms: what is one, what folds into one, what is left out."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import listening
from listening.query import tokens
from listening.sentiment import scorer
from listening.terms import (
    BREAK,
    CHARACTER,
    MOST_WORDS,
    REPEATED,
    SMALL,
    code,
    codes,
    fold,
    located,
    own_codes,
    unpack,
    words,
)

NEAR = Path(listening.__file__).with_name("near.txt")
LANGUAGES = st.sampled_from([None, "", "en", "en-GB", "es", "fr_FR", "de", "ja", "ru", "und"])


def of(text: str, language: str | None = "en", title: str = "") -> tuple[int, ...]:
    """The numbers of a text."""
    return unpack(codes(words(title), words(text), language))


def is_term(word: str, language: str | None = "en") -> bool:
    """Whether a word can be a theme by itself."""
    return BREAK < code(tokens(word)[0], language) < CHARACTER


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "library", "libraries"),
        ("en", "bus", "buses"),
        ("en", "box", "boxes"),
        ("en", "class", "classes"),
        ("en", "tree", "trees"),
        ("en", "house", "houses"),
        ("en", "movie", "movies"),
        ("en", "cache", "caches"),
        ("en", "shoe", "shoes"),
        ("es", "árbol", "árboles"),
        ("es", "calle", "calles"),
        ("es", "estación", "estaciones"),
        ("es", "luz", "luces"),
        ("es", "autobús", "autobuses"),
        ("fr", "pont", "ponts"),
        ("fr", "journal", "journaux"),
        ("fr", "bateau", "bateaux"),
        ("fr", "jeu", "jeux"),
        ("fr", "travail", "travaux"),
        ("de", "Brücke", "Brücken"),
        ("de", "Zeitung", "Zeitungen"),
        ("de", "Straße", "Straßen"),
        ("de", "Lehrerin", "Lehrerinnen"),
        ("de", "Auto", "Autos"),
        (None, "bridge", "bridges"),
        ("en", "timetable", "schedules"),
        ("en", "child", "children"),
        (None, "shop", "stores"),
        ("es", "basura", "residuos"),
        ("fr", "vélo", "bicyclettes"),
        ("de", "Haus", "Häuser"),
        ("de", "Fahrräder", "Rad"),
    ],
)
def test_forms_of_a_word_are_one_term(language: str | None, one: str, other: str) -> None:
    """Singular and plural count together, and so do words that mean nearly the same."""
    assert code(tokens(one)[0], language) == code(tokens(other)[0], language)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "new", "news"),
        ("en", "plan", "plane"),
        ("en", "car", "care"),
        ("en", "good", "goods"),
        ("en", "bus", "but"),
        ("es", "casa", "caso"),
        ("fr", "port", "porte"),
        ("de", "Hafen", "Haus"),
        ("de", "Garten", "Art"),
    ],
)
def test_other_words_stay_apart(language: str, one: str, other: str) -> None:
    """What only looks alike is not folded."""
    assert fold(tokens(one)[0], language) != fold(tokens(other)[0], language)


@pytest.mark.parametrize(
    ("language", "small"),
    [("en", "the don't it's we're with"), ("es", "el también más con"), ("fr", "aujourd'hui l'été avec très"),
     ("de", "über weil nicht für"), (None, "the también avec nicht")],
)  # fmt: skip
def test_stop_words_are_no_terms(language: str | None, small: str) -> None:
    """They only count inside a phrase."""
    numbers = [code(word, language) for word in tokens(small) if word != "ete"]
    assert all(number & SMALL for number in numbers)


def test_where_the_language_is_unknown_english_words_that_others_use_as_stop_words_stay() -> None:
    """A car is no theme in French, where it means because; in a text of unknown language it is one."""
    assert is_term("car", "en")
    assert is_term("car", None)
    assert not is_term("car", "fr")


def test_numbers_links_and_handles_are_no_terms_and_end_a_phrase() -> None:
    """Nobody talks about https."""
    text = "Timetable https://town.example/lines?a=bus @townhall 2026 jo@town.example www.town.example 10am"
    assert [BREAK] * 6 == [number & ~REPEATED for number in of(text)[1:]]


def test_near_synonyms_are_words_of_their_own_without_an_opinion() -> None:
    """A group with praise or blame in it would hide the others; a small word is no theme; no word is in two groups."""
    language, opinions = "", {word for word in scorer().lexicon if word.isalpha()}
    for line in NEAR.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            language, seen = line.strip("[]"), set[str]()
        elif line and not line.startswith("#"):
            group = tokens(line)
            assert len({code(word, language) for word in group}) == 1, line
            assert all(code(word, language) < SMALL for word in group), line
            assert seen.isdisjoint(group), line
            seen |= set(group)
            assert language != "en" or opinions.isdisjoint(group), line


def test_a_hashtag_is_its_word() -> None:
    """#Bridge and bridge are one theme."""
    assert of("#Bridge") == of("bridge")


def test_a_word_that_is_said_again_is_marked() -> None:
    """So that one chatty text counts it once."""
    first, second, third = of("Bridge, bridges: bridge!")
    assert second == third == first | REPEATED


def test_title_and_text_are_kept_apart() -> None:
    """The last word of a title and the first of a text make no phrase."""
    assert of("ferry", title="bridge") == (*of("bridge"), BREAK, *of("ferry"))


@pytest.mark.parametrize("text", ["图书馆周日开放", "橋が新しくなりました", "ห้องสมุดเปิดวันอาทิตย์"])
def test_scripts_without_spaces_are_characters_for_phrases(text: str) -> None:
    """A character alone says nothing."""
    assert all(number & CHARACTER for number in of(text, None))


def test_other_languages_keep_their_words() -> None:
    """Without stop words and plurals of our own nothing fails."""
    assert is_term("библиотека", "ru")
    assert is_term("βιβλιοθήκη", "el")


def test_own_names_are_known_in_every_language() -> None:
    """The number of a name's word depends on the language of the text it stands in."""
    assert code("brucken", "de") in own_codes(["Die Brücken"])
    assert code("brucken", "en") in own_codes(["Die Brücken"])


def test_a_long_text_is_cut() -> None:
    """A book is not counted to its end."""
    assert MOST_WORDS == len(of("bridge ferry " * 10_000))


@given(st.text(max_size=200), st.text(max_size=60), LANGUAGES)
def test_any_text_can_be_counted(text: str, title: str, language: str | None) -> None:
    """Whatever strangers write: one number a word, the first of each not marked, and the same on the way back."""
    numbers = of(text, language, title)
    said = words(title)
    assert min(MOST_WORDS, len(words(text)) + (len(said) + 1 if said else 0)) == len(numbers)
    seen: set[int] = set()
    for number in numbers:
        assert (number & ~REPEATED in seen) == bool(number & REPEATED)
        seen.add(number & ~REPEATED)


@given(st.text(max_size=200), LANGUAGES)
def test_places_are_those_of_the_counted_words(text: str, language: str | None) -> None:
    """What is found again in a text is what was counted."""
    said, found = located(text, language)
    assert [number & ~REPEATED for number in of(text, language)] == [word.code for word in found]
    assert all(said[word.start : word.end] for word in found)


@given(
    st.text(st.characters(categories=["Ll", "Lu"]), min_size=1, max_size=15),
    st.sampled_from(["", "en", "es", "fr", "de"]),
)
def test_folding_never_leaves_nothing(word: str, language: str) -> None:
    """Every word keeps something to be known by."""
    assert all(fold(one, language) for one in tokens(word))
