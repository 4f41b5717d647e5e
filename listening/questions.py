"""Does a post ask for something, and in which sentence.

A press officer wants to see who waits for an answer: also where no question mark stands ("please look into this"), and
not where one stands for scorn ("seriously?"), in a headline, or in somebody else's words. Each sentence is looked at
alone: for phrases that ask by themselves, else for the shape of a question, and for what takes it back. Who begins with
our name needs fewer words to ask, who scolds more, and who begins with another's name asks them. What counts is written
down in ``tests/question_rules.md``; how well this finds it stands in the README. It knows English only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import Literal

from listening.models import TextKind
from listening.phrases import Phrases, tables

VERSION = "6"
"""Changes with the rules: stored mentions are then judged again, by the next collection."""

MOST_CHARACTERS = 500
"""A longer text is read up to here: who asks does so early."""

FEWEST_WORDS = 3
"""A question of fewer words ("really?", "why?") asks for nothing that could be looked up."""

SHORTEST_NAME = 3
"""A handle is ours that begins or ends with so many letters of our name, or more."""

LOUD = ("??", "?!", "!?")
"""Who asks so loudly and names nobody mostly does not ask."""

Part = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Ask:
    """The sentence that asks: characters ``start`` to ``end`` of a post's ``part``.

    ``to_us``: we are spoken to in it by our name, and not whoever reads it.
    """

    part: Part
    start: int
    end: int
    words: str
    to_us: bool = False


Place = tuple[int, int]
"""From which character to which, the last one not in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What makes a post one about us: where topics matched its title and text, and our accounts as posts name them
    (without @, in small letters).

    ``throughout``: all of it is, as where its author or its address matched, too.
    """

    title: Sequence[Place] = ()
    text: Sequence[Place] = ()
    accounts: Collection[str] = ()
    throughout: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Around:
    """What is known of a sentence before its words are looked at."""

    to_us: bool
    """It is said to us: the post begins with our name, or greets us, or the sentence begins or ends with it."""

    about_us: bool
    """We are named in it, or all of the post is about us, or nobody knows."""

    title: bool

    names_somebody: bool
    """There is a handle in the post, mostly of somebody who is talked about."""

    angry: bool
    last: bool
    headline: bool


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
_GREETING = r"(?:dear|hi|hiya|hey|hello|yo|ok|okay|good\s+(?:morning|afternoon|evening|day)|morning|evening)"
_ADDRESSED = re.compile(
    rf"[^\w@]*(?:{_GREETING}\b(?:\s+(?:there|all|again)\b)?)?(?:[^\w@]*{_HANDLE})+[\s,:;)–-]*", re.IGNORECASE
)
_CALLED, _CALLED_SHORTLY = (
    rf"(?:[^\W\d_][\w'’.&-]{{0,30}}\s+){{0,{most}}}?[^\W\d_][\w'’.&-]{{0,30}}" for most in (4, 2)
)
_PLEASE = r"(?:please|pls|plz|kindly)\b"
_TURNS = r"(?:(?:can|could|would|will|do|are|have)\s+you|(?:when|why|how|what)\s+(?:are\s+|do\s+|will\s+)?you)\b"
_CALLS = re.compile(
    rf"[^\w@]*(?:{_GREETING}\b\s+(?:(?:to|there|all|at)\s+)*(?P<greeted>{_CALLED})\s*[,!:.–-]"
    rf"|(?P<asked>{_CALLED})\s*[,!:–-]\s*(?={_PLEASE}|{_TURNS})|(?P<begged>{_CALLED_SHORTLY})\s+(?={_PLEASE}))",
    re.IGNORECASE,
)
"""Who is spoken to by name: "Dear Council, ...", "Council, could you ...", "Council please ..."."""
_CALLED_LAST = re.compile(rf",\s*({_CALLED})[\s.!?]*$")
_STARTS_WITH_A_NAME = re.compile(rf"[^\w@]*{_HANDLE}")
_ONLY_NAMES = re.compile(
    rf"[^\w@#]*(?:(?:cc|fao|attn)\b[^\w@#]*)?(?:(?:{_HANDLE}|#\w+)[^\w@#]+)*(?:{_HANDLE}|#\w+)[^\w@#]*$", re.IGNORECASE
)
_NOBODY = re.compile(
    r"@(?:everyone|everybody|anyone|anybody|all|here|channel|\d+(?:am|pm|h|st|nd|rd|th)?)$", re.IGNORECASE
)
_NAME = re.compile(rf"(?<!\w){_HANDLE}")
_TO_A_NAME = re.compile(rf"(?<!\w){_HANDLE}[\s?!]*$")
_NO_LETTERS = re.compile(r"[\W_]+")
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


def asked(title: str, text: str, *, kind: TextKind, about: About | None = None) -> Ask | None:
    """The first sentence of a post that asks for something, or None.

    The title of news is a headline, and what its text asks counts only where somebody speaks of themselves. Where it is
    known what makes the post one ``about`` us, by words in it, what it asks of others is not asked of us, and what is
    said to nobody and only looks like a question must name us. Else whoever it begins with is taken for us.
    """
    news = kind == "headline"
    us = _Us.of(title, text, about) if about is not None and (about.title or about.text) else None
    parts: list[tuple[Part, str]] = [("text", text)] if news else [("title", title), ("text", text)]
    for part, said in parts:
        found = _found(said, part, kind, us, alone=not (title and text)) if said else None
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Us:
    """Where we are named in a post, and by what a handle in it is known for ours."""

    places: Mapping[Part, Sequence[Place]]
    names: Collection[str]
    accounts: Collection[str]
    throughout: bool
    """All of the post is about us: its title says so, a hashtag, or one of our accounts."""

    @classmethod
    def of(cls, title: str, text: str, about: About) -> _Us:
        places: dict[Part, Sequence[Place]] = {
            "title": about.title,
            "text": sorted({place for place in about.text if place[0] < MOST_CHARACTERS}),
        }
        matched = [
            (said, *place) for said, part in ((title, places["title"]), (text, places["text"])) for place in part
        ]
        tagged = any("#" in said[max(0, start - 1) : start + 1] for said, start, _ in matched)
        # A small word may stand in many a stranger's name: "bridge" in @bridgetjones.
        names = frozenset(_letters(said[start:end]) for said, start, end in matched if said[start:end][:1].isupper())
        us = cls(places, names, about.accounts, throughout=tagged or bool(about.title) or about.throughout)
        return us if us.throughout or not us.called("text", text[:MOST_CHARACTERS]) else replace(us, throughout=True)

    def between(self, part: Part, start: int, end: int) -> bool:
        """Whether a topic matched there."""
        return any(first < end and start < last for first, last in self.places[part])

    def by_name(self, part: Part, said: str, start: int, end: int) -> bool:
        """Whether a topic matched there by a word with a capital: "ferry" is no name, "Quillhaven" is."""
        return any(said[first].isupper() for first, last in self.places[part] if first < end and start < last)

    def called(self, part: Part, said: str, start: int = 0, end: int | None = None) -> bool:
        """Whether one of the handles there is ours."""
        handles = _NAME.finditer(said, start, len(said) if end is None else end)
        return any(self.between(part, *handle.span()) or self._own(handle[0]) for handle in handles)

    def spoken_to(self, part: Part, said: str, sentence: re.Match[str], next_one: re.Match[str] | None) -> bool:
        """Whether a sentence begins or ends with our name, or nothing but names follows it, and ours is one."""
        words, offset = sentence[0], sentence.start()
        ends = [found for found in (_STARTS_WITH_A_NAME.match(words), _TO_A_NAME.search(words)) if found]
        if any(self.called(part, said, offset + found.start(), offset + found.end()) for found in ends):
            return True
        last = _CALLED_LAST.search(words)
        if last and self.by_name(part, said, offset + last.start(1), offset + last.end(1)):
            return True
        return (
            next_one is not None
            and _ONLY_NAMES.match(next_one[0]) is not None
            and self.called(part, said, *next_one.span())
        )

    def _own(self, handle: str) -> bool:
        """Whether it is one of our accounts, or begins or ends with our name: @quillhavenferry."""
        account = handle.removeprefix("@").casefold()
        letters = _letters(account.partition("@")[0])
        return account in self.accounts or any(
            len(name) >= SHORTEST_NAME and (letters.startswith(name) or letters.endswith(name)) for name in self.names
        )


def _letters(said: str) -> str:
    """Its letters and digits, small and without accents."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKD", said).casefold())


