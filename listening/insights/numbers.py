"""The numbers of a period and their change, each said once (the README's "How we count")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median

from listening.insights.periods import Period, short_day
from listening.models import Tag
from listening.store import Reader, View

FEW = 10
"""Below this many mentions, in either period, counts are said instead of percentages."""

FEW_ANSWERS = 3
"""Below this many answers nothing is said of how long they took."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Mentions by tag, the number of places they are from, how many ask for something, and how many of these were
    answered: None where that is not known, as before the first review."""

    tags: Mapping[Tag, int]
    places: int
    asking: int = 0
    answered: int | None = None

    @property
    def mentions(self) -> int:
        """All of them, whatever the tag."""
        return sum(self.tags.values())

    @property
    def waiting(self) -> int | None:
        """How many of those that ask nobody has answered yet; None as ``answered``."""
        return None if self.answered is None else self.asking - self.answered

    @property
    def tagged(self) -> int:
        """Good, neutral and bad; the base of every share. Unscored ones are left out, and their number is said."""
        return self.mentions - self.tags.get("unscored", 0)

    def share(self, tag: Tag) -> float | None:
        """The tag's part of the tagged mentions, 0 to 1; None where there is none."""
        return self.tags.get(tag, 0) / self.tagged if self.tagged else None

    def percent(self, tag: Tag) -> int | None:
        """The tag's share in whole per cent, halves rounded up as everybody does who checks it; None as ``share``."""
        return percent(self.tags.get(tag, 0), self.tagged) if self.tagged else None

    @property
    def net_sentiment(self) -> float | None:
        """(good - bad) / (good + neutral + bad), -1 to 1."""
        if not self.tagged:
            return None
        return (self.tags.get("good", 0) - self.tags.get("bad", 0)) / self.tagged


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """A period beside the equal one before it.

    ``now`` counts everything in the period. ``same_now`` and ``same_before`` count only the feeds heard in both
    periods, and only they may be compared; they are None where no feed was heard in both. ``heard_now`` and
    ``heard_before`` are the view's feeds that answered in a period, before: of those listened to all along. ``waited``
    are the seconds that each answered question of ``now`` had waited, shortest first.
    """

    now: Tally
    same_now: Tally | None
    same_before: Tally | None
    heard_now: frozenset[str]
    heard_before: frozenset[str]
    listening_since: date | None
    waited: tuple[int, ...] = ()

    @property
    def usual_wait(self) -> float | None:
        """The seconds within which half of the answers went out; None where there are too few to say so."""
        return median(self.waited) if len(self.waited) >= FEW_ANSWERS else None

    @property
    def same_feeds(self) -> bool:
        """Whether just the same feeds were heard in both periods."""
        return self.heard_now == self.heard_before

    @property
    def comparable(self) -> bool:
        """Whether a percentage may be said: the same feeds, and enough mentions in both periods."""
        if self.same_now is None or self.same_before is None or not self.same_feeds:
            return False
        return self.same_now.mentions >= FEW and self.same_before.mentions >= FEW


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """How a number changed, in words; ``direction`` is 1, 0 or -1, None where nothing can be compared."""

    words: str
    direction: int | None


def numbers(reader: Reader, view: View, period: Period, listening_since: date | None) -> Numbers:
    """The numbers of a view over a period and of the period before it."""
    return beside(reader, view, period, (period.before, period.start), listening_since)


def beside(
    reader: Reader, view: View, period: Period, earlier: tuple[datetime, datetime], listening_since: date | None
) -> Numbers:
    """The numbers of a view over a period, and of any earlier time, from its start up to its end."""
    asked = reader.feeds_of(view)
    heard_now = reader.heard_feeds(period.start, period.end) & asked
    # A feed that joined half way through the time before would make any week after it look busy.
    heard_before = reader.heard_feeds(*earlier, all_along=True) & asked
    both = heard_now & heard_before
    inside = _between(view, period.start, period.end)
    waited = reader.waited(inside)
    now = replace(tally(reader, inside), answered=None if waited is None else len(waited))
    same_now = same_before = None
    if both:
        same_now = now if both == asked else tally(reader, _between(view, period.start, period.end, both))
        same_before = tally(reader, _between(view, *earlier, None if both == asked else both))
    return Numbers(
        now=now,
        same_now=same_now,
        same_before=same_before,
        heard_now=heard_now,
        heard_before=heard_before,
        listening_since=listening_since,
        waited=waited or (),
    )


