"""A file that is not TOML, or not even text: where, and what a press officer may have meant."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from listening.errors import SettingsError
from listening.settings.places import Places, find_places
from listening.settings.table import SECRET_WORDS, key_words

_CURLY = "“”„‟«»‘’‚‛"
_SAVE_AS = (
    "Save it as UTF-8: in Notepad with File, Save as, Encoding: UTF-8; in other editors it is often under "
    "“Save with encoding”."
)
_TOO_LARGE = "The number is too large.", "Write a smaller one."


def read_text(path: Path) -> str:
    """The text of a settings file, its byte order mark left out."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise SettingsError(
            "There is no such file.", "Run “listening init” to make one, or name another with --settings.", file=path
        ) from error
    except IsADirectoryError as error:
        raise SettingsError("This is a folder.", "Name the file in it: listening.toml.", file=path) from error
    except OSError as error:
        if path.is_dir():  # Windows says "permission denied" of a folder
            raise SettingsError("This is a folder.", "Name the file in it: listening.toml.", file=path) from error
        raise SettingsError(
            f"The file cannot be read: {(error.strerror or 'unknown reason').lower()}.",
            "Ask whoever looks after this machine to let your account read it.",
            file=path,
        ) from error
    return decode(content, path)


def decode(content: bytes, path: Path | None) -> str:
    """Bytes as text: UTF-8, with or without a byte order mark."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:200]:
        raise SettingsError("The file was saved as UTF-16, not as UTF-8.", _SAVE_AS, file=path, line=1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError("The file was not saved as UTF-8.", _SAVE_AS, file=path, line=line) from error


def read_toml(text: str, path: Path | None) -> tuple[dict[str, object], Places]:
    """The values of a text and their places; no number is so large that it could be neither used nor said."""
    places = find_places(text)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _explained(str(error), text, places, path) from error
    except RecursionError as error:
        raise SettingsError("Brackets are nested too deeply.", file=path, line=_line(text, places)) from error
    except ValueError as error:  # Python reads no number of some thousands of digits
        found = re.search(r"[0-9_]{4000}", text)
        line = text.count("\n", 0, found.start()) + 1 if found else None
        raise SettingsError(*_TOO_LARGE, file=path, line=line) from error
    if huge := _huge(values):
        raise SettingsError(*_TOO_LARGE, file=path, line=places.line(huge), key=key_words(huge))
    return values, places


def _huge(values: dict[str, object]) -> tuple[str | int, ...] | None:
    """Where a whole number stands that is larger than TOML knows; hexadecimal ones are read at any length."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), values)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, int) and abs(value) >= 2**63:
            return path
        if isinstance(value, dict):
            waiting += [((*path, name), each) for name, each in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, place), each) for place, each in enumerate(value)]
    return None


def _line(text: str, places: Places) -> int:
    """The line of the statement that could not be followed."""
    return text.count("\n", 0, places.stopped or 0) + 1


def _explained(message: str, text: str, places: Places, path: Path | None) -> SettingsError:
    """What a TOML reader says, with its line, as a sentence that helps."""
    if repeated := _repeated(message, places):
        key, line = repeated
        first = places.line(key)
        name = key_words(key)
        advice = f"Keep one of the two: the first is in line {first}."
        if name in ("topics", "feeds"):
            advice = f"Each of the {name} starts with double brackets: [[{name}]]."
        return SettingsError(f"{name} is there twice.", advice, file=path, line=line, key=name)
    where = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line = int(where.group(1)) if where else _line(text, places)
    column = int(where.group(2)) if where else 1
    begins = _line(text, places) if places.stopped is not None else line
    lines = text.split("\n")
    if "Unterminated string" in message:
        line = begins
    written = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    problem, advice = _sign(message, written, column) or _diagnosis(message, written, line - begins)
    return SettingsError(problem, advice, file=path, line=line)


def _repeated(message: str, places: Places) -> tuple[tuple[str | int, ...], int] | None:
    if ("Cannot overwrite" in message or "Cannot declare" in message) and places.repeated:
        return next(iter(places.repeated.items()))
    return None


