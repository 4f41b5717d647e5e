"""Labelled texts of other people: files with the columns id, text, label, set, target; read for training and tests.

The files are not part of this package. A label is about the target where the row names one, else about the text.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from listening.models import Tag, TextKind

FOLDS = 3
"""Confidence is measured by models that each leave out one of so many parts of the training texts."""
LABELS: Mapping[str, Tag] = MappingProxyType({"neg": "bad", "neu": "neutral", "pos": "good"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, what people said of it, and the names that are masked in it."""

    text: str
    label: Tag
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file of labelled texts: where it is from, under which licence, and its SHA-256."""

    name: str
    kind: TextKind
    origin: str
    licence: str
    sha256: str


TRAINING: tuple[Source, ...] = (
    Source(
        "semeval1316",
        "post",
        "SemEval 2013-2016 task 4A, tweets",
        "CC BY 3.0 (labels)",
        "72ad9328d4d39a187a3d6752fb06a14f9288cd670922a4b0b068b984f3ab3a24",
    ),
    Source(
        "goemotions_train",
        "post",
        "GoEmotions, 10,000 comments of its training file, emotions grouped by its authors",
        "Apache-2.0",
        "278c95704934f8c5d08adba23d78c8eb43540fd6ad83a7c98440b69df34654b8",
    ),
    Source(
        "newsmtsc_train",
        "headline",
        "NewsMTSC, sentences of political news, label towards a person",
        "MIT",
        "685ecea5f8b2d95a6a21fa824e6a5a5e402c378424fac69d345f648a3d12812f",
    ),
    Source(
        "sentfin",
        "headline",
        "SEntFiN 1.0, financial headlines, label towards each entity",
        "MIT",
        "b328f80f9fa55155f901ccfad037c3ded31021f38cd5b706acbedd5dc2462075",
    ),
    Source(
        "nhs",
        "feedback",
        "pxtextmining, patients' feedback on two NHS trusts",
        "MIT",
        "b22d127d44fa06b6fba0d30dbd9aca8f56a8c782784e4e948033a5db7235faca",
    ),
    Source(
        "vader_tweets",
        "post",
        "VADER's ground truth, texts like tweets",
        "MIT",
        "91a8cb56fd193dfdfa6f7fa7dcfee5ac89574c5511aa210e454be5d6f456552b",
    ),
    Source(
        "vader_nyt",
        "headline",
        "VADER's ground truth, sentences of editorials",
        "MIT",
        "f246ae7500f2844c1632fb23f0ee4fbf5e8f15fbd6bcd1525b8e1735cc5ae034",
    ),
    Source(
        "vader_amazon",
        "feedback",
        "VADER's ground truth, sentences of product reviews",
        "MIT",
        "00b651cd6f8e2c802ecdd3e5df3d0f815e054830b393d8c1915834a118d6806c",
    ),
)
"""What the model of this package was trained on; each lets itself be used and passed on commercially."""


def rows(file: Path, *, mask_all: bool = False) -> list[Labelled]:
    """The labelled texts of a file; ``mask_all`` masks every target of the file in every text."""
    with file.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    everyone = tuple(sorted({row["target"] for row in found} - {""}))
    return [
        Labelled(row["text"], LABELS[row["label"]], everyone if mask_all else tuple(filter(None, (row["target"],))))
        for row in found
    ]


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def fold(text: str, folds: int = FOLDS) -> int:
    """In which of so many parts a text belongs: always the same, and equal texts together."""
    plain = " ".join(re.findall(r"\w+", text.lower()))
    return int.from_bytes(hashlib.blake2b(plain.encode(), digest_size=4).digest(), "big") % folds


def macro_f1(gold: Iterable[Tag], given: Iterable[Tag]) -> float:
    """The mean of the three tags' F1, 0 to 1."""
    pairs = list(zip(gold, given, strict=True))
    scores = []
    for tag in LABELS.values():
        hits = sum(a == b == tag for a, b in pairs)
        both = sum(a == tag for a, _ in pairs) + sum(b == tag for _, b in pairs)
        scores.append(2 * hits / both if both else 0.0)
    return sum(scores) / len(scores)


def opposite(gold: Iterable[Tag], given: Iterable[Tag]) -> float:
    """The share of texts that are good to people and bad to the tagger, or the reverse."""
    pairs = list(zip(gold, given, strict=True))
    return sum({a, b} == {"good", "bad"} for a, b in pairs) / max(len(pairs), 1)
