"""Which topics a post matches, and by which of its words.

A post is folded once for all topics. Each topic names beforehand the words without which it cannot match; only topics
one of whose words the post holds are looked at, and only for posts that match are places in the original worked out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from listening.models import Post, Span
from listening.query.find import Check, Document, Section, characters, check, marked, near_places, places, raw_places
from listening.query.syntax import And, Field, Handle, Near, Node, Not, Or, Phrase, Prefix, Query, Raw, Tag, Word
from listening.query.terms import SHORTEST_PREFIX
from listening.query.words import located_marks, marks, tokens

Trigger: TypeAlias = Word | Prefix | Tag | Handle | Raw
"""Something that is quickly found in a post, or quickly found missing."""

_HEAD = SHORTEST_PREFIX  # letters of a word by which prefixes are looked up


class Matcher:
    """Finds which of several topics a post matches."""

    def __init__(self, queries: Mapping[str, Query]) -> None:
        mentions = Counter(trigger for query in queries.values() for trigger in set(_all_triggers(query.root)))
        self._checks = {topic: check(query.root) for topic, query in queries.items()}
        self._always: list[str] = []
        self._by_word: defaultdict[str, list[str]] = defaultdict(list)
        self._by_head: defaultdict[str, list[str]] = defaultdict(list)
        self._by_mark: defaultdict[str, list[str]] = defaultdict(list)
        self._by_characters: defaultdict[str, list[str]] = defaultdict(list)
        for topic, query in queries.items():
            self._enter(topic, triggers(query.root, mentions))
        self._words = frozenset(self._by_word)
        self._heads = frozenset(self._by_head)

    def _enter(self, topic: str, needed: frozenset[Trigger] | None) -> None:
        if needed is None:
            self._always.append(topic)
        for trigger in needed or ():
            match trigger:
                case Word(text):
                    self._by_word[text].append(topic)
                case Prefix(text):
                    self._by_head[text[:_HEAD]].append(topic)
                case Tag() | Handle():
                    self._by_mark[marked(trigger)].append(topic)
                case Raw(text):
                    self._by_characters[text].append(topic)

    def match(self, post: Post) -> dict[str, tuple[Span, ...]]:
        """The topics that the post matches, each with where: in title and text, or else the field that matched."""
        title, text = tokens(post.title), tokens(post.text)
        words = title + text if title else text
        candidates = list(self._always)
        for word in self._words.intersection(words):
            candidates += self._by_word[word]
        if self._heads:
            for head in self._heads.intersection([word[:_HEAD] for word in words]):
                candidates += self._by_head[head]
        for exact, topics in self._by_characters.items():
            if exact in post.text or exact in post.title:
                candidates += topics
        if self._by_mark:
            for mark in self._by_mark.keys() & {*marks(post.title), *marks(post.text)}:
                candidates += self._by_mark[mark]
        if not candidates:
            return {}
        document = Document(post, title, text)
        matched = {topic for topic in set(candidates) if self._checks[topic].holds(document)}
        if not matched:
            return {}
        return {topic: _spans(topic, whole, document) for topic, whole in self._checks.items() if topic in matched}


def triggers(node: Node, mentions: Mapping[Trigger, int], *, wanted: bool = True) -> frozenset[Trigger] | None:
    """What a post must hold at least one of to match (with ``wanted`` false: not to match).

    None: the post has to be looked at. ``mentions`` says how many topics ask for each: the name of the agency is in
    every topic and so tells them apart badly.
    """
    match node:
        case Not(part):
            return triggers(part, mentions, wanted=not wanted)
        case And(parts) | Or(parts):
            needed = [triggers(part, mentions, wanted=wanted) for part in parts]
            known = [each for each in needed if each is not None]
            if isinstance(node, And) == wanted:
                return min(known, key=lambda each: _cost(each, mentions), default=None)
            return frozenset().union(*known) if len(known) == len(needed) else None
        case _ if not wanted:
            return None
        case Word() | Prefix() | Tag() | Handle() | Raw():
            return frozenset({node})
        case Phrase(words):
            return min((frozenset({Word(word)}) for word in words), key=lambda each: _cost(each, mentions))
        case Near(left, right):
            return triggers(And((left, right)), mentions)
        case Field(_, value) if isinstance(value, Word | Phrase | Prefix):
            return triggers(value, mentions)
    return None


def _cost(needed: frozenset[Trigger], mentions: Mapping[Trigger, int]) -> tuple[int, int]:
    """The cheaper of two is what fewer topics ask for, then the one whose words are longer and so rarer."""
    shortest = min(len(each.name if isinstance(each, Tag | Handle) else each.text) for each in needed)
    return sum(mentions.get(each, 1) for each in needed), -shortest


def _all_triggers(node: Node) -> Iterator[Trigger]:
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _all_triggers(part)
        case Not(part):
            yield from _all_triggers(part)
        case Near(left, right):
            yield from _all_triggers(And((left, right)))
        case Phrase(words):
            yield from map(Word, words)
        case Field(_, value):
            if isinstance(value, Word | Phrase | Prefix):
                yield from _all_triggers(value)
        case _:
            yield node


# What matched, in the original characters


def _spans(topic: str, whole: Check, document: Document) -> tuple[Span, ...]:
    """The words of title and text that made the post match; where there are none, the fields that did."""
    leaves = list(_matching(whole, document, wanted=True))
    spans: list[Span] = []
    for section in document.sections:
        places = {place for leaf in leaves for place in _places(leaf, section)}
        spans += (
            Span(topic=topic, field=section.name, start=start, end=end, words=section.original[start:end])
            for start, end in _joined(places)
        )
    if spans:
        return tuple(spans)
    fields = {_FIELD_COLUMNS.get(leaf.name) for leaf in leaves if isinstance(leaf, Field)}
    return tuple(_whole(topic, field, document.post) for field in _FIELD_ORDER if field in fields)


def _matching(part: Check, document: Document, *, wanted: bool) -> Iterator[Node]:
    """The leaves that speak for a part that holds, or with ``wanted`` false for one that does not."""
    match part.node:
        case Not():
            yield from _matching(part.parts[0], document, wanted=not wanted)
        case And() | Or():
            # All parts of an AND hold where it holds, and none of an OR where it does not: the others are asked.
            alike = isinstance(part.node, And) == wanted
            for inner in part.parts:
                if alike or inner.holds(document) == wanted:
                    yield from _matching(inner, document, wanted=wanted)
        case _ if wanted:
            yield part.node


def _places(leaf: Node, section: Section) -> Iterable[tuple[int, int]]:
    """Where a leaf stands in the original of a section."""
    match leaf:
        case Tag() | Handle():
            mark = marked(leaf)
            return [(each.start, each.end) for each in located_marks(section.original) if each.word == mark]
        case Raw(text):
            return raw_places(text, section)
        case Near():
            return _in_original(near_places(leaf, section.words), section)
        case Field(_, value) if section.name == "title" and isinstance(value, Word | Phrase | Prefix):
            return _places(value, section)
        case Word() | Phrase() | Prefix() if characters(leaf) in section.line:
            return _in_original(places(leaf, section.words), section)
    return ()


def _in_original(found: Iterable[tuple[int, int]], section: Section) -> Iterable[tuple[int, int]]:
    for first, after_last in found:
        yield section.places[first][0], section.places[after_last - 1][1]


def _joined(places: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in order; those that overlap become one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


_FieldColumn: TypeAlias = Literal["author", "url", "source", "language", "published_at"]
_FIELD_ORDER: tuple[_FieldColumn, ...] = ("author", "url", "source", "language", "published_at")
_FIELD_COLUMNS: dict[str, _FieldColumn] = {
    "site": "url",
    "url": "url",
    "author": "author",
    "source": "source",
    "lang": "language",
    "since": "published_at",
    "until": "published_at",
}


def _whole(topic: str, field: _FieldColumn, post: Post) -> Span:
    """The whole value of a field, a time in ISO format."""
    if field == "published_at":
        value = post.published_at.isoformat() if post.published_at else ""
    else:
        value = getattr(post, field) or ""
    return Span(topic=topic, field=field, start=0, end=len(value), words=value)
