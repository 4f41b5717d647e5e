"""Where nobody could be reached: whether the network is away or a place is to blame, and when it is tried again.

A place that cannot be reached looks the same from here as a network that is away. What tells them apart are the others:
somebody answered after the place had begun to fail, or everybody else who is asked answers.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from listening.collect.terms import FeedResult
from listening.store import FeedState

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(minutes=30)
"""Between two tries at a place while the network is away."""

SURE = timedelta(minutes=5)
"""Who answers so long after a place began to fail shows that the network was there; within a run answers and failures
mix."""

ALONE = timedelta(minutes=30)
"""A place that alone cannot be reached for so long is to blame; by then others would have been asked, too."""

LATELY = timedelta(hours=1)


def unreached(results: Sequence[FeedResult]) -> bool:
    """Whether somebody was asked and nobody was reached."""
    asked = [result for result in results if result.state not in ("waiting", "gone")]
    # Who was refused before anybody was asked (a key is missing) tells nothing of the network.
    return any(each.state == "unreachable" for each in asked) and not any(each.reached for each in asked)


def not_to_blame(names: Sequence[str], states: Mapping[str, FeedState], now: datetime) -> list[FeedState]:
    """Of places that could not be reached, when nobody was, those for which the network may be away.

    One whose failure was counted before failed while others were reached: with it less is needed to be sure.
    """
    answer = last_answer(states, now)
    away = sum(_away(state, now) for state in states.values())

    def to_blame(state: FeedState) -> bool:
        since, again = state.failing_since or now, state.failures > 1
        answered = answer is not None and answer >= since + (timedelta(0) if again else SURE)
        return answered or (away <= 1 and (again or now - since >= ALONE))

    return [states[name] for name in names if not to_blame(states[name])]


def last_answer(states: Mapping[str, FeedState], now: datetime) -> datetime | None:
    """When anybody who is asked last answered."""
    asked = (state for state in states.values() if state.last_asked_at is not None)  # what is imported never is
    said = (state.last_answer_at for state in asked if state.last_answer_at is not None)
    return max((moment for moment in said if moment <= now), default=None)


def _away(state: FeedState, now: datetime) -> bool:
    return state.state == "unreachable" and state.last_asked_at is not None and now - state.last_asked_at < LATELY


def forgiven(state: FeedState) -> bool:
    """Whether a place could not be reached and was not to blame for it."""
    return state.state == "unreachable" and not state.failures


def tried_again(state: FeedState, now: datetime, rng: random.Random) -> datetime:
    """When a place is tried again while the network is away: after a quarter of the time that it has been, about."""
    away = now - (state.failing_since or now)
    return now + min(max(away / 4, SHORTEST), LONGEST) * rng.uniform(0.8, 1.0)
