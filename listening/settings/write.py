"""Change ``listening.toml`` in place: only the characters that must change, so that remarks, order and blanks stay.

Values are written by tomlkit; where they go is found with ``places``, because tomlkit puts a new key or table behind
the remark that introduces the next heading. Each change is read back before the file is replaced: it must give the
old values with just this change, and no problem that was not there before.
"""

from __future__ import annotations

import contextlib
import copy
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from listening.errors import InputError, SettingsError
from listening.models import Feed, Topic
from listening.settings.places import KeyPath, Place, Places
from listening.settings.read import examine
from listening.settings.shape import SettingsRefused
from listening.settings.syntax import decode, read_text, read_toml
from listening.settings.table import key_words

Value = str | int | float | bool | Sequence[str]
Values = dict[str, object]

_BYTE_ORDER_MARK = "\ufeff"
_KEY_PART = re.compile(r"(?P<name>[A-Za-z0-9_-]+)(?:\[(?P<number>[1-9]\d*)\])?(?:\.|$)")


def set_value(path: Path, key: str, value: Value) -> None:
    """Set one value: ``agency.contact``, or ``feeds[2].url`` for the second feed (the keys that errors name)."""
    wanted = _parse_key(key)

    def change(text: str, values: Values, places: Places) -> str:
        table = _table(values, wanted)
        if table is None:
            raise InputError(f"The settings have no {key_words(wanted[:-1])}.", "Look at the file, and name one in it.")
        name = str(wanted[-1])
        if name in table:
            old = table[name]
            table[name] = _plain(value)
            return _replaced(text, places, wanted, old, value)
        table[name] = _plain(value)
        return _inserted(text, places, wanted, value)

    _change(path, change)


def set_named(path: Path, table: str, name: str, key: str, value: Value, *, before: Value | None = None) -> None:
    """Set a key of the topic or feed (``table``: topics, feeds) of a name, wherever it stands by now.

    With ``before`` only where that is still its value: what somebody else wrote meanwhile is not written over.
    """

    def change(text: str, values: Values, places: Places) -> str:
        number, each = _of_name(values.get(table), name)
        old = each.get(key)
        if before is not None and old != before and str(old).strip() != before:
            raise InputError(
                f"Somebody else has changed “{name}” meanwhile; that was kept, and yours was not written.",
                "Look at what stands there now, and change it again if you still want to.",
            )
        wanted: KeyPath = (table, number, key)
        each[key] = _plain(value)
        return _inserted(text, places, wanted, value) if old is None else _replaced(text, places, wanted, old, value)

    _change(path, change)


def _of_name(listed: object, name: str) -> tuple[int, Values]:
    """Which one of a list of tables has this name, and its values."""
    for number, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, dict) and str(each.get("name", "")).strip() == name:
            return number, each
    raise InputError(f"There is no “{name}” in the settings any more.", "Somebody took it out or renamed it.")


def add_feed(path: Path, feed: Feed) -> None:
    """Add a feed behind the last one."""
    _add(path, "feeds", feed_lines(feed))


def add_topic(path: Path, topic: Topic) -> None:
    """Add a topic behind the last one."""
    _add(path, "topics", topic_lines(topic))


def feed_lines(feed: Feed) -> list[str]:
    """The keys of a feed as lines of the file."""
    entry: dict[str, Value] = {"name": feed.name, "source": feed.source, **feed.options}
    if feed.outlet:
        entry["outlet"] = True
    if feed.audience is not None:
        entry["audience"] = feed.audience
    if feed.language:
        entry["language"] = feed.language
    return [f"{key} = {written(value)}" for key, value in entry.items()]


def topic_lines(topic: Topic) -> list[str]:
    """The keys of a topic as lines of the file."""
    entry = {"name": topic.name, "query": topic.query, "department": topic.department}
    return [f"{key} = {written(value)}" for key, value in entry.items() if value or key != "department"]


def written(value: Value) -> str:
    """A value as it stands in the file; single quotes spare a query its backslashes."""
    import tomlkit  # here: it takes a tenth of a second, and reading settings goes without

    if isinstance(value, str):
        if any("\ud800" <= sign <= "\udfff" for sign in value):
            raise InputError("A text holds half a sign, which no file can keep.", "Type it again.")
        if "\n" in value and (lines := _lines(value)):
            return lines
        if ('"' in value or "\\" in value) and "'" not in value and value.isprintable():
            return tomlkit.string(value, literal=True).as_string()
        return tomlkit.string(value).as_string()
    if isinstance(value, int | float):
        return tomlkit.item(value).as_string()
    return "[" + ", ".join(written(each) for each in value) + "]"


