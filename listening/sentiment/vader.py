"""VADER's scoring in time linear in the text: the same numbers as ``vaderSentiment``, and each word's share of them.

The lexicon and every constant are vaderSentiment's own, imported. Only its loops are written anew: the package lowers
the whole text again for every word, which makes an article of 14,000 words take ten seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from string import punctuation
from types import MappingProxyType
from typing import NamedTuple

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    C_INCR,
    N_SCALAR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
    normalize,
)

BOOSTERS: dict[str, float] = dict(BOOSTER_DICT)
NEGATIONS: frozenset[str] = frozenset(NEGATE)

_BOOSTER_PHRASES = {tuple(words.split()): step for words, step in BOOSTERS.items() if " " in words}
_IDIOMS = {tuple(words.split()): float(valence) for words, valence in SPECIAL_CASES.items() if " " in words}
_IDIOM_WORDS = frozenset(word for phrase in (*_IDIOMS, *_BOOSTER_PHRASES) for word in phrase)
_FADING = (1.0, 0.95, 0.9)  # how much of a booster is left one, two, three words before the word it boosts
_SO_THIS = ("so", "this")
# Where none of these is near, a word keeps its own valence. For a phrase its longest word stands: no phrase without it.
_SHAPING = frozenset((*BOOSTERS, *NEGATIONS, *_SO_THIS, "no", "least")) | {
    max(phrase, key=len) for phrase in (*_IDIOMS, *_BOOSTER_PHRASES)
}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class Effect(NamedTuple):
    """What one word added to VADER's sum.

    ``value`` is in valence units, after negation, boosters, capitals and "but". ``first`` to ``last`` are the words
    that belong together: "not good", "yeah right".
    """

    position: int
    value: float
    first: int
    last: int


_NOTHING_SPELLED: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Words:
    """A text as VADER sees it: its words as written, without the punctuation around them, and in lower case.

    ``emphasis`` is what its exclamation and question marks add to the sum.
    """

    raw: list[str]
    words: list[str]
    lower: list[str]
    emphasis: float
    spelled: Mapping[str, str]
    """Of each word that spells out an emoji of the text: the emoji."""

    def with_words(self, replaced: dict[int, str]) -> Words:
        """The same text with some words replaced, by position."""
        words, lower = self.words.copy(), self.lower.copy()
        for position, word in replaced.items():
            words[position] = word
            lower[position] = word.lower()
        return Words(self.raw, words, lower, self.emphasis, self.spelled)


class Vader:
    """The scorer; ``scorer()`` gives the one of this process."""

    def __init__(self) -> None:
        analyzer = SentimentIntensityAnalyzer()
        self.lexicon: dict[str, float] = analyzer.lexicon
        # vaderSentiment looks characters up one by one: the emojis of several characters in its file are never found.
        self._emojis: dict[str, str] = {emoji: words for emoji, words in analyzer.emojis.items() if len(emoji) == 1}
        self._emoji_characters = frozenset(self._emojis)

    def read(self, text: str) -> Words:
        """Split a text into words, its emojis spelled out first."""
        spelled = _NOTHING_SPELLED
        if not text.isascii() and (emojis := self._emoji_characters.intersection(text)):
            written = set(text.lower().split())
            spelled = {
                word: emoji for emoji in sorted(emojis) for word in self._emojis[emoji].split() if word not in written
            }
            text = _NOT_ASCII.sub(self._spelled, text)
        raw = text.split()
        words = [
            # Two characters or fewer without their punctuation are likely an emoticon: kept whole.
            word if word.isalnum() or len(bare := word.strip(punctuation)) <= 2 else bare
            for word in raw
        ]
        return Words(raw, words, [word.lower() for word in words], _emphasis(text), spelled)

    def effects(self, read: Words) -> list[Effect]:
        """What each word added to the sum, in the order of the text; words that added nothing are left out."""
        words, lower, lexicon = read.words, read.lower, self.lexicon
        hits = [position for position, word in enumerate(lower) if word in lexicon]
        if not hits:
            return []
        mixed_case = 0 < sum(map(str.isupper, words)) < len(words)
        contracted = "n't" in " ".join(lower)
        effects = []
        for position in hits:
            if contracted or not _SHAPING.isdisjoint(lower[max(position - 3, 0) : position + 3]):
                effect = self._shaped(position, words, lower, mixed_case)
                if effect.value:
                    effects.append(effect)
                continue
            valence = lexicon[lower[position]]
            if mixed_case and words[position].isupper():
                valence += C_INCR if valence > 0 else -C_INCR
            if valence:
                effects.append(Effect(position, valence, position, position))
        if "but" in lower:
            return _contrast(effects, lower.index("but"))
        return effects

    def compound(self, text: str) -> float:
        """VADER's compound score of a text, -1 to 1."""
        read = self.read(text)
        return compound(self.effects(read), read.emphasis)

    def polarity_scores(self, text: str) -> dict[str, float]:
        """What ``SentimentIntensityAnalyzer().polarity_scores`` returns, to the last digit."""
        read = self.read(text)
        if not read.words:
            return {"neg": 0.0, "neu": 0.0, "pos": 0.0, "compound": 0.0}
        effects = self.effects(read)
        # Each word counts 1 beside its valence, as a neutral word does.
        positive = negative = 0.0
        for effect in effects:
            if effect.value > 0:
                positive += effect.value + 1
            else:
                negative += effect.value - 1
        if positive > -negative:
            positive += read.emphasis
        elif positive < -negative:
            negative -= read.emphasis
        neutral = len(read.words) - len(effects)
        total = positive - negative + neutral
        return {
            "neg": round(-negative / total if negative else 0.0, 3),
            "neu": round(neutral / total, 3),
            "pos": round(positive / total, 3),
            "compound": compound(effects, read.emphasis),
        }

    def _spelled(self, found: re.Match[str]) -> str:
        words = self._emojis.get(found.group())
        if words is None:
            return found.group()
        start = found.start()
        return f" {words}" if start and found.string[start - 1] != " " else words

    def _shaped(self, position: int, words: list[str], lower: list[str], mixed_case: bool) -> Effect:
        """The valence of the lexicon word at a position, moved by the words around it.

        The order of the steps, and what each looks at, is vaderSentiment's; where that is odd (a "so" or "this" just
        before a word strengthens it as "never so" would), it is odd here too.
        """
        lexicon = self.lexicon
        word = lower[position]
        valence = lexicon[word]
        first = last = position

        if word == "kind" and lower[position + 1 : position + 2] == ["of"]:
            return Effect(position, 0.0, first, last)
        if word == "no" and position + 1 < len(lower) and lower[position + 1] in lexicon:
            valence = 0.0  # it denies the next word instead
        if "no" in lower[max(position - 3, 0) : position] and (back := _denied(lower, position)):
            valence = lexicon[word] * N_SCALAR
            first = position - back
        if mixed_case and words[position].isupper():
            valence += C_INCR if valence > 0 else -C_INCR

        for back in range(1, min(position, 3) + 1):
            before = lower[position - back]
            if before in lexicon:
                continue
            if before in BOOSTERS:
                step = BOOSTERS[before] if valence >= 0 else -BOOSTERS[before]
                if mixed_case and words[position - back].isupper():
                    step += C_INCR if valence > 0 else -C_INCR
                valence += step * _FADING[back - 1]
            turn = _turn(lower, position, back)
            if turn != 1.0:
                valence *= turn
                if turn < 0:
                    first = min(first, position - back)
            if back == 3:
                valence, first, last = _idioms(lower, position, valence, first)

        if position and lower[position - 1] == "least" and lower[max(position - 2, 0)] not in ("at", "very"):
            valence *= N_SCALAR
            first = min(first, position - 1)
        return Effect(position, valence, first, last)


