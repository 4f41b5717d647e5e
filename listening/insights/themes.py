"""What people talk about in a period, and what of it is new against the period before it.

Which words and phrases are candidates is counted from the kept terms (``listening.terms``); where a period has very
many mentions, from some of them spread evenly over it. The numbers of the few that are shown are then counted by their
query, so that each number is that of the mentions which the query opens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from listening.insights import counted
from listening.insights.counted import Codes, Counts, Keys, Phrases, Places, Texts
from listening.insights.odds import Numbers, chance, z_scores
from listening.insights.periods import Period
from listening.insights.written import Pages, Written, written
from listening.models import TAGS, Mention, Tag
from listening.query import Query, tokens
from listening.query.syntax import every
from listening.sentiment import scorer
from listening.store import Reader, View
from listening.terms import CHARACTER, SMALL, code, own_codes

LEAST = 3
"""Mentions, and different texts, that a theme has at least in the period."""

VOICES = 2
"""Authors, or places where authors are not named, that a theme is from at least."""

MOST_COUNTED = 10_000
"""Of a period with more mentions so many, spread evenly, are counted to find its themes."""

HISTORY = 5_000
"""Mentions of all other times, spread evenly, that say how usual a word is."""

FALSE_ALARMS = 0.25
"""How many words a period may be expected to call new, or of one side, by chance alone."""

COMMON = 0.25
"""A word in more than this part of all texts says nothing about a period (small words of a language we do not know)."""
FEWEST_FOR_COMMON = 100

TRIED = 300
"""The candidates with the highest z-scores that are asked whether chance explains them."""

CONSIDERED = 60
READ = 25
"""So many candidates are looked at, and so many mentions of each are read to see how it is written."""

ALIKE = 0.6
"""A candidate whose texts are those of a theme before it, to this part, is the same theme."""

LONGER = 0.5
"""A phrase can stand for a word, or a longer phrase for a shorter one, if it has this part of its texts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Theme:
    """A word or phrase that mentions of a period share.

    ``words`` is its most frequent written form. ``count`` (with ``tags``) and ``before`` are the mentions that
    ``query`` finds in the period and in the one before, within the view; the view's own query is part of it. ``z`` says
    how much more it is said than before, or by good than by bad mentions and the other way round. ``new``: more than
    chance explains, see ``themes``.
    """

    words: str
    count: int
    before: int
    tags: Mapping[Tag, int]
    new: bool
    query: Query
    z: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """What good mentions speak of rather than bad ones, and the other way round; equally many where both have some."""

    good: tuple[Theme, ...]
    bad: tuple[Theme, ...]


def themes(reader: Reader, view: View, period: Period, *, own: Collection[str], most: int = 8) -> list[Theme]:
    """The themes of a view in a period: first what is new, by its z-score, then what is said most.

    ``own`` are names that are no themes, such as the agency's and the topics'. New is a word that the places heard in
    both periods say more than before, with the usual in the store counted as one more period before, so much more that
    by chance a quarter of a word at most would be called new (``FALSE_ALARMS``). The rest is ordered by the number of
    texts times how rare the word is in the store (Spärck Jones 1972, Journal of Documentation 28). Words that are
    praise or blame by themselves are themes only where they are new.
    """
    return _Period(reader, view, period, own).themes(most)


def sides(reader: Reader, view: View, period: Period, *, own: Collection[str], most: int = 8) -> Sides:
    """What good and bad mentions of a view differ in, by the z-score; ``new`` says the same as in ``themes``.

    Words that are praise or blame by themselves are left out: they made the tag and do not say what it is about.
    """
    return _Period(reader, view, period, own).sides(most)


def both(
    reader: Reader, view: View, period: Period, *, own: Collection[str], most: int, most_sides: int
) -> tuple[list[Theme], Sides]:
    """``themes`` and ``sides``, counted once for both."""
    counted_ = _Period(reader, view, period, own)
    return counted_.themes(most), counted_.sides(most_sides)


