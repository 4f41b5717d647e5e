"""A first look through a whole file, before anything is written: how many rows, in which order its dates stand, whether
a spreadsheet has rounded its ids, and whether its addresses are those of single posts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from listening.errors import InputError
from listening.importing.dates import Evidence
from listening.importing.keys import tells_one
from listening.importing.layout import Dates, Layout
from listening.importing.posts import is_long, is_round
from listening.importing.tables import Table

_PIECE = 1024 * 1024
BETWEEN_REPORTS = 5_000
LOOKED_AT = 50_000
"""Rows whose addresses are compared: enough to see what kind of addresses they are, whatever the file's size."""
MANY = 3
"""Texts under one address that are more than one text in several cuts."""


class DatesUnclear(InputError):
    """Nothing in the file says whether its dates begin with the day or the month; ``example`` is one of them."""

    def __init__(self, example: str) -> None:
        super().__init__(
            f"Dates like “{example}” can begin with the day or with the month, and nothing in the file says which.",
            "Say it: --dates day-first (as in most of the world) or --dates month-first (as in the United States).",
        )
        self.example = example


@dataclass(kw_only=True, slots=True)
class Survey:
    """What a file holds: its rows, what its dates tell of their order, its ids of 16 digits or more and how many of
    these end like rounded ones, and how many rows will be taken for a post that another row is, although their texts
    differ."""

    rows: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    long_ids: int = 0
    round_ids: int = 0
    alike: int = 0

    @property
    def rounded(self) -> bool:
        """Whether a spreadsheet has rounded the file's ids: by chance hardly one in ten ends so."""
        return self.round_ids * 2 > self.long_ids


def look_through(table: Table, layout: Layout, report: Callable[[int], None] = lambda rows: None) -> Survey:
    """Go through all rows once."""
    found = Survey()
    dates, ids = layout.place(table.header, "date"), layout.place(table.header, "id")
    pages = _Pages(table.header, layout)
    compared = layout.source != "feedback"  # answers are known by what they say
    for line, row in table.rows():
        found.rows += 1
        for place in dates:
            if said := row[place]:
                found.evidence.see(line, said)
                break
        for place in ids:
            identity = row[place].strip("\"' ")
            if is_long(identity):
                found.long_ids += 1
                found.round_ids += is_round(identity)
        if compared and found.rows <= LOOKED_AT:
            pages.see(row)
        if found.rows % BETWEEN_REPORTS == 0:
            report(found.rows)
    found.alike = pages.alike
    return found


def alike_words(survey: Survey) -> str:
    """What there is to say of rows that share addresses, "" for nothing."""
    if not survey.alike:
        return ""
    rows = f"{survey.alike:,} rows{f' of the first {LOOKED_AT:,}' if survey.rows > LOOKED_AT else ''}"
    return (
        f"{rows} have the address of another row and another text. Without an id they are taken for one post, and only "
        "one of them is kept."
    )


class _Pages:
    """Which addresses stand beside different texts, in rows without an id."""

    def __init__(self, header: Sequence[str], layout: Layout) -> None:
        self._urls, self._ids = layout.place(header, "url"), layout.place(header, "id")
        self._words = (*layout.place(header, "title"), *layout.place(header, "text"))
        self._first: dict[str, int] = {}
        self._texts: dict[str, set[int]] = {}

    def see(self, row: Sequence[str]) -> None:
        address = _filled(row, self._urls)
        words = hash(_filled(row, self._words))
        if address and not _filled(row, self._ids) and self._first.setdefault(address, words) != words:
            self._texts.setdefault(address, {self._first[address]}).add(words)

    @property
    def alike(self) -> int:
        """Rows beyond the first of each such address, where the address is what a post is known by."""
        many = [len(texts) for address, texts in self._texts.items() if len(texts) >= MANY and tells_one(address)]
        return sum(many) - len(many)


def _filled(row: Sequence[str], places: Sequence[int]) -> str:
    return next((said for place in places if (said := row[place].strip())), "")


def with_order(layout: Layout, survey: Survey) -> Layout:
    """The layout with the order of day and month as the file, or else a person, says.

    Raises DatesUnclear where neither does, and InputError where a row contradicts the order or another row.
    """
    seen = survey.evidence
    if layout.dates:
        against = seen.month_first if layout.dates == "day-first" else seen.day_first
        if against is not None:
            raise InputError(
                f"Line {against[0]:,} has the date “{against[1]}”, which is not {_words(layout.dates)}.",
                f"Say --dates {_other(layout.dates)}, if that fits all other rows.",
            )
        return layout
    if seen.day_first and seen.month_first:
        raise InputError(
            f"The dates of this file stand in two orders: “{seen.day_first[1]}” (line {seen.day_first[0]:,}) begins "
            f"with the day, “{seen.month_first[1]}” (line {seen.month_first[0]:,}) with the month.",
            "Nothing was imported. Export it again with one form of date, or mend it: no one can tell what the other "
            "rows mean.",
        )
    if seen.day_first:
        return replace(layout, dates="day-first")
    if seen.month_first:
        return replace(layout, dates="month-first")
    if seen.either:
        raise DatesUnclear(seen.either[1])
    return layout


def lasting(said: Layout, read: Layout, survey: Survey) -> Layout:
    """What of a layout holds for later files: not the day of this one, nor an order of dates that this file's own dates
    have decided. ``said`` is the layout before the order was known, ``read`` after it."""
    seen = survey.evidence
    decided = not said.dates and (seen.day_first or seen.month_first)
    return replace(read, day="", dates="" if decided else read.dates)


def _words(order: Dates) -> str:
    return "day first" if order == "day-first" else "month first"


def _other(order: Dates) -> Dates:
    return "month-first" if order == "day-first" else "day-first"


def fingerprint(path: Path) -> str:
    """What tells a file from any other, whatever it is called."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
