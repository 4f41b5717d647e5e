"""Phrases written as one reads them, a line each, and found in a sentence. ``asks.txt`` says how they are written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

_FILLERS = r"(?:(?:so|and|also|but|ok|okay|hi|hello|hey|then|sir|madam|well|just)\b\W*)*"
_BEGINNING = rf"^\W*{_FILLERS}"
_LEADS_IN = "please|pls|plz|kindly|just|and|so|but|no|now|then|or|sir|madam|guys|hey|hi|hello|ok"
_MARKS = {
    "^": _BEGINNING,
    ">": rf"(?:{_BEGINNING}|[,;:–—&-]\s*|\b(?:{_LEADS_IN})\W+)",
    ".": r"\W*$",
}


class Phrases:
    """A table of phrases; of these only the ones are tried of which a word stands in a sentence."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._by_word: dict[str, list[re.Pattern[str]]] = defaultdict(list)
        for line in lines:
            pattern = re.compile(_pattern(line), re.IGNORECASE)
            for word in _anchors(line):
                self._by_word[word].append(pattern)

    def search(self, sentence: str, words: Collection[str]) -> re.Match[str] | None:
        """A phrase that stands in a sentence; ``words`` are its words, in small letters, each once."""
        for word in words:
            for pattern in self._by_word.get(word, ()):
                if found := pattern.search(sentence):
                    return found
        return None


def tables(text: str) -> Mapping[str, Phrases]:
    """The tables of a text by name: each begins with its [name] and what it is for."""
    lines: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line[1 : line.index("]")]
        elif line and not line.startswith("#"):
            lines.setdefault(name, []).append(line)
    return {name: Phrases(table) for name, table in lines.items()}


def _pattern(line: str) -> str:
    """The regular expression of a phrase."""
    line, _, not_next = line.partition(" -")
    pattern = ""
    parts = line.split()
    for place, part in enumerate(parts):
        if part in _MARKS:
            pattern += _MARKS[part]
        else:
            words = r"\w+" if part[0] == "_" else _one_of(part.removesuffix("~"))
            gap = r"\W+" if place + 1 < len(parts) and parts[place + 1] != "." else ""
            pattern += rf"(?:\b{words}\b{gap})?" if part.endswith("~") else rf"\b{words}\b{gap}"
    return pattern + (rf"(?!\W+{_one_of(not_next)}\b)" if not_next else "")


def _one_of(alternatives: str) -> str:
    return f"(?:{alternatives})".replace("'", "['’]?").replace("+", r"\s+")


def _anchors(line: str) -> set[str]:
    """Words of which one stands in every sentence that holds the phrase."""
    parts = line.partition(" -")[0].split()
    needed = [part.split("|") for part in parts if part not in _MARKS and part[0] != "_" and not part.endswith("~")]
    firsts = {each.split("+")[0] for each in min(needed, key=len)}
    spelled = {form for word in firsts for form in ((word[:-1], word[:-2]) if word.endswith("?") else (word,))}
    return spelled | {word.replace("'", "") for word in spelled}