class _Period:
    """One view of one period, counted."""

    def __init__(self, reader: Reader, view: View, period: Period, own: Collection[str]) -> None:
        self._reader = reader
        self._view = replace(view, start=period.start, end=period.end)
        self._before = replace(view, start=period.before, end=period.start)
        self._pages = Pages()
        self._mentions: dict[int, Mention] = {}
        self._now = counted.texts(reader.terms(self._view, most=MOST_COUNTED))
        self._find_candidates(own_codes(own))

    def _find_candidates(self, own: frozenset[int]) -> None:
        words = counted.word_counts(self._now)
        self._words = words.keys[words.counts >= LEAST]
        found = counted.phrases(self._now, self._words)
        held = counted.phrase_counts(found, least=LEAST)
        self._phrases = _only(found, held.keys)
        self._counts = counted.together(words, held)
        keys = self._counts.keys[self._counts.counts >= LEAST]
        codes = self._codes_of(keys)
        theirs = ~_all_among(codes, own)
        self._keys, self._codes = keys[theirs], codes[theirs]
        self._opinion = _all_among(self._codes, own | _opinions())

    def _codes_of(self, keys: Keys) -> Codes:
        """The words of each candidate as their codes, four columns, 0 after the last."""
        codes = np.zeros((len(keys), 4), np.uint32)
        words = keys < counted.FIRST_PHRASE
        codes[words, 0] = keys[words]
        unique, first = np.unique(self._phrases.keys, return_index=True)
        codes[~words] = self._phrases.codes[first[np.searchsorted(unique, keys[~words])]]
        return codes

    def _count(self, said: Texts) -> Counts:
        """The candidates' counts in other texts."""
        found = counted.phrases(said, self._words)
        return counted.together(counted.word_counts(said), counted.phrase_counts(found, wanted=self._keys))

    def _history(self, start: datetime | None = None, end: datetime | None = None) -> tuple[Counts, int]:
        """The candidates' counts at other times, and the number of texts."""
        said = counted.texts_alone(self._reader.terms_of_all(most=HISTORY, start=start, end=end))
        return self._count(said), len(said.numbers)

    # --- new, and most said -------------------------------------------------------------------------------------

    def themes(self, most: int) -> list[Theme]:
        if not len(self._keys):
            return []
        self._z, self._new = self._compared.z, self._compared.new
        salience = self._compared.salience
        new = np.flatnonzero(self._new)
        new = new[np.argsort(-self._z[new], kind="stable")]
        usual = np.argsort(-salience, kind="stable")
        said = [int(place) for place in usual if salience[place] > 0 and not self._new[place]]
        return list(self._chosen([*map(int, new), *said], most))

    @cached_property
    def _compared(self) -> _Compared:
        """How much more each candidate is said than before, whether that is new, and how much it stands out."""
        asked = self._reader.feeds_of(self._view)
        heard = self._reader.heard_feeds(self._view.start, self._view.end) & asked
        both = heard & self._reader.heard_feeds(self._before.start, self._before.end, all_along=True)
        past, past_texts = self._history(self._before.start, self._view.end)
        before_view = self._before if both == asked else replace(self._before, feeds=both)
        before_texts = counted.texts(self._reader.terms(before_view, most=MOST_COUNTED))
        before = self._count(before_texts)
        now = self._counts if both == asked else self._count(self._now.of(feeds=both))
        here, there = now.of(self._keys), before.of(self._keys)
        usual, strength = _prior(past, self._keys, min(now.all, before.all))
        z = z_scores(here, now.all, there, before.all, usual + 0.5)
        new = _surprising(z, here, now.all, there + usual, before.all + strength)
        texts = past_texts + len(before_texts.numbers) + len(self._now.numbers)
        held = past.of(self._keys) + there + self._counts.of(self._keys)
        salience = self._counts.of(self._keys) * np.log((texts + 1) / (held + 1))
        if texts >= FEWEST_FOR_COMMON:
            salience[held > COMMON * texts] = 0
        salience[self._opinion] = 0
        return _Compared(z, new, salience)

    # --- good against bad ---------------------------------------------------------------------------------------

    def sides(self, most: int) -> Sides:
        if not len(self._keys):
            return Sides(good=(), bad=())
        new = self._compared.new
        good, bad = self._count(self._now.of(tag="good")), self._count(self._now.of(tag="bad"))
        liked, disliked = good.of(self._keys), bad.of(self._keys)
        past, _ = self._history()
        usual, _ = _prior(past, self._keys, min(good.all, bad.all))
        z = z_scores(liked, good.all, disliked, bad.all, usual + 0.5)
        found: list[list[Theme]] = []
        for score, here, all_here, there, all_there in (
            (z, liked, good.all, disliked, bad.all),
            (-z, disliked, bad.all, liked, good.all),
        ):
            self._z, self._new = score, new
            ours = _surprising(score, here, all_here, there, all_there) & ~self._opinion
            places = np.flatnonzero(ours)
            places = places[np.argsort(-score[places], kind="stable")]
            found.append(list(self._chosen([int(place) for place in places], most)))
        each = min(map(len, found)) or most
        return Sides(good=tuple(found[0][:each]), bad=tuple(found[1][:each]))

    # --- choosing and telling -----------------------------------------------------------------------------------

    def _chosen(self, places: Sequence[int], most: int) -> Iterator[Theme]:
        """Up to so many themes of the candidates, best first, none of which is another one in other words."""
        taken: list[Places] = []
        allowed = set(places)
        for place in places[:CONSIDERED]:
            if len(taken) >= most:
                return
            place = self._longest(place, allowed)
            rows = self._rows(place)
            if any(len(np.intersect1d(rows, other)) >= ALIKE * len(rows) for other in taken):
                continue
            theme = self._told(place, rows)
            if theme is not None:
                taken.append(rows)
                yield theme

    def _longest(self, place: int, allowed: Collection[int]) -> int:
        """The phrase with a candidate in it that says most: the number of its words times that of the texts shared."""
        codes = self._codes_at(place)
        rows = self._rows(place)
        enough = self._keys[(self._counts.of(self._keys) >= LONGER * len(rows)) & (self._codes == codes[0]).any(axis=1)]
        best, most = place, len(rows) * len(_words(codes))
        for other in np.searchsorted(self._keys, enough).tolist():
            longer = self._codes_at(other)
            if other not in allowed or len(longer) <= len(codes) or not _holds(longer, codes):
                continue
            if self._new[place] and not self._new[other]:
                continue
            shared = len(np.intersect1d(self._rows(other), rows)) * len(_words(longer))
            if shared > most:
                best, most = other, shared
        return best

    def _codes_at(self, place: int) -> tuple[int, ...]:
        return tuple(one for one in self._codes[place].tolist() if one)

    def _rows(self, place: int) -> Places:
        """The texts that a candidate stands in."""
        key = self._keys[place]
        if key >= counted.FIRST_PHRASE:
            return np.unique(self._phrases.rows[self._phrases.keys == key])
        rows: Places = self._now.rows[self._now.codes == np.uint32(key)]
        return rows

    def _told(self, place: int, rows: npt.NDArray[np.int64]) -> Theme | None:
        """A candidate as a theme, counted by its query; None where too few texts or voices stand behind it."""
        numbers = sorted((self._now.numbers[row] for row in rows), reverse=True)[:READ]
        missing = [number for number in numbers if number not in self._mentions]
        self._mentions |= self._reader.numbered(missing)
        said = written(self._codes_at(place), ((number, self._mentions[number]) for number in numbers), self._pages)
        if said is None or said.texts < LEAST or said.voices < VOICES:
            return None
        return self._counted(said, float(self._z[place]), bool(self._new[place]))

    def _counted(self, said: Written, z: float, new: bool) -> Theme | None:
        now, past, lowest, highest = self._tags
        numbers = self._reader.found(said.query, lowest, highest)
        tags = Counter(map(now.get, numbers))
        tags.pop(None, None)
        if tags.total() < LEAST:
            return None
        return Theme(
            words=said.words,
            count=tags.total(),
            before=sum(map(past.__contains__, numbers)),
            tags={tag: tags[tag] for tag in TAGS if tags[tag]},
            new=new,
            query=said.query if self._view.query is None else _both(self._view.query, said.query),
            z=z,
        )

    @cached_property
    def _tags(self) -> tuple[dict[int, Tag], dict[int, Tag], int, int]:
        """The tag of each mention of the view, in the period and in the one before; the lowest and highest number."""
        now, past = self._reader.tags(self._view), self._reader.tags(self._before)
        both = now.keys() | past.keys()
        return now, past, min(both, default=0), max(both, default=0)


