"""How often the tags agree with people: shares with intervals, a table of confusions, the worst mistakes.

Pure arithmetic over pairs of tags. Intervals of shares are Wilson's score intervals (Wilson 1927), those of macro-F1
are percentiles of a bootstrap over the mentions.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from listening.models import Tag

SCORED: tuple[Tag, ...] = ("good", "neutral", "bad")
Z = 1.959964
"""The normal quantile of a 95 % interval."""

ROUNDS = 1_000
SEED = 20_261_127
WORST = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One mention with a person's tag and the machine's."""

    text: str
    person: Tag
    machine: Tag
    score: float | None = None
    confidence: float | None = None
    topic: str = ""
    source: str = ""
    why: str = ""

    @property
    def right(self) -> bool:
        """Whether both say the same."""
        return self.person == self.machine


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """``part`` of ``base``, and the 95 % interval of that share, 0 to 1; without a base all is None."""

    part: int
    base: int

    @property
    def share(self) -> float | None:
        """The share itself."""
        return self.part / self.base if self.base else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval."""
        return wilson(self.part, self.base) if self.base else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What came out.

    ``unscored`` mentions were left without a tag by the machine and are outside all shares. ``precision`` of a tag is
    how many of those the machine calls so are right, ``recall`` how many of those a person calls so the machine finds.
    ``opposite`` are good for bad and bad for good. ``confusion`` counts (person, machine).
    """

    right: Share
    opposite: Share
    macro_f1: float | None
    macro_f1_interval: tuple[float, float] | None
    precision: Mapping[Tag, Share]
    recall: Mapping[Tag, Share]
    confusion: Mapping[tuple[Tag, Tag], int]
    by_topic: Mapping[str, Share]
    by_source: Mapping[str, Share]
    unscored: int
    calibration: float | None
    worst: tuple[Judged, ...]


def agreement(judged: Iterable[Judged]) -> Agreement:
    """Compare the machine's tags with people's."""
    everything = list(judged)
    tagged = [one for one in everything if one.machine != "unscored"]
    pairs = [(one.person, one.machine) for one in tagged]
    confusion = Counter(pairs)
    wrong = [one for one in tagged if not one.right]
    return Agreement(
        right=_share(tagged),
        opposite=Share(part=confusion["good", "bad"] + confusion["bad", "good"], base=len(pairs)),
        macro_f1=macro_f1(confusion),
        macro_f1_interval=macro_f1_interval(pairs),
        precision={tag: _share([one for one in tagged if one.machine == tag]) for tag in SCORED},
        recall={tag: _share([one for one in tagged if one.person == tag]) for tag in SCORED},
        confusion={(person, machine): confusion[person, machine] for person in SCORED for machine in SCORED},
        by_topic=_by(tagged, [one.topic for one in tagged]),
        by_source=_by(tagged, [one.source for one in tagged]),
        unscored=len(everything) - len(tagged),
        calibration=calibration_error([(one.confidence, one.right) for one in tagged if one.confidence is not None]),
        worst=tuple(sorted(wrong, key=_badness, reverse=True)[:WORST]),
    )


def sentence(found: Agreement) -> str:
    """The one sentence: Of 100 mentions you checked, 81 had the right tag."""
    base, part = found.right.base, found.right.part
    if not base:
        return "No mention has been checked by a person yet."
    if base == 1:
        return f"The 1 mention you checked had {'the right' if part else 'a wrong'} tag."
    return f"Of {base:,} mentions you checked, {part:,} had the right tag."


def wilson(part: int, base: int, z: float = Z) -> tuple[float, float]:
    """Wilson's score interval of a share, 0 to 1; ``base`` is at least 1."""
    share = part / base
    middle = share + z * z / (2 * base)
    half = z * sqrt(share * (1 - share) / base + z * z / (4 * base * base))
    scale = 1 + z * z / base
    # None and all are limits themselves, whatever the rounding.
    low = (middle - half) / scale if part else 0.0
    high = (middle + half) / scale if part < base else 1.0
    return low, high


def macro_f1(confusion: Mapping[tuple[Tag, Tag], int]) -> float | None:
    """The mean over good, neutral and bad of 2 x right / (said by a person + said by the machine).

    A tag that neither says is left out; None where nobody says anything.
    """
    values = []
    for tag in SCORED:
        person = sum(confusion.get((tag, other), 0) for other in SCORED)
        machine = sum(confusion.get((other, tag), 0) for other in SCORED)
        if person + machine:
            values.append(2 * confusion.get((tag, tag), 0) / (person + machine))
    return sum(values) / len(values) if values else None


def macro_f1_interval(
    pairs: Sequence[tuple[Tag, Tag]], *, rounds: int = ROUNDS, seed: int = SEED
) -> tuple[float, float] | None:
    """The 95 % percentile interval of macro-F1 over ``rounds`` samples of the mentions, drawn with replacement."""
    if not pairs:
        return None
    rng = random.Random(seed)  # noqa: S311 - the same interval for the same labels, nothing secret
    kinds = Counter(pairs)
    # Drawing kinds of pairs by their counts is drawing mentions: equal pairs cannot be told apart.
    names, weights = list(kinds), list(kinds.values())
    drawn = []
    for _ in range(rounds):
        value = macro_f1(Counter(rng.choices(names, weights, k=len(pairs))))
        assert value is not None
        drawn.append(value)
    drawn.sort()
    return drawn[int(0.025 * rounds)], drawn[min(rounds - 1, int(0.975 * rounds))]


def calibration_error(judged: Sequence[tuple[float, bool]], bins: int = 10) -> float | None:
    """The mean difference of confidence and truth over equal bins, each weighted by its mentions, 0 to 1."""
    if not judged:
        return None
    sums = [[0.0, 0.0, 0.0] for _ in range(bins)]
    for confidence, right in judged:
        cell = sums[min(bins - 1, int(confidence * bins))]
        cell[0] += confidence
        cell[1] += right
        cell[2] += 1
    return sum(abs(said - was) for said, was, _ in sums) / len(judged)


def _share(judged: Sequence[Judged]) -> Share:
    return Share(part=sum(one.right for one in judged), base=len(judged))


def _by(judged: Sequence[Judged], names: Sequence[str]) -> dict[str, Share]:
    found: dict[str, list[Judged]] = {}
    for one, name in zip(judged, names, strict=True):
        if name:
            found.setdefault(name, []).append(one)
    return {name: _share(group) for name, group in sorted(found.items())}


def _badness(one: Judged) -> tuple[bool, float]:
    opposite = {one.person, one.machine} == {"good", "bad"}
    return opposite, abs(one.score or 0.0)
