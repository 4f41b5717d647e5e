"""A first look through a whole file, before anything is written: how many rows, in which order its dates stand, and
whether a spreadsheet has rounded its ids."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from listening.errors import InputError
from listening.importing.dates import Evidence
from listening.importing.layout import Dates, Layout
from listening.importing.posts import is_long, is_round
from listening.importing.tables import Table

_PIECE = 1024 * 1024
BETWEEN_REPORTS = 5_000


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
    these end like rounded ones."""

    rows: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    long_ids: int = 0
    round_ids: int = 0

    @property
    def rounded(self) -> bool:
        """Whether a spreadsheet has rounded the file's ids: by chance hardly one in ten ends so."""
        return self.round_ids * 2 > self.long_ids


def look_through(table: Table, layout: Layout, report: Callable[[int], None] = lambda rows: None) -> Survey:
    """Go through all rows once."""
    found = Survey()
    dates, ids = layout.place(table.header, "date"), layout.place(table.header, "id")
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
        if found.rows % BETWEEN_REPORTS == 0:
            report(found.rows)
    return found


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
