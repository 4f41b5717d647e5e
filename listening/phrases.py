"""Phrases written as one reads them, a line each, and found in a sentence. ``asks.txt`` says how they are written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache

_FILLING = "so|and|also|but|ok|okay|hi|hello|hey|then|sir|madam|well|just|yes|yeah|yea|oh|ugh|thanks|thx|great|now|or"
_BEGINNING = rf"^\W*(?:(?:{_FILLING})\b\W*)*"
_LEADS_IN = (
    "please|pls|plz|kindly|just|and|so|but|no|now|then|or|sir|madam|guys|hey|hi|hello|ok|okay|yes|yeah|yea|yep|thanks|thx"
    r"|sure|great|cool|well|oh|ugh|also|folks|team|simply|at\s+least"
)
_OFTEN = (
    "a an and any are be been can can't could do does for get have how i if in is it me my no not of on or our so still"
    " that the this to us was we what when where why will with would you your"
)
_COMMON = frozenset(_OFTEN.split())
"""Words that stand in most sentences: a phrase is looked for by another of its words, if it has one."""

_CLASS = re.compile(r"\{\w+\}")
_UP_TO = re.compile(r"_(\d)")
_MARKS = {
    "^": _BEGINNING,
    ">": rf"(?:{_BEGINNING}|[,;:–—&-]\s*|\b(?:{_LEADS_IN})\W+)",
    ".": r"\W*$",
    "?": r"[^\w?]*[?]\W*$",
}


class Phrases:
    """A table of phrases; of these only the ones are tried of which words stand in a sentence."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._by_word: dict[str, list[tuple[frozenset[str], str]]] = defaultdict(list)
        for line in lines:
            first, *others = _anchors(line)
            for word in first:
                self._by_word[word].append((others[0] if others else first, line))

    def stands_in(self, sentence: str, words: Collection[str]) -> bool:
        """Whether one of them stands in a sentence; ``words`` are its words, in small letters, each once."""
        return any(
            not needed.isdisjoint(words) and _pattern(line).search(sentence) is not None
            for word in words
            for needed, line in self._by_word.get(word, ())
        )


def tables(text: str) -> Mapping[str, Phrases]:
    """The tables of a text by name: each begins with its [name] and what it is for; {classes} stand before them."""
    lines: dict[str, list[str]] = {}
    classes: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line[1 : line.index("]")]
        elif line.startswith("{") and " = " in line:
            word_class, _, words = line.partition(" = ")
            classes[word_class] = _filled(words, classes)
        elif line and not line.startswith("#"):
            lines.setdefault(name, []).append(_filled(line, classes))
    return {name: Phrases(table) for name, table in lines.items()}


def _filled(line: str, classes: Mapping[str, str]) -> str:
    """A line with the words of each {class} in its place."""
    return _CLASS.sub(lambda found: classes[found[0]], line)


@cache  # made when it is first wanted: all of them would take half a second
def _pattern(line: str) -> re.Pattern[str]:
    """The regular expression of a phrase."""
    line, _, not_next = line.partition(" -")
    pattern = ""
    parts = line.split()
    for place, part in enumerate(parts):
        if part in _MARKS:
            pattern += _MARKS[part]
        elif up_to := _UP_TO.fullmatch(part):
            pattern += rf"(?:\b\w+(?:['’]\w+)?\W+){{0,{up_to[1]}}}"
        else:
            words = _one_of(part.removesuffix("~"))
            gap = r"\W+" if place + 1 < len(parts) and parts[place + 1] not in ".?" else ""
            pattern += rf"(?:\b{words}\b{gap})?" if part.endswith("~") else rf"\b{words}\b{gap}"
    return re.compile(pattern + (rf"(?!\W+{_one_of(not_next)}\b)" if not_next else ""), re.IGNORECASE)


def _one_of(alternatives: str) -> str:
    return f"(?:{alternatives})".replace("'", "['’]?").replace("+", r"\s+").replace("_", r"\w+")


def _anchors(line: str) -> list[frozenset[str]]:
    """Sets of words of which one stands in every sentence that holds the phrase, those of rarer words first."""
    parts = line.partition(" -")[0].split()
    needed = [part for part in parts if part not in _MARKS and "_" not in part and not part.endswith("~")]
    choices = [choice for choice in map(_choice, needed) if choice is not None]
    return [words for _, _, words in sorted(choices, key=lambda choice: choice[:2])]


@cache
def _choice(part: str) -> tuple[int, int, frozenset[str]] | None:
    """How many of a part's words are common, how many they are, and how they stand in a sentence: with and without a
    last letter that may be missing, and an apostrophe."""
    words = {each.split("+")[0] for each in part.split("|")}
    if any(sign.isdigit() for word in words for sign in word):
        return None  # a sentence's words are letters
    forms = {form for word in words for form in ((word[:-1], word[:-2]) if word.endswith("?") else (word,))}
    return len(words & _COMMON), len(words), frozenset(forms | {form.replace("'", "") for form in forms})
