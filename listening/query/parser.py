"""From a query's text to its tree, with errors that point at the column and say what would be right.

    any     := all (OR all)*
    all     := not ((AND)? not)*
    not     := (NOT | -)* near
    near    := primary (NEAR/n primary)?
    primary := ( any ) | "phrase" | word | word* | #tag | @handle | field:value | field:(value OR value)

Bounded: a query's length, its depth and, with the topics it reuses, its size have limits, so that no query can keep the
program busy or run out of stack.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import TypeVar

from listening.errors import QueryError, QueryRefused
from listening.query import terms, values
from listening.query.lexer import Lexer, Piece
from listening.query.syntax import (
    And,
    Field,
    Handle,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Raw,
    Tag,
    Word,
    anchored,
    every,
    some,
)
from listening.query.topics import ReadTopic, Topics

DEEPEST = 50
"""Brackets and reused topics inside each other."""

LARGEST = 20_000
"""Words, phrases and field values of a query, with those of the topics it reuses."""


def parse(
    text: str,
    *,
    topics: Mapping[str, str] | None = None,
    listed_authors: Collection[str] | None = None,
) -> Query:
    """Read a query.

    ``topics`` are the queries that topic:name may reuse. ``listed_authors`` are the names that author: may find:
    outlets, agencies, own and listed accounts (None: not checked). Raises ``QueryError``.
    """
    reused = Topics(topics or {}, None if listed_authors is None else frozenset(map(values.name, listed_authors)))
    parser = _Parser(text, reused)
    root = parser.read()
    if not anchored(root):
        raise parser.unanchored(root)
    return Query(text, root)


_Value = TypeVar("_Value")


class _Parser:
    """Reads one text. ``depth`` and ``size`` say how deep and how large its tree is, without what is around it."""

    def __init__(self, text: str, topics: Topics, *, negative: bool = False, around: int = 0) -> None:
        self._text = text
        self._topics = topics
        self._negative = negative  # inside an odd number of NOTs
        self._around = around
        self._pieces = Lexer(text).pieces()
        self._at = 0
        self._open = 0
        self._days: dict[int, int] = {}  # columns of since: and until:, by the identity of the node
        self.depth = 0
        self.size = 0

    def read(self) -> Node:
        """The tree of the whole query."""
        if self._piece().kind == "end":
            raise self._error("The query is empty.", "Write at least one word to look for.", 1)
        root = self._any()
        if self._piece().kind == ")":
            raise self._error(
                "This bracket closes nothing.", "Take it out, or put a ( before it.", self._piece().column
            )
        return root

    def unanchored(self, root: Node) -> QueryError:
        """Why a query that only leaves out cannot be used."""
        column = next((piece.column for piece in self._pieces if piece.kind == "NOT"), 1)
        if isinstance(root, Or):
            return self._error(
                "One side of an OR only says what to leave out, so nearly every post would match.",
                "Give that side a word to look for, or join it with AND.",
                column,
            )
        return self._error(
            "This query only says what to leave out, so nearly every post would match.",
            "Add a word to look for before it, such as your agency's name.",
            column,
        )

    def _piece(self) -> Piece:
        return self._pieces[self._at]

    def _take(self) -> Piece:
        piece = self._pieces[self._at]
        self._at += 1
        return piece

    def _error(self, problem: str, advice: str, column: int) -> QueryError:
        return QueryError(problem, advice, query=self._text, column=column)

    def _refusal(self, problem: str, advice: str, column: int) -> QueryRefused:
        return QueryRefused(problem, advice, query=self._text, column=column)

    def _read(self, reader: Callable[[str], _Value], piece: Piece) -> _Value:
        """What a reader makes of a piece; its refusal becomes an error at the piece's column."""
        try:
            return reader(piece.text)
        except values.Unusable as refusal:
            raise self._error(refusal.problem, refusal.advice, piece.column + refusal.at) from None

    # Operators

    def _any(self) -> Node:
        parts = [self._all()]
        while self._piece().kind == "OR":
            operator = self._take()
            self._needs_right(operator)
            parts.append(self._all())
        return some(parts)

    def _all(self) -> Node:
        parts = [self._not()]
        while self._piece().kind not in ("OR", ")", "end"):
            if self._piece().kind == "AND":
                self._needs_right(self._take())
            parts.append(self._not())
        node = every(parts)
        self._check_days(node)
        return node

    def _not(self) -> Node:
        # Counted, not nested: NOT NOT x is x however often it stands there.
        negations = 0
        while self._piece().kind == "NOT":
            self._needs_right(self._take(), negation=True)
            negations += 1
        if negations % 2 == 0:
            return self._near()
        self._negative = not self._negative
        part = self._near()
        self._negative = not self._negative
        return part.part if isinstance(part, Not) else Not(part)

    def _near(self) -> Node:
        start = self._piece().column
        left = self._primary()
        if self._piece().kind != "NEAR":
            return left
        operator = self._take()
        self._needs_right(operator)
        right_start = self._piece().column
        right = self._primary()
        if self._piece().kind == "NEAR":
            raise self._error(
                f"{operator.text} joins two terms, not three.",
                "Write two of them, joined by AND: (a NEAR/4 b) AND (b NEAR/4 c).",
                self._piece().column,
            )
        for side, column in ((left, start), (right, right_start)):
            if not all(
                isinstance(part, Word | Phrase | Prefix) for part in (side.parts if isinstance(side, Or) else [side])
            ):
                raise self._error(
                    f"{operator.text} joins words, phrases, word* and brackets with OR between those, nothing else.",
                    f"Put AND in place of {operator.text}, or brackets around the words it should join.",
                    column,
                )
        assert isinstance(left, Word | Phrase | Prefix | Or)
        assert isinstance(right, Word | Phrase | Prefix | Or)
        return Near(left, right, operator.distance, operator.text == "ONEAR")

    def _needs_right(self, operator: Piece, *, negation: bool = False) -> None:
        following = self._piece()
        if following.kind in ("AND", "OR", "NEAR", ")", "end") or (following.kind == "NOT" and operator.kind == "NEAR"):
            where = "here" if following.kind in ("end", ")") else f"before {following.text}"
            raise self._error(
                f"After {operator.text} a word is missing {where}.",
                f"Write what to {'leave out' if negation else 'look for'} after it, or take {operator.text} out. "
                f'To look for the word itself write "{operator.text.lower()}".',
                operator.column,
            )

    def _check_days(self, node: Node) -> None:
        """Refuse a since: that is after an until: it is joined with."""
        days = [part for part in (node.parts if isinstance(node, And) else ()) if isinstance(part, Field)]
        since = max((part for part in days if part.name == "since"), key=_day, default=None)
        until = min((part for part in days if part.name == "until"), key=_day, default=None)
        if since and until and _day(since) > _day(until):
            raise self._error(
                f"No post can be from {_day(since)} or later and from {_day(until)} or earlier.",
                "Turn the two days around: since: is the first day, until: the last.",
                max(self._days.get(id(since), 1), self._days.get(id(until), 1)),
            )

    # Terms

    def _primary(self) -> Node:
        piece = self._take()
        match piece.kind:
            case "(":
                return self._bracket(piece)
            case "phrase":
                return self._leaf(self._read(terms.phrase, piece))
            case "word":
                return self._leaf(self._read(terms.word, piece))
            case "field":
                return self._field(piece)
            case ")":
                raise self._error("This bracket closes nothing.", "Take it out, or put a ( before it.", piece.column)
            case _:
                raise self._error(
                    f"Before {piece.text} a word is missing.",
                    "Write what to look for before it, or take it out. "
                    f'To look for the word itself write "{piece.text.lower()}".',
                    piece.column,
                )

    def _leaf(self, node: Node, size: int = 1) -> Node:
        self.size += size
        if self.size > LARGEST:
            raise self._error(
                f"With the topics it reuses, this query has more than {LARGEST:,} terms.",
                "Reuse fewer topics, or each only once.",
                self._pieces[self._at - 1].column,
            )
        return node

    def _deeper(self, levels: int, column: int) -> None:
        self.depth = max(self.depth, self._open + levels)
        if self._around + self.depth > DEEPEST:
            raise self._error(
                f"Brackets and reused topics may stand {DEEPEST} deep inside each other, not deeper.",
                "Take out the brackets that are not needed.",
                column,
            )

    def _bracket(self, opening: Piece) -> Node:
        self._deeper(1, opening.column)
        self._open += 1
        if self._piece().kind == ")":
            raise self._error("These brackets are empty.", "Write what to look for between them.", opening.column)
        if self._piece().kind == "end":
            raise self._unclosed(opening)
        inside = self._any()
        if self._piece().kind != ")":
            raise self._unclosed(opening)
        self._take()
        self._open -= 1
        return inside

    def _unclosed(self, opening: Piece) -> QueryError:
        return self._error("This bracket is never closed.", "Put a ) where it should end.", opening.column)

    # Fields

    def _field(self, field_name: Piece) -> Node:
        if self._piece().kind == "(":
            return self._list(field_name, self._take())
        if self._piece().kind not in ("word", "phrase") or not self._piece().text:
            column = len(self._text) + 1 if self._piece().kind == "end" else self._piece().column
            raise self._error(
                f"After {field_name.text}: its value is missing.",
                f"Write for example {_EXAMPLES[field_name.text]}.",
                column,
            )
        return self._value(field_name.text, self._take())

    def _list(self, field_name: Piece, opening: Piece) -> Node:
        parts: list[Node] = []
        self._deeper(1, opening.column)
        while True:
            if self._piece().kind == "end":
                raise self._unclosed(opening)
            if self._piece().kind not in ("word", "phrase"):
                raise self._not_a_list(field_name, self._piece())
            parts.append(self._value(field_name.text, self._take()))
            if self._piece().kind == ")":
                self._take()
                return some(parts)
            if self._piece().kind not in ("OR", "end"):
                raise self._not_a_list(field_name, self._piece())
            if self._piece().kind == "OR":
                self._take()

    def _not_a_list(self, field_name: Piece, piece: Piece) -> QueryError:
        return self._error(
            f"In the brackets after {field_name.text}: only values with OR between them may stand.",
            f"Write {field_name.text}:(one OR another); for anything else give each value its own {field_name.text}:.",
            piece.column,
        )

    def _value(self, field_name: str, piece: Piece) -> Node:
        match field_name:
            case "topic":
                return self._topic(piece)
            case "raw":
                node: Raw | Field = Raw(self._read(_exact, piece))
            case "title":
                words = self._read(terms.phrase if piece.kind == "phrase" else terms.word, piece)
                if isinstance(words, Tag | Handle):
                    raise self._error(
                        "title: looks for words, not for hashtags and handles.",
                        f"Write title:{words.name}.",
                        piece.column,
                    )
                node = Field("title", words)
            case _:
                node = Field(field_name, self._read(values.READ[field_name], piece))
        if field_name == "author" and not self._negative:
            self._check_author(node, piece)
        if field_name == "url" and not self._negative:
            self._check_address(piece)
        if field_name in ("since", "until"):
            self._days[id(node)] = piece.column
        return self._leaf(node)

    def _check_author(self, node: Raw | Field, piece: Piece) -> None:
        listed = self._topics.listed
        if listed is not None and isinstance(node, Field) and node.value not in listed:
            raise self._refusal(
                f'"{piece.text[:60]}" is not a listed account: Listening does not search for what one person writes.',
                "author: finds outlets, agencies and the accounts listed in the settings; "
                "anyone else can only be left out: NOT author:.",
                piece.column,
            )

    def _check_address(self, piece: Piece) -> None:
        """The address of an account finds what one person writes, just as its name would."""
        listed = self._topics.listed
        account = values.name(values.account_in(piece.text))
        if listed is not None and account and not any(f"{name} ".startswith(f"{account} ") for name in listed):
            raise self._refusal(
                f'"{piece.text[:60]}" is the address of an account: Listening does not search for what one person '
                "writes.",
                "url: finds sites and their parts, such as url:/news/.",
                piece.column,
            )

    def _topic(self, piece: Piece) -> Node:
        name = self._read(self._topics.named, piece)
        key = (name, self._negative)
        if key not in self._topics.read:
            self._topics.read[key] = self._read_topic(name, piece)
        known = self._topics.read[key]
        self._deeper(known.depth + 1, piece.column)
        for part in known.root.parts if isinstance(known.root, And) else (known.root,):
            self._days[id(part)] = piece.column
        return self._leaf(known.root, known.size)

    def _read_topic(self, name: str, piece: Piece) -> ReadTopic:
        self._deeper(1, piece.column)
        outermost = not self._topics.open
        self._topics.open.append(name)
        try:
            parser = _Parser(
                self._topics.queries[name],
                self._topics,
                negative=self._negative,
                around=self._around + self._open + 1,
            )
            root = parser.read()
        except QueryError as problem:
            if not outermost:
                raise
            # The text at fault is not the one the person sees: name it, and point at the topic: that leads there.
            at_fault = self._topics.open[-1]
            raise self._error(
                f'The topic "{at_fault}" cannot be reused: {problem.problem}', problem.advice, piece.column
            ) from problem
        self._topics.open.pop()
        return ReadTopic(root, parser.size, parser.depth)


def _exact(written: str) -> str:
    if not written.strip():
        raise terms.nothing(written)
    return written


def _day(node: Field) -> date:
    assert isinstance(node.value, date)
    return node.value


_EXAMPLES = {
    "title": "title:budget",
    "site": "site:herald.example",
    "url": "url:/news/",
    "author": 'author:"Quillhaven Herald"',
    "lang": "lang:en",
    "source": "source:rss",
    "since": "since:2026-11-01",
    "until": "until:2026-11-30",
    "topic": "topic:transport",
    "raw": 'raw:"ICE"',
}
