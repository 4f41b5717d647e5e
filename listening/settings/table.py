"""One table of ``listening.toml``, asked for its values; what is wrong is noted, and asking goes on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path

from listening.errors import SettingsError
from listening.settings.places import KeyPath, Places

SECRET_WORDS = ("password", "passwd", "token", "secret", "api_key", "apikey", "credential")
NO_SECRETS = (
    "Take it out of this file, which is copied and sent around, and set it in the environment instead, for example "
    "as LISTENING_REDDIT_FEED_TOKEN or LISTENING_BLUESKY_PASSWORD. If the file has left this machine, change it."
)


def key_words(path: KeyPath) -> str:
    """A path as it is said to a person: the second feed's address is ``feeds[2].url``."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part + 1}]"
        else:
            words += f".{part}" if words else part
    return words


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a mistyped one is most like, if any is near."""
    by_fold = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    if not found:
        found = [fold for fold in by_fold if fold.startswith(word.casefold()) or word.casefold().startswith(fold)]
    return by_fold[found[0]] if found else None


def listing(words: Iterable[str]) -> str:
    """Words as a person lists them: a, b and c."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


@dataclass(kw_only=True, slots=True)
class Refusals:
    """What is wrong with one file so far."""

    file: Path | None
    places: Places
    found: list[SettingsError] = field(default_factory=list)

    def add(self, path: KeyPath, problem: str, advice: str = "") -> None:
        """Note a problem at the line of a setting; what has no line stands at the top of the file."""
        line = self.places.line(path) or 1
        self.found.append(SettingsError(problem, advice, file=self.file, line=line, key=key_words(path)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table's values and its place. Each method gives a checked value, or the default after noting what is wrong."""

    values: Mapping[str, object]
    path: KeyPath
    refusals: Refusals

    def refuse(self, key: str, problem: str, advice: str = "") -> None:
        self.refusals.add((*self.path, key) if key else self.path, problem, advice)

    def only(self, known: Iterable[str], *, where: str) -> None:
        """Refuse keys that mean nothing here: a mistyped key would otherwise be ignored without a word."""
        known = tuple(known)
        for key in self.values:
            if key in known:
                continue
            if any(word in key.casefold() for word in SECRET_WORDS):
                self.refuse(key, f"“{key}” looks like a secret, and secrets do not belong in this file.", NO_SECRETS)
            elif near := nearest(key, known):
                self.refuse(key, f"{where} has no “{key}”.", f"Did you mean “{near}”?")
            else:
                self.refuse(key, f"{where} has no “{key}”.", f"It knows {listing(known)}.")

    def text(self, key: str, default: str = "", *, required: str = "", lines: bool = False) -> str:
        """A text without blanks at its ends; ``required`` is the advice where it is missing or empty."""
        value = self.values.get(key)
        if value is None and not required:
            return default
        if value is None or (isinstance(value, str) and not value.strip() and required):
            self.refuse(key, f"{self.name(key)} is {'missing' if value is None else 'empty'}.", required)
            return default
        if not isinstance(value, str):
            self.wrong_type(key, value, 'text in quotes, such as "Quillhaven"')
            return default
        if bad := unprintable(value, lines=lines):
            self.refuse(key, f"{self.name(key)} holds {bad}.", "Write it on one line of plain text.")
            return default
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none empty."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            self.wrong_type(key, value, 'a list in square brackets, such as ["one", "two"]')
            return ()
        for number, each in enumerate(value):
            path = (*self.path, key, number)
            if not isinstance(each, str):
                self.refusals.add(path, f"{self.name(key)} holds {kind(each)}.", "Put each of its texts in quotes.")
            elif not each.strip() or unprintable(each, lines=False):
                self.refusals.add(path, f"{self.name(key)} holds an empty or unprintable text.", "Take it out.")
        return tuple(each.strip() for each in value if isinstance(each, str) and each.strip())

    def yes_no(self, key: str, default: bool = False) -> bool:
        value = self.values.get(key, default)
        if isinstance(value, bool):
            return value
        self.wrong_type(key, value, "true or false, without quotes")
        return default

    def number(self, key: str, default: float, *, least: float, most: float, whole: bool = False) -> float:
        """A number within bounds."""
        value = self.values.get(key, default)
        kinds: tuple[type, ...] = (int,) if whole else (int, float)
        what = f"a {'whole ' if whole else ''}number from {least:g} to {most:g}, without quotes"
        if isinstance(value, bool) or not isinstance(value, kinds):
            self.wrong_type(key, value, what)
            return default
        number = float(value)  # type: ignore[arg-type]
        if math.isnan(number) or not least <= number <= most:
            self.refuse(key, f"{self.name(key)} is {value}, which cannot be.", f"It should be {what}.")
            return default
        return number

    def wrong_type(self, key: str, value: object, wanted: str) -> None:
        self.refuse(key, f"{self.name(key)} is {kind(value)}.", f"It should be {wanted}.")

    def name(self, key: str) -> str:
        return key_words((*self.path, key))


def unprintable(value: str, *, lines: bool) -> str:
    """What in a text could not be shown or sent, in words; line ends are fine in a query."""
    for sign in value:
        if sign in "\n\r\t" and not lines:
            return "a line break or a tab"
        if sign not in "\n\r\t" and (ord(sign) < 32 or 127 <= ord(sign) < 160):
            return "a sign that cannot be shown"
    return ""


def kind(value: object) -> str:
    """What kind of value it is, in words."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "a list of tables" if value and all(isinstance(each, dict) for each in value) else "a list"
    if isinstance(value, date | time):
        return "a date or a time"
    return "a table"
