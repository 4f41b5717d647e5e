"""The rules around VADER's core ("VADER+"): what is taken out of a text before it is scored, and what is set aside.

A rule changes the text or combines scores; the scoring itself stays VADER's (``vader``).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from string import punctuation
from typing import NamedTuple

from listening.sentiment.vader import Vader, Words
from listening.sentiment.words import BAD_EMOJIS, GOOD_EMOJIS, UNCLEAR_EMOJIS

FEWEST_WORDS = 3
NAME = "name"
HANDLE = "@name"
NEUTRAL = "thing"
"""What stands for a name, a handle and a neutral word: words that VADER does not know."""

_LINK = re.compile(r"(?:https?://|\bwww\.)\S*[\w/]", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)*)?")
_WORD = re.compile(r"\w+")
_BOUNDARY = re.compile(r"""(?<=[.!?])["')\]]*\s+""")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|sen|rep|gov|gen|sgt|no|vs|inc|co|jr|sr|approx|dept)|\b[a-z])\.$", re.IGNORECASE
)
_TYPOGRAPHIC = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "…": "...", "–": " - ", "—": " - ", "\u00a0": " "}
)
_MODIFIERS = "\U0001f3fb-\U0001f3ff\ufe0f"  # skin tones and "show as emoji", which may follow an emoji
_EMOJI_CHARACTERS = frozenset(GOOD_EMOJIS + BAD_EMOJIS + UNCLEAR_EMOJIS)
_EMOJI = re.compile(f"[{''.join(sorted(_EMOJI_CHARACTERS))}][{_MODIFIERS}]*")
# An emoji becomes "good" or "bad" between marks that VADER strips, so many that each emoji is known again.
_EMOJI_WORDS = {
    emoji: f"{'^' * (place + 2)}{word}^"
    for word, emojis in (("good", GOOD_EMOJIS), ("bad", BAD_EMOJIS))
    for place, emoji in enumerate(emojis)
}
EMOJI_OF = {word: emoji for emoji, word in _EMOJI_WORDS.items()}
"""The emoji behind a word as it stands in a cleaned text."""


class Cleaned(NamedTuple):
    """A text without links, handles, entities and names, and the names that were masked, as written."""

    text: str
    masked: tuple[str, ...]


class _Folding(dict[int, str]):
    """Characters without accents, one for one, so that places in the folded text are places in the text."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        decomposed = unicodedata.normalize("NFD", character)
        self[code] = decomposed[0] if all(map(unicodedata.combining, decomposed[1:])) else character
        return self[code]


_FOLDING = _Folding()


def _folded(text: str) -> str:
    return text if text.isascii() else text.translate(_FOLDING)


class Cleaner:
    """Takes out of a text what must not score: links, handles, entities, unclear emojis and the names."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        spelled = {unicodedata.normalize("NFC", " ".join(name.split())).translate(_TYPOGRAPHIC) for name in names}
        folded = {_folded(name).lower() for name in spelled if _WORD.search(name)}
        # The longest first: of two names that begin alike the longer is meant.
        self.names: tuple[str, ...] = tuple(sorted(folded, key=lambda name: (-len(name), name)))
        # Looking for the names costs time only where the first word of one occurs.
        self._first_words = frozenset(_WORD.findall(name)[0] for name in self.names)
        patterns = "|".join(_name_pattern(name) for name in self.names)
        self._names = re.compile(rf"(?<!\w)({patterns})(?:'s)?(?!\w)", re.IGNORECASE)

    def clean(self, text: str) -> Cleaned:
        """The text to score, and the names masked in it."""
        if "&" in text:
            text = html.unescape(text)
        if not text.isascii():
            text = text.translate(_TYPOGRAPHIC)
            if not _EMOJI_CHARACTERS.isdisjoint(text):
                text = _EMOJI.sub(_emoji_word, text)
        if "://" in text or "www." in text:
            text = _LINK.sub(" ", text)
        masked: tuple[str, ...] = ()
        if self._first_words:
            text, masked = self._mask(text)
        if "@" in text:
            text = _HANDLE.sub(HANDLE, text)
        return Cleaned(text, masked)

    def _mask(self, text: str) -> Cleaned:
        composed = text if text.isascii() else unicodedata.normalize("NFC", text)
        folded = _folded(composed)
        if self._first_words.isdisjoint(_WORD.findall(folded.lower())):
            return Cleaned(text, ())
        parts: list[str] = []
        masked: list[str] = []
        end = 0
        for found in self._names.finditer(folded):
            name = composed[found.start() : found.end(1)]
            masked.append(name)
            # In capitals where the name is: whether "GREAT" stands out depends on the words around it.
            parts += (composed[end : found.start()], NAME.upper() if name.isupper() else NAME)
            end = found.end()
        return Cleaned("".join((*parts, composed[end:])), tuple(masked)) if masked else Cleaned(text, ())


