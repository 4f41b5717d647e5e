"""Walks that are too long for one visit: the cursor says where the next visit goes on.

A cursor is the newest post that is known ("190"), or an unfinished walk ("100:150:190"): what is known ends at 100,
what lies above it is read down to 150, and the newest post that was met is 190. All are ids or times that grow.
"""

from __future__ import annotations

import re

from listening.collectors._walk import Walk

_CURSOR = re.compile(r"(?:([0-9]{0,19}):([0-9]{1,19}):)?([0-9]{1,19})", re.ASCII)


def begun(cursor: str | None) -> Walk:
    """The walk that a visit makes: from the newest post down to what is known, or the rest of an unfinished one."""
    found = _CURSOR.fullmatch(cursor or "")
    if found is None:
        return Walk()
    since, before, newest = found.groups()
    if before is None:
        return Walk(since=int(newest))
    return Walk(since=int(since) if since else None, before=int(before), newest=int(newest))


def unfinished(walk: Walk, before: int) -> str:
    """The cursor of a walk that was read down to ``before``, and not to its end."""
    return f"{'' if walk.since is None else walk.since}:{before}:{walk.newest}"
