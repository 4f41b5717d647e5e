"""What a query is once it is read: a small tree of folded words, and that tree written out again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Word:
    """One folded word."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Folded words, two or more, one directly after the other in a title or in a text."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any word that begins with these folded letters."""

    text: str


@dataclass(frozen=True, slots=True)
class Near:
    """Two operands with at most ``distance`` words between them; ``ordered``: the left one comes first."""

    left: Operand
    right: Operand
    distance: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class Raw:
    """Characters exactly as they stand, as a whole word at each end that is a letter or a digit."""

    text: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A hashtag in the text, folded, without its sign."""

    name: str


@dataclass(frozen=True, slots=True)
class Handle:
    """An account named in the text, folded, without its sign."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """What one field of a post must hold: words in the title, an ISO day since or until, else a folded string."""

    name: str
    value: Word | Phrase | Prefix | date | str


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    part: Node


Operand: TypeAlias = Word | Phrase | Prefix | Or
Node: TypeAlias = Word | Phrase | Prefix | Near | Raw | Tag | Handle | Field | And | Or | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A query as a person wrote it, and as it was read."""

    text: str
    root: Node

    def __str__(self) -> str:
        return unparse(self.root)


def every(parts: Iterable[Node]) -> Node:
    """All of the parts: one of them alone is itself, and brackets around ANDs within an AND fall away."""
    flat = tuple(_flat(parts, And))
    return flat[0] if len(flat) == 1 else And(flat)


def some(parts: Iterable[Node]) -> Node:
    """At least one of the parts: one of them alone is itself, and brackets around ORs within an OR fall away."""
    flat = tuple(_flat(parts, Or))
    return flat[0] if len(flat) == 1 else Or(flat)


def _flat(parts: Iterable[Node], kind: type[And] | type[Or]) -> Iterator[Node]:
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part


def anchored(node: Node, *, wanted: bool = True) -> bool:
    """Whether a post needs something to match: a query that anything else satisfies says only what to leave out.

    With ``wanted`` false the question is asked of the query's opposite.
    """
    match node:
        case Not(part):
            return anchored(part, wanted=not wanted)
        case And(parts) | Or(parts):
            # All of several is anchored by one of them, one of several only by every one; NOT turns the two around.
            answers = (anchored(part, wanted=wanted) for part in parts)
            return any(answers) if isinstance(node, And) == wanted else all(answers)
        case _:
            return wanted


def unparse(node: Node) -> str:
    """The query of a tree, with every bracket that its meaning needs: reading it gives the same tree."""
    match node:
        case Word(text) | Prefix(text):
            return f"{text}*" if isinstance(node, Prefix) else text
        case Phrase(tokens):
            return f'"{" ".join(tokens)}"'
        case Raw(text):
            return f'raw:"{text}"'
        case Tag(name):
            return f"#{name}"
        case Handle(name):
            return f"@{name}"
        case Field(name, value):
            if isinstance(value, str):
                return f'{name}:"{value}"'
            return f"{name}:{value.isoformat() if isinstance(value, date) else unparse(value)}"
        case Near(left, right, distance, ordered):
            return f"{_bracketed(left)} {'ONEAR' if ordered else 'NEAR'}/{distance} {_bracketed(right)}"
        case And(parts):
            return " AND ".join(map(_bracketed, parts))
        case Or(parts):
            return " OR ".join(map(_bracketed, parts))
        case Not(part):
            return f"NOT {_bracketed(part)}"


def _bracketed(node: Node) -> str:
    return f"({unparse(node)})" if isinstance(node, And | Or) else unparse(node)