@cache
def scorer() -> Vader:
    """The scorer of this process, built at its first use (0.01 s)."""
    return Vader()


def compound(effects: Iterable[Effect], emphasis: float) -> float:
    """VADER's compound score of what the words added and the text's emphasis, -1 to 1."""
    total = float(sum(effect.value for effect in effects))
    if total > 0:
        total += emphasis
    elif total < 0:
        total -= emphasis
    return round(float(normalize(total)), 4)


def _emphasis(text: str) -> float:
    exclamations: float = min(text.count("!"), 4) * 0.292
    questions = text.count("?")
    if questions > 3:
        return exclamations + 0.96
    return exclamations + (questions * 0.18 if questions > 1 else 0)


def _denied(lower: list[str], position: int) -> int:
    """How many words back a "no" stands that denies the word at a position; 0 where none does."""
    if position > 0 and lower[position - 1] == "no":
        return 1
    if position > 1 and lower[position - 2] == "no":
        return 2
    if position > 2 and lower[position - 3] == "no" and lower[position - 1] in ("or", "nor"):
        return 3
    return 0


def _turn(lower: list[str], position: int, back: int) -> float:
    """By what the word ``back`` places before multiplies the valence: 1 mostly, N_SCALAR for a negation."""
    before = lower[position - back]
    if back == 2:
        if before == "never" and lower[position - 1] in _SO_THIS:
            return 1.25
        if before == "without" and lower[position - 1] == "doubt":
            return 1.0
    elif back == 3:
        if lower[position - 1] in _SO_THIS or (before == "never" and lower[position - 2] in _SO_THIS):
            return 1.25
        if before == "without" and (lower[position - 2] == "doubt" or lower[position - 1] == "doubt"):
            return 1.0
    return float(N_SCALAR) if before in NEGATIONS or "n't" in before else 1.0