def _between(view: View, start: datetime, end: datetime, feeds: frozenset[str] | None = None) -> View:
    return replace(view, start=start, end=end, feeds=view.feeds if feeds is None else feeds)


def tally(reader: Reader, view: View) -> Tally:
    """What a view holds, without its answers."""
    counts = reader.counts(view)
    tags: dict[Tag, int] = {}
    for count in counts:
        tags[count.tag] = tags.get(count.tag, 0) + count.count
    asking = sum(count.asking for count in counts)
    return Tally(tags=tags, places=len({count.feed for count in counts}), asking=asking)


def answered_of(now: Tally) -> Change:
    """How many of the questions were answered: said beside those that wait, and compared with nothing."""
    if not now.asking:
        return Change(words="none asked", direction=None)
    return Change(words=f"{now.answered or 0:,} of {now.asking:,} answered", direction=None)


def change(numbers: Numbers, now: int, before: int) -> Change:
    """The change of a count of mentions, or of a part of them; both of ``same_now`` and ``same_before``."""
    if (refused := _no_comparison(numbers)) is not None:
        return refused
    direction = (now > before) - (now < before)
    if numbers.comparable and min(now, before) >= FEW:
        percent = percent_change(now, before)
        if not percent and now != before:
            return Change(words="about the same", direction=0)
        return _signed(percent, f"{percent:+,d}%")
    words = f"{now:,} against {before:,}"
    if not numbers.same_feeds:
        words += f", in {_places(numbers)} heard in both"
    return Change(words=words, direction=direction)


def percent(part: int, whole: int) -> int:
    """A part in whole per cent, halves up: 49 of 200 are 25."""
    return (200 * part + whole) // (2 * whole)


def percent_change(now: int, before: int) -> int:
    """The change in whole per cent; what still is there has not fallen by 100."""
    percent = round(100 * (now - before) / before)
    return max(percent, -99) if now else percent


def share_change(numbers: Numbers, tag: Tag) -> Change:
    """The change of a tag's share, in percentage points; counts where there are few."""
    if (refused := _no_comparison(numbers)) is not None:
        return refused
    assert numbers.same_now is not None
    assert numbers.same_before is not None
    now, before = numbers.same_now.percent(tag), numbers.same_before.percent(tag)
    few = min(numbers.same_now.tagged, numbers.same_before.tagged) < FEW
    if not numbers.comparable or few or now is None or before is None:
        return change(numbers, numbers.same_now.tags.get(tag, 0), numbers.same_before.tags.get(tag, 0))
    points = now - before
    unit = "point" if abs(points) == 1 else "points"
    return _signed(points, f"{points:+d} {unit}")


def place_change(numbers: Numbers, now: int, before: int) -> Change:
    """The change of the number of places: a handful, so never a percentage."""
    if (refused := _no_comparison(numbers)) is not None:
        return refused
    if now == before:
        return Change(words="as many as before", direction=0)
    return Change(words=f"{before} before", direction=(now > before) - (now < before))


def _signed(difference: int, words: str) -> Change:
    """A difference in words, with a true minus sign."""
    if not difference:
        return Change(words="no change", direction=0)
    return Change(words=words.replace("-", "−"), direction=1 if difference > 0 else -1)


def _no_comparison(numbers: Numbers) -> Change | None:
    if numbers.same_now is not None and numbers.same_before is not None:
        return None
    since = f"listening since {short_day(numbers.listening_since)}" if numbers.listening_since else "nothing heard yet"
    return Change(words=since, direction=None)


def _places(numbers: Numbers) -> str:
    both = len(numbers.heard_now & numbers.heard_before)
    return "the 1 place" if both == 1 else f"the {both} places"
