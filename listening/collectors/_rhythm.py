"""What a feed document says of how often it changes: RSS's ``ttl``, and ``updatePeriod`` of the syndication module."""

from __future__ import annotations

import re

_HEAD = 8 * 1024
"""Bytes: it stands before the entries."""

_ENTRIES = re.compile(rb"<(?:item|entry)[\s>]")
_TTL = re.compile(rb"<ttl>\s*([0-9]{1,6})\s*</ttl>")
_PERIOD = re.compile(rb"<(?:\w+:)?updatePeriod>\s*(hourly|daily|weekly|monthly|yearly)\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(rb"<(?:\w+:)?updateFrequency>\s*([0-9]{1,4})\s*</", re.IGNORECASE)
_SECONDS = {b"hourly": 3600, b"daily": 86_400, b"weekly": 604_800, b"monthly": 2_592_000, b"yearly": 31_536_000}

LONGEST = 1800.0
"""Seconds: most programs that make feeds say an hour, or a day, without anybody having thought about it."""


def fresh_seconds(body: bytes) -> float:
    """For how many seconds a document says that it stays as it is, half an hour at most; 0 where it does not say."""
    head = body[:_HEAD]
    if found := _ENTRIES.search(head):
        head = head[: found.start()]
    said = 0.0
    if found := _TTL.search(head):
        said = int(found[1]) * 60.0
    elif found := _PERIOD.search(head):
        often = _FREQUENCY.search(head)
        said = _SECONDS[found[1].lower()] / max(1, int(often[1]) if often else 1)
    return min(said, LONGEST)
