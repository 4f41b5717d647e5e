"""Trains the model: ``python -m listening.sentiment.train FOLDER [-o model.json.gz]``; needs ``listening[train]``.

FOLDER holds the files that ``labelled.TRAINING`` names, each checked by its SHA-256. The same files and the pinned
trainer give the same weights (within 0.002 where another machine adds in another order). Nothing here is needed at run
time, and no text goes into the model: only words and pairs of words that several texts have, without people's names.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log, sqrt
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from listening.models import Tag
from listening.sentiment.features import NUMBERS, numbers, terms
from listening.sentiment.labelled import FOLDS, TRAINING, Labelled, digest, fold, rows
from listening.sentiment.model import AS_IT_IS, CLASSES, Confidence, Model, Sure, Weight, encode, softmax
from listening.sentiment.reading import Reader, Reading
from listening.sentiment.slurs import is_slur
from listening.sentiment.vader import scorer

MOST_TERMS = 10_000
FEWEST_TEXTS = 5
"""A term is seen in at least so many texts."""
MOST_ROWS = 16_000
"""A larger set counts as if it had so many rows, so that none drowns the others."""
MOST_FOR_A_CLASS = 4.0
"""Within a set the tags count equally; a rare one up to so many times."""
STRENGTH = 0.2
"""The inverse of the regularisation."""
NUMBERS_SCALE = 1.5
PAIRS_SCALE = sqrt(0.5)
"""What VADER's numbers, and the values of pairs, are multiplied by while training: pairs are believed less easily."""
EXACT, ROUGH = 1e-6, 1e-4
"""How near to the optimum the weights are, and those of the models that only measure."""
MOSTLY_CAPITAL = 0.8
"""A word that is written so often with a capital within a sentence is a name, and names are no opinions."""

FEEDBACK = "nhs"
PUBLIC = tuple(source.name for source in TRAINING if source.kind != "feedback")
STRANGERS = 0.75
"""What a guess at a set of which the model had seen nothing counts, beside one at a set that it partly knows. With
0.5 to 1 the mean error over the sets of ``bench_sentiment.py`` is 4.9 to 5.0 points; without such guesses, 5.2."""

VERSION = "2.1"
"""Raised where a weight can differ; behind the dot, where only the confidence can: what a team learned still fits."""

_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")


@dataclass(slots=True)
class Seen:
    """A labelled text as the model sees it."""

    terms: list[Counter[str]]
    numbers: list[list[float]]
    label: int
    set: str
    fold: int


class Judged(Protocol):
    """A text of a set, and its right tag as a place in ``CLASSES``."""

    label: int
    set: str


Guess: TypeAlias = tuple[Judged, tuple[float, float, float]]
"""A text, and how probable a model that had not seen it calls bad, neutral and good."""


def main(words: Sequence[str] | None = None) -> int:
    """Train and write the model."""
    parser = argparse.ArgumentParser(prog="python -m listening.sentiment.train", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with the labelled files")
    parser.add_argument("--folds", type=Path, help="keep the models that measure confidence in this folder")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name("model.json.gz"))
    arguments = parser.parse_args(words)
    texts = named_texts(arguments.folder)
    if texts is None:
        return 1
    model = calibrated(texts, arguments.folds)
    arguments.output.write_bytes(encode(model))
    print(f"{len(model.terms):,} terms, {arguments.output.stat().st_size / 1000:.0f} kB: {arguments.output}")
    return 0


def named_texts(folder: Path) -> dict[str, list[Labelled]] | None:
    """The texts of the files that the model is made of; None, and a word on stderr, where one is another file."""
    if wrong := [source.name for source in TRAINING if digest(folder / f"{source.name}.csv") != source.sha256]:
        print(f"Not the files that the model is made of: {', '.join(wrong)}.", file=sys.stderr)
        return None
    return {source.name: rows(folder / f"{source.name}.csv") for source in TRAINING}


def calibrated(texts: Mapping[str, Sequence[Labelled]], folds: Path | None = None) -> Model:
    """The model of all texts, its confidence measured on texts that it had not seen.

    The model that has not seen part 2 of the texts is kept as ``fold-2.json.gz`` where a folder is named.
    """
    names = proper_names(text.text for each in texts.values() for text in each)
    seen = see(texts)
    parts = [train([row for row in seen if row.fold != part], names, ROUGH) for part in range(FOLDS)]
    held_out = [
        guess
        for part, model in enumerate(parts)
        for guess in _guesses(model, (row for row in seen if row.fold == part))
    ]
    strange = [guess for name in PUBLIC for guess in _guesses_at_a_stranger(seen, names, name)]
    found = sure(held_out, strange)
    if folds is not None:
        folds.mkdir(parents=True, exist_ok=True)
        for part, model in enumerate(parts):
            (folds / f"fold-{part}.json.gz").write_bytes(encode(replace(model, sure=found)))
    return replace(train(seen, names), sure=found)