def _found(said: str, part: Part, kind: TextKind, us: _Us | None, *, alone: bool) -> Ask | None:
    """The first sentence of a part that asks; ``alone`` says that the part is all of the post."""
    news = kind == "headline"
    own = _own_voice(said[:MOST_CHARACTERS].replace(_LINK, " "))
    begins = _ADDRESSED.match(own)
    if begins and all(_NOBODY.match(handle) for handle in _NAME.findall(begins[0])):
        begins = None
    named = _NAME.search(own) is not None
    angry = _ANGER.search(own.lower()) is not None
    shared = alone and begins is None and (_LINK in own or news)
    start, to_us = (begins.end(), us is None or us.called(part, own, 0, begins.end())) if begins else (0, False)
    calls = _CALLS.match(own) if us is not None and not begins else None
    if us is not None and calls and us.by_name(part, own, *calls.span(calls.lastgroup or 0)):
        start, to_us = calls.end(), True
    sentences = [one for one in _SENTENCE.finditer(own, start) if one[0].strip(_BLANK)]
    for sentence, next_one in zip_longest(sentences, sentences[1:]):
        words = _HASHTAGS.sub("", sentence[0])
        if news and not _OF_ONESELF.search(words):
            continue
        called = to_us or (us is not None and us.spoken_to(part, own, sentence, next_one))
        if begins and not called:
            continue  # said to somebody else
        passed_on = kind == "post" and not named and _written_as_a_headline(words)
        around = _Around(
            to_us=called,
            about_us=us is None or called or us.throughout or us.between(part, *sentence.span()) or part == "title",
            title=part == "title",
            names_somebody=named,
            angry=angry,
            last=sentence is sentences[-1],
            headline=news or passed_on or (shared and not _IN_PERSON.search(words)),
        )
        if _asks(words, around):
            trimmed = words.strip(_BLANK)
            start = sentence.start() + sentence[0].rindex(trimmed)
            end = start + len(trimmed)
            return Ask(part, start, end, said[start:end], to_us=called)
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