class NeutralWords:
    """Sets aside words and phrases that VADER scores but that say nothing about a public body."""

    def __init__(self, vader: Vader, entries: Iterable[str]) -> None:
        self._lexicon = vader.lexicon
        tokens = {tuple(word.strip(punctuation) or word for word in entry.lower().split()) for entry in entries}
        alone = {words[0] for words in tokens if len(words) == 1}
        # VADER scores "143" (I love you) and "187" (a code for murder): in a post they are bus lines and counts.
        numbers = {word for word in vader.lexicon if word.isdigit()}
        self.words: frozenset[str] = frozenset(alone | numbers) & vader.lexicon.keys()
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for phrase in sorted(words for words in tokens if len(words) > 1):
            self._phrases.setdefault(phrase[0], []).append(phrase)
        self._first_words = frozenset(self._phrases)

    def set_aside(self, read: Words) -> tuple[Words, list[tuple[int, str]]]:
        """The text with its neutral words replaced, and these: position and word, or the whole phrase."""
        lower = read.lower
        aside: dict[int, str] = {}
        if not self.words.isdisjoint(lower):
            aside = {position: word for position, word in enumerate(lower) if word in self.words}
        if not self._first_words.isdisjoint(lower):
            aside.update(self._in_phrases(lower))
        if not aside:
            return read, []
        replaced: dict[int, str] = {}
        for position in aside:
            replaced[position] = NEUTRAL.upper() if read.words[position].isupper() else NEUTRAL
            # "no emergency" is no bad news: "no", which scores by itself, becomes "not", which only denies.
            before = position - 1
            if position and lower[before] == "no" and self._lexicon[lower[position]] < 0:
                replaced[before] = "NOT" if read.words[before].isupper() else "not"
        return read.with_words(replaced), sorted(aside.items())

    def _in_phrases(self, lower: list[str]) -> Iterator[tuple[int, str]]:
        for start, word in enumerate(lower):
            for phrase in self._phrases.get(word, ()):
                if tuple(lower[start : start + len(phrase)]) == phrase:
                    for position in range(start, start + len(phrase)):
                        if lower[position] in self._lexicon:
                            yield position, " ".join(phrase)


def sentences(text: str) -> list[str]:
    """The sentences of a text. One of a word or two ("Really? Late again!") belongs to the one before it."""
    parts: list[str] = []
    for line in text.splitlines():
        start = 0
        for found in _BOUNDARY.finditer(line):
            if _ends_sentence(line, found):
                parts.append(line[start : found.start()])
                start = found.end()
        parts.append(line[start:])
    joined: list[str] = []
    for part in parts:
        words = sum(1 for _ in islice(_WORD.finditer(part), FEWEST_WORDS))
        if words == FEWEST_WORDS or (words and not joined):
            joined.append(part)
        elif joined and part:
            joined[-1] = f"{joined[-1]} {part}"
    return joined


def _ends_sentence(line: str, boundary: re.Match[str]) -> bool:
    """Whether a stop ends a sentence: "Dr." and "U.S." do not, and "..." only before a capital."""
    start, end = boundary.span()
    if line.endswith("..", 0, start) and line[end : end + 1].islower():
        return False
    return not _ABBREVIATION.search(line, max(start - 8, 0), start)


def _emoji_word(found: re.Match[str]) -> str:
    return f" {_EMOJI_WORDS.get(found.group()[0], '')} "


def _name_pattern(name: str) -> str:
    return r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", name) if word)
