"""How many people the posts may have reached: a range and what it is made of, never one number.

Nobody knows who has read a post. The followers of an author are the most who could have seen one, and the audience of
an outlet is what the outlet says of itself. From these come two bounds: the largest single audience, as if all others
were within it, and all known ones together, as if nobody were in two. An author counts once a period, an outlet once a
day. Where nothing is known, nothing is said; advertising value is no measure of anything (AMEC, Barcelona Principles).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from listening.insights.numbers import Numbers
from listening.insights.periods import Period
from listening.store import Reader, View


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """People, from ``low`` to ``high``; of how many authors and outlets, and how many mentions are in neither."""

    low: int
    high: int
    authors: int
    outlets: int
    unknown: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """The reach of a period, and of the one before where the same places were heard in both; None: not known."""

    now: Reach | None
    before: Reach | None


def reached(reader: Reader, view: View, period: Period, found: Numbers, audiences: Mapping[str, int]) -> Reached:
    """The reach of a period whose numbers are ``found``, beside what it was."""
    now = reach(reader, view, audiences)
    if now is None or found.same_before is None or not found.same_feeds:
        return Reached(now=now, before=None)
    return Reached(now=now, before=reach(reader, replace(view, start=period.before, end=period.start), audiences))


def reach(reader: Reader, view: View, audiences: Mapping[str, int]) -> Reach | None:
    """The reach of a view's mentions; ``audiences`` are the outlets' own figures by feed. None where none is known."""
    known = reader.followers(view, without=audiences)
    days = {
        (count.feed, count.day)
        for count in (reader.counts(replace(view, feeds=frozenset(audiences)), by_day=True) if audiences else ())
    }
    daily = [audiences[feed] for feed, _ in days]
    if not known.authors and not daily:
        return None
    return Reach(
        low=max(known.most, *daily, 0) if daily else known.most,
        high=known.together + sum(daily),
        authors=known.authors,
        outlets=len({feed for feed, _ in days}),
        unknown=known.unknown,
    )