@dataclass(frozen=True, slots=True)
class _Compared:
    """Of each candidate: how much more it is said than before, whether that is new, how much it stands out."""

    z: Numbers
    new: npt.NDArray[np.bool_]
    salience: Numbers


def _only(found: Phrases, keys: Keys) -> Phrases:
    held = np.isin(found.keys, keys)
    return Phrases(found.keys[held], found.rows[held], found.codes[held])


def _prior(past: Counts, keys: Keys, strength: int) -> tuple[Numbers, float]:
    """What is usual, as counts of a period of so many words; a store without a past knows nothing."""
    strength = min(strength, past.all)
    return (past.of(keys) * (strength / past.all) if past.all else np.zeros(len(keys))), float(strength)


def _surprising(z: Numbers, here: Numbers, all_here: float, there: Numbers, all_there: float) -> npt.NDArray[np.bool_]:
    """Which words are said here so much more that of all of them a part of one, FALSE_ALARMS, would be so by chance."""
    found = np.zeros(len(z), bool)
    highest = np.argsort(-z, kind="stable")[:TRIED]
    for place in highest[(z[highest] > 0) & (here[highest] >= LEAST)]:
        likely = chance(float(here[place]), all_here, float(there[place]), all_there)
        found[place] = likely * len(z) <= FALSE_ALARMS
    return found


def _all_among(codes: Codes, wanted: frozenset[int]) -> npt.NDArray[np.bool_]:
    """Which candidates have no word but some wanted ones; of small words and characters nothing is asked."""
    words = (codes > 0) & (codes < CHARACTER)
    held = np.isin(codes, np.fromiter(wanted, np.uint32, len(wanted)))
    found: npt.NDArray[np.bool_] = np.asarray(words.any(axis=1) & (held | ~words).all(axis=1))
    return found


def _words(codes: Iterable[int]) -> list[int]:
    """The words of a candidate without small ones."""
    return [one for one in codes if one < SMALL]


def _holds(longer: Sequence[int], shorter: Sequence[int]) -> bool:
    """Whether a phrase has the words of another one side by side."""
    size = len(shorter)
    return any(tuple(longer[place : place + size]) == tuple(shorter) for place in range(len(longer) - size + 1))


def _both(first: Query, second: Query) -> Query:
    return Query(f"({first.text}) AND ({second.text})", every((first.root, second.root)))


@cache
def _opinions() -> frozenset[int]:
    """The codes of words that are praise or blame by themselves: VADER's."""
    return frozenset(code(word, "en") for entry in scorer().lexicon for word in tokens(entry) if word.isalpha())
