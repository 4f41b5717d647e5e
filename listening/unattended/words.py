"""How the collector is doing, in a sentence or two for the terminal and the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from listening.unattended.loop import TRIES, in_words
from listening.unattended.state import Collector

BY_ITSELF = "listening collect --every 15m"
"""What somebody types so that this computer listens by itself."""

When = Callable[[datetime], str]
"""How a moment is said: today 14:05."""


def sentence(who: Collector, now: datetime, when: When) -> str:
    """Whether a collector runs, since when, and what is wrong; "" where there never was one."""
    if who.doing == "never":
        return ""
    if who.doing == "stopped" and who.stopped_at:
        return f"The collector was stopped {when(who.stopped_at)}. To go on: {BY_ITSELF}"
    if who.doing == "broken off":
        looked = f" It last looked {when(who.looked_at)}." if who.looked_at else ""
        return f"The collector ended without being told to.{looked} Start it again: {BY_ITSELF}"
    since = f" since {when(who.since)}" if who.since else ""
    return f"Collecting by itself{since}{_how_often(who)}.{_last(who, when)}{_wrong(who, now, when)}"


def _how_often(who: Collector) -> str:
    minutes, odd = divmod(who.every, 60)
    return f", no place more often than every {minutes} minutes" if minutes > 1 and not odd else ""


def _last(who: Collector, when: When) -> str:
    if who.looked_at is None:
        return ""
    said = f" It last looked {when(who.looked_at)}"
    if who.asked_at is None:
        return f"{said}."
    places = "1 place was" if who.asked == 1 else f"{who.asked:,} places were"
    new = "1 new mention" if who.new == 1 else f"{who.new:,} new mentions"
    return f"{said}. {places} due {when(who.asked_at)} and brought {new}."


def _wrong(who: Collector, now: datetime, when: When) -> str:
    if who.offline_since is not None:
        return f" There has been no network since {when(who.offline_since)}: it is tried every half hour at least."
    if who.trouble:
        many = f", {who.failures} times in a row" if who.failures >= TRIES else ""
        ago = f" for {in_words(now - who.trouble_since)}" if who.trouble_since else ""
        return f" It has not got on{ago}{many}: {who.trouble}"
    return ""
