"""Whether a post is what a query asks for, and at which of its words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date
from functools import cached_property
from itertools import accumulate
from typing import Literal, TypeAlias

from listening.models import Post
from listening.query import values
from listening.query.syntax import And, Field, Handle, Near, Node, Not, Operand, Or, Phrase, Prefix, Raw, Tag, Word
from listening.query.words import marks, places_of_words


class Section:
    """The title or the text of a post."""

    def __init__(self, name: Literal["title", "text"], original: str, words: list[str]) -> None:
        self.name: Literal["title", "text"] = name
        self.original = original
        self.words = words

    @cached_property
    def line(self) -> str:
        """The words with a space around each, so that words side by side are found as characters are."""
        return f" {' '.join(self.words)} "

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Start and end of each word in the original."""
        return places_of_words(self.original)

    def cuts_word(self, place: int) -> bool:
        """Whether a place in the original lies inside a word."""
        before = bisect_left(self.places, (place, 0)) - 1
        return before >= 0 and place < self.places[before][1]


class Document:
    """A post, with what the topics ask of it worked out once, when the first one asks."""

    def __init__(self, post: Post, title: list[str], text: list[str]) -> None:
        self.post = post
        self.title = Section("title", post.title, title)
        self.text = Section("text", post.text, text)
        self.sections = (self.title, self.text)

    @cached_property
    def line(self) -> str:
        """The words of both; no word is a line break, so nothing is found across."""
        return f"{self.title.line}\n{self.text.line}"

    @cached_property
    def marks(self) -> frozenset[str]:
        return frozenset(marks(self.post.title)).union(marks(self.post.text))

    @cached_property
    def host(self) -> str:
        return values.host(self.post.url)

    @cached_property
    def day(self) -> date | None:
        published = self.post.published_at
        return None if published is None else published.astimezone(UTC).date()


Test: TypeAlias = Callable[[Document], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """A part of a query, made ready to be asked of many posts: whether it holds for one, and its own parts."""

    node: Node
    holds: Test
    parts: tuple[Check, ...] = ()


def check(node: Node) -> Check:
    """Make a query ready."""
    match node:
        case And(parts):
            checks = tuple(map(check, parts))
            return Check(node, _all([part.holds for part in checks]), checks)
        case Or(parts):
            checks = tuple(map(check, parts))
            return Check(node, _any([part.holds for part in checks]), checks)
        case Not(part):
            inner = check(part)
            return Check(node, lambda document: not inner.holds(document), (inner,))
        case Near(left, right):
            # Most posts lack one of the two: only those that hold both are gone through word by word.
            both = _all([check(left).holds, check(right).holds])
            return Check(
                node,
                lambda document: (
                    both(document) and any(near_places(node, section.words) for section in document.sections)
                ),
            )
        case Tag() | Handle():
            mark = marked(node)
            return Check(node, lambda document: mark in document.marks)
        case Raw(text):
            return Check(
                node, lambda document: any(True for section in document.sections for _ in raw_places(text, section))
            )
        case Field(name, value):
            if isinstance(value, Word | Phrase | Prefix):
                in_title = characters(value)
                return Check(node, lambda document: in_title in document.title.line)
            test = _FIELD_HOLDS[name]
            return Check(node, lambda document: test(document, value))
        case Word() | Phrase() | Prefix():
            in_line = characters(node)
            return Check(node, lambda document: in_line in document.line)


def _all(tests: list[Test]) -> Test:
    def holds(document: Document) -> bool:
        for test in tests:  # noqa: SIM110 - all() with a generator takes twice as long
            if not test(document):
                return False
        return True

    return holds


def _any(tests: list[Test]) -> Test:
    def holds(document: Document) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(document):
                return True
        return False

    return holds


def marked(node: Tag | Handle) -> str:
    """A hashtag or handle with its sign."""
    return f"{'#' if isinstance(node, Tag) else '@'}{node.name}"


def characters(node: Word | Phrase | Prefix) -> str:
    """What a line of words holds where it holds the term."""
    match node:
        case Word(text):
            return f" {text} "
        case Phrase(words):
            return f" {' '.join(words)} "
        case Prefix(text):
            return f" {text}"


def _site(document: Document, value: date | str) -> bool:
    assert isinstance(value, str)
    return document.host == value or document.host.endswith(f".{value}")


def _language(document: Document, value: date | str) -> bool:
    language = (document.post.language or "").replace("_", "-").lower()
    return language == value or language.startswith(f"{value}-")


_FIELD_HOLDS: dict[str, Callable[[Document, date | str], bool]] = {
    "site": _site,
    "url": lambda document, value: isinstance(value, str) and value in document.post.url.casefold(),
    "author": lambda document, value: values.name(document.post.author or "") == value,
    "source": lambda document, value: document.post.source.casefold() == value,
    "lang": _language,
    "since": lambda document, value: isinstance(value, date) and document.day is not None and document.day >= value,
    "until": lambda document, value: isinstance(value, date) and document.day is not None and document.day <= value,
}


# Where in the words: first word and the one after the last


def places(node: Operand, words: list[str]) -> list[tuple[int, int]]:
    """Where an operand stands, in order."""
    match node:
        case Word(text):
            return [(place, place + 1) for place, word in enumerate(words) if word == text]
        case Prefix(text):
            return [(place, place + 1) for place, word in enumerate(words) if word.startswith(text)]
        case Phrase(wanted):
            length, first, phrase = len(wanted), wanted[0], list(wanted)
            return [
                (place, place + length)
                for place, word in enumerate(words)
                if word == first and words[place : place + length] == phrase
            ]
        case Or(parts):
            return sorted({place for part in parts for place in places(_operand(part), words)})


def _operand(node: Node) -> Operand:
    assert isinstance(node, Word | Phrase | Prefix | Or)  # the parser lets nothing else into a NEAR
    return node


def near_places(near: Near, words: list[str]) -> list[tuple[int, int]]:
    """The places of both operands that are near each other."""
    left, right = places(near.left, words), places(near.right, words)
    if not left or not right:
        return []
    found = _pairs(left, right, near.distance)
    if not near.ordered:
        found |= _pairs(right, left, near.distance)
    return sorted(found)


def _pairs(before: list[tuple[int, int]], after: list[tuple[int, int]], distance: int) -> set[tuple[int, int]]:
    starts = [start for start, _ in after]
    found: set[tuple[int, int]] = set()
    # How many of the places in front begin (+1) and cease (-1) to reach each place behind, in one pass.
    reached = [0] * (len(after) + 1)
    for place in before:
        first, last = bisect_left(starts, place[1]), bisect_right(starts, place[1] + distance)
        if first < last:
            found.add(place)
            reached[first] += 1
            reached[last] -= 1
    found.update(place for place, count in zip(after, accumulate(reached), strict=False) if count)
    return found


def raw_places(text: str, section: Section) -> Iterator[tuple[int, int]]:
    """Where the characters stand as whole words: neither end of them lies inside a word."""
    start = section.original.find(text)
    while start >= 0:
        end = start + len(text)
        if not section.cuts_word(start) and not section.cuts_word(end):
            yield start, end
        start = section.original.find(text, start + 1)
