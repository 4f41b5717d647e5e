"""Learning from the team: labels of its own mentions move the shipped weights, where that makes the tags better.

Up to 99 labels move three offsets, one a tag; from 100 on the weights of words too, each held to the shipped one
unless the labels say otherwise. Whether that is better is measured on labels that were not learned from. What was
learned is kept by ``listening.sentiment.learned``; without it the tagger is as it was shipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

from listening.models import Tag, TextKind
from listening.sentiment.features import NUMBERS
from listening.sentiment.labelled import fold, macro_f1
from listening.sentiment.learned import Agreement, Learned
from listening.sentiment.minimum import Numbers, minimum
from listening.sentiment.model import CLASSES, Model, Sure, Weight
from listening.sentiment.reading import Reader

FEWEST_LABELS = 20
"""Below this nothing is learned: the measurement would say nothing."""
ENOUGH_FOR_WORDS = 100
HELD = 0.3
"""How firmly each word is held to its shipped weight (ridge)."""
HELD_OFFSETS = 2.0
BALANCE_OFFSETS, BALANCE_WORDS = 0.5, 0.7
"""How far rare tags count more: by 0 each label counts alike, by 1 each tag. Between them lies the best macro-F1."""
FOLDS = 5
SURE_ENOUGH = 0.7
"""In so many of the resampled label sets the new tags must agree better with the team."""
DRAWS = 400
MOSTLY_WRONG = 0.9
"""From this share of labels that contradict the tagger on, the sample is taken to hold only its mistakes."""
LEAST_CHANGE = 0.005


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What a person said of a text. ``given`` is the tag the tagger had given, where it is known."""

    text: str
    tag: Tag
    title: str = ""
    kind: TextKind = "post"
    given: Tag | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A word whose weight moved: by how much toward good (below zero: bad), and how many labelled texts have it."""

    words: str
    effect: float
    texts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of learning.

    ``learned`` is missing where it was not better, or could not be measured; ``said`` tells why, in sentences.
    ``before`` and ``after`` are measured on labels that were not learned from; ``chance`` is how surely it is better.
    """

    labels: int
    learned: Learned | None
    before: Agreement | None
    after: Agreement | None
    chance: float
    biased: bool
    changes: tuple[Change, ...]
    said: tuple[str, ...]


@dataclass(slots=True)
class _Sample:
    """The labelled texts as the model sees them: its log-odds, and the cells of the table of values."""

    texts: list[str]
    tags: list[int]
    odds: Numbers
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    values: Numbers
    names: list[str]
    """The term of each column; VADER's numbers are behind the last."""

    @property
    def width(self) -> int:
        return len(self.names) + len(NUMBERS)


@dataclass(slots=True)
class _Fit:
    """Added log-odds: a row a column of the sample, and one for all texts."""

    weights: Numbers
    offsets: Numbers

    def odds(self, sample: _Sample) -> Numbers:
        return sample.odds + _times(sample, self.weights) + self.offsets


def learn(
    labels: Iterable[Label], model: Model, reader: Reader | None = None, *, even_if_worse: bool = False
) -> Outcome:
    """Learn from labels, measure, and say what came of it. Texts without a word are left out.

    ``reader`` masks the team's names, as the tagger does. ``even_if_worse`` is for measuring: all is learned.
    """
    sample, given = _read(list(labels), model, reader or Reader())
    count = len(sample.tags)
    counts = Counter(CLASSES[tag] for tag in sample.tags)
    if count < FEWEST_LABELS or min(counts[tag] for tag in CLASSES) < 2:
        said = f"{count} labels are too few to learn from: {FEWEST_LABELS} are needed, and two of each tag."
        return _nothing(count, said)
    right = sum(a == b for a, b in zip(given, sample.tags, strict=True)) / count
    if 1 - right >= MOSTLY_WRONG and not even_if_worse:
        return _nothing(
            count,
            f"{round(100 * (1 - right))} of 100 labels contradict the tagger: they seem to be its mistakes only.",
            "Mistakes alone do not tell how often it is right: label mentions as they come, the right ones too.",
            biased=True,
        )
    before = _agreement(sample.tags, sample.odds.argmax(axis=1))
    best: tuple[float, bool, Numbers] | None = None
    for words in (True, False) if count >= ENOUGH_FOR_WORDS else (False,):
        held_out = _held_out(sample, words)
        score = macro_f1(_tags(sample.tags), _tags(held_out.argmax(axis=1)))
        if best is None or score > best[0]:
            best = (score, words, held_out)
    assert best is not None
    _, words, held_out = best
    after = _agreement(sample.tags, held_out.argmax(axis=1))
    chance = _chance(sample, held_out)
    if not even_if_worse and (chance < SURE_ENOUGH or after.macro_f1 <= before.macro_f1):
        return Outcome(
            labels=count,
            learned=None,
            before=before,
            after=after,
            chance=chance,
            biased=False,
            changes=(),
            said=(_compared(before, after, count), "That is not surely better, so the tags stay as they were."),
        )
    fit = fitted(sample, range(count), words)
    learned = _learned(model, sample, fit, held_out, before, after)
    changes = _changes(sample, learned)
    return Outcome(
        labels=count,
        learned=learned,
        before=before,
        after=after,
        chance=chance,
        biased=False,
        changes=changes,
        said=tuple(_told(before, after, count, changes)),
    )


