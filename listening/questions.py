"""Does a post ask for something, and in which sentence.

A press officer wants to see who waits for an answer: also where no question mark stands ("please look into this"), and
not where one stands for scorn ("seriously?"), in a headline, or in somebody else's words. Each sentence is looked at
alone: for phrases that ask by themselves, else for the shape of a question, and for what takes it back. Who begins with
a name needs fewer words to ask, who scolds more. What counts is written down in ``tests/question_rules.md``; how well
this finds it stands in the README. It knows English only.
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

VERSION = "5"
"""Changes with the rules: stored mentions are then judged again, by the next collection."""

MOST_CHARACTERS = 500
"""A longer text is read up to here: who asks does so early."""

FEWEST_WORDS = 3
"""A question of fewer words ("really?", "why?") asks for nothing that could be looked up."""

LOUD = ("??", "?!", "!?")
"""Who asks so loudly and names nobody mostly does not ask."""

Part = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Ask:
    """The sentence that asks: characters ``start`` to ``end`` of a post's ``part``."""

    part: Part
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class _Post:
    """What is known of a post before its sentences are looked at."""

    addressed: bool
    """It begins with a name, or greets one: what is said is said to somebody."""

    named: bool
    """There is a name in it, mostly one that is talked about."""

    angry: bool


_PERSON = "i i'm i've i'd i'll me my mine we we're we've us our you u your ur anyone anybody someone somebody"
_SPEAKER = "i i'm i've i'd i'll me my mine we we're we've us our"
_IN_PERSON, _OF_ONESELF = (
    re.compile(rf"\b(?:{'|'.join(names.split())})\b", re.IGNORECASE) for names in (_PERSON, _SPEAKER)
)
_TAG = re.compile(r"[,;…–-]\s*(?:right|no|huh|eh|ok|okay|yes|yeah|hey|remember|see|surely|innit)\W*$", re.IGNORECASE)
"""What makes a statement of a question: nice, isn't it, no?"""

_ANGER = re.compile(
    r"(?<![a-z])(?:worst|suck|terribl|horribl|ridiculous|disgust|disgrac|unaccept|pathetic|awful|sham(?:e|ing)|incompet"
    r"|insult|disappoint|brutal(?!is)|never again|never fly|don['’]?t care|way to go|thanks for nothing|act together"
    r"|(?:epic)?fail\b|joke|bad\b|poor|(?:smh|wtf|wth|lol|lmao|ffs|omg)\b)"
)
"""Who scolds or laughs, mostly does not ask with a question mark alone. Also within a hashtag."""

_OPENING = "how how's what what's whats when when's where where's who who's which why"
_TURNED = "do does did will would can could should shall am is are was were has have"
_OPENERS, _ASKING_WORDS = frozenset(_OPENING.split()), frozenset(f"{_OPENING} {_TURNED}".split())

_HANDLE = r"@[\w•]+(?:[.@-][\w•]+)*"
"""A name; a masked one has dots."""

