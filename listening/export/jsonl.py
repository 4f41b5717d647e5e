"""Mentions as JSON lines: one object a line, the columns of every file, typed as JSON knows them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from listening.export.columns import HEADER, LONE_SURROGATE, values
from listening.models import Mention
from listening.privacy import Mask


def write(mentions: Iterable[Mention], file: IO[str], *, timezone: ZoneInfo, mask: Mask | None) -> int:
    """Write mentions one by one, in flat memory, and return how many there were.

    Times are ISO 8601 in UTC, lists are lists, what is missing is null. ``mask`` None leaves names as they are.
    """
    encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode
    rows = 0
    for mention in mentions:
        shown = mention if mask is None else mask.mention(mention)
        row = dict(zip(HEADER, values(shown, timezone, named=mask is None), strict=True))
        # A lone half of a character has no place in UTF-8, and some readers take U+2028 for the end of a line.
        line = LONE_SURROGATE.sub("\ufffd", encode(row))
        file.write(line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n")
        rows += 1
    return rows


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(value)