def _asks(sentence: str, around: _Around) -> bool:
    """Whether a sentence of a post asks."""
    words = _words(sentence)
    different = frozenset(words).union(word.partition("'")[0] for word in words)
    tables = _phrases()

    def holds(table: str) -> bool:
        return tables[table].stands_in(sentence, different)

    first = words[0] if words else ""
    marked, opened = "?" in sentence, first in _OPENERS
    if holds("void") or (not around.to_us and holds("others")):
        return False
    asking = holds("asks")
    if holds("aside") and not (asking and marked and holds("requests")):
        return False
    if not asking and (marked or not holds("praise")):
        asking = (around.names_somebody and around.about_us and holds("orders")) or (around.to_us and holds("wishes"))
    scorned = (marked or first in _ASKING_WORDS) and (holds("scorn") or _TAG.search(sentence) is not None)
    if asking and scorned and not opened:
        scorned = not holds("requests")
    if scorned or asking:
        return not scorned
    if not marked or around.headline or around.angry or len(words) < FEWEST_WORDS:
        return False
    loud = any(loud in sentence for loud in LOUD)
    if around.to_us:
        return (around.last and not loud) or holds("shapes")
    spoken_to = not around.names_somebody or _TO_A_NAME.search(sentence) is not None
    return spoken_to and around.about_us and not loud and holds("shapes" if around.title else "openings")


def _words(said: str) -> list[str]:
    """Its words in small letters."""
    return [word.replace("’", "'") for word in _WORD.findall(said.lower())]


@cache
def _phrases() -> Mapping[str, Phrases]:
    return tables(files(__package__).joinpath("asks.txt").read_text(encoding="utf-8"))
