"""Where each setting stands in the text of ``listening.toml``: its line, and the characters of its value.

A reader of TOML gives values without their places, and one that keeps both moves comments when a key is added. So the
text is walked once: what is not touched stays as it is, to the last blank. ``tomllib`` has the say on what is valid
TOML and what a value is; this walk only finds places, and stops where it can no longer follow.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

KeyPath = tuple[str | int, ...]
"""``("feeds", 1, "url")`` is the url of the second feed."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ONE_LINE_STRING = {'"': re.compile(r'"(?:[^"\\\n]|\\.)*"'), "'": re.compile(r"'[^'\n]*'")}
_LONG_STRING = {
    '"""': re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{1,2}(?!"))?', re.DOTALL),
    "'''": re.compile(r"'''.*?'''(?:'{1,2}(?!'))?", re.DOTALL),
}
_PLAIN_VALUE = re.compile(r"[^\s,\]}#]+(?: [0-9:.Z+-]+)?")
_BLANK = re.compile(r"[ \t]+")
_COMMENT = re.compile(r"#[^\r\n]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Characters ``start`` to ``end`` of a value or of a table's header, and the line (from 1) of its key or header."""

    line: int
    start: int
    end: int


@dataclass(kw_only=True, slots=True)
class Section:
    """A table's header and the keys under it; ``end`` is where its last key, or the header, ends."""

    path: KeyPath
    end: int
    indent: str = ""


@dataclass(kw_only=True, slots=True)
class Places:
    """What stands where in one text. ``stopped`` is the start of the statement that could not be followed."""

    settings: dict[KeyPath, Place] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    repeated: dict[KeyPath, int] = field(default_factory=dict)
    stopped: int | None = None

    def line(self, path: KeyPath) -> int | None:
        """The line of a setting, or of the nearest table around it that is written down."""
        for length in range(len(path), 0, -1):
            if place := self.settings.get(path[:length]):
                return place.line
        return None


class _Stop(Exception):
    """The walk cannot go on: what follows is not TOML."""


def find_places(text: str) -> Places:
    """Walk a text and note where everything stands."""
    walk = _Walk(text)
    try:
        walk.document()
    except (_Stop, RecursionError):
        walk.places.stopped = walk.statement
    return walk.places


class _Walk:
    """One walk over one text, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.statement = 0
        self.places = Places(sections=[Section(path=(), end=0)])
        self.line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.lengths: dict[KeyPath, int] = {}

    def line(self, at: int) -> int:
        return bisect_right(self.line_starts, at)

    def document(self) -> None:
        while True:
            self.skip(lines=True)
            self.statement = self.at
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "[":
                self.header()
            else:
                section = self.places.sections[-1]
                section.indent = self.indent(self.at)
                self.pair(section.path)
                section.end = self.at
            self.skip(lines=False)
            if self.at < len(self.text) and not self.text.startswith(("\n", "\r\n"), self.at):
                raise _Stop

    def skip(self, *, lines: bool) -> None:
        """Pass blanks and comments, and line ends where they may stand."""
        while self.at < len(self.text):
            if blank := _BLANK.match(self.text, self.at):
                self.at = blank.end()
            elif comment := _COMMENT.match(self.text, self.at):
                self.at = comment.end()
                self.places.comments.append(comment.span())
            elif lines and self.text[self.at] in "\r\n":
                self.at += 1
            else:
                return

    def expect(self, sign: str) -> None:
        if not self.text.startswith(sign, self.at):
            raise _Stop
        self.at += len(sign)

    def header(self) -> None:
        start = self.at
        double = self.text.startswith("[[", self.at)
        self.expect("[[" if double else "[")
        names = self.names()
        self.expect("]]" if double else "]")
        path = self.inside((), names[:-1])
        if double:
            path = (*path, names[-1])
            number = self.lengths.get(path, 0)
            if not number:
                self.note(path, start, start + 1)
            self.lengths[path] = number + 1
            path = (*path, number)
        else:
            path = (*path, names[-1])
        self.note(path, start, self.at)
        self.places.sections.append(Section(path=path, end=self.at, indent=self.indent(start)))

    def indent(self, at: int) -> str:
        return self.text[self.line_starts[self.line(at) - 1] : at]

    def inside(self, path: KeyPath, names: list[str]) -> KeyPath:
        """The path of nested tables; in a list of tables it is the last one that is meant."""
        for name in names:
            path = (*path, name)
            if count := self.lengths.get(path):
                path = (*path, count - 1)
        return path

    def note(self, path: KeyPath, start: int, end: int) -> None:
        """Note a place; the first one stays where a thing is written twice."""
        if path not in self.places.settings:
            self.places.settings[path] = Place(line=self.line(start), start=start, end=end)
        else:
            self.places.repeated.setdefault(path, self.line(start))

    def names(self) -> list[str]:
        """A key, perhaps dotted, as the names between its dots."""
        names = []
        while True:
            self.skip_blanks()
            if bare := _BARE_KEY.match(self.text, self.at):
                names.append(bare.group())
                self.at = bare.end()
            else:
                names.append(self.quoted_name())
            self.skip_blanks()
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def quoted_name(self) -> str:
        pattern = _ONE_LINE_STRING.get(self.text[self.at : self.at + 1])
        found = pattern.match(self.text, self.at) if pattern else None
        if not found:
            raise _Stop
        self.at = found.end()
        try:
            return str(tomllib.loads(f"name = {found.group()}")["name"])
        except tomllib.TOMLDecodeError as error:
            raise _Stop from error

    def skip_blanks(self) -> None:
        if blank := _BLANK.match(self.text, self.at):
            self.at = blank.end()

    def pair(self, inside: KeyPath) -> None:
        """A key, an equals sign and a value."""
        key_start = self.at
        names = self.names()
        self.expect("=")
        self.skip_blanks()
        path = inside
        for name in names[:-1]:
            path = (*path, name)
            self.places.settings.setdefault(path, Place(line=self.line(key_start), start=key_start, end=key_start))
        path = (*path, names[-1])
        start = self.at
        known = path in self.places.settings
        if known:
            self.places.repeated.setdefault(path, self.line(key_start))
        self.value(path)
        if not known:
            self.places.settings[path] = Place(line=self.line(key_start), start=start, end=self.at)

    def value(self, path: KeyPath) -> None:
        """Pass one value of any kind, and note what stands in a list or an inline table."""
        if self.text.startswith("[", self.at):
            self.listed(path)
        elif self.text.startswith("{", self.at):
            self.inline(path)
        else:
            three, one = self.text[self.at : self.at + 3], self.text[self.at : self.at + 1]
            pattern = _LONG_STRING.get(three) or _ONE_LINE_STRING.get(one) or _PLAIN_VALUE
            if not (found := pattern.match(self.text, self.at)):
                raise _Stop
            self.at = found.end()

    def listed(self, path: KeyPath) -> None:
        for number in self.members("[", "]"):
            start = self.at
            self.value((*path, number))
            self.places.settings.setdefault((*path, number), Place(line=self.line(start), start=start, end=self.at))

    def inline(self, path: KeyPath) -> None:
        for _ in self.members("{", "}"):
            self.pair(path)

    def members(self, opening: str, closing: str) -> Iterator[int]:
        """Stand at each member between two brackets in turn."""
        self.expect(opening)
        number = 0
        while True:
            self.skip(lines=True)
            if self.text.startswith(closing, self.at):
                self.at += 1
                return
            if number:
                self.expect(",")
                self.skip(lines=True)
                if self.text.startswith(closing, self.at):
                    self.at += 1
                    return
            yield number
            number += 1