# What is not said in the author's own voice, and what has no words.
_QUOTED = re.compile(
    r"‘[^‘’\n]{8,200}’(?!\w)|[“«„][^“”«»„\n]{12,400}[”»“]|(?<![\w\"])\"[^\"\n]{12,400}\"(?!\w)|^>.*$", re.MULTILINE
)
_PASSED_ON = re.compile(rf"(?<!\w)(?:RT|MT)[\s:]+{_HANDLE}|(?<!\w)via\s+{_HANDLE}", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:\bhttps?://|\bwww\.)\S*[^\s.,:;!?)]")
_LINK = "\x03"
_BLANK = f" \t\r\n{_LINK}"
_HASHTAGS = re.compile(r"^\s*(?:#\w+\s+)+(?=\w)")
_SENTENCE = re.compile(r"(?:[^.!?\n]|(?<=\w)[.](?=\w{2}))*(?:[.!?]+(?:\s+[!?]+)*|\n|$)")
_ADDRESSED = re.compile(
    r"(?:\s*(?:dear|hi|hey|hello|good\s+(?:morning|afternoon|evening))\b(?:\s+(?:there|all)\b)?)?"
    rf"(?:[\s.,:;–-]*{_HANDLE})+[\s,:;–-]*",
    re.IGNORECASE,
)
_NAME = re.compile(rf"(?<!\w){_HANDLE}")
_TO_A_NAME = re.compile(rf"(?<!\w){_HANDLE}[\s?!]*$")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

_SMALL = "a an the and or but nor of to in on at by for with from as vs via per into over up off out than"
_SMALL_IN_A_HEADLINE = frozenset(_SMALL.split())
_CAPITALS = 3
"""So many words after the first begin with a capital in a headline, and all do that it does not write small."""
_NO_NAMES = (
    "the you your we our us they them their it its this that these those there here who what when where why how which"
    " do does did is are was were be been will would can could should must may might has have had not no if than then"
    " get gets need needs take takes make makes become becomes want know help say says mean means apply really ever"
    " still just even only more most less after before beyond about under between through without against until"
    " during because while again ahead aboard last too enough"
)
_NO_NAME = frozenset(_NO_NAMES.split())
"""Words that have a capital in a headline alone: a hall, a street or a council has none of them in its name."""


def asked(title: str, text: str, *, kind: TextKind) -> Ask | None:
    """The first sentence of a post that asks for something, or None.

    The title of news is a headline, and what its text asks counts only where somebody speaks of themselves.
    """
    news = kind == "headline"
    parts: list[tuple[Part, str]] = [("text", text)] if news else [("title", title), ("text", text)]
    for part, said in parts:
        found = _found(said, kind, alone=not (title and text)) if said else None
        if found is not None:
            start, end = found
            return Ask(part, start, end, said[start:end])
    return None


def _found(said: str, kind: TextKind, *, alone: bool) -> tuple[int, int] | None:
    """From where to where the sentence stands; ``alone`` says that it is all of the post."""
    news = kind == "headline"
    own = _own_voice(said[:MOST_CHARACTERS].replace(_LINK, " "))
    begins = _ADDRESSED.match(own)
    post = _Post(
        addressed=begins is not None,
        named=_NAME.search(own) is not None,
        angry=_ANGER.search(own.lower()) is not None,
    )
    shared = alone and not post.addressed and (_LINK in own or news)
    sentences = [one for one in _SENTENCE.finditer(own, begins.end() if begins else 0) if one[0].strip(_BLANK)]
    for sentence in sentences:
        words = _HASHTAGS.sub("", sentence[0])
        if news and not _OF_ONESELF.search(words):
            continue
        passed_on = kind == "post" and not post.named and _written_as_a_headline(words)
        headline = news or passed_on or (shared and not _IN_PERSON.search(words))
        if _asks(words, post, last=sentence is sentences[-1], headline=headline):
            trimmed = words.strip(_BLANK)
            start = sentence.start() + sentence[0].rindex(trimmed)
            return start, start + len(trimmed)
    return None


def _written_as_a_headline(sentence: str) -> bool:
    """Whether Its Words Begin With Capitals, as in a title that somebody passes on."""
    later = _WORD.findall(sentence)[1:]
    large = [word for word in later if word[0].isupper()]
    return (
        len(large) >= _CAPITALS
        and all(word[0].isupper() or word in _SMALL_IN_A_HEADLINE for word in later)
        and any(word.lower() in _NO_NAME for word in large)
        and not all(word.isupper() for word in large)  # who shouts may ask
    )


def _own_voice(said: str) -> str:
    """A text of the same length in which quotes and what is passed on are blanks, and addresses one sign repeated."""
    passed = _PASSED_ON.search(said)
    if passed:
        said = said[: passed.start()] + " " * (len(said) - passed.start())
    said = _QUOTED.sub(lambda found: " " * len(found[0]), said)
    return _ADDRESS.sub(lambda found: _LINK * len(found[0]), said)


def _asks(sentence: str, post: _Post, *, last: bool, headline: bool) -> bool:
    """Whether a sentence of a post asks; ``last`` says that it ends it, ``headline`` that it may be one."""
    words = _words(sentence)
    different = frozenset(words).union(word.partition("'")[0] for word in words)
    tables = _phrases()

    def holds(table: str) -> bool:
        return tables[table].stands_in(sentence, different)

    first = words[0] if words else ""
    marked, opened = "?" in sentence, first in _OPENERS
    if holds("void"):
        return False
    asking = holds("asks")
    if holds("aside") and not (asking and marked and holds("requests")):
        return False
    if not asking and (marked or not holds("praise")):
        asking = (post.named and holds("orders")) or (post.addressed and holds("wishes"))
    scorned = (marked or first in _ASKING_WORDS) and (holds("scorn") or _TAG.search(sentence) is not None)
    if asking and scorned and not opened:
        scorned = not holds("requests")
    if scorned or asking:
        return not scorned
    if not marked or headline or post.angry or len(words) < FEWEST_WORDS:
        return False
    loud = any(loud in sentence for loud in LOUD)
    if post.addressed:
        return (last and not loud) or holds("shapes")
    spoken_to = not post.named or _TO_A_NAME.search(sentence) is not None
    return spoken_to and not loud and holds("shapes")


def _words(said: str) -> list[str]:
    """Its words in small letters."""
    return [word.replace("’", "'") for word in _WORD.findall(said.lower())]


@cache
def _phrases() -> Mapping[str, Phrases]:
    return tables(files(__package__).joinpath("asks.txt").read_text(encoding="utf-8"))
