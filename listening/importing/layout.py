"""How a file's columns are read: which of them hold what, how its dates are written, where its posts are from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Literal, get_args

from listening.collectors import kinds
from listening.errors import InputError
from listening.spreadsheet import folded_name

Dates = Literal["", "day-first", "month-first"]
Lack = Literal["text", "place", "date"]
"""What has to be said of any file before a row of it can be a post."""

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "text": "Text",
        "title": "Headline",
        "url": "Address of the post",
        "id": "Id of the post",
        "date": "Date, or date and time",
        "time": "Time, where it stands apart",
        "place": "Where it was published (X, Reddit, …)",
        "author": "Author’s name or handle",
        "author_url": "Author’s page",
        "author_id": "Author’s number (Bluesky)",
        "followers": "Author’s followers",
        "likes": "Likes",
        "replies": "Replies or comments",
        "reposts": "Shares or reposts",
        "views": "Views",
        "language": "Language",
        "reply_to": "Id of the post it answers",
        "sensitive": "Content warning",
    }
)
"""What a column may hold, in words."""

COUNTS = ("likes", "replies", "reposts", "views", "followers")
NO_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How a file is read.

    ``columns`` names the columns of each field. Of several the first that holds something counts, and of counts the
    largest; those in ``together`` are joined. ``source`` is where all posts are from, "" where each says so itself.
    ``dates`` is the order of day and month, "" where the file leaves no doubt; ``timezone`` that of dates without one,
    "" for the agency's. ``day``: the day of all posts (2026-11-22), where they carry none.
    """

    tool: str = ""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_COLUMNS)
    together: tuple[str, ...] = ()
    source: str = ""
    dates: Dates = ""
    timezone: str = ""
    day: str = ""

    def place(self, header: Sequence[str], what: str) -> tuple[int, ...]:
        """Where the columns of a field stand in a header; those that it has."""
        names = [folded_name(name) for name in header]
        wanted = (folded_name(name) for name in self.columns.get(what, ()))
        return tuple(names.index(name) for name in wanted if name in names)

    def within(self, header: Sequence[str]) -> Layout:
        """The same without the columns that a header does not have: no tool writes all that it can."""
        names = {folded_name(name) for name in header}
        there = {what: tuple(n for n in columns if folded_name(n) in names) for what, columns in self.columns.items()}
        return replace(self, columns={what: columns for what, columns in there.items() if columns})

    def with_columns(self, more: Mapping[str, tuple[str, ...]]) -> Layout:
        """The same with other columns for some fields; none takes a field's columns away."""
        merged = {**self.columns, **more}
        return replace(self, columns={what: names for what, names in merged.items() if names})

    def as_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(replace(self, columns=dict(self.columns))), ensure_ascii=False)


def from_json(said: str) -> Layout:
    """A kept one."""
    values = json.loads(said)
    values["columns"] = {what: tuple(names) for what, names in values["columns"].items()}
    values["together"] = tuple(values["together"])
    return Layout(**values)


_LACKS: Mapping[Lack, tuple[str, str]] = MappingProxyType(
    {
        "text": ("No column with the texts is named.", "Name it: --map text=COLUMN"),
        "place": (
            "Nothing says where these posts were published.",
            "Name the column with their addresses (--map url=COLUMN), or the place of them all: --source x, reddit, "
            "facebook, instagram, news, feedback, …",
        ),
        "date": (
            "No column with the dates is named.",
            "Name it: --map date=COLUMN. Where all posts are of one day, name that: --day 2026-11-22",
        ),
    }
)


def lacking(layout: Layout, header: Sequence[str]) -> list[Lack]:
    """All that is still to be said before this file can be read."""
    found: list[Lack] = []
    if not (layout.place(header, "text") or layout.place(header, "title")):
        found.append("text")
    if not (layout.source or layout.place(header, "url") or layout.place(header, "place")):
        found.append("place")
    if not (layout.day or layout.place(header, "date") or (layout.source == "x" and layout.place(header, "id"))):
        found.append("date")
    return found


def check(layout: Layout, header: Sequence[str]) -> None:
    """Refuse a layout with which this file cannot be read: what is wrong in it, or else all that it lacks."""
    for what, names in layout.columns.items():
        if what not in FIELDS:
            raise InputError(f"There is nothing called “{what}” to read.", f"There is: {', '.join(FIELDS)}.")
        if not layout.place(header, what):
            listed = ", ".join(f"“{name}”" for name in header[:40])
            raise InputError(f"The file has no column “{'”, “'.join(names)}” for {what}.", f"Its columns are {listed}.")
    if layout.source and layout.source not in kinds():
        raise InputError(f"There is no kind of place “{layout.source}”.", f"There is: {', '.join(sorted(kinds()))}.")
    if layout.dates not in get_args(Dates):
        raise InputError(f"“{layout.dates}” is no order of day and month.", "It is day-first or month-first.")
    if lacks := lacking(layout, header):
        problems, advice = zip(*(_LACKS[lack] for lack in lacks), strict=True)
        raise InputError(" ".join(problems), "\n".join(advice))