def _sign(message: str, written: str, column: int) -> tuple[str, str] | None:
    """A mistake that one sign gives away: a curly quote, a special blank, an invisible sign, an early line end."""
    sign = written[column - 1 : column]
    value = written.partition("=")[2].strip()
    early = "Illegal character '\\n'" in message
    if sign in tuple(_CURLY) or value[:1] in tuple(_CURLY) or (early and any(each in written for each in _CURLY)):
        return "The quotes are curly, as a word processor sets them.", 'Type straight quotes instead: "like this".'
    if early:
        return "The closing quote is missing.", 'A text starts and ends with a quote on one line: "like this".'
    if sign.isspace() and sign not in " \t\r":
        return f"There is a special blank at column {column}.", "Delete it and type an ordinary one."
    if "Illegal character" in message:
        return f"There is an invisible sign at column {column}.", "Delete it, or type the line again."
    return None


def _diagnosis(message: str, written: str, lines_into: int) -> tuple[str, str]:
    """The likely mistake in a line, most telling sign first: what is wrong, and what would be right.

    ``lines_into`` is how far below its beginning a list goes wrong.
    """
    if lines_into > 0:
        above = "a line above" if lines_into == 1 else f"{lines_into} lines above"
        return (
            f"The list that begins {above} is not closed, or a comma or a quote is missing in it.",
            'A list reads ["one", "two"].',
        )
    bare = written.strip()
    key, equals, value = (part.strip() for part in written.partition("="))
    if bare.startswith("["):
        name = bare.strip("[] ").split("]")[0].split("#")[0].strip()
        doubled = name in ("topics", "feeds")
        right = f"[[{name}]]" if doubled else f"[{name}]"
        return "The brackets of this heading do not fit.", f"Write {right}."
    if not equals:
        if colon := re.match(r"([\w-]+)\s*:\s*(.*)", bare):
            return (
                "An equals sign is missing; a colon does not do.",
                f"Write {colon[1]} = {_quoted(colon[1], colon[2])}.",
            )
        return "An equals sign is missing.", 'A setting reads key = "value"; a remark starts with #.'
    if not re.fullmatch(r"[\w.-]+|\"[^\"]*\"|'[^']*'", key):
        return f"“{key}” cannot be a key.", "A key is one word, such as short_name, in front of an equals sign."
    if not value or value.startswith("#"):
        return f"{key} has no value.", f'Write {key} = "...", or put # in front to leave it out.'
    if value in ("True", "False", "TRUE", "FALSE", "yes", "no", "Yes", "No"):
        right = "true" if value.casefold() in ("true", "yes") else "false"
        return f"{value} is not known here.", f"Write {key} = {right}, in lower case and without quotes."
    return _wrong_value(message, key, value)


def _wrong_value(message: str, key: str, value: str) -> tuple[str, str]:
    """What is wrong behind an equals sign."""
    if value.startswith('"'):
        if "escape" in message or "hex value" in message:
            return (
                "A backslash means something special between double quotes.",
                "Use slashes, C:/Users/press, or single quotes: 'C:\\Users\\press'.",
            )
        if value.count('"') == 1 or "Unterminated" in message:
            return "The closing quote is missing.", f'Write {key} = "...", with a quote at both ends.'
        if value.endswith(","):
            return "There is a comma behind the value.", "Take the comma out: each setting has a line of its own."
        return (
            "There is something behind the closing quote.",
            "If quotes are part of the text, put it in single quotes: '\"Town of Quillhaven\" OR Quillhaven'.",
        )
    if value.startswith("'"):
        if value.count("'") == 1:
            return "The closing quote is missing.", f"Write {key} = '...', with a quote at both ends."
        return (
            "There is something behind the closing single quote; perhaps an apostrophe ended the text early.",
            'Put the text in double quotes: "St. John\'s".',
        )
    if value.startswith("["):
        return (
            "The list is not closed, or a comma between two of its texts is missing.",
            'A list reads ["one", "two"].',
        )
    if value.startswith("{"):
        return "The braces do not close on the same line.", "Write the table with a heading and a line for each key."
    if re.match(r"[\w@#/.-]", value) and not value[0].isdigit():
        return "Text needs quotes around it.", f"Write {key} = {_quoted(key, value)}."
    return f"The value of {key} cannot be read.", 'Text goes in quotes ("..."); numbers, true and false go without.'


def _quoted(key: str, value: str) -> str:
    """A value as the person may have meant it, in quotes; a long one, or what may be a secret, is left out."""
    value = value.split(" #")[0].strip().strip("\"'" + _CURLY)
    secret = "?" in value or any(word in key.casefold() for word in SECRET_WORDS)
    if secret or len(value) > 60 or '"' in value or "\\" in value:
        return '"..."'
    return f'"{value}"'
