"""A query cut into its pieces: brackets, operators, words, phrases and field names, each with its column."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

from listening.errors import QueryError

LONGEST_QUERY = 10_000
"""Characters."""

FARTHEST = 100
"""Words between the two sides of NEAR."""

USUAL_DISTANCE = 4

FIELDS = ("title", "site", "url", "author", "lang", "source", "since", "until", "topic", "raw")

# What people write for our fields, from other tools and other habits.
_MEANT = {
    "domain": "site",
    "host": "site",
    "link": "url",
    "inurl": "url",
    "from": "author",
    "by": "author",
    "user": "author",
    "language": "lang",
    "headline": "title",
    "intitle": "title",
    "after": "since",
    "before": "until",
    "exact": "raw",
    "type": "source",
}

Kind = Literal["word", "phrase", "(", ")", "AND", "OR", "NOT", "NEAR", "field", "end"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a query. ``text`` is a field's name, a phrase's inside, else as written; ``column`` counts from 1.

    ``distance`` is meant for NEAR.
    """

    kind: Kind
    text: str
    column: int
    distance: int = 0


_STRAIGHT = '"'
_QUOTES = '"“”„‟«»＂'
_OPEN, _CLOSE = "(（", ")）"
_MINUS = "-−–—"
_SPACE = re.compile(r"\s*")
_RUN = re.compile(rf"[^\s{_QUOTES}{_OPEN}{_CLOSE}]*")
_FIELD = re.compile(r"([^\W\d_]+)[:：]")
_NEAR = re.compile(r"(O?NEAR)(/.*)?", re.DOTALL)


class Lexer:
    """Cuts one query into pieces, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._values = False  # inside the brackets of a field: words are values, not fields of their own

    def pieces(self) -> list[Piece]:
        """All pieces, and one for the end."""
        if len(self._text) > LONGEST_QUERY:
            raise QueryError(
                f"The query has {len(self._text):,} characters; {LONGEST_QUERY:,} are the most.",
                "Split it into several topics, and join them with topic:name.",
                query=self._text,
                column=LONGEST_QUERY + 1,
            )
        found: list[Piece] = []
        while self._skip_space():
            found.append(self._next(found[-1] if found else None))
        found.append(Piece("end", "", len(self._text) + 1))
        return found

    def _skip_space(self) -> bool:
        spaces = _SPACE.match(self._text, self._at)
        self._at = spaces.end() if spaces else self._at
        return self._at < len(self._text)

    def _next(self, before: Piece | None) -> Piece:
        start, character = self._at, self._text[self._at]
        value = before is not None and before.kind == "field"
        if character in _QUOTES:
            return self._phrase(raw=value and before is not None and before.text == "raw")
        if character in _OPEN:
            self._at += 1
            self._values = self._values or value
            return Piece("(", character, start + 1)
        if character in _CLOSE:
            self._at += 1
            self._values = False
            return Piece(")", character, start + 1)
        if character in _MINUS and not (value and self._text[start - 1] in ":："):
            return self._minus()
        run = _RUN.match(self._text, start)
        word = run[0] if run else ""
        self._at += len(word)
        if value and not (self._text[start - 1].isspace() and self._starts_anew(word, start)):
            return Piece("word", word, start + 1)
        if operator := self._operator(word, start):
            return operator
        if not self._values and (field := _FIELD.match(word)):
            self._at = start + field.end()
            return Piece("field", self._field_name(field[1], word, start), start + 1)
        return Piece("word", word, start + 1)

    def _starts_anew(self, word: str, start: int) -> bool:
        """Whether a word after "title: " cannot be its value, which was then forgotten."""
        field = _FIELD.match(word)
        return self._operator(word, start) is not None or (field is not None and field[1].lower() in FIELDS)

    def _phrase(self, *, raw: bool) -> Piece:
        """A phrase: any quotation mark ends it, but raw:"..." keeps typographic ones between straight ones."""
        start = self._at
        closing = _STRAIGHT if raw and self._text[start] == _STRAIGHT else _QUOTES
        end = start + 1
        while end < len(self._text) and self._text[end] not in closing:
            end += 1
        if end == len(self._text):
            raise QueryError(
                "This quotation mark is never closed.",
                'Put a " at the end of the phrase, or take this one out.',
                query=self._text,
                column=start + 1,
            )
        self._at = end + 1
        return Piece("phrase", self._text[start + 1 : end], start + 1)

    def _minus(self) -> Piece:
        start = self._at
        self._at += 1
        if self._at == len(self._text) or self._text[self._at].isspace() or self._text[self._at] in _CLOSE:
            raise QueryError(
                "This minus stands alone.",
                "Write it directly before the word to leave out, such as -sports, or take it out.",
                query=self._text,
                column=start + 1,
            )
        return Piece("NOT", self._text[start], start + 1)

    def _operator(self, word: str, start: int) -> Piece | None:
        if word == "AND":
            return Piece("AND", word, start + 1)
        if word == "OR":
            return Piece("OR", word, start + 1)
        if word == "NOT":
            return Piece("NOT", word, start + 1)
        near = _NEAR.fullmatch(word)
        if near is None:
            return None
        return Piece("NEAR", near[1], start + 1, distance=self._distance(near[1], near[2], start))

    def _distance(self, operator: str, written: str | None, start: int) -> int:
        if written is None:
            return USUAL_DISTANCE
        digits = written[1:]
        if not (digits.isascii() and digits.isdigit()):
            raise QueryError(
                f"After {operator}/ stands the number of words that may lie between.",
                f"Write for example {operator}/{USUAL_DISTANCE}.",
                query=self._text,
                column=start + len(operator) + 2,
            )
        digits = digits.lstrip("0") or "0"
        if len(digits) > 3 or int(digits) > FARTHEST:
            raise QueryError(
                f"{operator} looks at most {FARTHEST} words far.",
                f"Write a smaller number, or AND where the distance does not matter: {operator}/{FARTHEST}.",
                query=self._text,
                column=start + len(operator) + 2,
            )
        return int(digits)

    def _field_name(self, written: str, word: str, start: int) -> str:
        name = written.lower()
        if name in FIELDS:
            return name
        column = start + 1
        if word[len(written) + 1 :].startswith("//"):
            raise QueryError(
                "A link cannot stand in a query by itself.",
                f'Write url:"{word}" for posts with this address, or site: and the name of the site.',
                query=self._text,
                column=column,
            )
        close = [_MEANT[name]] if name in _MEANT else difflib.get_close_matches(name, FIELDS, n=1)
        meant = f"Did you mean {close[0]}: here?" if close else f"The fields are {', '.join(f + ':' for f in FIELDS)}."
        raise QueryError(
            f'There is no field "{written[:40]}:".',
            f"{meant} To look for the word itself, leave the colon out.",
            query=self._text,
            column=column,
        )
