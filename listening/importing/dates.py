"""Dates as other tools write them: in which order day and month stand is known of a whole file, never guessed of a row.

A file is looked through once. Where one of its dates can only be read day first, all are; where none decides it, a
person is asked; where two of them contradict each other, nobody can read the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from listening.importing.layout import Dates

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
"""Hours. Abbreviations that mean several zones (IST) are left out: such a date is not read rather than read wrongly."""

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
_ZONE = r"(?P<zone>[A-Za-z]{1,5}|(?:UTC|GMT)?[+-]\d\d:?\d\d(?:\s*\([A-Za-z ]+\))?)"
_TAIL = rf"(?:(?:[T,]|\s|\sat\s)\s*{_CLOCK}(?:\s*{_ZONE})?)?"
_WEEKDAY = r"(?:[A-Za-z]{3,9},?\s+)?"
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"

_ISO = re.compile(rf"(?P<year>\d{{4}})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?){_TAIL}", re.IGNORECASE)
_NUMERIC = re.compile(
    rf"{_WEEKDAY}(?P<first>\d\d?)(?P<sign>[/.-])(?P<other>\d\d?)(?P=sign)(?P<year>\d{{4}}|\d\d){_TAIL}", re.IGNORECASE
)
_DAY_NAME = re.compile(
    rf"{_WEEKDAY}(?P<day>\d\d?)(?:st|nd|rd|th)?[\s-]+{_NAME}[\s,-]+(?P<year>\d{{4}}|\d\d){_TAIL}", re.IGNORECASE
)
_NAME_DAY = re.compile(
    rf"{_WEEKDAY}{_NAME}\s+(?P<day>\d\d?)(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_TAIL}", re.IGNORECASE
)
_UNIX = re.compile(
    r"[A-Za-z]{3}\s+(?P<name>[A-Za-z]{3})\s+(?P<day>\d\d?)\s+(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)\s+"
    r"(?P<half>)(?P<zone>[A-Za-z]{1,5}|[+-]\d{4})\s+(?P<year>\d{4})"
)
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13}|\d{16})(?:[.,]\d+)?")
_UNITS = {9: 1, 10: 1, 12: 1_000, 13: 1_000, 16: 1_000_000}
_TIME = re.compile(rf"{_CLOCK}(?:\s*{_ZONE})?", re.IGNORECASE)


@dataclass(slots=True)
class Evidence:
    """What the dates of a file tell of their order: the first date, with its line, that can only be read day first, and
    the first that can only be read month first; and one that can be read both ways."""

    day_first: tuple[int, str] | None = None
    month_first: tuple[int, str] | None = None
    either: tuple[int, str] | None = None

    def see(self, line: int, said: str) -> None:
        """Look at one more date."""
        found = _NUMERIC.match(said.strip())
        if found is None or found["sign"] == ".":
            return
        first, other = int(found["first"]), int(found["other"])
        if first > 12 >= other > 0:
            self.day_first = self.day_first or (line, said.strip())
        elif other > 12 >= first > 0:
            self.month_first = self.month_first or (line, said.strip())
        elif first != other:
            self.either = self.either or (line, said.strip())


def read(said: str, clock: str, order: Dates, zone: ZoneInfo) -> datetime | None:
    """The moment that a date means, in UTC; None for what is no date, or could be two.

    ``clock`` is the time where it stands in a column of its own; ``zone`` that of dates that name none.
    """
    said = " ".join(said.split())
    if found := _EPOCH.fullmatch(said):
        return _epoch(int(found[1]) / _UNITS[len(found[1])])
    for pattern in (_ISO, _NUMERIC, _DAY_NAME, _NAME_DAY, _UNIX):
        if (match := pattern.fullmatch(said)) is not None and (day := _day(match, order)) is not None:
            if match["hour"] is None and clock.strip():
                match = _TIME.fullmatch(" ".join(clock.split())) or match
            return _moment(day, match, zone)
    return None


def _epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        return None


def _day(found: re.Match[str], order: Dates) -> tuple[int, int, int] | None:
    said = found.groupdict()
    year = int(said["year"])
    year += 2000 if len(said["year"]) == 2 else 0
    if "name" in said:
        name = said["name"].lower()[:3]
        return (year, _MONTHS.index(name) + 1, int(said["day"])) if name in _MONTHS else None
    if "first" not in said:
        return year, int(said["month"]), int(said["day"])
    first, other = int(said["first"]), int(said["other"])
    # With full stops between them the day comes first everywhere; 5/5 is one day in both orders.
    if said["sign"] == "." or first == other:
        return year, other, first
    return {"day-first": (year, other, first), "month-first": (year, first, other)}.get(order)


def _moment(day: tuple[int, int, int], found: re.Match[str], zone: ZoneInfo) -> datetime | None:
    said = found.groupdict()
    hour, minute, second = int(said.get("hour") or 0), int(said.get("minute") or 0), int(said.get("second") or 0)
    if half := (said.get("half") or "").lower():
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    named = _zone(said.get("zone") or "", zone)
    if named is None:
        return None
    try:
        return datetime(*day, hour, minute, second, tzinfo=named).astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of June, 24:00, the year 0
        return None


def _zone(said: str, usual: ZoneInfo) -> tzinfo | None:
    if not said:
        return usual
    if found := re.match(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)", said, re.IGNORECASE):
        away = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(-away if found[1] == "-" else away) if away < timedelta(hours=24) else None
    hours = _ZONES.get(said.lower())
    return None if hours is None else timezone(timedelta(hours=hours))
