"""Trains what ``minilm`` adds: ``python -m listening.sentiment.train_minilm FOLDER --folds FOLDS [-o minilm.json.gz]``.

FOLDER holds the labelled files of ``labelled.TRAINING``; FOLDS the models that each left out a part of them, as
``python -m listening.sentiment.train FOLDER --folds FOLDS`` makes them: with these the confidence of both together is
measured on texts that neither had seen. Needs the extras ``train`` and ``minilm``, and about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from listening.sentiment.labelled import FOLDS, Labelled, fold
from listening.sentiment.minilm import SIZE, Sentences, embedder, encode, mean_numbers
from listening.sentiment.model import AS_IT_IS, CLASSES, Weight, decode
from listening.sentiment.reading import Reader, Reading
from listening.sentiment.tagger import together
from listening.sentiment.train import NUMBERS_SCALE, STRENGTH, importance, named_texts, sure

EMBEDDING_SCALE = 6.0
"""What an embedding's numbers, each about 0.05, are multiplied by while training."""
BATCH = 64

Matrix = npt.NDArray[np.float64]


@dataclass(slots=True)
class Seen:
    """A labelled text, read and embedded."""

    reading: Reading
    label: int
    set: str
    fold: int
    values: Matrix


def main(words: Sequence[str] | None = None) -> int:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m listening.sentiment.train_minilm", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with the labelled files")
    parser.add_argument("--folds", type=Path, required=True, help="the folder of the models that leave out a part")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name("minilm.json.gz"))
    arguments = parser.parse_args(words)
    texts = named_texts(arguments.folder)
    if texts is None:
        return 1
    models = [decode((arguments.folds / f"fold-{part}.json.gz").read_bytes()) for part in range(FOLDS)]
    seen = see(texts)
    parts = [train([row for row in seen if row.fold != part]) for part in range(FOLDS)]
    guesses = [
        together(models[row.fold].judge(row.reading).log_odds, log_odds(parts[row.fold], row), None) for row in seen
    ]
    found = sure(list(zip(seen, guesses, strict=True)))
    for part, sentences in enumerate(parts):
        (arguments.folds / f"minilm-{part}.json.gz").write_bytes(encode(replace(sentences, sure=found)))
    arguments.output.write_bytes(encode(replace(train(seen), sure=found)))
    print(f"{arguments.output.stat().st_size / 1000:.0f} kB: {arguments.output}")
    return 0


def see(
    texts: Mapping[str, Sequence[Labelled]], embed: Callable[[Sequence[str]], npt.NDArray[np.float32]] | None = None
) -> list[Seen]:
    """Every text, read and embedded."""
    plain = Reader()
    readers: dict[tuple[str, ...], Reader] = {}
    seen = []
    for name, each in texts.items():
        for text in each:
            reader = readers.get(text.names) or readers.setdefault(text.names, plain.masking(text.names))
            reading = reader.read(text.text)
            if reading is not None:
                seen.append(Seen(reading, CLASSES.index(text.label), name, fold(text.text), np.zeros(0)))
    # Texts of one length side by side: nothing is wasted on filling up the shorter ones.
    order = sorted(range(len(seen)), key=lambda place: len(seen[place].reading.text))
    for start in range(0, len(order), BATCH):
        batch = [seen[place] for place in order[start : start + BATCH]]
        vectors = (embed or embedder().embed)([row.reading.text for row in batch])
        for row, vector in zip(batch, vectors, strict=True):
            row.values = np.concatenate([vector, mean_numbers(row.reading)])
    return seen


def train(seen: Sequence[Seen]) -> Sentences:
    """The weights of these texts, not yet calibrated."""
    matrix = np.stack([row.values for row in seen])
    scale = np.array([EMBEDDING_SCALE] * SIZE + [NUMBERS_SCALE] * (matrix.shape[1] - SIZE))
    labels = [row.label for row in seen]
    regression = LogisticRegression(C=STRENGTH, max_iter=1_000, tol=1e-4)
    regression.fit(matrix * scale, labels, sample_weight=importance([row.set for row in seen], labels))
    against_neutral = (regression.coef_ - regression.coef_[1]) * scale
    start = regression.intercept_ - regression.intercept_[1]
    return Sentences(
        version="1",
        weights=[Weight(float(bad), float(good)) for bad, good in against_neutral[[0, 2]].T],
        start=Weight(float(start[0]), float(start[2])),
        sure=AS_IT_IS,
    )


def log_odds(sentences: Sentences, row: Seen) -> tuple[float, float]:
    """What the weights say of a text that is embedded already."""
    weights = np.array([weight[:2] for weight in sentences.weights])
    bad, good = row.values @ weights
    return float(bad) + sentences.start.bad, float(good) + sentences.start.good


if __name__ == "__main__":
    sys.exit(main())
