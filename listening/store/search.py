"""A query over what is stored: the full-text index answers what it can answer exactly, the matcher decides the rest.

The index holds the very words that the query language matches (``listening.query.tokens``), so a word, a phrase, a
``word*``, a #tag, an @handle, and any AND, OR and NOT of these need no second look. For the rest (NEAR, raw:, lang:,
site: and so on) the index proposes every mention that could match, and the matcher reads those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from listening.query import And, Field, Handle, Near, Node, Not, Or, Phrase, Prefix, Query, Raw, Tag, Word, tokens

DEEPEST = 20
"""The index's parser takes some thirty brackets inside each other, or fails."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How a query is answered: an FTS5 expression (None: everything is a candidate), and whether it is the answer."""

    match: str | None
    exact: bool


def plan(query: Query) -> Plan:
    """Translate a query into an FTS5 expression that finds at least every mention it matches."""
    match, exact = _translate(query.root)
    if match is None or _depth(match) > DEEPEST:
        return Plan(match=None, exact=False)
    return Plan(match=match, exact=exact)


def _depth(match: str) -> int:
    """How many brackets are open at once; no word in the index holds one."""
    depth = deepest = 0
    for character in match:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


BODY = "{title text} : "
ANYTHING: tuple[str | None, bool] = (None, False)


def _translate(node: Node) -> tuple[str | None, bool]:
    match node:
        case Word(text=word):
            return _words(word.split())
        case Phrase(tokens=phrase):
            return _words(phrase)
        case Prefix(text=start):
            return f'{BODY}"{start}"*', True
        case Tag(name=name):
            return f'{{marks}} : "#{name}"', True
        case Handle(name=name):
            return f'{{marks}} : "@{name}"', True
        case And(parts=parts):
            return _both(parts)
        case Or(parts=parts):
            return _either(parts)
        case Near(left=left, right=right):
            match, _ = _both((left, right))
            return match, False
        case Raw(text=raw):
            words = tokens(raw)
            # An s at the start may be what is left of NASA's, which the index holds without it.
            return (_words(words[1:] if words[:1] == ["s"] else words)[0], False)
        case Field(name="title", value=value):
            return _title(value)
        case _:
            return ANYTHING


def _words(words: Iterable[str]) -> tuple[str | None, bool]:
    phrase = " ".join(words)
    return (f'{BODY}"{phrase}"', True) if phrase else ANYTHING


def _title(value: object) -> tuple[str | None, bool]:
    if isinstance(value, Word | Phrase | Prefix | Or | And):
        match, exact = _translate(value)
        if match is not None:
            return match.replace(BODY, "{title} : "), exact
    return ANYTHING


def _both(parts: Iterable[Node]) -> tuple[str | None, bool]:
    """Parts that the index cannot see narrow nothing, but leave the rest to the matcher."""
    wanted: list[str] = []
    unwanted: list[str] = []
    exact = True
    for part in parts:
        if isinstance(part, Not):
            match, sure = _translate(part.part)
            if match is not None and sure:
                unwanted.append(match)
            else:
                exact = False
            continue
        match, sure = _translate(part)
        exact = exact and sure
        if match is not None:
            wanted.append(match)
    if not wanted:
        return ANYTHING
    together = " AND ".join(f"({match})" for match in wanted)
    if unwanted:
        # One NOT for all of them: the index refuses an expression that is nested too deep.
        together = f"({together}) NOT ({' OR '.join(f'({match})' for match in unwanted)})"
    return together, exact


def _either(parts: Iterable[Node]) -> tuple[str | None, bool]:
    found: list[str] = []
    exact = True
    for part in parts:
        match, sure = _translate(part)
        if match is None:
            return ANYTHING
        found.append(match)
        exact = exact and sure
    return " OR ".join(f"({match})" for match in found), exact
