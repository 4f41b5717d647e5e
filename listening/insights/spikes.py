"""Days that stand out: far more posts than such a day usually brings.

A spike is a local day with at least 5 mentions, at least one and a half times the expected number, and so many that
chance would rarely bring as many (``usual``). The day after a spike is none, as it is mostly the same talk: at most one
in two days.

**Which feeds are compared.** A feed that died is no dip, and a new one no wave, so a day is compared over the feeds
heard throughout: those whose day is known, and 14 at least of the 28 before it, on the same days. What is known follows
from the days on which a feed was asked, and has to hold for a team that collects every quarter of an hour as for one
that collects on Mondays, whose every answer brings the posts of a week:

- An answer makes known the days since the answer before it, if that is at most 8 days ago (a week, and a day for a
  holiday): a feed holds its last posts, and Mastodon is read back to the last post seen. After a longer silence it is
  not clear what was missed: nothing in between is known, and the feed is like a new one.
- The day of the first answer is not known: of that day, and those before, the feed showed what it still held.
- A day on which a feed was asked and never answered is not known, nor the next one on which it answers: a feed without
  dates brings then what it held back. The rest of the week stays known.
- The day of the last answer is known so far: it may be a spike already, but it is nothing to compare with.

A topic begins like a feed: days up to that of its first collected post are not known in its view. The store does not
note when a topic was written, so a topic that matches for the first time cannot have a spike before two weeks. In the
view of all topics a new topic is not told from more talk.

**A day that is not over** is compared, as far as it is known, with a whole usual day: what is more than that already is
a spike, whatever comes, and what is not yet is left unsaid. No day is ever called quiet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from listening.insights.periods import WEEKDAYS, Period, day_words, midnight
from listening.insights.usual import BEFORE, FEWEST_KNOWN, chance, usual
from listening.store import Reader, View

FEWEST = 5
"""Mentions without which a day is no spike."""

LEAST_RATIO = 1.5
"""Times the expected number. Of thousands of posts a few per cent more are no chance, but nothing to speak of."""

RAREST = 0.0075
"""The chance below which a day is a spike. Chosen by simulation, so that bursty talk too (variance twice the mean)
gives at most one false alarm in 60 days; steady talk gives far fewer (``bench_spikes.py``)."""

BRIDGE = 8
"""Days from one answer to the next within which nothing is thought to be missed."""

EARLIER = 14
"""Days looked at before the period, so that which day of a long wave is the spike does not hang on where it begins."""

Known = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spike:
    """A day that stands out.

    ``count`` mentions in ``feeds``, those heard throughout; such a day usually brings about ``expected`` in them, and
    by ``chance`` (0 to 1) so many or more. ``everywhere`` counts the day's mentions in all feeds of the view.
    ``so_far``: the day is not over, or not yet collected to its end.
    """

    day: date
    count: int
    expected: float
    chance: float
    feeds: frozenset[str]
    everywhere: int
    so_far: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Unusual:
    """A count that stands out: what was expected, and the chance of as many or more."""

    expected: float
    chance: float


def unusual(counts: NDArray[np.float64], before: NDArray[np.float64], known: Known) -> list[Unusual | None]:
    """Which of n days stand out against the 28 days before each; None for those that do not.

    ``counts`` has shape (n,), ``before`` and ``known`` (n, 28): the counts of the days before, oldest first and without
    a gap, and whether they are known. The weekday needs not be said, as each comes four times, seven days apart.
    """
    found: list[Unusual | None] = [None] * len(counts)
    asked = np.flatnonzero((counts >= FEWEST) & (known.sum(axis=1) >= FEWEST_KNOWN))
    if len(asked):
        normal = usual(before[asked], known[asked])
        for place, expected, variance in zip(asked, normal.expected, normal.variance, strict=True):
            if counts[place] >= LEAST_RATIO * expected:
                likely = chance(int(counts[place]), float(expected), float(variance))
                if likely <= RAREST:
                    found[place] = Unusual(expected=float(expected), chance=likely)
    return found


def first_ones(days: Iterable[date]) -> list[date]:
    """The days without each that follows right after one that is kept: at most one in two days. Oldest first."""
    kept: list[date] = []
    for day in sorted(days):
        if not kept or (day - kept[-1]).days > 1:
            kept.append(day)
    return kept


def spikes(reader: Reader, view: View, period: Period, now: datetime, timezone: ZoneInfo) -> list[Spike]:
    """The spikes among the days that begin in the period, up to ``now``, newest first.

    Of the view all counts but ``start`` and ``end``, which the period gives.
    """
    end = min(period.end, now)
    last = (end - timedelta(seconds=1)).astimezone(timezone).date()
    first = period.start.astimezone(timezone).date()
    if midnight(first, timezone).timestamp() < period.start.timestamp():
        first += timedelta(days=1)
    if first > last:
        return []
    start = first - timedelta(days=EARLIER + BEFORE)
    days = [start + timedelta(days=number) for number in range((last - start).days + 1)]
    feeds = sorted(reader.feeds_of(view))
    begun = reader.topic_since(view.topic, midnight(start, timezone)) if view.topic else None
    # What a later answer brought makes a day known too.
    asked = reader.asked_days(start - timedelta(days=BRIDGE), last + timedelta(days=BRIDGE))
    so_far, whole = np.zeros((2, len(feeds), len(days)), dtype=bool)
    for row, feed in enumerate(feeds):
        so_far[row], whole[row] = known_days(asked.get(feed, {}), days, begun)
    counts = np.zeros((len(feeds), len(days)))
    heard = reader.by_feed_and_day(replace(view, start=midnight(start, timezone), end=end))
    for row, feed in enumerate(feeds):
        for day, count in heard.get(feed, {}).items():
            counts[row, (day - start).days] = count
    looked: list[tuple[int, Known]] = []
    for place in range(BEFORE, len(days)):
        window = slice(place - BEFORE, place)
        if counts[so_far[:, place], place].sum() >= FEWEST:
            chosen = heard_throughout(so_far[:, place], whole[:, window])
            if chosen.any():
                looked.append((place, chosen))
    if not looked:
        return []
    found = unusual(
        np.array([counts[chosen, place].sum() for place, chosen in looked]),
        np.array([counts[chosen, place - BEFORE : place].sum(axis=0) for place, chosen in looked]),
        np.array([whole[chosen, place - BEFORE : place].all(axis=0) for place, chosen in looked]),
    )
    made = {
        days[place]: Spike(
            day=days[place],
            count=int(counts[chosen, place].sum()),
            expected=one.expected,
            chance=one.chance,
            feeds=frozenset(feed for feed, is_chosen in zip(feeds, chosen, strict=True) if is_chosen),
            everywhere=int(counts[:, place].sum()),
            so_far=_is_open(days[place], now, timezone) or not whole[chosen, place].all(),
        )
        for (place, chosen), one in zip(looked, found, strict=True)
        if one is not None
    }
    return [made[day] for day in reversed(first_ones(made)) if day >= first]


def _is_open(day: date, now: datetime, timezone: ZoneInfo) -> bool:
    return midnight(day + timedelta(days=1), timezone).timestamp() > now.timestamp()


def known_days(asked: Mapping[date, bool], days: list[date], begun: date | None = None) -> tuple[Known, Known]:
    """Which of the days are known of a feed, so far and to their end (the module's docstring has the rules).

    ``asked`` says of each day on which the feed was asked whether it answered; it reaches from ``BRIDGE``
    days before the first of ``days``, which have no gap, to as many after the last. ``begun``: only
    days after it are known.
    """
    so_far = np.zeros(len(days) + 1, dtype=bool)  # and the day after, for whether the last is known to its end
    answers = [day for day in sorted(asked) if asked[day]]
    silent = [day for day in sorted(asked) if not asked[day]]
    for earlier, later in pairwise(answers):
        if (later - earlier).days > BRIDGE:
            continue
        low, high = ((day - days[0]).days for day in (earlier, later))
        so_far[max(low + 1, 0) : max(high + 1, 0)] = True
    # A day is known to its end once a later answer reaches back to it.
    whole, so_far = so_far[:-1] & so_far[1:], so_far[:-1]
    for day in silent:
        again = next((answer for answer in answers if answer > day), None)
        for lost in (day, again):
            if lost is not None and 0 <= (place := (lost - days[0]).days) < len(days):
                so_far[place] = whole[place] = False
    if begun is not None:
        until = max((begun - days[0]).days + 1, 0)
        so_far[:until] = whole[:until] = False
    return so_far, whole


def heard_throughout(today: Known, before: Known) -> Known:
    """Which feeds a day can be compared in: a mask of shape (feeds,), all False where there are none.

    ``today``, shape (feeds,), says whether the day itself is known of a feed, ``before``, shape (feeds, 28), the days
    before it. All of the chosen are known on the day and, together, on at least 14 days before; where too few days are
    common to them, the feed known on the fewest goes first.
    """
    known = before.sum(axis=1)
    chosen: Known = today & (known >= FEWEST_KNOWN)
    while chosen.any() and before[chosen].all(axis=0).sum() < FEWEST_KNOWN:
        chosen[np.where(chosen, known, BEFORE + 1).argmin()] = False
    return chosen


def spike_words(spike: Spike) -> str:
    """The spike in one sentence: Wednesday 4 March had 38 posts; a usual Wednesday has about 6."""
    part = spike.everywhere != spike.count
    places = "the 1 place" if len(spike.feeds) == 1 else f"the {len(spike.feeds):,} places"
    posts = "1 post" if spike.count == 1 else f"{spike.count:,} posts"
    said = f"{day_words(spike.day)} {'has had' if spike.so_far else 'had'} {posts}"
    said += " so far" if spike.so_far else ""
    said += f" in {places} we heard all along" if part else ""
    usual_day = f"a usual {'whole ' if spike.so_far else ''}{WEEKDAYS[spike.day.weekday()]}"
    return f"{said}; {usual_day} has {_about(spike.expected)}{' there' if part else ''}."


def _about(expected: float) -> str:
    """About 6, about 1,200: two figures, as more would promise too much."""
    if expected < 0.5:
        return "hardly any"
    whole = round(expected)
    if whole >= 100:
        unit = 10 ** (len(str(whole)) - 2)
        whole = round(expected / unit) * unit
    return f"about {max(whole, 1):,}"
