"""`listening tag`: any CSV file with score, tag and why behind its columns, row by row in flat memory."""

from __future__ import annotations

import codecs
import csv
import os
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from listening import door, language
from listening import settings as settings_files
from listening.cli import terminal
from listening.cli.files import STDOUT, stdout_as_file, written_whole
from listening.errors import InputError
from listening.export.csv import BOM, safe
from listening.models import TAGS, TextKind
from listening.sentiment import Tagger, reasons_text
from listening.settings import Settings
from listening.spreadsheet import Notes, Shape, as_text, free_name, rows, shape

ADDED = ("score", "tag", "why")
ROWS_BETWEEN_REPORTS = 200


def tag(arguments: Namespace) -> int:
    """Tag every row of a file."""
    settings = found_settings(arguments.settings)
    path = Path(arguments.file).expanduser()
    found = shape(path, arguments.text)
    tagger = door.tagger_of(settings, arguments.name)
    target = _target(arguments.output, path)
    _tell_reading(found)
    notes = Notes()
    if target is None:
        with stdout_as_file() as file:
            counts = write(found, tagger, file, kind=arguments.kind, notes=notes)
    else:
        with written_whole(target) as file:
            counts = write(found, tagger, file, kind=arguments.kind, notes=notes, mark=found.encoding != "utf-8")
    _tell_written(counts, notes, target)
    return 0


def found_settings(named: str | None) -> Settings | None:
    """The settings where there are some; commands that use them work without."""
    path = settings_files.find(None if named is None else Path(named), os.environ, Path.cwd())
    return None if path is None else settings_files.load(path)


def write(
    found: Shape, tagger: Tagger, file: TextIO, *, kind: TextKind, notes: Notes, mark: bool = False
) -> Counter[str]:
    """Write the file's rows with three more columns, and return how many there are of each tag.

    ``mark`` puts a byte order mark first, by which Excel knows UTF-8.
    """
    if mark:
        file.write(BOM)
    out = csv.writer(file, delimiter=found.delimiter, lineterminator=found.line_end)
    out.writerow([*found.header, *_added(found.header)])
    counts: Counter[str] = Counter()
    with (
        found.path.open("rb") as source,
        as_text(found, source) as readable,
        terminal.progress("Tagging", found.path.stat().st_size) as report,
    ):
        for number, row in enumerate(rows(found, readable, notes), start=1):
            name, *cells = tagged(row[found.text], tagger, kind)
            counts[name] += 1
            out.writerow([*row, cells[0], name, cells[1]])
            if number % ROWS_BETWEEN_REPORTS == 0:
                report(source.tell(), f"{number:,} rows")
    return counts


def tagged(text: str, tagger: Tagger, kind: TextKind) -> tuple[str, str, str]:
    """The tag of a text, its score and the reasons, as cells. An unscored text has no score."""
    spoken, understood = language.gate(text, None)
    result = tagger.tag(text, kind=kind, allowed=understood)
    if result.score is None:
        return result.tag, "", "" if understood else f"not English ({spoken})"
    return result.tag, repr(result.score), safe(reasons_text(result.why))


def _added(header: Sequence[str]) -> list[str]:
    return [free_name(name, header) for name in ADDED]


def _target(wanted: str | None, path: Path) -> Path | None:
    """Where to write; None is standard output. The file that is read is never written."""
    if wanted == STDOUT or (wanted is None and not sys.stdout.isatty()):
        return None
    if wanted is None:
        target = path.with_name(f"{path.stem}-tagged.csv")
        number = 2
        while target.exists():
            target = path.with_name(f"{path.stem}-tagged-{number}.csv")
            number += 1
        return target
    target = Path(wanted).expanduser()
    if target.exists() and target.samefile(path):
        raise InputError(f"{target} is the file that is read, and is never overwritten.", "Name another file after -o.")
    return target


def _tell_reading(found: Shape) -> None:
    terminal.warn(f"Texts are read from the column “{found.header[found.text]}”.")
    if found.above:
        terminal.warn(
            f"The {terminal.plural(found.above, 'line')} above the column names {'is' if found.above == 1 else 'are'} "
            "left out."
        )
    if codecs.lookup(found.encoding).name == "cp1252":
        terminal.warn("The file is not UTF-8; it was read as Windows-1252 (Western European).")
    if found.broken:
        terminal.warn("Some of its letters are damaged and were replaced by �; the file is not all in one encoding.")


def _tell_written(counts: Counter[str], notes: Notes, target: Path | None) -> None:
    if notes.short:
        terminal.warn(f"{terminal.plural(notes.short, 'row')} had too few columns; empty ones were added.")
    if notes.long:
        terminal.warn(
            f"{terminal.plural(notes.long, 'row')} had too many columns; what was too much stands in the last one."
        )
    for line in notes.many_lines[:3]:
        terminal.warn(f"The row from line {line} on is very long: is a quotation mark missing there?")
    shown = ", ".join(f"{counts[name]:,} {name}" for name in TAGS)
    where = f" Written to {target}." if target is not None else ""
    terminal.warn(f"{terminal.plural(counts.total(), 'row')}: {shown}.{where}")
