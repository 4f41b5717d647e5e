"""How often tags agree with people: ``python tests/benchmarks/bench_sentiment.py FOLDER --folds FOLDS``.

FOLDER holds labelled sets of other people (``id,text,label,set,target``). A set that the model was trained on is
measured by models that had not seen the text: ``python -m listening.sentiment.train FOLDER --folds FOLDS`` makes them.
Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from listening.models import Engine, TextKind
from listening.sentiment import Tagged, Tagger, minilm
from listening.sentiment.labelled import FOLDS, fold, rows
from listening.sentiment.model import CLASSES, Model, decode, load

SETS: tuple[tuple[str, TextKind, str], ...] = (
    ("tweeteval_val", "post", "like training"),
    ("airline", "post", "unseen"),
    ("transport", "post", "unseen"),
    ("nhs", "feedback", "folds"),
    ("hcr", "post", "unseen"),
    ("omd", "post", "unseen"),
    ("mp_uk", "post", "unseen"),
    ("sanders", "post", "unseen"),
    ("newsmtsc_rw_dev", "headline", "like training"),
    ("newsmtsc_mt_dev", "headline", "like training"),
    ("sentfin", "headline", "folds"),
    ("fpb", "headline", "unseen"),
    ("vader_nyt", "headline", "folds"),
    ("goemotions", "post", "like training"),
)
"""Each set, its kind, and how it stands to the training: a kind of text the model never saw, other rows of a set it saw
a part of, or a set it saw."""
DRAWS = 1_000
BINS = 10

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """Gold and given tags of a set, as places in ``CLASSES``, and how sure the model was."""

    gold: Places
    vader: Places
    rules: Places
    model: Places
    sure: npt.NDArray[np.float64]


def answers(
    folder: Path,
    name: str,
    kind: TextKind,
    folds: Sequence[Model] | None,
    sentences: Sequence[minilm.Sentences | None],
) -> Answers:
    """What plain VADER at +-0.05, the rules and the model say of a set."""
    found: list[tuple[int, int, int, int, float]] = []
    for text in rows(folder / f"{name}.csv", mask_all=name == "airline"):
        part = None if folds is None else fold(text.text)
        rules = _tagger("rules", text.names, None).tag(text.text, kind=kind)
        beside = sentences[part or 0]
        model = _tagger(
            "minilm" if beside else "model", text.names, None if folds is None or part is None else folds[part], beside
        ).tag(text.text, kind=kind)
        raw = rules.vader or 0.0
        plain = 2 if raw >= 0.05 else 0 if raw <= -0.05 else 1
        found.append((CLASSES.index(text.label), plain, _place(rules), _place(model), model.confidence or 1.0))
    gold, vader, ruled, modelled, sure = zip(*found, strict=True)
    return Answers(np.array(gold), np.array(vader), np.array(ruled), np.array(modelled), np.array(sure))


_taggers: dict[tuple[Engine, int, int], Tagger] = {}


def _tagger(
    engine: Engine, names: tuple[str, ...], model: Model | None, sentences: minilm.Sentences | None = None
) -> Tagger:
    """One tagger for all names: only what it masks is exchanged."""
    key = (engine, id(model), id(sentences))
    if key not in _taggers:
        _taggers[key] = Tagger(engine=engine, model=None if engine == "rules" else model, sentences=sentences)
    return _taggers[key].masking(names)


def _place(tagged: Tagged) -> int:
    return CLASSES.index(tagged.tag) if tagged.tag in CLASSES else 1


def f1(gold: Places, given: Places) -> float:
    """Macro-F1, in per cent."""
    table = np.bincount(3 * gold + given, minlength=9).reshape(3, 3)
    return float(100 * np.mean(2 * table.diagonal() / (table.sum(axis=0) + table.sum(axis=1)).clip(1)))


def opposite(gold: Places, given: Places) -> float:
    """Good for bad or bad for good, in per cent of all texts."""
    return float(100 * np.mean(np.abs(gold - given) == 2))


def calibration(right: npt.NDArray[np.bool_], sure: npt.NDArray[np.float64]) -> float:
    """The mean distance between confidence and share of right tags, in ten bins, in points."""
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    wrong = 0.0
    for each in range(BINS):
        inside = bins == each
        if inside.any():
            wrong += inside.sum() * abs(right[inside].mean() - sure[inside].mean())
    return float(100 * wrong / len(sure))


def interval(values: npt.NDArray[np.float64]) -> str:
    low, high = np.percentile(values, [2.5, 97.5])
    return f"[{low:5.1f},{high:5.1f}]"


@cache
def _draws(size: int) -> list[Places]:
    source = np.random.default_rng(7)  # the same in every run
    return [source.integers(size, size=size) for _ in range(DRAWS)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=Path, help="the folder of the models that leave out a part")
    parser.add_argument("--model", type=Path, help="another model than the packaged one")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--minilm", action="store_true", help="the model together with MiniLM (minutes)")
    arguments = parser.parse_args()
    folds = None
    parts: list[minilm.Sentences | None] = [None] * FOLDS
    if arguments.minilm and arguments.folds:
        parts = [minilm.decode((arguments.folds / f"minilm-{part}.json.gz").read_bytes()) for part in range(FOLDS)]
    if arguments.folds:
        folds = [decode((arguments.folds / f"fold-{part}.json.gz").read_bytes()) for part in range(FOLDS)]
    whole = decode(arguments.model.read_bytes()) if arguments.model else load()
    print("macro-F1 [95 % interval]; opposite = good for bad or bad for good; off = confidence against truth\n")
    print(f"{'set':<17}{'n':>6}  {'VADER':<20}{'rules':<20}{'model':<20}{'gain on VADER':<22}{'opposite V/R/M':<19}off")
    figures: dict[str, dict[str, float]] = {}
    gains: dict[str, npt.NDArray[np.float64]] = {}
    for name, kind, standing in SETS:
        if standing == "folds" and folds is None:
            continue
        in_folds = standing == "folds"
        packaged = [minilm.load() if arguments.minilm else None] * FOLDS
        got = answers(
            arguments.folder, name, kind, folds if in_folds else [whole] * FOLDS, parts if in_folds else packaged
        )
        drawn = [
            [f1(got.gold[at], given[at]) for given in (got.vader, got.rules, got.model)] for at in _draws(len(got.gold))
        ]
        table = np.array(drawn)
        scores = [f1(got.gold, given) for given in (got.vader, got.rules, got.model)]
        flipped = [opposite(got.gold, given) for given in (got.vader, got.rules, got.model)]
        off = calibration(got.gold == got.model, got.sure)
        gains[name] = table
        figures[name] = dict(
            zip(("vader", "rules", "model", "flip_vader", "flip_rules", "flip_model"), [*scores, *flipped], strict=True)
        ) | {"off": off, "n": len(got.gold)}
        cells = [f"{score:5.1f} {interval(table[:, at])}" for at, score in enumerate(scores)]
        gain = f"{scores[2] - scores[0]:+5.1f} {interval(table[:, 2] - table[:, 0])}"
        shares = "/".join(f"{share:.1f}" for share in flipped)
        print(
            f"{name:<17}{len(got.gold):>6}  {cells[0]:<20}{cells[1]:<20}{cells[2]:<20}{gain:<22}{shares:<19}{off:.1f}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))
    return _goals(figures, gains)


def _goals(figures: dict[str, dict[str, float]], drawn: dict[str, npt.NDArray[np.float64]]) -> int:
    unseen = [name for name, _, standing in SETS if standing == "unseen"]

    def mean(names: Sequence[str], key: str) -> float:
        return sum(figures[name][key] for name in names) / len(names)

    def spread(names: Sequence[str]) -> str:
        return interval(np.stack([drawn[name][:, 2] for name in names]).mean(axis=0))

    every = list(figures)
    worst = min(every, key=lambda name: figures[name]["model"] - figures[name]["vader"])
    loss = figures[worst]["model"] - figures[worst]["vader"]
    share = mean(every, "flip_model") / mean(every, "flip_vader")
    off = mean(every, "off")
    goals = [
        (
            f"mean of {len(every)} sets: VADER {mean(every, 'vader'):.1f}, rules {mean(every, 'rules'):.1f}, "
            f"model {mean(every, 'model'):.1f} {spread(every)}, goal 58.0",
            mean(every, "model") >= 58.0,
        ),
        (
            f"mean of the {len(unseen)} sets of unseen kinds: VADER {mean(unseen, 'vader'):.1f}, rules "
            f"{mean(unseen, 'rules'):.1f}, model {mean(unseen, 'model'):.1f} {spread(unseen)}, goal 55.0",
            mean(unseen, "model") >= 55.0,
        ),
        (f"worst against VADER: {worst} {loss:+.1f}, goal -1.5", loss >= -1.5),
        (
            f"opposite tags: {mean(every, 'flip_vader'):.1f} % by VADER, "
            f"{mean(every, 'flip_model'):.1f} % by the model, {share:.2f}x, goal 0.55x",
            share <= 0.55,
        ),
        (f"confidence is off by {off:.1f} points on average, goal 5.0", off <= 5.0),
    ]
    print()
    for said, met in goals:
        print(f"{said}{'' if met else '   MISSED'}")
    return 0 if all(met for _, met in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
