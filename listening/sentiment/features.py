"""What the model sees of a part of a text: its words and word pairs, and what VADER found in a few numbers."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from math import sqrt

from listening.sentiment.reading import Part
from listening.sentiment.rules import EMOJI_OF, NAME
from listening.sentiment.vader import NEGATIONS, Words

NUMBERS: tuple[str, ...] = (
    "compound of what is said about the target",
    "share of good words",
    "share of bad words",
    "sum of good valences",
    "sum of bad valences",
    "best valence",
    "worst valence",
    "how many good words",
    "how many bad words",
    "no word that VADER knows",
    "question mark",
    "exclamation marks",
    "negation",
    "but",
)
"""VADER's numbers, in their order; each lies between -1 and about 3."""
MARKS = 4
"""The last so many numbers are about the text's marks and small words, not about the words that VADER scores."""

NO_WORD = NUMBERS.index("no word that VADER knows")

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]+(?:[.,:][0-9]+)*|[!?]+|[:;=][-']?[)(dp/|]|<3|[^\x00-\x7f\w\s]")
_STRETCHED = re.compile(r"(.)\1\1+")
_LEFT_OUT = frozenset(("http", "https", "httpurl", "rt"))  # what is left of links
_NAMED = "…"
"""A name in a word pair: "… says". By itself it is no term."""
_ENDS = frozenset(".,;:")
_MOST_REMEMBERED = 50_000
_remembered: dict[str, tuple[str | None, ...]] = {}


def terms(read: Words, known: Container[str] | None = None) -> list[tuple[str, int, int]]:
    """The words and word pairs of a part, each with the positions of its first and last word; of ``known`` ones only.

    No pair reaches over a handle, a link or a stop.
    """
    found: list[tuple[str, int, int]] = []
    before: str | None = None
    place = 0
    for position, raw in enumerate(read.raw):
        tokens = _remembered.get(raw)
        if tokens is None:
            tokens = _remember(raw)
        for token in tokens:
            if token is not None:
                if token is not _NAMED:
                    if known is None or token in known:
                        found.append((token, position, position))
                elif before is _NAMED:
                    continue
                if before is not None:
                    pair = f"{before} {token}"
                    if known is None or pair in known:
                        found.append((pair, place, position))
            before, place = token, position
    return found


def numbers(part: Part) -> list[float]:
    """VADER's numbers of a part; see ``NUMBERS``."""
    values = [effect.value for effect in part.effects]
    about = values if part.about is part.effects else [effect.value for effect in part.about]
    return [*of_values(values, about, part.read), *of_marks(part.read)]


def of_values(values: Sequence[float], about: Sequence[float], read: Words) -> list[float]:
    """The numbers about scored words, for these valences in a text and in its clauses about the target."""
    good = [value for value in values if value > 0]
    bad = [-value for value in values if value < 0]
    good_sum, bad_sum = sum(good), sum(bad)
    total = good_sum + bad_sum + max(len(read.raw), 1)  # as in VADER each word counts 1 beside its valence
    return [
        _compound(good_sum - bad_sum if about is values else sum(about), read.emphasis),
        (good_sum + len(good)) / total,
        (bad_sum + len(bad)) / total,
        min(good_sum, 12.0) / 4,
        min(bad_sum, 12.0) / 4,
        max(good, default=0.0) / 4,
        max(bad, default=0.0) / 4,
        min(len(good), 5) / 5,
        min(len(bad), 5) / 5,
        0.0 if values else 1.0,
    ]


def of_marks(read: Words) -> list[float]:
    """The numbers about question and exclamation marks, negations and "but"."""
    text = "".join(read.raw)
    lower = read.lower
    denied = not NEGATIONS.isdisjoint(lower) or "no" in lower or "n't" in text
    return [
        1.0 if "?" in text else 0.0,
        min(text.count("!"), 3) / 3,
        1.0 if denied else 0.0,
        1.0 if "but" in lower else 0.0,
    ]


def _compound(total: float, emphasis: float) -> float:
    if total > 0:
        total += emphasis
    elif total < 0:
        total -= emphasis
    return total / sqrt(total * total + 15)


def _remember(raw: str) -> tuple[str | None, ...]:
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    tokens = _remembered[raw] = _split(raw)
    return tokens


def _split(raw: str) -> tuple[str | None, ...]:
    """The tokens of one word as written; None where a pair must not reach over."""
    if raw in EMOJI_OF:
        return (EMOJI_OF[raw],)
    if raw[0] == "@":
        return (None,)
    plain = _STRETCHED.sub(r"\1\1", raw.lower())
    tokens = tuple(map(_token, _TOKEN.findall(plain)))
    return (*tokens, None) if plain[-1] in _ENDS else tokens


def _token(token: str) -> str | None:
    if token == NAME:
        return _NAMED
    if token in _LEFT_OUT:
        return None
    if token[0].isdigit():
        return "0"
    return token[:2] if token[0] in "!?" else token
