"""What a file is that is no table, by its content: a picture is called a picture, whatever its name says."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from listening.errors import InputError

BEGINNING = 64
"""Bytes that tell what a file is."""

_PICTURE = ("a picture, not a table", "Export the posts from the tool as CSV or XLSX, and import that.")
_FILM = ("a film or a recording, not a table", _PICTURE[1])
_PACKED = ("packed", "Unpack it, and import what is in it.")
_PDF = ("a PDF: it has no rows to read", "Export it from the tool as CSV or XLSX.")
_DOCUMENT = "Put its table into a spreadsheet, save that as CSV or XLSX, and import it."
_AS_TABLE = "Save it as CSV UTF-8 or as .xlsx, and import that."
_WORD = ("a Word document, not a table", _DOCUMENT)
_SLIDES = ("a presentation, not a table", _DOCUMENT)
_OPEN_SHEET = ("a workbook of LibreOffice", _AS_TABLE)
_OPEN_TEXT = ("a text document, not a table", _DOCUMENT)
_BINARY = (
    "not a table: what is in it is not text",
    "Open it with the program that made it, save it as CSV UTF-8 or as .xlsx, and import that.",
)

_BEGINNINGS: tuple[tuple[re.Pattern[bytes], tuple[str, str]], ...] = tuple(
    (re.compile(start, re.DOTALL), what)
    for start, what in (
        (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|II\*\0|MM\0\*|RIFF....WEBP|BM....\0\0\0\0", _PICTURE),
        (rb"....ftyp(?:hei|hev|mif1|msf1|avif)", _PICTURE),
        (rb"....ftyp|ID3[\x02-\x04]|OggS|RIFF....(?:WAVE|AVI )|\x1aE\xdf\xa3", _FILM),
        (rb"\s*%PDF", _PDF),
        (rb"\{\\rtf", _OPEN_TEXT),
        (rb"\x1f\x8b|7z\xbc\xaf'\x1c|Rar!\x1a\x07|BZh[1-9]1AY|\xfd7zXZ\0|\x28\xb5\x2f\xfd", _PACKED),
        (rb"SQLite format 3\0", ("a database, not a table", _PICTURE[1])),
    )
)

_PARTS: tuple[tuple[str, tuple[str, str]], ...] = (
    ("word/document.xml", _WORD),
    ("ppt/presentation.xml", _SLIDES),
    ("xl/workbook.bin", ("a workbook in Excel’s binary form", _AS_TABLE)),
)
"""What a packed file is by one of its parts."""

_OPEN_KINDS: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (b"spreadsheet", _OPEN_SHEET),
    (b"presentation", _SLIDES),
    (b"text", _OPEN_TEXT),
)
"""What a packed file of the open formats says of itself, in a part called “mimetype”."""

_NO_TEXT = re.compile("[\x01-\x08\x0e-\x19\x1b-\x1f\x7f]")
MOST_NO_TEXT = 0.02
"""Of a text's signs, those that nobody can read are fewer; where bytes are no text they are a tenth and more."""


def refuse_other(path: Path, start: bytes) -> None:
    """Raise InputError for a file whose first bytes (``BEGINNING`` of them) are those of something else."""
    for beginning, what in _BEGINNINGS:
        if beginning.match(start):
            raise _no_table(path, what)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise _no_table(path, _old_office(path))


def refuse_packed(path: Path) -> None:
    """Raise InputError for a packed file that is no workbook; a damaged one is left to who reads workbooks."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = set(packed.namelist())
            said = packed.open("mimetype").read(200) if "mimetype" in parts else b""
    except (zipfile.BadZipFile, OSError, KeyError, RuntimeError, NotImplementedError, EOFError):
        return
    if "xl/workbook.xml" in parts:
        return
    for part, what in _PARTS:
        if part in parts:
            raise _no_table(path, what)
    for word, what in _OPEN_KINDS:
        if said.startswith(b"application/vnd.oasis.opendocument.") and word in said:
            raise _no_table(path, what)
    raise InputError(f"{path} is packed, and is no Excel workbook.", _PACKED[1])


def refuse_binary(path: Path, sample: str) -> None:
    """Raise InputError where a file's beginning, read as text, is none: a text has hardly a sign that cannot be seen.

    NUL bytes are no sign of it: tools write them.
    """
    plain = sample.replace("\0", "")
    odd = len(_NO_TEXT.findall(plain))
    if odd > 3 and odd > len(plain) * MOST_NO_TEXT:
        raise _no_table(path, _BINARY)


def _old_office(path: Path) -> tuple[str, str]:
    """Word's, PowerPoint's and Excel's old forms begin alike: the names of their streams tell them apart."""
    with path.open("rb") as file:
        content = file.read(4 * 1024 * 1024)
    if "WordDocument".encode("utf-16-le") in content:
        return _WORD
    if "PowerPoint Document".encode("utf-16-le") in content:
        return _SLIDES
    return ("a workbook in the old form of Excel", _AS_TABLE)


def _no_table(path: Path, what: tuple[str, str]) -> InputError:
    return InputError(f"{path} is {what[0]}.", what[1])