def _idioms(lower: list[str], position: int, valence: float, first: int) -> tuple[float, int, int]:
    """The valence where the word is part of an idiom or follows one, and the words that belong to it."""
    last = position
    three, two, one, zero = lower[position - 3 : position + 1]
    if one in _IDIOM_WORDS or two in _IDIOM_WORDS:
        for start, phrase in (
            (position - 1, (one, zero)),
            (position - 2, (two, one, zero)),
            (position - 2, (two, one)),
            (position - 3, (three, two, one)),
            (position - 3, (three, two)),
        ):
            if phrase in _IDIOMS:
                valence, first = _IDIOMS[phrase], start
                break
    if zero in _IDIOM_WORDS:
        for end in (position + 2, position + 3):
            if (ahead := tuple(lower[position:end])) in _IDIOMS:
                valence, first, last = _IDIOMS[ahead], position, position + len(ahead) - 1
    if two in _IDIOM_WORDS:
        # Added as they are, for bad words too: "kind of bad" comes out worse.
        for phrase in ((three, two, one), (three, two), (two, one)):
            valence += _BOOSTER_PHRASES.get(phrase, 0.0)
    return valence, first, last


def _contrast(effects: list[Effect], but: int) -> list[Effect]:
    """Halve what stands before the first "but" and raise what comes after by half, as vaderSentiment does it.

    It goes through the values and changes, each time, the first place that holds an equal value at that moment: with
    repeated values not always the place it came from. Heaps of places by value find that place without a search.
    """
    values = [effect.value for effect in effects]
    places: dict[float, list[int]] = {}
    for here, value in enumerate(values):
        equal = places.setdefault(value, [])
        heappush(equal, here)
        while values[equal[0]] != value:
            heappop(equal)
        place = equal[0]
        position = effects[place].position
        if position == but:
            continue
        values[place] = value * (0.5 if position < but else 1.5)
        heappop(equal)
        heappush(places.setdefault(values[place], []), place)
    return [effect._replace(value=value) for effect, value in zip(effects, values, strict=True)]
