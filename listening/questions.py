"""Does a post ask for something, and in which sentence.

A press officer wants to see who waits for an answer: also where no question mark stands ("please look into this"), and
not where one stands for scorn ("seriously?"), in a headline, or in somebody else's words. Each sentence is looked at
alone: for phrases that ask by themselves, else for the shape of a question, and for what takes it back. What counts is
written down in ``tests/question_rules.md``; how well this finds it stands in the README. It knows English only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from listening.models import TextKind
from listening.phrases import Phrases, tables

VERSION = "2"
"""Changes with the rules: stored mentions are then judged again, by the next collection."""

MOST_CHARACTERS = 500
"""A longer text is read up to here: who asks does so early."""

FEWEST_WORDS = 3
"""A question of fewer words ("really?", "why?") asks for nothing that could be looked up."""

LOUD = ("??", "?!", "!?")
"""Who asks so loudly mostly does not ask."""

Part = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Ask:
    """The sentence that asks: characters ``start`` to ``end`` of a post's ``part``."""

    part: Part
    start: int
    end: int
    words: str


_PERSON = "i i'm i've i'd i'll me my mine we we're we've us our you u your ur anyone anybody someone somebody"
_SPEAKER = "i i'm i've i'd i'll me my mine we we're we've us our"
_IN_PERSON, _OF_ONESELF = (
    re.compile(rf"\b(?:{'|'.join(names.split())})\b", re.IGNORECASE) for names in (_PERSON, _SPEAKER)
)
_TAG = re.compile(r"[,;…–-]\s*(?:right|no|huh|eh|ok|okay|yes|yeah|hey|remember|see|surely|innit)\W*$", re.IGNORECASE)
"""What makes a statement of a question: nice, isn't it, no?"""

_OPENING = "how how's what what's whats when when's where where's who who's which why"
_OPENERS = frozenset(_OPENING.split())

# What is not said in the author's own voice, and what has no words.
_QUOTED = re.compile(
    r"‘[^‘’\n]{8,200}’(?!\w)|[“«„][^“”«»„\n]{12,400}[”»“]|(?<![\w\"])\"[^\"\n]{12,400}\"(?!\w)|^>.*$", re.MULTILINE
)
_PASSED_ON = re.compile(r"(?<!\w)(?:RT|MT)[\s:]+@\w|(?<!\w)via\s+@\w", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:\bhttps?://|\bwww\.)\S+")
_LINK = "\x03"
_SENTENCE = re.compile(r"(?:[^.!?\n]|(?<=\w)[.](?=\w{2}))*(?:[.!?]+(?:\s+[!?]+)*|\n|$)")
_ADDRESSED = re.compile(r"(?:[\s.,:;–-]*@\w+(?:[.@-]\w+)*)+[\s,:;–-]*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def asked(title: str, text: str, *, kind: TextKind) -> Ask | None:
    """The first sentence of a post that asks for something, or None.

    The title of news is a headline, and what its text asks counts only where somebody speaks of themselves.
    """
    news = kind == "headline"
    parts: list[tuple[Part, str]] = [("text", text)] if news else [("title", title), ("text", text)]
    for part, said in parts:
        found = _found(said, news=news, alone=not (title and text)) if said else None
        if found is not None:
            start, end = found
            return Ask(part, start, end, said[start:end])
    return None


def _found(said: str, *, news: bool, alone: bool) -> tuple[int, int] | None:
    """From where to where the sentence stands; ``alone`` says that it is all of the post."""
    own = _own_voice(said[:MOST_CHARACTERS])
    addressed = _ADDRESSED.match(own)
    shared = alone and addressed is None and (_LINK in own or news)
    for sentence in _SENTENCE.finditer(own, addressed.end() if addressed else 0):
        words = sentence[0]
        if news and not _OF_ONESELF.search(words):
            continue
        if _asks(
            words,
            addressed=addressed is not None or "@" in own,
            headline=news or (shared and not _IN_PERSON.search(words)),
        ):
            trimmed = words.strip(f" \n{_LINK}")
            start = sentence.start() + words.index(trimmed)
            return start, start + len(trimmed)
    return None


def _own_voice(said: str) -> str:
    """A text of the same length in which quotes and what is passed on are blanks, and addresses one sign repeated."""
    passed = _PASSED_ON.search(said)
    if passed:
        said = said[: passed.start()] + " " * (len(said) - passed.start())
    said = _QUOTED.sub(lambda found: " " * len(found[0]), said)
    return _ADDRESS.sub(lambda found: _LINK * len(found[0]), said)


def _asks(sentence: str, *, addressed: bool, headline: bool) -> bool:
    """Whether a sentence asks, in a post ``addressed`` to somebody; ``headline`` says that it may be one."""
    words = [word.replace("’", "'") for word in _WORD.findall(sentence.lower())]
    different = frozenset(words)
    tables = _phrases()
    if tables["void"].search(sentence, different):
        return False
    asking = tables["asks"].search(sentence, different)
    if asking is None and addressed:
        asking = tables["orders"].search(sentence, different)
    marked, opened = "?" in sentence, bool(words) and words[0] in _OPENERS
    scorned = (marked or opened) and bool(tables["scorn"].search(sentence, different) or _TAG.search(sentence))
    if asking is not None and scorned and not opened:
        scorned = tables["requests"].search(asking[0], different) is None
    if scorned or asking is not None:
        return not scorned
    if not marked or headline or len(words) < FEWEST_WORDS or any(loud in sentence for loud in LOUD):
        return False
    return tables["shapes"].search(sentence, different) is not None


@cache
def _phrases() -> Mapping[str, Phrases]:
    return tables(files(__package__).joinpath("asks.txt").read_text(encoding="utf-8"))
