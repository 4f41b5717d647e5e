"""How often a place is asked when nobody looks on: by how much is new there. Pure: ``now`` and chance are arguments.

Where so many requests are to be shared out that posts wait as short a time as possible, the time between two of them
must go with one over the square root of what is published (a place with four times the posts is asked twice as often).
For if a place publishes p posts a day and is asked every t days, its posts wait p t / 2 days in all and it costs 1 / t
requests; the sum of the waits is least for a given sum of requests where one request more would spare as much anywhere,
that is where (p / 2) / (1 / t²) is the same for all, and so t goes with 1 / √p.
That is what is done here, with bounds: never more often than the source bears, never more seldom than every few
hours, sooner where a page might overflow, later where the server says that nothing is to be expected before.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

SOONEST = timedelta(minutes=10)
"""No place is asked more often, unless a person wants it at once; a source may want more (``soonest``)."""

LONGEST = timedelta(hours=4)
"""The most quiet place is asked as often as that."""

ONE_A_DAY = timedelta(minutes=180)
"""So often a place is asked that publishes one post a day, of which the usual part is about us."""

MEMORY, LATELY = 7.0, 0.25
"""Days after which what was seen has faded to a third: for the usual, and for what is going on just now."""

USUAL_WEIGHT = 0.1
"""Of what is going on just now so many days' worth is taken from the usual: a burst of one post is none."""

FIRST_GUESS, GUESS_WEIGHT = 4.0, 0.25
"""A place of which nothing is known is taken for one with so many posts a day; worth so many days of seeing it."""

USUAL_PART, PART_WEIGHT = 0.1, 20.0
"""The part of posts that is about us where little is known, and the posts that this guess is worth."""

MOST_MORE, MOST_LESS = 4.0, 0.25
"""So much more, or less, a post of a place counts than usual, for the part of its posts that is about us."""

PAGE_PART = 0.5
"""A place is asked before so much of its page can have gone by."""

LONGEST_GAP = 2.0
"""Days: what came in a longer gap (a machine that was off, a clock that jumped) is taken as what came in so many."""

