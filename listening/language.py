"""The language of a text, and whether VADER, which knows English only, may score it."""

from __future__ import annotations

import re
from functools import cache
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

# Links, handles, "RT" and the mark of a #tag belong to no language.
_NO_LANGUAGE = re.compile(r"(?:\bhttps?\b|\bwww\.)\S*|@\w+(?:[.@-]\w+)*|\bRT\b|#")
_LETTER = re.compile(r"[^\W\d_]")


def detect(text: str) -> tuple[str, float]:
    """The likeliest language of a text and its probability; ``("und", 0.0)`` where there are too few letters."""
    said = " ".join(_NO_LANGUAGE.sub(" ", text[: 4 * MOST_CHARACTERS]).split())[:MOST_CHARACTERS]
    letters = len(_LETTER.findall(said))
    if letters < FEWEST_LETTERS:
        return UNKNOWN, 0.0
    if 2 * sum(map(str.isupper, said)) > letters:
        said = said.lower()  # the model has seen few capitals
    language, probability = _identifier().classify(said)
    return language, float(probability)


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
