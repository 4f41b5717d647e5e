"""Mentions as CSV: the data dictionary's columns, the local day, then the review. Opens rightly in spreadsheets.

A text that a spreadsheet could take for a formula gets an apostrophe before it; ``read`` takes it off again, so that
our own reader gives back the very text. Numbers are never touched: a score of -0.54 stays a number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from listening.export.columns import COUNTS, FLAGS, HEADER, LISTS, NUMBERS, TIMES, values
from listening.models import Mention
from listening.privacy import Mask

JOIN = "; "

FORMULA = re.compile("'*(?:[\\s\\x00-\\x1f\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠]|[\\t\\r])")
"""What a spreadsheet may read as the start of a formula, with any apostrophes, blanks and invisible signs before it."""

BOM = "\ufeff"

LONGEST_CELL = 100_000_000
"""Characters."""


def write(
    mentions: Iterable[Mention],
    file: IO[str],
    *,
    timezone: ZoneInfo,
    mask: Mask | None,
    delimiter: str = ",",
) -> int:
    """Write mentions one by one, in flat memory, and return how many there were.

    ``file`` is opened by the caller with ``newline=""`` and UTF-8; a BOM tells Excel so. ``mask`` None leaves handles
    as they are, and writes who of the team reviewed and answered, and their notes.
    """
    file.write(BOM)
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(HEADER)
    rows = 0
    for mention in mentions:
        shown = mention if mask is None else mask.mention(mention)
        found = values(shown, timezone, named=mask is None)
        writer.writerow([_cell(name, value) for name, value in zip(HEADER, found, strict=True)])
        rows += 1
    return rows


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def unsafe(cell: str) -> str:
    """The text that ``safe`` was given."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in TIMES:
        moment: datetime = value
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    if name in FLAGS:
        return "true" if value else "false"
    if name in COUNTS or name in NUMBERS:
        return repr(value)
    if name in LISTS:
        return safe(_joined(value))
    if name == "day":
        return str(value.isoformat())
    return safe(value)


def _joined(parts: Iterable[str]) -> str:
    """Parts side by side; a semicolon that belongs to a part gets a backslash before it."""
    return JOIN.join(re.sub(r"[\\;]", r"\\\g<0>", part) for part in parts)


def _parted(cell: str) -> list[str]:
    """The parts that ``_joined`` was given."""
    parts = re.split(r"(?<!\\)((?:\\\\)*); ", cell)
    whole = ["".join(pair) for pair in zip(parts[::2], [*parts[1::2], ""], strict=True)]
    return [re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in whole] if cell else []


def read(file: IO[str]) -> Iterator[dict[str, Any]]:
    """The rows of a file that ``write`` made, typed: times aware, missing values None, lists as lists.

    ``file`` is opened with ``newline=""`` and ``encoding="utf-8-sig"``; the delimiter is found in the header.
    """
    # The standard reader takes a cell of more than 131,072 characters for a mistake; a list of matches may be longer.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    header = file.readline().removeprefix(BOM)
    delimiter = max(",;\t", key=header.count)
    names = next(csv.reader([header], delimiter=delimiter))
    for row in csv.reader(file, delimiter=delimiter):
        yield {name: _value(name, cell) for name, cell in zip(names, row, strict=True)}


def _value(name: str, cell: str) -> Any:
    if name in LISTS:
        return _parted(unsafe(cell))
    if name in TIMES:
        return datetime.fromisoformat(cell) if cell else None
    if name in FLAGS:
        return cell == "true" if cell else None
    if name in COUNTS:
        return int(cell) if cell else None
    if name in NUMBERS:
        return float(cell) if cell else None
    if cell == "" and name in NULLABLE:
        return None
    return unsafe(cell)


NULLABLE = frozenset({"author", "author_url", "language", "reply_to", "story", "machine_tag", "reviewed_by"})
