"""The first rows of a file, as they stand in it and as they would be stored: to be looked at before anything is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from listening.collectors import kind_of
from listening.conclude import Concluder
from listening.importing.posts import REFUSED, Posts, Reading
from listening.importing.tables import Row, Table
from listening.importing.tally import Tally
from listening.models import Mention, Post

ROWS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Previewed:
    """One row: the post it is, and the mention where a topic matches it; or in words why it is none."""

    line: int
    post: Post | None = None
    mention: Mention | None = None
    refused: str = ""


def first_rows(table: Table, rows: int = ROWS) -> list[Row]:
    """The first rows as they stand in the file."""
    return list(islice(table.rows(), rows))


def preview(table: Table, reading: Reading, concluder: Concluder, rows: int = ROWS) -> list[Previewed]:
    """The first rows, read and tagged; nothing is stored."""
    maker = Posts(reading)
    found = []
    for line, row in islice(table.rows(), rows):
        made = maker.post(row)
        if isinstance(made, str):
            found.append(Previewed(line=line, refused=REFUSED[made]))
        else:
            mention = concluder.mention(made, kind=kind_of(made.source), now=reading.now)
            found.append(Previewed(line=line, post=made, mention=mention))
    return found


def unreadable(table: Table, reading: Reading) -> Tally:
    """How many rows of the whole file are no posts, and why."""
    maker = Posts(reading)
    tally = Tally()
    for line, row in table.rows():
        tally.read += 1
        if isinstance(made := maker.post(row), str):
            tally.refuse(made, line)
    return tally
