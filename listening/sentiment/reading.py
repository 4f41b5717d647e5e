"""A text as both engines see it: cleaned, cut into parts, each with what VADER's rules found in it; read once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from string import punctuation

from listening.sentiment.clause import about_target
from listening.sentiment.rules import Cleaner, NeutralWords, sentences
from listening.sentiment.vader import Effect, Words, compound, scorer
from listening.sentiment.words import BAD_EMOJIS, GOOD_EMOJIS, NEUTRAL_PHRASES, NEUTRAL_WORDS, UNCLEAR_EMOJIS

FEW_SENTENCES = 3
"""Up to so many sentences a text is read whole; of a longer one the mean of its sentences counts."""
MOST_CHARACTERS = 100_000
"""A longer text is tagged by its beginning."""

_TEXT_ENDS = ".!?…:;\"'”’)"


@dataclass(slots=True)
class Part:
    """A whole short text, or a sentence of a longer one.

    ``effects`` are VADER's with the neutral words set aside, ``about`` those of them that count: in a text with praise
    and blame, the ones in the clauses that name the target. ``aside`` are the neutral words, by position; ``silenced``
    are the places of those that the team has named, which count for nothing at all.
    """

    read: Words
    effects: Sequence[Effect]
    about: Sequence[Effect]
    aside: Sequence[tuple[int, str]]
    silenced: frozenset[int] = frozenset()

    @property
    def compound(self) -> float:
        """VADER's compound score of what counts, -1 to 1."""
        return compound(self.about, self.read.emphasis)


@dataclass(slots=True)
class Reading:
    """A text read once: its parts, the names masked in it as written, and the raw compound with nothing masked.

    ``text`` is the whole of it as it is scored, with the names masked and links taken out.
    """

    parts: list[Part]
    masked: tuple[str, ...]
    raw: float
    text: str = ""


class Reader:
    """Reads texts; built once a process.

    ``names`` are masked (the agency's, the topics', own handles), ``neutral`` adds words or phrases to the neutral
    list, ``scored`` takes some off it.
    """

    def __init__(self, *, names: Iterable[str] = (), neutral: Iterable[str] = (), scored: Iterable[str] = ()) -> None:
        taken_off = {_entry(word) for word in scored}
        own = {_entry(word) for word in neutral} - taken_off
        self._own = {tuple(word.strip(punctuation) or word for word in entry.split()) for entry in own if entry}
        self._own_starts = frozenset(words[0] for words in self._own)
        self._own_entries = sorted(own)
        entries = (own | NEUTRAL_WORDS | NEUTRAL_PHRASES) - taken_off
        self._vader = scorer()
        self._cleaner = Cleaner(names)
        self._neutral = NeutralWords(self._vader, entries)
        self._entries = sorted(entries)

    @property
    def entries(self) -> tuple[str, ...]:
        """The neutral words and phrases, in order."""
        return tuple(self._entries)

    @property
    def own_entries(self) -> tuple[str, ...]:
        """Those of them that the team has named, in order."""
        return tuple(self._own_entries)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are masked, folded, the longest first."""
        return self._cleaner.names

    @property
    def fingerprint(self) -> str:
        """Changes with the lexicon, every word list and every name, not with their order."""
        return _fingerprint(self._cleaner.names, self._entries, self._own_entries)

    def masking(self, names: Iterable[str]) -> Reader:
        """A reader with the same word lists that masks these names."""
        other = copy(self)
        other._cleaner = Cleaner(names)
        return other

    def read(self, text: str, title: str = "") -> Reading | None:
        """A text with its title, read; None where there is no word."""
        whole = with_title(text, title)[:MOST_CHARACTERS]
        plain = self._vader.read(whole)
        if not plain.words:
            return None
        raw_effects = self._vader.effects(plain)
        cleaned, masked = self._cleaner.clean(whole)
        pieces = sentences(cleaned) if _may_be_long(cleaned) else ()
        named = bool(masked)
        if len(pieces) > FEW_SENTENCES:
            parts = [self._part(self._vader.read(piece), None, named) for piece in pieces]
        elif cleaned == whole:
            parts = [self._part(plain, raw_effects, named)]
        else:
            parts = [self._part(self._vader.read(cleaned), None, named)]
        return Reading(parts, masked, compound(raw_effects, plain.emphasis), cleaned)

    def _part(self, read: Words, effects: Sequence[Effect] | None, named: bool) -> Part:
        """``effects`` are the words' own where they are known."""
        silenced = self._silenced(read.lower) if self._own_starts else frozenset()
        replaced, aside = self._neutral.set_aside(read)
        if effects is None or aside:
            effects = self._vader.effects(replaced)
        return Part(read, effects, about_target(read, effects) if named else effects, aside, silenced)

    def _silenced(self, lower: Sequence[str]) -> frozenset[int]:
        """Where the team's own neutral words and phrases stand."""
        if self._own_starts.isdisjoint(lower):
            return frozenset()
        places: set[int] = set()
        for start, word in enumerate(lower):
            if word in self._own_starts:
                for entry in self._own:
                    if tuple(lower[start : start + len(entry)]) == entry:
                        places.update(range(start, start + len(entry)))
        return frozenset(places)


def with_title(text: str, title: str) -> str:
    """Title and text as one; a title that the beginning of the text repeats is not said twice."""
    text = text[:MOST_CHARACTERS].strip()
    title = title[:MOST_CHARACTERS].strip()
    if not title or not text:
        return text or title
    said = " ".join(title.rstrip(".… ").split()).casefold()
    beginning = " ".join(text[: 2 * len(title) + 1_000].split()).casefold()
    # A title that was cut short may end within a word.
    if _has_words(beginning, said) or (title.endswith(("…", "...")) and beginning.startswith(said)):
        return text
    return f"{title} {text}" if title[-1] in _TEXT_ENDS else f"{title}. {text}"


def _may_be_long(text: str) -> bool:
    return text.count(".") + text.count("!") + text.count("?") + text.count("\n") >= FEW_SENTENCES


def _entry(words: str) -> str:
    return " ".join(words.lower().split())


def _has_words(text: str, words: str) -> bool:
    """Whether the text holds these words, not as a part of longer ones."""
    at = text.find(words) if words else -1
    if at < 0:
        return False
    end = at + len(words)
    return not (at and text[at - 1].isalnum()) and not (end < len(text) and text[end].isalnum())


@cache
def _lexicon() -> str:
    return repr(sorted(scorer().lexicon.items()))


def _fingerprint(*tables: object) -> str:
    fixed = (GOOD_EMOJIS, BAD_EMOJIS, UNCLEAR_EMOJIS, FEW_SENTENCES, MOST_CHARACTERS)
    return hashlib.blake2b(f"{_lexicon()}{(fixed, tables)!r}".encode(), digest_size=4).hexdigest()


def fixed_fingerprint() -> str:
    """Changes with the lexicon and what is fixed here, not with a team's own words and names."""
    return _fingerprint()
