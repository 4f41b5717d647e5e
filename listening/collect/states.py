"""How a feed did, in a word, and when it is asked again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

from listening.collect.terms import FeedResult, State, Tally
from listening.errors import FeedBlocked, FeedError, FeedGone, FeedRefused, FeedUnreachable, FeedUnreadable
from listening.fetch import LONGEST_WAIT, back_off
from listening.store import FeedState

CLOCK_SLACK = timedelta(minutes=1)
PATIENCE, SHORT_WAIT = timedelta(days=2), timedelta(hours=4)
"""A place that has failed for less than so long is asked again within so long: what broke in the night works by day."""


def from_the_future(state: FeedState, now: datetime) -> bool:
    """Whether a state was noted by a clock that ran ahead: no moment in it says then how long to wait."""
    return state.last_asked_at is not None and state.last_asked_at > now + CLOCK_SLACK


def too_soon(state: FeedState, now: datetime, *, retry: bool) -> tuple[State, str] | None:
    """Whether a feed is not to be asked now, and why.

    What a server ordered (429, 503, Retry-After) always holds; our own back-off after failures gives way to ``retry``.
    """
    if state.state == "gone":
        return "gone", state.problem
    if state.not_before is None or state.not_before <= now or from_the_future(state, now):
        return None
    if retry and not state.ordered:
        return None
    if state.state == "waiting":
        return "waiting", state.problem
    minutes = max(1, round((state.not_before - now).total_seconds() / 60))
    who = "It is to be left alone for" if state.ordered else "It failed before, so we wait"
    return "waiting", f"{who} another {minutes} min."


def failed_state(state: FeedState, result: FeedResult, tally: Tally, *, now: datetime, rng: random.Random) -> FeedState:
    """The feed's state after a failure: when to ask again, and since when it fails."""
    failures = state.failures + 1
    since = min(state.failing_since or now, now)
    wait = back_off(failures, rng, cap=SHORT_WAIT if now - since < PATIENCE else LONGEST_WAIT)
    not_before = tally.retry_at or now + wait
    return replace(
        state,
        state=result.state,
        problem=result.problem,
        advice=result.advice,
        failures=failures,
        failing_since=since,
        not_before=not_before,
        due_at=not_before,
        ordered=tally.ordered,
        last_asked_at=now,
        # A new address that does not work is forgotten: the old one is asked again.
        moved_to=None if tally.tried_moved else state.moved_to,
        moved_since=None if tally.tried_moved else state.moved_since,
    )


def state_of(error: FeedError) -> State:
    """The one word for a feed's failure."""
    match error:
        case FeedGone():
            return "gone"
        case FeedBlocked():
            return "blocked"
        case FeedRefused():
            return "refused"
        case FeedUnreachable():
            return "unreachable"
        case FeedUnreadable() | _:
            return "unreadable"
