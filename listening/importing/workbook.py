"""The first sheet of a workbook, row by row, its cells as texts."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from listening.errors import InputError

MOST_UNPACKED = 4_000_000_000
MOST_TEXTS = 500_000_000
"""Bytes. A workbook keeps its texts in one piece, which is read at once; beyond this it is no workbook of a tool's."""

_INSTEAD = "Save it as CSV UTF-8 (in Excel: File, Save as), and import that."


def workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that hold anything, with their numbers; raises InputError for what is none."""
    import openpyxl  # only who has a workbook waits for it

    _bounded(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that it does not know
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise _unreadable(path) from error
    with closing(book):
        sheet = book.worksheets[0] if book.worksheets else None
        if sheet is None:
            return
        sheet.reset_dimensions()  # what a tool wrote about the size is often wrong
        try:
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                cells = [cell_text(value) for value in row]
                if any(cells):
                    yield number, cells
        except (ValueError, KeyError, zipfile.BadZipFile, SyntaxError, EOFError) as error:
            raise _unreadable(path) from error


def _bounded(path: Path) -> None:
    """Refuse a file that would fill the memory once unpacked."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise _unreadable(path) from error
    texts = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if texts > MOST_TEXTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise InputError(f"{path} is too large for a workbook.", _INSTEAD)


def _unreadable(path: Path) -> InputError:
    return InputError(f"{path} is a damaged workbook, or one with a password.", _INSTEAD)


def cell_text(value: Any) -> str:
    """A cell as it would stand in a CSV. A long number is written out with all of its digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f") if value == value else ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
