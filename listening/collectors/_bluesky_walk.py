"""How a search of Bluesky is walked through: from now back to what is known, and then what an earlier walk left out.

A run reads twenty pages of a feed at most. In a week with more new posts than that the walk ends early; the cursor then
says which stretch is still to be read, so that the newest posts come first and the rest is made up for later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

OVERLAP = 3600
"""Seconds before the newest known post that are read again: some posts are indexed late."""
BACKFILL_PAGES = 5
"""How far a first visit looks back."""
LIMIT = 100
MOST_HITS = 10_000
"""So many hits of one search can be paged through; what is older is asked for by its time."""

_CURSOR = re.compile(r"(\d{1,11})(?:/(\d{1,11})/(\d{1,11}))?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A time to be read, in whole seconds since 1970: what is younger than ``since``, up to ``before``."""

    since: int | None = None
    before: int | None = None

    @property
    def start(self) -> int | None:
        """From when posts are asked for: a little before what is known."""
        return None if self.since is None else max(0, self.since - OVERLAP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """Where a walk stands: the stretches still to be read, the first of them from the service's ``page`` on.

    ``pages`` were read of it, with so many ``hits``, of which the oldest was indexed at ``oldest``; ``newest`` is the
    time of the newest post of all.
    """

    stretches: tuple[Stretch, ...] = (Stretch(),)
    page: str = ""
    pages: int = 0
    hits: int = 0
    oldest: int | None = None
    newest: int = 0

    @property
    def here(self) -> Stretch:
        """The stretch that is being read."""
        return self.stretches[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a page tells of where it lies: when its posts were written and indexed, and how the service goes on.

    It has so many ``hits`` of the ``total`` that the service says there are; ``reached``: it ends with what is known.
    """

    written: Sequence[datetime]
    indexed: Sequence[datetime]
    onward: str = ""
    hits: int = 0
    total: int = 0
    reached: bool = False


def begin(cursor: str | None) -> Walk:
    """A walk from now back to what the cursor says is known, and then through what the last one left out."""
    found = _CURSOR.fullmatch(cursor or "")
    if found is None:
        return Walk()
    since = int(found[1])
    if found[2] is None:
        return Walk(stretches=(Stretch(since=since),), newest=since)
    newest, before = int(found[2]), int(found[3])
    return Walk(stretches=(Stretch(since=newest), Stretch(since=since, before=before)), newest=newest)


def step(walk: Walk, seen: Seen, *, by_time: bool) -> tuple[Walk | None, str | None]:
    """Where the walk goes on, and what to remember if it is broken off here; None, and the cursor, at its end.

    ``by_time``: the service can be asked for what lies before a moment.
    """
    newest = max([walk.newest, *(int(at.timestamp()) for at in seen.written)])
    lowest = [int(at.timestamp()) for at in seen.indexed] + ([walk.oldest] if walk.oldest is not None else [])
    walk = replace(
        walk, newest=newest, oldest=min(lowest, default=None), pages=walk.pages + 1, hits=walk.hits + seen.hits
    )
    following = None if walk.here.since is None and walk.pages >= BACKFILL_PAGES else _following(walk, seen, by_time)
    if following is None:
        return None, str(newest) if newest else None
    return following, _unfinished(following) if by_time else None


def _following(walk: Walk, seen: Seen, by_time: bool) -> Walk | None:
    if not seen.reached:
        if seen.onward and seen.onward != walk.page:
            return replace(walk, page=seen.onward)
        more = walk.pages * LIMIT >= MOST_HITS or seen.total > walk.hits
        if by_time and walk.oldest is not None and more:
            before = walk.oldest + 1
            if walk.here.before is None or before < walk.here.before:
                rest = Stretch(since=walk.here.since, before=before)
                return Walk(stretches=(rest, *walk.stretches[1:]), newest=walk.newest)
    later = walk.stretches[1:]
    return Walk(stretches=later, newest=walk.newest) if later else None


def _unfinished(walk: Walk) -> str | None:
    """A cursor for a walk that may be broken off: known up to here, the newest that was read, and down to where."""
    since = walk.stretches[-1].since
    lowest = walk.oldest + 1 if walk.oldest is not None else walk.here.before
    return f"{since}/{walk.newest}/{lowest}" if since is not None and lowest is not None else None
