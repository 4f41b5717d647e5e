"""The kept words of many texts as arrays: how many texts hold each word and each phrase, and which ones.

A text counts a word once. Texts that begin with the same ten words are copies and count as one, so that a report that
twenty places carry is not what twenty people say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from listening.models import Tag
from listening.store import Terms
from listening.terms import CHARACTER, REPEATED, SMALL

Codes: TypeAlias = npt.NDArray[np.uint32]
Keys: TypeAlias = npt.NDArray[np.uint64]
Places: TypeAlias = npt.NDArray[np.int64]

ALIKE = 10
"""Words at the beginning that two copies share."""

# A phrase begins and ends with a word and has up to two small words within; where words have one character, two or
# three of them.
_WORD, _SMALL, _CHARACTER = 1, 2, 3
_PATTERNS = (
    (_WORD, _WORD),
    (_WORD, _WORD, _WORD),
    (_WORD, _SMALL, _WORD),
    (_WORD, _SMALL, _SMALL, _WORD),
    (_CHARACTER, _CHARACTER),
    (_CHARACTER, _CHARACTER, _CHARACTER),
)
_MIX = np.uint64(0x9E3779B97F4A7C15)
FIRST_PHRASE = np.uint64(1 << 63)
"""Keys of phrases begin here; that of a word is its code."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts one after the other: ``codes`` of all their words, 0 after each text, and which text (``rows``) each is of.

    ``numbers``, ``tags`` and ``feeds`` are the texts' own.
    """

    codes: Codes
    rows: Places
    numbers: Sequence[int]
    tags: Sequence[Tag]
    feeds: Sequence[str]

    def of(self, *, tag: Tag | None = None, feeds: Collection[str] | None = None) -> Texts:
        """Only the texts with a tag, or of some feeds; they keep their rows."""
        kept = np.fromiter(
            (
                (tag is None or one == tag) and (feeds is None or feed in feeds)
                for one, feed in zip(self.tags, self.feeds, strict=True)
            ),
            bool,
            len(self.numbers),
        )
        places = kept[self.rows]
        return Texts(self.codes[places], self.rows[places], self.numbers, self.tags, self.feeds)


def texts(found: Iterable[Terms]) -> Texts:
    """The texts of mentions, in the order they come; of copies the first."""
    first: dict[bytes, Terms] = {}
    for one in found:
        first.setdefault(one[3][: 4 * ALIKE], one)
    first.pop(b"", None)
    chosen = list(first.values())
    numbers, tags, feeds, packed = zip(*chosen, strict=True) if chosen else ((), (), (), ())
    return Texts(*_joined(packed), numbers, tags, feeds)


def texts_alone(found: Iterable[bytes]) -> Texts:
    """The same of words alone, where tags and feeds do not matter."""
    chosen = list({codes[: 4 * ALIKE]: codes for codes in found if codes}.values())
    return Texts(*_joined(chosen), (0,) * len(chosen), (), ())


def _joined(packed: Sequence[bytes]) -> tuple[Codes, Places]:
    codes = np.frombuffer(b"\0\0\0\0".join([*packed, b""]), dtype="<u4").astype(np.uint32, copy=False)
    lengths = [len(one) // 4 + 1 for one in packed]
    return codes, np.repeat(np.arange(len(packed), dtype=np.int64), lengths)


@dataclass(frozen=True, slots=True)
class Counts:
    """In how many texts each word and phrase stands, by its key; ``all`` is the sum over the words."""

    keys: Keys
    counts: npt.NDArray[np.int64]
    all: int

    def of(self, keys: Keys) -> npt.NDArray[np.float64]:
        """The counts of some keys, 0 for those that do not stand here."""
        found = np.zeros(len(keys))
        if len(self.keys):
            places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            same = self.keys[places] == keys
            found[same] = self.counts[places[same]]
        return found


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases as they come: the key of each, the text it stands in, and the codes of its words (0 after the last)."""

    keys: Keys
    rows: Places
    codes: Codes


def word_counts(said: Texts) -> Counts:
    """In how many texts each word stands that can be a theme by itself."""
    keys, counts = np.unique(said.codes[(said.codes > 0) & (said.codes < CHARACTER)], return_counts=True)
    return Counts(keys.astype(np.uint64), counts, int(counts.sum()))


def phrases(said: Texts, words: Keys) -> Phrases:
    """The phrases of these words, each as often as it stands; between two of them small words may stand."""
    base = said.codes & np.uint32(~REPEATED & 0xFFFFFFFF)
    kind = np.zeros(len(base), np.int8)
    kind[(base & SMALL) > 0] = _SMALL
    kind[(base & CHARACTER) > 0] = _CHARACTER
    kind[_among(base, words.astype(np.uint32))] = _WORD
    keys: list[Keys] = []
    rows: list[Places] = []
    codes: list[Codes] = []
    for pattern in _PATTERNS:
        length = len(pattern)
        if len(base) < length:
            continue
        fits = np.ones(len(base) - length + 1, bool)
        for place, wanted in enumerate(pattern):
            fits &= kind[place : len(base) - length + 1 + place] == wanted
        starts = np.flatnonzero(fits)
        key = np.full(len(starts), length, np.uint64)
        held = np.zeros((len(starts), 4), np.uint32)
        for place in range(length):
            held[:, place] = base[starts + place]
            key = (key ^ held[:, place]) * _MIX
            key ^= key >> np.uint64(29)
        keys.append(key | FIRST_PHRASE)
        rows.append(said.rows[starts])
        codes.append(held)
    if not keys:
        return Phrases(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros((0, 4), np.uint32))
    return Phrases(np.concatenate(keys), np.concatenate(rows), np.concatenate(codes))


def phrase_counts(found: Phrases, *, least: int = 1, wanted: Keys | None = None) -> Counts:
    """In how many texts each phrase stands: those in at least so many, or only the wanted ones."""
    keys, rows = found.keys, found.rows
    if wanted is not None:
        held = np.isin(keys, wanted)
        keys, rows = keys[held], rows[held]
    unique, place, times = np.unique(keys, return_inverse=True, return_counts=True)
    often = times[place] >= least
    pairs = np.unique((place[often].astype(np.int64) << 32) | rows[often])
    counts = np.bincount(pairs >> 32, minlength=len(unique))
    kept = counts >= least
    return Counts(unique[kept], counts[kept], 0)


def together(words: Counts, phrases: Counts) -> Counts:
    """Words and phrases in one; keys of phrases are higher than those of words."""
    return Counts(np.concatenate([words.keys, phrases.keys]), np.concatenate([words.counts, phrases.counts]), words.all)


def _among(codes: Codes, wanted: Codes) -> npt.NDArray[np.bool_]:
    """Which codes are wanted: most are told apart by their lowest 20 bits, the rest exactly."""
    lowest = np.uint32((1 << 20) - 1)
    table = np.zeros(1 << 20, bool)
    table[wanted & lowest] = True
    maybe = np.flatnonzero(table[codes & lowest])
    found = np.zeros(len(codes), bool)
    found[maybe[np.isin(codes[maybe], wanted)]] = True
    return found
