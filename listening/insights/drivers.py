"""What drove a spike: one story, or words that came up far more than before, and the part of the day they explain."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from listening.insights.periods import Period, midnight
from listening.insights.spikes import Spike
from listening.insights.themes import themes
from listening.models import Mention
from listening.store import Reader, View

LEAST_SHARE = 0.2
"""A story or a theme that explains less of a day did not drive it."""
WEEK_BEFORE = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Driver:
    """A story (its ``first`` mention) or ``words``, in ``count`` of the spike's mentions: those of ``view``."""

    count: int
    view: View
    words: str = ""
    first: Mention | None = None


def day_view(view: View, spike: Spike, timezone: ZoneInfo) -> View:
    """The spike's day in the feeds heard throughout: the mentions that ``spike.count`` counts."""
    end = min(midnight(spike.day + timedelta(days=1), timezone), view.end, key=datetime.timestamp)
    return replace(view, start=midnight(spike.day, timezone), end=end, feeds=spike.feeds)


def driver(reader: Reader, view: View, spike: Spike, timezone: ZoneInfo, *, own: Collection[str]) -> Driver | None:
    """What explains most of a spike's day, a story before words; None where nothing explains a fifth of it.

    Words are compared with the week before the day. ``own`` are names that are no themes.
    """
    day = day_view(view, spike, timezone)
    least = LEAST_SHARE * spike.count
    for story in reader.stories(day, limit=1):
        if story.count >= least:
            return Driver(count=story.count, view=replace(day, story=story.no), first=story.first)
    # Its key is not said anywhere.
    period = Period(key="24h", start=day.start, end=day.end, before=day.start - WEEK_BEFORE)
    found = [theme for theme in themes(reader, day, period, own=own, most=4) if theme.new and theme.count >= least]
    if not found:
        return None
    most = max(found, key=lambda theme: theme.count)
    return Driver(count=most.count, view=replace(day, query=most.query), words=most.words)