def _nothing(count: int, *said: str, biased: bool = False) -> Outcome:
    return Outcome(
        labels=count, learned=None, before=None, after=None, chance=0.0, biased=biased, changes=(), said=said
    )


def _read(labels: Sequence[Label], model: Model, reader: Reader) -> tuple[_Sample, list[int]]:
    """The sample, and the tag that each of its texts was given."""
    columns: dict[str, int] = {}
    cells: list[tuple[int, str | int, float]] = []
    texts: list[str] = []
    tags: list[int] = []
    given: list[int] = []
    odds: list[list[float]] = []
    for label in labels:
        reading = reader.read(label.text, label.title) if label.tag in CLASSES else None
        if reading is None:
            continue
        judged = model.judge(reading)
        bad, neutral, good = judged.probabilities
        odds.append([log(bad / neutral), 0.0, log(good / neutral)])
        share = 1 / len(reading.parts)
        for uses, numbers in zip(judged.used, judged.numbers, strict=True):
            for term, _, _, value in uses:
                columns.setdefault(term, len(columns))
                cells.append((len(texts), term, share * value))
            cells += [(len(texts), place, share * value) for place, value in enumerate(numbers) if value]
        texts.append(label.text)
        tags.append(CLASSES.index(label.tag))
        machine = label.given if label.given in CLASSES else CLASSES[int(np.argmax(judged.probabilities))]
        given.append(CLASSES.index(machine))
    places = [columns[at] if isinstance(at, str) else len(columns) + at for _, at, _ in cells]
    sample = _Sample(
        texts=texts,
        tags=tags,
        odds=np.array(odds).reshape(-1, 3),
        rows=np.array([row for row, _, _ in cells], dtype=np.int64),
        columns=np.array(places, dtype=np.int64),
        values=np.array([value for _, _, value in cells]),
        names=list(columns),
    )
    return sample, given


def fitted(sample: _Sample, chosen: Iterable[int], words: bool) -> _Fit:
    """Offsets, and with ``words`` weights, that make the chosen labels likely; rare tags count more."""
    inside = np.zeros(len(sample.tags), dtype=bool)
    inside[list(chosen)] = True
    tags = np.array(sample.tags)
    counts = np.bincount(tags[inside], minlength=3).clip(1)
    weight = np.where(inside, (inside.sum() / 3 / counts[tags]) ** (BALANCE_WORDS if words else BALANCE_OFFSETS), 0.0)
    weight *= inside.sum() / weight.sum()
    wanted = np.eye(3)[tags]
    size = 3 * sample.width if words else 0

    def loss(at: Numbers) -> tuple[float, Numbers]:
        weights, offsets = at[:size].reshape(-1, 3), at[size:]
        odds = sample.odds + offsets
        if words:
            odds = odds + _times(sample, weights)
        chances = _softmax(odds)
        slope = (chances - wanted) * weight[:, None]
        likely = -float(weight @ np.log((chances * wanted).sum(axis=1).clip(1e-12)))
        held = HELD * float((weights**2).sum()) + HELD_OFFSETS * float(offsets @ offsets)
        down = slope.sum(axis=0) + HELD_OFFSETS * offsets
        if not words:
            return likely + held / 2, down
        return likely + held / 2, np.concatenate([(_back(sample, slope) + HELD * weights).ravel(), down])

    best = minimum(loss, size + 3)
    weights = best[:size].reshape(-1, 3) if words else np.zeros((sample.width, 3))
    return _Fit(weights, best[size:])


def _held_out(sample: _Sample, words: bool) -> Numbers:
    """The log-odds of each text by what was learned from the others."""
    part = np.array([fold(text, FOLDS) for text in sample.texts])
    odds = sample.odds.copy()
    for each in range(FOLDS):
        if (part == each).any() and (part != each).any():
            fit = fitted(sample, np.flatnonzero(part != each), words)
            odds[part == each] = fit.odds(sample)[part == each]
    return odds


def _chance(sample: _Sample, held_out: Numbers) -> float:
    """In which share of resampled label sets the new tags agree better with people than the old."""
    source = np.random.default_rng(1)  # the same answer for the same labels
    old, new = sample.odds.argmax(axis=1), held_out.argmax(axis=1)
    tags = np.array(sample.tags)
    better = 0.0
    for _ in range(DRAWS):
        drawn = source.integers(len(tags), size=len(tags))
        gain = _quick_f1(tags[drawn], new[drawn]) - _quick_f1(tags[drawn], old[drawn])
        better += 1.0 if gain > 0 else 0.5 if gain == 0 else 0.0
    return better / DRAWS