def _lines(value: str) -> str:
    """A text of several lines as such between three quotes; "" where it holds what needs other signs there."""
    if not value.replace("\n", " ").isprintable():
        return ""
    for quotes in ('"""', "'''"):
        if quotes == '"""' and "\\" in value:
            continue
        if quotes not in value and not value.endswith(quotes[0]):
            return f"{quotes}\n{value}{quotes}"
    return ""


def replace_file(path: Path, content: bytes, *, expected: bytes) -> None:
    """Put new content in a file's place in one step: at any moment it is whole, old or new; its mode stays."""
    target = path.resolve()
    try:
        before = target.stat()
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(before.st_mode & 0o7777)
            if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                with contextlib.suppress(PermissionError):
                    os.chown(temporary, before.st_uid, before.st_gid)
            if target.read_bytes() != expected:
                raise SettingsError(
                    "Somebody else changed the file at the same moment; it was left as it is now.",
                    "Try again.",
                    file=path,
                )
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The file could not be changed: {(error.strerror or 'unknown reason').lower()}. It is as it was.",
            "Your account must be able to write in its folder, and the disk must have room.",
            file=path,
        ) from error


_one_at_a_time = Lock()


def _change(path: Path, change: Callable[[str, Values, Places], str]) -> None:
    """Read, change, check and replace a file; whoever else changes it from this program waits."""
    with _one_at_a_time:
        _change_now(path, change)


def _change_now(path: Path, change: Callable[[str, Values, Places], str]) -> None:
    read_text(path)  # says what is wrong with a file that is missing, a folder or not text
    before = path.read_bytes()
    old = decode(before, path)
    values, places = read_toml(old, path)
    expected = copy.deepcopy(values)
    new = change(old, expected, places)
    _read_back(path, new, expected)
    known = {(error.key, error.problem) for error in examine(old, path)[1]}
    found = [error for error in examine(new, path)[1] if (error.key, error.problem) not in known]
    if found:
        # No line: it would be one of a text that was never written.
        without = [SettingsError(each.problem, each.advice, file=path, key=each.key) for each in found]
        raise SettingsRefused(without[0], tuple(without[1:]))
    if new != old:
        mark = _BYTE_ORDER_MARK if before.startswith(_BYTE_ORDER_MARK.encode()) else ""
        replace_file(path, (mark + new).encode(), expected=before)


def _read_back(path: Path, new: str, expected: Values) -> None:
    """Refuse a text that does not give the values it should, for TOML has more forms than we can foresee."""
    try:
        same = tomllib.loads(new) == expected
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise SettingsError(
            "The file is written in a form that cannot be changed from here. It is as it was.",
            "Change it by hand in a text editor.",
            file=path,
        )


def _plain(value: Value) -> object:
    """A value as it will be read back."""
    return value if isinstance(value, str | int | float) else list(value)


def _parse_key(key: str) -> KeyPath:
    """``feeds[2].url`` as ("feeds", 1, "url")."""
    parts: list[str | int] = []
    at = 0
    while at < len(key) and (found := _KEY_PART.match(key, at)):
        parts.append(found["name"])
        if found["number"]:
            parts.append(int(found["number"]) - 1)
        at = found.end()
    if at < len(key) or len(parts) < 2 or isinstance(parts[-1], int) or key.endswith("."):
        raise InputError(f"“{key}” is not a key of the settings.", "Write it like agency.contact or feeds[2].url.")
    return tuple(parts)


def _table(values: Values, wanted: KeyPath) -> Values | None:
    """The table that holds a key; a missing one in the top row is made."""
    inside: object = values
    for number, part in enumerate(wanted[:-1]):
        if isinstance(part, int):
            inside = inside[part] if isinstance(inside, list) and part < len(inside) else None
        elif isinstance(inside, dict):
            following = wanted[number + 1]
            inside = inside.setdefault(part, {}) if not isinstance(following, int) else inside.get(part)
        else:
            return None
    return inside if isinstance(inside, dict) else None


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _replaced(text: str, places: Places, wanted: KeyPath, old: object, value: Value) -> str:
    """The text with one value exchanged; remarks within a list stay."""
    place = places.settings[wanted]
    new = written(value).replace("\n", _newline(text))
    within = [(start, end) for start, end in places.comments if place.start <= start < place.end]
    if within and isinstance(old, list) and not isinstance(value, str | int | float):
        ends = [places.settings[(*wanted, number)].end for number in range(len(old))]
        new = _list_with_remarks(text, place, list(zip(old, ends, strict=True)), value, within)
    return text[: place.start] + new + text[place.end :]


