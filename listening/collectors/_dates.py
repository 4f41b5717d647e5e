"""Dates as feeds and services write them, to aware UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_ZONES = {"gmt": 0, "ut": 0, "utc": 0, "z": 0, "edt": -4, "est": -5, "cdt": -5, "cst": -6}
_ZONES |= {"mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
_MAIL = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*, +)?(\d{1,2}) +([a-z]{3}) +(\d{4}) +(\d{1,2}):(\d\d)(?::(\d\d))? +"
    r"(?:([a-z]{1,3})|([+-])(\d\d)(\d\d))",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))",
)


def strict(text: str) -> datetime | None:
    """Read a date in the two usual forms, RFC 822 and RFC 3339, in whole seconds; None for any other form."""
    if found := _MAIL.fullmatch(text):
        day, month_name, year, hour, minute, second, zone, sign, zone_hours, zone_minutes = found.groups()
        month = _MONTHS.get(month_name.lower(), 0)
        if zone is not None and zone.lower() not in _ZONES:
            return None
        offset = _ZONES[zone.lower()] * 60 if zone is not None else int(zone_hours) * 60 + int(zone_minutes)
    elif found := _ISO.fullmatch(text):
        year, month_digits, day, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
        month = int(month_digits)
        offset = int(zone_hours) * 60 + int(zone_minutes) if sign else 0
    else:
        return None
    if sign == "-":
        offset = -offset
    try:
        local = datetime(int(year), month, int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC)
        return local - timedelta(minutes=offset)
    except (ValueError, OverflowError):  # the 31st of June, 24:00, the year 0
        return None


def iso(text: object) -> datetime | None:
    """Read an ISO 8601 time as services write it, fractions kept; a time without a zone is taken as UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def epoch(seconds: object) -> datetime | None:
    """Read seconds since 1970; None for anything else, also for True."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