def _quick_f1(gold: npt.NDArray[np.int64], given: npt.NDArray[np.int64]) -> float:
    table = np.bincount(3 * gold + given, minlength=9).reshape(3, 3)
    both = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(2 * table.diagonal() / both.clip(1)))


def _learned(
    model: Model, sample: _Sample, fit: _Fit, held_out: Numbers, before: Agreement, after: Agreement
) -> Learned:
    toward = fit.weights - fit.weights[:, [1]]
    offsets = fit.offsets - fit.offsets[1]
    pairs = [Weight(round(float(bad), 3), round(float(good), 3)) for bad, _, good in toward]
    words = dict(zip(sample.names, pairs, strict=False))
    return Learned(
        model=model.version,
        labels=len(sample.tags),
        offsets=Weight(round(float(offsets[0]), 3), round(float(offsets[2]), 3)),
        words={word: pair for word, pair in words.items() if max(abs(pair.bad), abs(pair.good)) >= LEAST_CHANGE},
        numbers=pairs[len(sample.names) :],
        sure=recalibrated(model, _softmax(held_out), sample.tags),
        before=before,
        after=after,
    )


def recalibrated(model: Model, chances: Numbers, tags: Sequence[int]) -> dict[Tag, Sure]:
    """How sure each tag is, by labels that were not learned from; with few of them nearer to what was shipped."""
    given, right = chances.argmax(axis=1), chances.argmax(axis=1) == np.array(tags)
    found: dict[Tag, Sure] = {}
    for place, tag in enumerate(CLASSES):
        mine = given == place
        inside = chances[mine, place].clip(1e-6, 1 - 1e-6)
        odds, hits, shipped = np.log(inside / (1 - inside)), right[mine], np.array(model.sure["post"][tag])

        def loss(
            at: Numbers, odds: Numbers = odds, hits: npt.NDArray[np.bool_] = hits, shipped: Numbers = shipped
        ) -> tuple[float, Numbers]:
            slope, shift = at + shipped
            log_odds = slope * odds + shift
            likely = float(np.logaddexp(0, np.where(hits, -log_odds, log_odds)).sum())
            down = 1 / (1 + np.exp(-log_odds)) - hits
            held = np.array([10.0, 1.0])
            return likely + float(held @ at**2) / 2, np.array([float(down @ odds), float(down.sum())]) + held * at

        slope, shift = minimum(loss, 2) + shipped
        found[tag] = Sure(round(max(float(slope), 0.0), 3), round(float(shift), 3))
    return found


def _changes(sample: _Sample, learned: Learned) -> tuple[Change, ...]:
    """The words whose weight moved most, counted by how often they are used."""
    texts: Counter[str] = Counter()
    seen = {(int(row), int(column)) for row, column in zip(sample.rows, sample.columns, strict=True)}
    for _, column in seen:
        if column < len(sample.names):
            texts[sample.names[column]] += 1
    changes = [
        Change(words=words, effect=round(pair.good - pair.bad, 3), texts=texts[words])
        for words, pair in learned.words.items()
        if texts[words] >= 2
    ]
    return tuple(sorted(changes, key=lambda change: (-abs(change.effect), change.words)))


def _told(before: Agreement, after: Agreement, count: int, changes: Sequence[Change]) -> Iterable[str]:
    yield _compared(before, after, count)
    for side, toward in ((-1, "bad"), (1, "good")):
        words = [f"“{change.words}”" for change in changes if change.effect * side > 0.1][:6]
        if words:
            yield f"Now more {toward}: {', '.join(words)}."


def _compared(before: Agreement, after: Agreement, count: int) -> str:
    return (
        f"On labels it had not learned from ({count} in all), {round(100 * after.right)} of 100 tags are right "
        f"instead of {round(100 * before.right)} (macro-F1 {after.macro_f1:.2f} instead of {before.macro_f1:.2f})."
    )


def _agreement(tags: Sequence[int], given: Iterable[int]) -> Agreement:
    answers = list(given)
    right = sum(a == int(b) for a, b in zip(tags, answers, strict=True)) / len(tags)
    return Agreement(macro_f1=round(macro_f1(_tags(tags), _tags(answers)), 4), right=round(right, 4))


def _tags(places: Iterable[int]) -> list[Tag]:
    return [CLASSES[place] for place in places]


def _softmax(odds: Numbers) -> Numbers:
    raised = np.exp(odds - odds.max(axis=1, keepdims=True))
    shares: Numbers = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _times(sample: _Sample, weights: Numbers) -> Numbers:
    """The table of values times weights: a row a text."""
    count = len(sample.tags)
    cells = sample.values[:, None] * weights[sample.columns]
    return np.stack([np.bincount(sample.rows, weights=cells[:, tag], minlength=count) for tag in range(3)], axis=1)


def _back(sample: _Sample, slope: Numbers) -> Numbers:
    """The turned table of values times slopes: a row a column."""
    cells = sample.values[:, None] * slope[sample.rows]
    return np.stack(
        [np.bincount(sample.columns, weights=cells[:, tag], minlength=sample.width) for tag in range(3)], axis=1
    )
