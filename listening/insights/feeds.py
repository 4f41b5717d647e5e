"""How each feed is doing, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from listening.insights.periods import day_words
from listening.models import Feed
from listening.store import FeedState

STATE_WORDS: Mapping[str, str] = {
    "new": "Not asked yet",
    "ok": "Answers",
    "unchanged": "Answers",
    "blocked": "Blocked",
    "unreachable": "No answer",
    "refused": "Refused",
    "unreadable": "Not readable",
    "gone": "Ended",
    "waiting": "Waits",
}


NEVER = "never"


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """One feed: its state in a word, since when, what to do. ``trouble`` says that a person should look."""

    feed: Feed
    words: str
    trouble: bool
    last_answer: str
    problem: str
    advice: str
    next_try: str


def health(feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime) -> list[Health]:
    """The feeds of the settings, those in trouble first, otherwise in the settings' order."""
    found = [_health(feed, states.get(feed.name), now) for feed in feeds]
    return sorted(found, key=lambda one: not one.trouble)


def _health(feed: Feed, state: FeedState | None, now: datetime) -> Health:
    if state is None:
        state = FeedState(name=feed.name, source=feed.source)
    waits = state.state == "waiting"  # for a new day or month of what may be used: nobody need look
    trouble = not waits and state.state not in ("new", "ok", "unchanged")
    next_try = ""
    if (trouble or waits) and state.not_before is not None and state.not_before > now and state.state != "gone":
        next_try = f"Asked again from {clock(state.not_before, now)}."
    since = f" Since {clock(state.failing_since, now)}." if trouble and state.failing_since else ""
    return Health(
        feed=feed,
        words=STATE_WORDS.get(state.state, state.state),
        trouble=trouble,
        last_answer=clock(state.last_answer_at, now) if state.last_answer_at else NEVER,
        problem=state.problem + since if trouble or waits else "",
        advice=state.advice if trouble or waits else "",
        next_try=next_try,
    )


def not_answering(found: Iterable[Health]) -> dict[str, str]:
    """The feeds that do not answer now, each with when it did: "last heard today 14:02", or "has not answered yet"."""
    return {
        one.feed.name: f"last heard {one.last_answer}" if one.last_answer != NEVER else "has not answered yet"
        for one in found
        if one.trouble or one.words == STATE_WORDS["waiting"]
    }


def clock(moment: datetime, now: datetime) -> str:
    """today 14:05, yesterday 09:30, Monday 4 March 14:05; in ``now``'s time zone."""
    local = moment.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    day = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days, day_words(local.date()))
    return f"{day} {local:%H:%M}"


def sentence(found: list[Health]) -> str:
    """How listening goes, in one sentence."""
    if not found:
        return "No places to listen to yet"
    failing = sum(one.trouble for one in found)
    resting = sum(one.words == STATE_WORDS["waiting"] for one in found)
    waiting = sum(one.words == STATE_WORDS["new"] for one in found)
    places = "1 place" if len(found) == 1 else f"{len(found)} places"
    if waiting == len(found):
        return f"{places} to listen to, not asked yet"
    if not failing and resting:
        return f"Listening in {places}; {resting} {'waits' if resting == 1 else 'wait'} for a new day or month"
    if not failing:
        return f"Listening in {places}; all of them answer"
    return f"Listening in {places}; {failing} {'needs' if failing == 1 else 'need'} a look"