def _guesses(model: Model, texts: Iterable[Seen]) -> list[Guess]:
    rarity = {term: weight.rarity for term, weight in model.terms.items()}
    return [(row, softmax(*_log_odds(model, rarity, row))) for row in texts]


def _guesses_at_a_stranger(seen: Sequence[Seen], names: frozenset[str], name: str) -> list[Guess]:
    """What a model that has seen no text of a set says of it."""
    model = train([row for row in seen if row.set != name], names, ROUGH)
    return _guesses(model, (row for row in seen if row.set == name))


def see(texts: Mapping[str, Sequence[Labelled]]) -> list[Seen]:
    """Every text as the model sees it."""
    plain = Reader()
    readers: dict[tuple[str, ...], Reader] = {(): plain}
    seen = []
    for name, each in texts.items():
        for text in each:
            reader = readers.get(text.names) or readers.setdefault(text.names, plain.masking(text.names))
            reading = reader.read(text.text)
            if reading is not None:
                seen.append(_seen(reading, text, name))
    return seen


def _seen(reading: Reading, text: Labelled, name: str) -> Seen:
    return Seen(
        terms=[Counter(term for term, _, _ in terms(part.read)) for part in reading.parts],
        numbers=[numbers(part) for part in reading.parts],
        label=CLASSES.index(text.label),
        set=name,
        fold=fold(text.text),
    )


def train(seen: Sequence[Seen], names: frozenset[str] = frozenset(), tolerance: float = EXACT) -> Model:
    """The model of these texts, not yet calibrated."""
    rarity = vocabulary(seen, names)
    scale = np.array([PAIRS_SCALE if " " in term else 1.0 for term in rarity] + [NUMBERS_SCALE] * len(NUMBERS))
    labels = np.array([row.label for row in seen])
    regression = LogisticRegression(C=STRENGTH, max_iter=1_000, tol=tolerance)
    weights_of_rows = importance([row.set for row in seen], labels.tolist())
    regression.fit(_matrix(seen, rarity) @ sparse.diags(scale), labels, sample_weight=weights_of_rows)
    against_neutral = (regression.coef_ - regression.coef_[1]) * scale
    start = regression.intercept_ - regression.intercept_[1]
    weights = [
        Weight(float(bad), float(good)) for bad, good in zip(against_neutral[0], against_neutral[2], strict=True)
    ]
    return Model(
        version=VERSION,
        terms={
            term: weight._replace(rarity=rare) for (term, rare), weight in zip(rarity.items(), weights, strict=False)
        },
        numbers=weights[len(rarity) :],
        start=Weight(float(start[0]), float(start[2])),
        sure=AS_IT_IS,
    )


def vocabulary(seen: Iterable[Seen], names: frozenset[str] = frozenset()) -> dict[str, float]:
    """The most frequent terms that hold no name and no slur, with their rarity in the texts."""
    texts = 0
    counts: Counter[str] = Counter()
    for row in seen:
        texts += 1
        counts.update(set().union(*row.terms))
    frequent = sorted((term for term, count in counts.items() if count >= FEWEST_TEXTS), key=lambda t: (-counts[t], t))
    kept = [term for term in frequent if not any(word in names or is_slur(word) for word in term.split())]
    return {term: round(log((1 + texts) / (1 + counts[term])) + 1, 2) for term in kept[:MOST_TERMS]}


def proper_names(texts: Iterable[str]) -> frozenset[str]:
    """The words that are written with a capital nearly everywhere within sentences that are not in capitals."""
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        words = _WORD.findall(text)
        if sum(word[0].isupper() for word in words) > len(words) / 2:
            continue
        for before, word in pairwise(words):
            if before[0].islower():
                (capital if word[0].isupper() and not word.isupper() else small)[word.lower().replace("’", "'")] += 1
    known = scorer().lexicon
    return frozenset(
        word
        for word, count in capital.items()
        if count >= 2 and count >= MOSTLY_CAPITAL * (count + small[word]) and word not in known and len(word) > 2
    )


