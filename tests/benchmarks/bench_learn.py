"""What learning from a team's labels brings: ``python tests/benchmarks/bench_learn.py FOLDER``.

Of each set of labelled texts a random half is the team's, the other half is measured; three draws. FOLDER is the one of
``bench_sentiment.py``. Figures are macro-F1, the share of right tags, and how far confidence is off, in per cent.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from listening.sentiment.labelled import Labelled, rows
from listening.sentiment.learn import Label, learn
from listening.sentiment.learned import applied
from listening.sentiment.model import CLASSES, Model, load
from listening.sentiment.reading import Reader

SETS = ("airline", "omd", "sanders", "transport", "hcr")
NUMBERS = (50, 100, 300)
DRAWS = 3
BINS = 10


def measured(model: Model, texts: list[Labelled], reader: Reader) -> tuple[float, float, float]:
    """Macro-F1, the share of right tags, and the calibration error of a model on labelled texts, in per cent."""
    gold, given, sure = [], [], []
    for text in texts:
        reading = reader.read(text.text)
        if reading is None:
            continue
        chances = model.judge(reading).probabilities
        place = chances.index(max(chances))
        gold.append(CLASSES.index(text.label))
        given.append(place)
        sure.append(model.confidence(CLASSES[place], chances[place]))
    table = np.bincount(3 * np.array(gold) + np.array(given), minlength=9).reshape(3, 3)
    f1 = float(np.mean(2 * table.diagonal() / (table.sum(axis=0) + table.sum(axis=1)).clip(1)))
    right = np.array(gold) == np.array(given)
    return 100 * f1, 100 * float(right.mean()), _off(right, np.array(sure))


def _off(right: npt.NDArray[np.bool_], sure: npt.NDArray[np.float64]) -> float:
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    inside = [bins == each for each in range(BINS)]
    return 100 * sum(float(at.mean()) * abs(float(right[at].mean() - sure[at].mean())) for at in inside if at.any())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    shipped = load()
    print(f"{'set':<11}{'labels':>7}   {'macro-F1':<18}{'right':<18}{'confidence off':<18}adopted")
    for name in SETS:
        texts = rows(folder / f"{name}.csv", mask_all=True)
        reader = Reader(names=texts[0].names)
        for number in NUMBERS:
            befores, afters, adopted = [], [], 0
            for draw in range(DRAWS):
                order = np.random.default_rng(draw).permutation(len(texts))
                half = len(texts) // 2
                if number > half:
                    continue
                team = [Label(text=texts[at].text, tag=texts[at].label) for at in order[:number]]
                others = [texts[at] for at in order[half:]]
                outcome = learn(team, shipped, reader, even_if_worse=True)
                if outcome.learned is None:
                    continue  # fewer than two labels of a tag
                adopted += learn(team, shipped, reader).learned is not None
                befores.append(measured(shipped, others, reader))
                afters.append(measured(applied(shipped, outcome.learned), others, reader))
            if befores:
                before, after = np.mean(befores, axis=0), np.mean(afters, axis=0)
                cells = [f"{old:.1f} -> {new:.1f}" for old, new in zip(before, after, strict=True)]
                print(f"{name:<11}{number:>7}   {cells[0]:<18}{cells[1]:<18}{cells[2]:<18}{adopted} of {DRAWS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
