"""The learned model: VADER's numbers beside words and word pairs, a weight for each, three probabilities.

``model.json.gz`` holds the weights; ``train`` makes it. A weight counts toward bad or good as against neutral, in
log-odds; words are weighed by how rare they are and by how many others the text has (tf-idf, rows of length one). A
long text has the mean of its sentences.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from math import exp, log, sqrt
from operator import mul
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from listening.models import Tag, TextKind
from listening.sentiment.features import NUMBERS, numbers, terms
from listening.sentiment.reading import Reading
from listening.sentiment.vader import Words

FORMAT = 2
CLASSES: tuple[Tag, Tag, Tag] = ("bad", "neutral", "good")
"""In the order of the probabilities."""


class Weight(NamedTuple):
    """What a word or word pair counts toward bad and toward good, as against neutral, and how rare it is."""

    bad: float
    good: float
    rarity: float = 1.0


class Sure(NamedTuple):
    """How a probability of the model becomes a confidence: in log-odds, stretched and shifted."""

    slope: float = 1.0
    shift: float = 0.0

    def of(self, probability: float) -> float:
        """The share of texts with such a probability whose tag is right."""
        inside = min(max(probability, 1e-6), 1 - 1e-6)
        return 1 / (1 + exp(-(self.slope * log(inside / (1 - inside)) + self.shift)))


Confidence: TypeAlias = Mapping[TextKind, Mapping[Tag, Sure]]
"""Feedback has few neutral texts, so that the same probability means something else there than in public posts."""

KINDS: tuple[TextKind, ...] = ("post", "headline", "feedback")


def for_every_kind(sure: Mapping[Tag, Sure]) -> Confidence:
    """The same for every kind of text."""
    return MappingProxyType(dict.fromkeys(KINDS, sure))


AS_IT_IS: Confidence = for_every_kind(MappingProxyType({tag: Sure() for tag in CLASSES}))


Use: TypeAlias = tuple[str, int, int, float]
"""A known term, its first and last word in a part, and its value there."""


class Judged(NamedTuple):
    """The probabilities of bad, neutral and good, and for each part the terms that were used and VADER's numbers.

    ``log_odds`` are those of bad and of good, as against neutral.
    """

    probabilities: tuple[float, float, float]
    log_odds: tuple[float, float]
    used: list[list[Use]]
    numbers: list[list[float]]

    @property
    def says_nothing(self) -> bool:
        """Whether the model knows no word of the text: at most names, marks and figures."""
        return all(not use[0].strip("…!?0 ") for uses in self.used for use in uses)


@dataclass(frozen=True)
class Model:
    """The weights, ready to judge; see ``load``."""

    version: str
    """Of the weights and, behind a dot, of the confidence."""
    terms: Mapping[str, Weight]
    numbers: Sequence[Weight]
    start: Weight
    sure: Confidence

    @cached_property
    def effects(self) -> dict[str, float]:
        """What each term counts toward good as against bad."""
        return {term: weight.good - weight.bad for term, weight in self.terms.items()}

    @cached_property
    def numbers_effects(self) -> tuple[float, ...]:
        """What each of VADER's numbers counts toward good as against bad."""
        return tuple(weight.good - weight.bad for weight in self.numbers)

    @cached_property
    def _plain(self) -> dict[str, tuple[float, float, float]]:
        """The weights as plain tuples, which are unpacked faster."""
        return {term: (bad, good, rarity) for term, (bad, good, rarity) in self.terms.items()}

    @cached_property
    def _numbers_toward(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return tuple(weight.bad for weight in self.numbers), tuple(weight.good for weight in self.numbers)

    def judge(self, reading: Reading) -> Judged:
        """The probabilities of a text, and what they are made of."""
        bad, good, _ = self.start
        used: list[list[Use]] = []
        found: list[list[float]] = []
        numbers_bad, numbers_good = self._numbers_toward
        share = 1 / len(reading.parts)
        for part in reading.parts:
            uses, toward_bad, toward_good = self._words(part.read, part.silenced)
            values = numbers(part)
            used.append(uses)
            found.append(values)
            bad += share * (toward_bad + sum(map(mul, values, numbers_bad)))
            good += share * (toward_good + sum(map(mul, values, numbers_good)))
        return Judged(softmax(bad, good), (bad, good), used, found)

    def _words(self, read: Words, silenced: frozenset[int]) -> tuple[list[Use], float, float]:
        """The known terms of a part with their values, and what they count toward bad and toward good together.

        The squares of all terms' values add up to one; each place of a repeated term has its part of the value.
        """
        plain = self._plain
        found = terms(read, plain)
        if silenced:
            found = [term for term in found if silenced.isdisjoint(range(term[1], term[2] + 1))]
        counts: dict[str, int] = {}
        for term, _, _ in found:
            counts[term] = counts.get(term, 0) + 1
        squares = bad = good = 0.0
        values: dict[str, float] = {}
        for term, count in counts.items():
            toward_bad, toward_good, value = plain[term]
            if count > 1:
                value *= 1 + log(count)
            squares += value * value
            bad += value * toward_bad
            good += value * toward_good
            values[term] = value / count
        length = sqrt(squares) or 1.0
        return [(term, first, last, values[term] / length) for term, first, last in found], bad / length, good / length

    def confidence(self, tag: Tag, probability: float, kind: TextKind = "post") -> float:
        """How often a tag given with such a probability to such a text is right, 0 to 1."""
        return round(self.sure[kind][tag].of(probability), 3)

    def changed(
        self,
        *,
        version: str,
        start: Weight,
        terms: Mapping[str, Weight],
        numbers: Sequence[Weight] = (),
        sure: Mapping[Tag, Sure],
    ) -> Model:
        """A copy with these added to its weights, and another calibration, for texts of every kind."""
        weights = dict(self.terms)
        for term, more in terms.items():
            if (old := weights.get(term)) is not None:
                weights[term] = old._replace(bad=old.bad + more.bad, good=old.good + more.good)
        own = list(self.numbers)
        for place, more in enumerate(numbers):
            own[place] = Weight(own[place].bad + more.bad, own[place].good + more.good)
        moved = Weight(self.start.bad + start.bad, self.start.good + start.good)
        return replace(self, version=version, terms=weights, numbers=own, start=moved, sure=for_every_kind(sure))


def softmax(bad: float, good: float) -> tuple[float, float, float]:
    """The probabilities of bad, neutral and good for log-odds against neutral."""
    top = max(bad, good, 0.0)
    three = (exp(bad - top), exp(-top), exp(good - top))
    total = sum(three)
    return three[0] / total, three[1] / total, three[2] / total


@cache
def load() -> Model:
    """The model of this package, read at its first use (0.02 s)."""
    return decode(files(__package__).joinpath("model.json.gz").read_bytes())


def encode(model: Model) -> bytes:
    """The model as a file: JSON with whole thousandths, packed; the same weights give the same bytes."""

    def thousandths(values: Sequence[float]) -> list[int]:
        return [round(1000 * value) for value in values]

    def weights(each: Sequence[Weight]) -> dict[str, list[int]]:
        return {
            "bad": thousandths([weight.bad for weight in each]),
            "good": thousandths([weight.good for weight in each]),
        }

    content = {
        "format": FORMAT,
        "version": model.version,
        "terms": "\n".join(model.terms),
        "rarity": [round(100 * weight.rarity) for weight in model.terms.values()],
        **weights(list(model.terms.values())),
        "numbers": weights(model.numbers),
        "start": weights([model.start]),
        "sure": confidence_as_numbers(model.sure),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def confidence_as_numbers(sure: Confidence) -> dict[str, dict[str, list[int]]]:
    """For a file: whole thousandths."""
    return {
        kind: {tag: [round(1000 * value) for value in each] for tag, each in of_tag.items()}
        for kind, of_tag in sure.items()
    }


def confidence_of_numbers(content: Mapping[str, Mapping[str, Sequence[int]]]) -> Confidence:
    """Of a file."""
    return {kind: {tag: Sure(*(value / 1000 for value in content[kind][tag])) for tag in CLASSES} for kind in KINDS}


def decode(packed: bytes) -> Model:
    """The model of a file; ValueError where it is not one of this format."""
    content = json.loads(gzip.decompress(packed))
    if content.get("format") != FORMAT:
        raise ValueError(f"The model has format {content.get('format')}, and this program reads {FORMAT}.")

    def weights(each: Mapping[str, Sequence[int]]) -> list[Weight]:
        return [Weight(bad / 1000, good / 1000) for bad, good in zip(each["bad"], each["good"], strict=True)]

    rows = zip(content["terms"].split("\n"), content["bad"], content["good"], content["rarity"], strict=True)
    model = Model(
        version=content["version"],
        terms={term: Weight(bad / 1000, good / 1000, rarity / 100) for term, bad, good, rarity in rows},
        numbers=weights(content["numbers"]),
        start=weights(content["start"])[0],
        sure=confidence_of_numbers(content["sure"]),
    )
    if len(model.numbers) != len(NUMBERS):
        raise ValueError(f"The model has {len(model.numbers)} numbers, and this program gives {len(NUMBERS)}.")
    return model