def _matrix(seen: Sequence[Seen], rarity: Mapping[str, float]) -> sparse.csr_matrix:
    """A row a text: the values of its terms, then VADER's numbers; of several sentences their mean."""
    column = {term: place for place, term in enumerate(rarity)}
    where: list[int] = []
    values: list[float] = []
    ends = [0]
    for row in seen:
        cells: dict[int, float] = {}
        share = 1 / len(row.terms)
        for counted, given in zip(row.terms, row.numbers, strict=True):
            for term, value in part_values(counted, rarity).items():
                place = column[term]
                cells[place] = cells.get(place, 0.0) + share * value
            for place, value in enumerate(given, start=len(column)):
                cells[place] = cells.get(place, 0.0) + share * value
        where += cells
        values += cells.values()
        ends.append(len(where))
    return sparse.csr_matrix((values, where, ends), shape=(len(seen), len(column) + len(NUMBERS)))


def part_values(counted: Mapping[str, int], rarity: Mapping[str, float]) -> dict[str, float]:
    """What each known term of a part counts; the squares add up to one."""
    values = {term: (1 + log(count)) * rarity[term] for term, count in counted.items() if term in rarity}
    length = sqrt(sum(value * value for value in values.values())) or 1.0
    return {term: value / length for term, value in values.items()}


def importance(sets: Sequence[str], labels: Sequence[int]) -> list[float]:
    """How much each text counts: its set up to a size, within a set its tags equally; one on average."""
    sizes = Counter(sets)
    tags = Counter(zip(sets, labels, strict=True))
    raw = [min(sizes[name] / 3 / tags[name, label], MOST_FOR_A_CLASS) for name, label in zip(sets, labels, strict=True)]
    wholes: Counter[str] = Counter()
    for name, value in zip(sets, raw, strict=True):
        wholes[name] += value  # type: ignore[assignment]
    weights = [value / wholes[name] * min(sizes[name], MOST_ROWS) for name, value in zip(sets, raw, strict=True)]
    mean = sum(weights) / len(weights)
    return [weight / mean for weight in weights]


def _log_odds(model: Model, rarity: Mapping[str, float], row: Seen) -> tuple[float, float]:
    bad, good = model.start.bad, model.start.good
    share = 1 / len(row.terms)
    for counted, given in zip(row.terms, row.numbers, strict=True):
        for term, value in part_values(counted, rarity).items():
            bad += share * value * model.terms[term].bad
            good += share * value * model.terms[term].good
        for value, weight in zip(given, model.numbers, strict=True):
            bad += share * value * weight.bad
            good += share * value * weight.good
    return bad, good


def sure(guesses: Sequence[Guess], strange: Sequence[Guess] = ()) -> Confidence:
    """How probabilities become confidences, on texts that the model had not seen.

    Posts and headlines are taken together, sets counting equally: each kind by itself says too much of other sets of
    its kind. What people post about is often something that no training set speaks of: for posts, ``strange`` guesses,
    by models that had seen nothing of a text's set, count ``STRANGERS`` beside one. Feedback to a public service is by
    itself; reviews of goods, which have few neutral texts, are in none.
    """
    public = [(guess, 1.0) for guess in guesses if guess[0].set in PUBLIC]
    feedback = [(guess, 1.0) for guess in guesses if guess[0].set == FEEDBACK]
    posts = _sure([*public, *((guess, STRANGERS) for guess in strange)])
    return {"post": posts, "headline": _sure(public), "feedback": _sure(feedback)}


def _sure(guesses: Sequence[tuple[Guess, float]]) -> dict[Tag, Sure]:
    sizes: Counter[str] = Counter()
    for (row, _), weight in guesses:
        sizes[row.set] += weight  # type: ignore[assignment]
    found = {}
    for place, tag in enumerate(CLASSES):
        mine = [(row, chances[place], weight) for (row, chances), weight in guesses if max(chances) == chances[place]]
        given = np.array([[log(chance / (1 - chance))] for _, chance, _ in mine])
        right = np.array([row.label == place for row, _, _ in mine])
        counts = [weight / sizes[row.set] for row, _, weight in mine]
        regression = LogisticRegression(C=1e6).fit(given, right, sample_weight=counts)
        found[tag] = Sure(float(regression.coef_[0, 0]), float(regression.intercept_[0]))
    return found


if __name__ == "__main__":
    sys.exit(main())