SOURCES: Mapping[str, timedelta] = MappingProxyType(
    {
        "gdelt": timedelta(minutes=15),
        "lemmy": timedelta(minutes=15),
        "news": timedelta(minutes=30),
        "reddit": timedelta(minutes=30),
        "stackexchange": timedelta(minutes=30),
        "threads": timedelta(minutes=30),
        "x": timedelta(minutes=30),
        "youtube": timedelta(minutes=30),
    }
)
"""Sources that are asked more seldom than others: they turn away who comes often, count each request, or are made anew
only every so many minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """What is remembered of a place: posts that were new, of them about us, over how many days; all of it fades.

    ``recent`` and ``span`` are posts and days of late, fading fast. ``page`` is how many posts its page holds where
    older ones fall off its end, else 0. ``hint`` are the seconds for which the server says that nothing new is to be
    expected, ``missed_at`` (seconds of UTC) when a page was last full of new posts, so that some may have been missed.
    ``every`` is what follows: seconds between two requests.
    """

    posts: float = 0.0
    ours: float = 0.0
    days: float = 0.0
    recent: float = 0.0
    span: float = 0.0
    page: int = 0
    hint: int = 0
    missed_at: int = 0
    every: int = 0

    def a_day(self) -> float:
        """About how many posts are new there on a day."""
        return (self.posts + FIRST_GUESS * GUESS_WEIGHT) / (self.days + GUESS_WEIGHT)

    def just_now(self) -> float:
        """The same as it goes just now, a day: more by day than by night, more while something happens."""
        return (self.recent + self.a_day() * USUAL_WEIGHT) / (self.span + USUAL_WEIGHT)

    def part(self) -> float:
        """About which part of its posts is about us."""
        return (self.ours + USUAL_PART * PART_WEIGHT) / (self.posts + PART_WEIGHT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """What a visit brought: posts on its page, how many of them were not there the time before, how many of these are
    about us, and when they are dated. ``known`` says that there was a time before; ``overflows`` that older posts fall
    off the end of its page; ``hint`` is as in ``Pace``."""

    at: datetime
    posts: int
    new: int
    ours: int
    dated: Sequence[datetime] = ()
    known: bool = True
    overflows: bool = True
    hint: timedelta = timedelta(0)


def soonest(source: str, wanted: timedelta = timedelta(0)) -> timedelta:
    """How often a source may be asked at most."""
    return max(wanted, SOURCES.get(source, SOONEST))


def learned(pace: Pace, visit: Visit, since: datetime | None, least: timedelta) -> Pace:
    """What is known of a place after a visit; ``since`` is the visit before, ``least`` what its source bears."""
    if not visit.known:
        pace = _first(pace, visit)
    elif since is not None and visit.at > since:
        pace = _seen(pace, visit, (visit.at - since) / timedelta(days=1))
    full = visit.known and visit.overflows and pace.page > 0 and visit.new == visit.posts >= 3
    pace = replace(
        pace,
        page=visit.posts if visit.overflows and visit.posts else pace.page,
        hint=round(visit.hint.total_seconds()),
        missed_at=round(visit.at.timestamp()) if full else pace.missed_at,
    )
    return replace(pace, every=round(_every(pace, least, full=full).total_seconds()))


def _seen(pace: Pace, visit: Visit, days: float) -> Pace:
    days = min(days, LONGEST_GAP)
    slow, fast = math.exp(-days / MEMORY), math.exp(-days / LATELY)
    return replace(
        pace,
        posts=pace.posts * slow + visit.new,
        ours=pace.ours * slow + min(visit.ours, visit.new),
        # Of the time that has passed, too, the older part has begun to fade.
        days=pace.days * slow + MEMORY * (1 - slow),
        recent=pace.recent * fast + visit.new,
        span=pace.span * fast + LATELY * (1 - fast),
    )


def _first(pace: Pace, visit: Visit) -> Pace:
    """What the dates on the first page tell: a new place need not be got to know for days."""
    ages = sorted((visit.at - moment) / timedelta(days=1) for moment in visit.dated if moment <= visit.at)
    if len(ages) < 2 or ages[-1] <= 0:
        return replace(pace, posts=0.0, ours=0.0, days=0.0, recent=0.0, span=0.0)
    days = min(ages[-1], MEMORY)
    seen = sum(age <= days for age in ages)
    part = visit.ours / max(1, visit.new)
    lately = min(days, LATELY)
    recent = sum(age <= lately for age in ages)
    return replace(pace, posts=float(seen), ours=seen * part, days=days, recent=float(recent), span=lately)


def _every(pace: Pace, least: timedelta, *, full: bool) -> timedelta:
    most = max(LONGEST, least)
    worth = min(max(pace.part() / USUAL_PART, MOST_LESS), MOST_MORE)
    wanted = ONE_A_DAY / math.sqrt(max(pace.just_now() * worth, 1e-6))
    if pace.page:
        wanted = min(wanted, timedelta(days=PAGE_PART * pace.page / max(pace.just_now(), pace.a_day())))
    if full:
        wanted = least
    return min(max(wanted, least, timedelta(seconds=pace.hint)), most)


def due_at(pace: Pace, at: datetime, rng: random.Random) -> datetime:
    """When a place is to be asked again that was asked ``at``: about then, so that places spread over the time."""
    return at + timedelta(seconds=pace.every * rng.uniform(0.9, 1.1))


def written(pace: Pace) -> str:
    """As it stands in the store: JSON of what is not nothing."""
    said = {name: round(value, 3) for name, value in asdict(pace).items() if value}
    return json.dumps(said, separators=(",", ":"))


def read(text: str) -> Pace:
    """What ``written`` wrote; what cannot be read is forgotten."""
    try:
        said = json.loads(text or "{}")
        known = {name: said[name] for name in Pace.__dataclass_fields__ if isinstance(said.get(name), int | float)}
    except (ValueError, AttributeError):
        return Pace()
    if not all(math.isfinite(value) and value >= 0 for value in known.values()):
        return Pace()
    for name in ("page", "hint", "missed_at", "every"):
        known[name] = int(known.get(name, 0))
    return Pace(**known)
