"""Any CSV file, row by row: its encoding, its delimiter, where its column names stand, and which column holds text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

from listening.errors import InputError

TEXT_NAMES = (
    "text",
    "full text",
    "tweet text",
    "post text",
    "message",
    "content",
    "body",
    "comment",
    "comments",
    "feedback",
    "review",
    "post",
    "tweet",
    "hit sentence",
    "opening text",
    "description",
    "caption",
    "snippet",
    "title",
    "headline",
)
"""Names of columns that hold texts, in files of many tools; an earlier one wins."""

DELIMITERS = ",;\t|"
SAMPLE = 256 * 1024
"""Bytes that are looked at for the delimiter and the column names."""

SAMPLE_ROWS = 30
LONGEST_CELL = 10_000_000
"""Characters. A longer cell means that a quotation mark was never closed."""

MANY_LINES = 500
"""A row over more lines than this is likely an accident, and is said."""

_PIECE = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What a file turned out to be. ``above`` is the number of rows that stand before the column names."""

    path: Path
    encoding: str
    broken: bool
    delimiter: str
    line_end: str
    header: tuple[str, ...]
    above: int
    text: int


@dataclass(slots=True)
class Notes:
    """What was odd about the rows that were read."""

    short: int = 0
    long: int = 0
    many_lines: list[int] = field(default_factory=list)


def shape(path: Path, wanted: str | None) -> Shape:
    """Find out how a file is written; ``wanted`` is the text column's name. Raises InputError."""
    known_file(path)
    encoding, broken = encoding_of(path)
    sample = sample_of(path, encoding)
    if not sample.strip():
        raise InputError(f"{path} is empty.", "Name a CSV file with a row of column names.")
    if "\0" in sample or sample.startswith(("PK\x03\x04", "%PDF", "\ufffd\ufffd\x11")):
        raise InputError(f"{path} is not a CSV file.", "Save it as CSV (in Excel: File, Save as, CSV UTF-8) first.")
    names = (folded_name(wanted),) if wanted is not None else TEXT_NAMES
    delimiter, rows, above = _delimiter(sample, names)
    header = rows[above]
    folded = [folded_name(name) for name in header]
    text = next((folded.index(name) for name in names if name in folded), None)
    if wanted is not None and wanted in header:
        text = header.index(wanted)
    if text is None:
        columns = ", ".join(f"“{name}”" for name in header[:40])
        raise InputError(
            f"{path} has no column “{wanted}”." if wanted is not None else "Which column holds the texts?",
            f"Name it with --text; the columns are {columns}.",
        )
    return Shape(
        path=path,
        encoding=encoding,
        broken=broken,
        delimiter=delimiter,
        line_end="\r\n" if "\r\n" in sample else "\n",
        header=tuple(header),
        above=above,
        text=text,
    )


def rows(found: Shape, file: TextIO, notes: Notes) -> Iterator[list[str]]:
    """The rows under the column names, each as wide as they are."""
    csv.field_size_limit(LONGEST_CELL)
    width = len(found.header)
    reader = csv.reader(file, delimiter=found.delimiter)
    line = 0
    try:
        for number, row in enumerate(filled(reader)):
            if reader.line_num - line > MANY_LINES:
                notes.many_lines.append(line + 1)
            line = reader.line_num
            if number <= found.above:
                continue
            notes.short += len(row) < width
            notes.long += len(row) > width
            yield fitted(row, width, found.delimiter)
    except csv.Error as error:
        raise InputError(
            f"{found.path} cannot be read from line {line + 1} on: a cell there has more than "
            f"{LONGEST_CELL:,} characters.",
            "A quotation mark is probably never closed there. Mend that line and try again.",
        ) from error


def fitted(row: list[str], width: int, delimiter: str) -> list[str]:
    """A row as wide as the column names.

    One that is too short is filled up with empty cells. In one that is too long the last cells are one cell: that mends
    the commonest mistake, a text in the last column that holds the delimiter and has no quotation marks.
    """
    if len(row) < width:
        return row + [""] * (width - len(row))
    if len(row) > width:
        return [*row[: width - 1], delimiter.join(row[width - 1 :]).rstrip(delimiter)]
    return row


def as_text(found: Shape, file: IO[bytes]) -> TextIO:
    """The opened file as text, line ends as they are."""
    return io.TextIOWrapper(file, encoding=found.encoding, errors="replace", newline="")


def free_name(name: str, taken: Sequence[str]) -> str:
    """The name, or the first of name_2, name_3, ... that no column has."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def known_file(path: Path) -> None:
    """Raise InputError where a file cannot be read."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder.", "Name a CSV file in it.")
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.", "Check its name and folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{path} could not be read: {reason.lower()}.", "Check that your account may read it."
        ) from error


def encoding_of(path: Path) -> tuple[str, bool]:
    """The file's encoding, and whether some of its bytes do not fit it."""
    with path.open("rb") as file:
        start = file.read(4096)
        for mark, name in (
            (codecs.BOM_UTF32_LE, "utf-32"),
            (codecs.BOM_UTF32_BE, "utf-32"),
            (codecs.BOM_UTF16_LE, "utf-16"),
            (codecs.BOM_UTF16_BE, "utf-16"),
            (codecs.BOM_UTF8, "utf-8-sig"),
        ):
            if start.startswith(mark):
                return name, name == "utf-8-sig" and not _utf8(path)[0]
        if len(start) > 3:  # Latin letters in UTF-16 without its mark: every other byte is zero
            if start[1::2].count(0) > len(start) // 3:
                return "utf-16-le", False
            if start[0::2].count(0) > len(start) // 3:
                return "utf-16-be", False
    fits, more_good_than_bad = _utf8(path)
    if fits or more_good_than_bad:
        return "utf-8", not fits
    return "cp1252", False


_BROKEN = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


def _utf8(path: Path) -> tuple[bool, bool]:
    """Whether all of a file is UTF-8, and if not, whether it is so but for some damage."""
    good = bad = 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if piece.isascii():
                continue
            text = decoder.decode(piece)
            bad += len(_BROKEN.findall(text))
            good += len(_BEYOND_ASCII.findall(text)) if bad else 1
        bad += len(_BROKEN.findall(decoder.decode(b"", final=True)))
    return bad == 0, good > bad


def sample_of(path: Path, encoding: str) -> str:
    """The beginning of a file, as text."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        whole = not file.read(1)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(start, final=whole).removeprefix("\ufeff")


def _delimiter(sample: str, names: Sequence[str]) -> tuple[str, list[list[str]], int]:
    """The delimiter, the sample's first rows, and which of them holds the column names.

    The delimiter under which a wanted name is a column wins, then the one that gives most columns. Some tools write
    lines about the query above the column names: those are seen by the name of a text column further down.
    """
    best: tuple[tuple[bool, int], str, list[list[str]], int] | None = None
    for delimiter in DELIMITERS:
        first = first_rows(sample, delimiter)
        if not first:
            continue
        above = next((n for n, row in enumerate(first) if _names_one(row, names) and (n == 0 or len(row) > 1)), None)
        found = (above is not None, len(first[above or 0]))
        if best is None or found > best[0]:
            best = (found, delimiter, first, above or 0)
    assert best is not None, "a sample with text has a row"
    return best[1:]


def _names_one(row: Sequence[str], names: Sequence[str]) -> bool:
    return any(folded_name(cell) in names for cell in row)


def first_rows(sample: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    found = []
    for row in filled(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)):
        found.append(row)
        if len(found) == SAMPLE_ROWS:
            break
    return found


def filled(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows that are not empty lines."""
    return (row for row in reader if row)


def folded_name(name: str) -> str:
    return " ".join(re.sub(r"[_\-\s]+", " ", name).casefold().split())
