"""The language gate: what VADER may score."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.language import LANGUAGES, SURE, asked, detect, gate, plainly_english, said_in

DATA = os.environ.get("LISTENING_SENTIMENT_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LISTENING_SENTIMENT_DATA does not name the labelled texts")

ENGLISH = "The new bridge makes my walk to work so much nicer, thank you all."
GERMAN = "Die Bahn war heute pünktlich und die Leute am Schalter waren freundlich."
FRENCH = "Merci à l'équipe de la bibliothèque pour son accueil si chaleureux."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        (FRENCH, "fr"),
        ("Gracias a la biblioteca por la exposición de este fin de semana.", "es"),
        ("شكرا لكم على المكتبة الجديدة في وسط المدينة", "ar"),
        ("新しい図書館はとても素敵です。", "ja"),
    ],
)
def test_plain_sentences_are_told_apart(text: str, language: str) -> None:
    """A whole sentence in one of the languages is recognised, surely."""
    found, probability = detect(text)
    assert (found, probability >= 0.5) == (language, True)


def test_links_handles_and_tags_do_not_decide() -> None:
    """An English link and handle do not make a German post English."""
    assert detect(f"@the_city_of_quillhaven {GERMAN} https://quillhaven.example/the/news/of/the/day")[0] == "de"


def test_capitals_do_not_hide_the_language() -> None:
    """A post shouted in capitals, but for a name, is still recognised."""
    assert detect(f"Quillhaven: {FRENCH.upper()}")[0] == "fr"


@pytest.mark.parametrize(
    "text", ["", "   ", "👍👍", "10:30 !!!", "ok", "https://quillhaven.example/the/library", "@quillhaven"]
)
def test_too_few_letters_say_nothing(text: str) -> None:
    """Without three letters there is no language, and nothing is kept from VADER."""
    assert detect(text) == ("und", 0.0)
    assert gate(text, None) == (None, True)
    assert gate(text, "de") == ("de", True)


def test_the_text_decides_not_the_source() -> None:
    """A feed that says "en" does not make German posts English, nor one that says "de" English posts German."""
    assert gate(GERMAN, "en") == ("en", False)
    assert gate(ENGLISH, "de") == ("de", True)


def test_what_is_not_declared_is_stored_when_it_is_sure() -> None:
    """The detected language is kept where the source gives none."""
    assert gate(GERMAN, None) == ("de", False)
    assert gate(ENGLISH, None) == ("en", True)


def test_where_the_text_is_unclear_the_declared_language_counts() -> None:
    """An odd word that could be of any language is scored unless the source says that it is not English."""
    unclear = "Slowwwwwwwww mmmmm"
    assert detect(unclear)[1] < 0.5
    assert gate(unclear, None) == (None, True)
    assert gate(unclear, "en-GB") == ("en-GB", True)
    assert gate(unclear, "pt-BR") == ("pt-BR", False)


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    """Whatever the characters, the answer is one of the languages or none, with a probability."""
    language, probability = detect(text)
    assert language in (*LANGUAGES, "und")
    assert 0.0 <= probability <= 1.0


def test_the_model_is_loaded_at_the_first_text_only() -> None:
    """Importing the module costs nothing: the model comes with the first text that needs it."""
    code = "import sys, listening.language as l; l.detect('42'); print('py3langid' in sys.modules)"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "False"


def test_plain_english_does_not_wait_for_the_model() -> None:
    """A sentence full of English's small words is known by these alone."""
    code = "import sys, listening.language as l; print(l.gate(sys.argv[1], None), 'py3langid' in sys.modules)"
    seen = subprocess.run([sys.executable, "-c", code, ENGLISH], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "('en', True) False"


@pytest.mark.parametrize(
    "text",
    [
        GERMAN,
        "Neu im Kino: what, when and why; dazu ein Gespräch mit der Regisseurin im Saal der alten Mühle am Hafen",
        "Новая песня группы The Who and Them, слушайте сегодня вечером на площади у старого моста",
        "Great park. Great view.",
    ],
)
def test_other_languages_and_few_words_are_left_to_the_model(text: str) -> None:
    """English words within another language, or too few of them, prove nothing."""
    assert not plainly_english(text)


def texts_of(file: str) -> list[str]:
    assert DATA
    with (Path(DATA) / file).open(encoding="utf-8", newline="") as lines:
        return [row["text"] for row in csv.DictReader(lines) if row.get("lang") != "en"]


def share_kept_out(file: str) -> float:
    texts = texts_of(file)
    return sum(not gate(text, None)[1] for text in texts) / len(texts)


@needs_data
@pytest.mark.parametrize("file", ["transport.csv", "tweeteval_val.csv", "nhs.csv", "hcr.csv", "newsmtsc_rw_dev.csv"])
def test_english_mentions_pass_the_gate(file: str) -> None:
    """At most one English text in two hundred is kept out."""
    assert share_kept_out(file) <= 0.005


@needs_data
@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "pt", "ar"])
def test_posts_in_other_languages_are_kept_out(language: str) -> None:
    """At least 91 of a hundred posts in another language are kept out, the shortest included."""
    assert share_kept_out(f"xlmt_{language}.csv") >= 0.91


@needs_data
def test_no_post_in_another_language_passes_by_its_words_alone() -> None:
    """Where the small words say English, the model never surely says another language; half of English texts are so."""
    files = ("langid", "germeval_db", "mp_es", *(f"xlmt_{name}" for name in ("de", "es", "fr", "it", "pt", "ar", "hi")))
    passed = [text for file in files for text in texts_of(f"{file}.csv") if plainly_english(said_in(text))]
    classified = [asked(said_in(text)) for text in passed]
    assert len(passed) > 100
    assert [found for found in classified if found[0] != "en" and found[1] >= SURE] == []
    english = texts_of("newsmtsc_rw_dev.csv")
    assert sum(plainly_english(said_in(text)) for text in english) > len(english) / 2