def _list_with_remarks(
    text: str, place: Place, old: list[tuple[object, int]], new: Sequence[str], within: list[tuple[int, int]]
) -> str:
    """A list with a line for each member: remarks keep to theirs, and those of members that went come last.

    ``old`` are the members and where each ends, ``within`` where each remark starts and ends.
    """
    newline, indent = _newline(text), "    "
    above: list[list[str]] = [[] for _ in (*old, None)]
    beside: list[list[str]] = [[] for _ in (None, *old)]
    for start, end in within:
        number = sum(1 for _, member_end in old if member_end <= start)
        previous_end = old[number - 1][1] if number else place.start
        same_line = "\n" not in text[previous_end:start]
        (beside if same_line else above)[number].append(text[start:end])
    lines = ["[" + "".join(f"  {remark}" for remark in beside[0])]
    left = list(range(len(old)))
    for member in new:
        remarks = ""
        if same := [each for each in left if old[each][0] == member]:
            left.remove(same[0])
            lines += [indent + remark for remark in above[same[0]]]
            remarks = "".join(f"  {remark}" for remark in beside[same[0] + 1])
        lines.append(f"{indent}{written(member)},{remarks}")
    for number in left:
        lines += [indent + remark for remark in (*above[number], *beside[number + 1])]
    lines += [indent + remark for remark in above[-1]]
    return newline.join([*lines, "]"])


def _inserted(text: str, places: Places, wanted: KeyPath, value: Value) -> str:
    """The text with a key added to its table: under its last key, whatever remarks come after."""
    table, name = wanted[:-1], str(wanted[-1])
    newline = _newline(text)
    line = f"{name} = {written(value)}".replace("\n", newline)
    for section in places.sections:
        if section.path == table and table:
            return text[: section.end] + newline + section.indent + line + text[section.end :]
    place = places.settings.get(table)
    if place is None:
        return _appended(text, f"[{key_words(table)}]{newline}{line}{newline}")
    if text.startswith("{", place.start):
        return _into_brackets(text, places, table, line)
    # Dotted keys (agency.name = "..."): one more of them, under the last.
    ends = [each.end for path, each in places.settings.items() if path[: len(table)] == table]
    at = max(ends)
    return f"{text[:at]}{newline}{key_words(table)}.{line}{text[at:]}"


def _into_brackets(text: str, places: Places, outer: KeyPath, new: str) -> str:
    """The text with a member added to an inline table or list, behind its last member."""
    ends = [place.end for path, place in places.settings.items() if len(path) == len(outer) + 1 and path[:-1] == outer]
    if not ends:
        at = places.settings[outer].start + 1
        return f"{text[:at]}{new}{text[at:]}"
    at = max(ends)
    return f"{text[:at]}, {new}{text[at:]}"


def _appended(text: str, block: str) -> str:
    """The text with a block at its end, an empty line between."""
    newline = _newline(text)
    if text and not text.endswith("\n"):
        text += newline
    if text.strip() and not text.endswith((newline * 2, "\n\n")):
        text += newline
    return text + block


def _add(path: Path, name: str, lines: list[str]) -> None:
    """Add a table to a list of tables."""

    def change(text: str, values: Values, places: Places) -> str:
        listed = values.setdefault(name, [])
        if not isinstance(listed, list):
            raise InputError(f"{name} in the settings is not a list of tables.", f"Correct it first: [[{name}]].")
        listed.append(tomllib.loads("\n".join(lines)))
        newline = _newline(text)
        block = newline.join([f"[[{name}]]", *lines]).replace("\r", "").replace("\n", newline) + newline
        last = [section for section in places.sections if section.path[:1] == (name,)]
        if last:
            return _after(text, last[-1].end, block)
        if (name,) in places.settings:
            return _into_brackets(text, places, (name,), "{ " + ", ".join(lines) + " }")
        return _appended(text, block)

    _change(path, change)


def _after(text: str, end: int, block: str) -> str:
    """The text with a block behind a section, its last line, and remarks that stand right under it."""
    newline = _newline(text)
    at = text.find("\n", end) + 1
    if at == 0:
        return _appended(text, block)
    while remark := re.compile(r"[ \t]*#[^\n]*(?:\n|$)").match(text, at):
        at = remark.end()
    if at >= len(text):
        return _appended(text, block)
    gap = "" if text.startswith(("\n", "\r\n"), at) else newline
    return text[:at] + newline + block + gap + text[at:]
