"""The language of a text, and whether VADER, which knows English only, may score it."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# fmt: off
LANGUAGES: tuple[str, ...] = (
    "am", "ar", "de", "el", "en", "es", "fa", "fr", "he", "hi", "it", "ja", "ko",
    "nl", "pl", "pt", "ro", "ru", "so", "sv", "tl", "tr", "uk", "vi", "zh",
)
# fmt: on
"""The 25 languages told apart: fewer choices, fewer mistakes on short texts."""

SURE = 0.5
"""The probability from which a detected language counts."""

FEWEST_LETTERS = 3
MOST_CHARACTERS = 200
"""A longer text is judged by its beginning."""

UNKNOWN = "und"

_ENGLISH_ONLY = """
    about after again against all always and another any are aren't because been before being between but can
    can't could did didn't doesn't don't during every for from had has have haven't her his how i'm i've into
    isn't it it's its just many more most much never not only other our out should since some still than that
    that's the their them then there these they they're this those through too under until very was we're were
    what when where which while who why will with within without won't would you you're your
"""
_ALSO_ENGLISH = "an as at be by if in is my of on or to we"
ENGLISH_ONLY = frozenset(_ENGLISH_ONLY.split())
"""Small words that none of the other languages has, or hardly ever beside two more of them."""
ENGLISH = ENGLISH_ONLY | frozenset(_ALSO_ENGLISH.split())
PLAINLY_WORDS = 3
PLAINLY_SHARE = 0.3
_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")

# Links, handles, "RT" and the mark of a #tag belong to no language.
_NO_LANGUAGE = re.compile(r"(?:\bhttps?\b|\bwww\.)\S*|@\w+(?:[.@-]\w+)*|\bRT\b|#")
_LETTER = re.compile(r"[^\W\d_]")


def said_in(text: str) -> str:
    """The beginning of a text without what belongs to no language."""
    return " ".join(_NO_LANGUAGE.sub(" ", text[: 4 * MOST_CHARACTERS]).split())[:MOST_CHARACTERS]


def detect(text: str) -> tuple[str, float]:
    """The likeliest language of a text and its probability; ``("und", 0.0)`` where there are too few letters."""
    said = said_in(text)
    if sum(1 for _ in islice(_LETTER.finditer(said), FEWEST_LETTERS)) < FEWEST_LETTERS:
        return UNKNOWN, 0.0
    if plainly_english(said):
        return "en", 1.0
    return asked(said)


def asked(said: str) -> tuple[str, float]:
    """What the model says of a text."""
    if 2 * sum(map(str.isupper, said)) > len(_LETTER.findall(said)):
        said = said.lower()  # the model has seen few capitals
    language, probability = _identifier().classify(said)
    return language, float(probability)


def plainly_english(said: str) -> bool:
    """Whether the small words of a text say that it is English, so that the model need not be asked.

    At least three different ones that only English has, and with those it shares three words in ten. Of 15,800 posts
    and sentences in 24 other languages this lets through none that the model would keep out
    (``tests/test_language.py``), and it finds two thirds of English ones in a twentieth of the time.
    """
    if not said.isascii():
        said = said.replace("\u2019", "'")
    words = _WORDS.findall(said.lower())
    if len(ENGLISH_ONLY.intersection(words)) < PLAINLY_WORDS:
        return False
    return sum(map(ENGLISH.__contains__, words)) >= PLAINLY_SHARE * len(words)


def gate(text: str, declared: str | None) -> tuple[str | None, bool]:
    """The language to store for a text, and whether VADER may score it.

    What the source declares is stored, but what the text shows decides: feeds and accounts often declare the wrong
    language. Only where the text shows none surely does a declared language other than English keep VADER out. With
    nothing declared, the detected language is stored if it is sure.
    """
    language, probability = detect(text)
    if language == UNKNOWN:
        return declared, True
    if probability >= SURE:
        return declared or language, language == "en"
    return declared, is_english(declared)


def is_english(language: str | None) -> bool:
    """Whether a language as a source writes it ("en-GB", "en_US") is English, or not known to be another."""
    return not language or language.strip().lower().replace("_", "-").split("-")[0] in ("en", UNKNOWN)


@cache
def _identifier() -> LanguageIdentifier:
    # Loading the model takes 0.8 s: at the first text, not at import.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier
