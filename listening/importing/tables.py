"""Any file of rows, row by row in flat memory: CSV as every tool writes it, workbooks, JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from listening.errors import InputError
from listening.importing import nature
from listening.importing.tools import KNOWN_NAMES
from listening.importing.workbook import workbook_rows
from listening.spreadsheet import (
    DELIMITERS,
    LONGEST_CELL,
    encoding_of,
    first_rows,
    fitted,
    folded_name,
    known_file,
    sample_of,
)

Row = tuple[int, list[str]]
"""The line (of a workbook: the row) that it begins in, and its cells."""

_PROVEN = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
"""Encodings in which a file is a text if it can be read without a fault; any bytes at all can be read in the others."""

SAMPLE_LINES = 200
"""Lines of JSON that are looked at for the names of their keys."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """An opened file: its column names, and its rows below them, each as wide as they are."""

    path: Path
    kind: str
    header: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]
    broken: bool = False


def opened(path: Path) -> Table:
    """Find out what a file is; raises InputError where it is none that can be read."""
    known_file(path)
    with path.open("rb") as file:
        start = file.read(nature.BEGINNING)
    nature.refuse_other(path, start)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        nature.refuse_packed(path)
        return _workbook(path)
    encoding, broken = encoding_of(path)
    sample = sample_of(path, encoding)
    if broken or encoding not in _PROVEN:
        nature.refuse_binary(path, sample)
    plain = sample.replace("\0", "").lstrip()
    if not plain:
        raise InputError(f"{path} is empty.", "Export it again: it should hold a row of column names and posts.")
    if plain.startswith("{"):
        return _json_lines(path, encoding)
    if plain.startswith("["):
        raise InputError(
            f"{path} holds one list in JSON, which cannot be read row by row.",
            "Export it as CSV, XLSX or JSON lines (NDJSON: an object a line), and import that.",
        )
    if plain.startswith("<"):
        raise InputError(f"{path} is a web page or XML, no table.", "Export it from the tool as CSV or XLSX.")
    return _csv(path, encoding, sample.replace("\0", ""), broken)


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv(path: Path, encoding: str, sample: str, broken: bool) -> Table:
    delimiter, header, above = _header(sample)

    def rows() -> Iterator[Row]:
        with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="") as file:
            yield from _csv_rows(path, file, delimiter, len(header), above)

    return Table(path=path, kind="csv", header=header, rows=rows, broken=broken)


def _header(sample: str) -> tuple[str, tuple[str, ...], int]:
    """The delimiter, the column names, and how many rows stand above them.

    Some tools write lines about the query first: the column names are the row with most names that are known.
    """
    best: tuple[tuple[int, int], str, list[str], int] | None = None
    for delimiter in DELIMITERS:
        found = first_rows(sample, delimiter)
        if not found:
            continue
        known = [sum(folded_name(cell) in KNOWN_NAMES for cell in row) for row in found]
        usual = Counter(len(row) for row in found).most_common(1)[0][0]
        above = known.index(max(known)) if max(known) else next(n for n, row in enumerate(found) if len(row) == usual)
        score = (max(known), len(found[above]))
        if best is None or score > best[0]:
            best = (score, delimiter, found[above], above)
    assert best is not None, "a sample with text has a row"
    return best[1], _names(best[2]), best[3]


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    """Column names, each with something to call it by."""
    plain = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    return tuple(name or f"column {place}" for place, name in enumerate(plain, start=1))


def _csv_rows(path: Path, file: TextIO, delimiter: str, width: int, above: int) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader((line.replace("\0", "") if "\0" in line else line for line in file), delimiter=delimiter)
    line, passed = 0, 0
    try:
        for row in reader:
            begins, line = line + 1, reader.line_num
            if not any(row):
                passed += bool(row) and passed <= above  # a row of empty cells is one that stands above, too
                continue
            passed += 1
            if passed <= above + 1:
                continue
            yield begins, fitted(row, width, delimiter)
    except csv.Error as error:
        raise InputError(
            f"{path} cannot be read from line {line + 1} on: a cell there has more than {LONGEST_CELL:,} characters.",
            "A quotation mark is probably never closed there. Mend that line and import the file again.",
        ) from error


# --- workbooks --------------------------------------------------------------------------------------------------------


def _workbook(path: Path) -> Table:
    first: list[Row] = []
    for row in workbook_rows(path):
        first.append(row)
        if len(first) == 30:
            break
    if not first:
        raise InputError(f"{path} has an empty first sheet.", "Put the sheet with the posts first.")
    known = [sum(folded_name(cell) in KNOWN_NAMES for cell in row) for _, row in first]
    above = known.index(max(known))
    header = _names(_trimmed(first[above][1]))

    def rows() -> Iterator[Row]:
        for number, (line, row) in enumerate(workbook_rows(path)):
            if number > above:
                yield line, fitted(row[: len(header)], len(header), " ")

    return Table(path=path, kind="xlsx", header=header, rows=rows)


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at a row's end."""
    end = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    return cells[:end]


# --- JSON lines -------------------------------------------------------------------------------------------------------


def _json_lines(path: Path, encoding: str) -> Table:
    names: dict[str, None] = {}
    for number, (_, values) in enumerate(_objects(path, encoding)):
        names.update(dict.fromkeys(values))
        if number == SAMPLE_LINES:
            break
    if not names:
        raise InputError(
            f"{path} begins like JSON, and no line of it is an object.",
            "JSON lines hold one object a line. Export it again, or as CSV.",
        )
    header = tuple(names)

    def rows() -> Iterator[Row]:
        for line, values in _objects(path, encoding):
            yield line, [values.get(name, "") for name in header]

    return Table(path=path, kind="jsonl", header=header, rows=rows)


def _objects(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The objects of a file; a line that is none gives an empty one, so that it is counted."""
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding, errors="replace") as file:
        number = 0
        while line := file.readline(LONGEST_CELL):
            number += 1
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            flat: dict[str, str] = {}
            if isinstance(value, dict):
                _flatten(value, "", flat, 0)
            yield number, flat


def _flatten(value: dict[str, Any], before: str, flat: dict[str, str], depth: int) -> None:
    """Nested keys as dotted names; a list of simple values as one text."""
    for key, inner in value.items():
        name = f"{before}{key}"
        if isinstance(inner, dict) and depth < 6:
            _flatten(inner, f"{name}.", flat, depth + 1)
        elif isinstance(inner, list):
            flat[name] = ", ".join(_simple(each) for each in inner if not isinstance(each, dict | list))
        else:
            flat[name] = _simple(inner)


def _simple(value: Any) -> str:
    if value is None or isinstance(value, dict):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
