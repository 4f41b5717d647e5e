"""What a visit teaches of a place's pace, and which places are due when nobody looks on."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zlib import crc32

from listening import pace
from listening.collect.network import forgiven, last_answer
from listening.collect.states import from_the_future
from listening.collect.terms import Job, Tally
from listening.collect.visit import holds, mark_of
from listening.collectors import Collector, collector
from listening.collectors.guard import guarded
from listening.collectors.protocols import Budgeted, OneByOne
from listening.errors import FeedError
from listening.models import Feed, Post
from listening.store import FeedState

MOST_SEEN = 2000
"""Posts of a page that are remembered, four bytes each."""

WITNESSES = 3
SLACK = timedelta(seconds=30)
"""A place that is due so soon is asked with the others."""


def marks(posts: Sequence[Post]) -> list[int]:
    """Four bytes of each post, to know it again on the next page: a mistake in four thousand million does no harm."""
    return [crc32(post.key.encode("utf-8", "replace")) for post in posts]


def with_pace(before: FeedState, after: FeedState, tally: Tally, job: Job, now: datetime) -> FeedState:
    """The state after an answer, with what it teaches and when the place is due again."""
    known = array("I", before.seen or b"")
    seen = array("I", list(dict.fromkeys(tally.marks))[:MOST_SEEN])
    new = len(set(seen) - set(known))
    visit = pace.Visit(
        at=now,
        posts=len(seen),
        new=0 if tally.unchanged else new,
        ours=tally.new,
        dated=tally.dated,
        known=before.pace is not None,
        # Where a source is read from where we left off, nothing falls off an end.
        overflows=not tally.unchanged and after.cursor is None,
        hint=timedelta(seconds=tally.fresh),
    )
    since = before.last_answer_at
    paced = pace.learned(pace.read(before.pace or ""), visit, since, pace.soonest(after.source, job.soonest))
    return replace(
        after,
        pace=pace.written(paced),
        seen=seen.tobytes() if seen else before.seen or b"",
        due_at=pace.due_at(paced, now, job.rng),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """What decides whether a place is due: the time, and what it would be asked for (as in ``Job``)."""

    now: datetime
    fingerprint: str
    secrets: Mapping[str, str] = field(repr=False)
    soonest: timedelta = timedelta(0)

    def due(self, feeds: Sequence[Feed], states: Mapping[str, FeedState]) -> list[Feed]:
        """The feeds that are to be asked now: due, never asked, or no longer asked for what they were, unless their
        server said until when it wants rest; and all that were out of reach once somebody answers again."""
        marks = _MARKS.of(feeds, self.fingerprint, self.secrets)
        answer = last_answer(states, self.now)
        return [
            feed
            for feed in feeds
            if (state := states.get(feed.name)) is None
            or (state.asked_with != marks[feed.name] and not holds(state, marks[feed.name], self.now))
            or is_due(state, self.now, self.soonest)
            or (answer is not None and _back(state, answer))
        ]

    def witnesses(self, due: Sequence[Feed], feeds: Sequence[Feed], states: Mapping[str, FeedState]) -> list[Feed]:
        """A few other feeds that answered of late and may be asked, of different kinds where there are such.

        None is asked sooner for it than its source bears, and none that is counted or asked one by one: what is allowed
        there is for listening.
        """
        taken = {feed.name for feed in due}
        well = [
            (state.last_answer_at, feed)
            for feed in feeds
            if feed.name not in taken
            and (state := states.get(feed.name)) is not None
            and state.last_answer_at is not None
            and not state.failures
            and not forgiven(state)
            and (state.not_before is None or state.not_before <= self.now)
            and self._rested(state)
            and not isinstance(collector(feed.source), Budgeted | OneByOne)
        ]
        newest = sorted(well, key=lambda each: each[0], reverse=True)
        kinds = {feed.source: feed for _, feed in reversed(newest)}
        rest = [feed for _, feed in newest if kinds[feed.source] is not feed]
        return [*kinds.values(), *rest][:WITNESSES]

    def _rested(self, state: FeedState) -> bool:
        """Whether its source bears to be asked again, and the person who says how often."""
        least = pace.soonest(state.source, self.soonest)
        return state.last_asked_at is not None and self.now - state.last_asked_at >= least - SLACK


class Marks:
    """What feeds would be asked for, by name (``visit.mark_of``); worked out once for the same settings."""

    def __init__(self) -> None:
        self._feeds: Sequence[Feed] = ()
        self._with: tuple[str, Mapping[str, str]] = ("", {})
        self._marks: dict[str, str | None] = {}

    def of(self, feeds: Sequence[Feed], fingerprint: str, secrets: Mapping[str, str]) -> Mapping[str, str | None]:
        """The marks of these feeds; None for one that lacks its key, as it is noted of it."""
        if feeds is not self._feeds or self._with != (fingerprint, secrets):
            self._marks = {feed.name: _mark(feed, fingerprint, secrets) for feed in feeds}
            self._feeds, self._with = feeds, (fingerprint, dict(secrets))
        return self._marks


_MARKS = Marks()
"""A collector that runs for weeks looks every few minutes, at thousands of feeds."""


def _mark(feed: Feed, fingerprint: str, secrets: Mapping[str, str]) -> str | None:
    module = collector(feed.source)
    try:
        budgets = guarded(module.budgets, feed) if isinstance(module, Budgeted) else ()
        first = guarded(module.locate, feed, None, secrets)
    except FeedError:
        return None
    return mark_of(first, fingerprint, budgets, keys_of(module, secrets))


def _back(state: FeedState, answer: datetime) -> bool:
    """Whether the network is there again, after it was away when this place was last asked."""
    return forgiven(state) and state.last_asked_at is not None and state.last_asked_at < answer


def is_due(state: FeedState, now: datetime, soonest: timedelta = timedelta(0)) -> bool:
    """Whether the time has come to ask a place again that is asked for what it was."""
    if state.last_asked_at is None or from_the_future(state, now):
        return True
    if state.state == "gone" or (state.not_before is not None and state.not_before > now):
        return False
    if state.failures or state.due_at is None:
        return True  # its time to wait is over
    if not forgiven(state) and now - state.last_asked_at < soonest - SLACK:
        return False
    # Twice the longest wait ahead: that was noted by a clock that was wrong.
    farthest = now + 2 * max(pace.LONGEST, soonest)
    return state.due_at <= now + SLACK or state.due_at > farthest


def keys_of(module: Collector, secrets: Mapping[str, str]) -> dict[str, str]:
    """The source's own keys among the secrets."""
    begins = f"LISTENING_{module.SOURCE.upper()}_"
    return {name: value for name, value in secrets.items() if name.startswith(begins)}
