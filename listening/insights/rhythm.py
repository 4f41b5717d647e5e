"""How often a place is asked by a collector that runs by itself, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from listening import pace
from listening.insights.feeds import clock
from listening.store import FeedState

MISSED_FOR = timedelta(days=7)
"""So long it is said that a page was full of new posts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """How often (``every``: about every 40 minutes), why, when next, and what may have been missed; "" where there is
    nothing to say."""

    every: str = ""
    why: str = ""
    next: datetime | None = None
    missed: str = ""

    @property
    def sentence(self) -> str:
        """All of it: asked about every 40 minutes: about 12 new posts a day."""
        said = f"asked {self.every}: {self.why}" if self.every else ""
        return f"{said[:1].upper()}{said[1:]}." if said else ""


def rhythm(state: FeedState | None, now: datetime) -> Rhythm:
    """How often a place is asked; ``now`` is in the time zone in which moments are said."""
    if state is None:
        return Rhythm()
    known = pace.read(state.pace or "")
    if not known.every:
        return Rhythm(next=_next(state))
    missed = ""
    if known.missed_at and (at := datetime.fromtimestamp(known.missed_at, UTC)) > now - MISSED_FOR:
        missed = f"{_first_up(clock(at, now))} its page was full of new posts: some may have been missed before."
    return Rhythm(every=_every(known.every), why=_why(known), next=_next(state), missed=missed)


def _every(seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    if minutes < 20:
        return f"about every {minutes} minutes" if minutes > 1 else "about every minute"
    if minutes < 100:
        return f"about every {5 * round(minutes / 5)} minutes"
    hours = round(minutes / 30) / 2
    return f"about every {hours:g} hours".replace(".5", "½")


def _why(known: pace.Pace) -> str:
    posts = known.posts / known.days if known.days > 0 else 0.0
    ours = known.ours / known.days if known.days > 0 else 0.0
    if known.days <= 0:
        return "it is not known yet how much is new there"
    if posts * 7 < 1:
        said = "hardly anything is new there"
    elif posts < 1:
        said = _count(posts * 7, "new post", "a week")
    else:
        said = _count(posts, "new post", "a day")
    if posts * 7 >= 1:
        said += f", {_of_them(ours, posts)}"
    if known.hint and known.hint >= known.every - 60:
        said += "; its server asks not to come more often"
    return said


def _count(number: float, one: str, when: str) -> str:
    count = max(1, round(number))
    return f"about {count:,} {one}{'' if count == 1 else 's'} {when}"


def _of_them(ours: float, posts: float) -> str:
    if ours >= posts * 0.9:
        return "nearly all about you"
    if ours >= 1:
        return f"{round(ours):,} of them about you"
    if ours * 7 >= 1:
        return f"about {round(ours * 7)} a week about you"
    return "hardly any about you"


def _next(state: FeedState) -> datetime | None:
    if state.state == "gone":
        return None
    return max((moment for moment in (state.due_at, state.not_before) if moment is not None), default=None)


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
