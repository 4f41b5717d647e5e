"""One person's review: who it is, what lies before them, what they have done and could take back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import RLock
from typing import Any

import streamlit as st

from listening.errors import ListeningError
from listening.pages.ground import Ground
from listening.review import Desk, clean_name
from listening.store import queues, reviewing
from listening.store.queues import Asked, Queue
from listening.store.reviewing import Done, Kind

STATE = "sitting"
MOST_TAKEN_BACK = 100
LATELY = timedelta(hours=12)


@dataclass(kw_only=True, slots=True)
class Sitting:
    """What is kept between two clicks.

    ``seen`` is the newest entry of the log that the page shows, ``order`` the stories as they are listed, ``numbers``
    which mentions each of them has; ``acts`` what was done, newest last, each with the story to come back to;
    ``before``: of which queue which story lies before the reader, with its mentions; ``everything``: that all of a
    queue is selected, and what was seen of the log then.
    """

    reviewer: str = ""
    story: int | None = None
    seen: int = 0
    order: tuple[int, ...] = ()
    numbers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    selected: set[int] = field(default_factory=set)
    everything: tuple[Queue, int] | None = None
    before: tuple[Queue, int, tuple[int, ...]] | None = None
    acts: list[tuple[int, int | None]] = field(default_factory=list)
    remembered: str = ""
    second: bool = False
    trouble: ListeningError | None = None
    lock: RLock = field(default_factory=RLock, repr=False)
    against: tuple[reviewing.Entry, ...] = ()

    @property
    def kind(self) -> Kind:
        """What a verdict given now is."""
        return "second" if self.second else "verdict"

    def next_to(self, story: int | None) -> int | None:
        """The story that is listed behind one; before it where it is the last."""
        if story not in self.order:
            return self.order[0] if self.order else None
        at = self.order.index(story)
        left = [each for each in (*self.order[at + 1 :], *reversed(self.order[:at])) if each not in self.selected]
        return left[0] if left else None


def sitting() -> Sitting:
    """That of this browser's tab."""
    found: Sitting = st.session_state.setdefault(STATE, Sitting())
    found.reviewer = clean_name(st.query_params.get("by", "")) or found.reviewer
    return found


def remember(base: Ground, mine: Sitting) -> None:
    """After a reload: what this person did in the last hours can still be taken back."""
    if mine.remembered == mine.reviewer:
        return
    mine.remembered = mine.reviewer
    with base.store.reading() as connection:
        mine.acts = list(reviewing.recent_acts(connection, mine.reviewer, base.now() - LATELY))


def desk(base: Ground) -> Desk:
    """The desk of this server's store and settings, its rules read once."""
    shelf = base.shelves.setdefault("desk", {})
    if () not in shelf:
        shelf[()] = Desk.of(base.store, base.settings)
    found: Desk = shelf[()]
    return found


def told(base: Ground, act: Callable[[Sitting], None]) -> None:
    """Do something from a click; what could not be done is said on the page, and nothing else is lost.

    One thing at a time: two keys in haste are run at the same moment, and the second would not know what the first did.
    """
    mine = sitting()
    with mine.lock:
        try:
            act(mine)
        except ListeningError as error:
            mine.trouble = error


def judge(
    base: Ground, numbers: Sequence[int], change: Mapping[str, Any], *, move_on: bool, story: int | None = None
) -> None:
    """Save a verdict on mentions, and go to the next story where that is wanted.

    ``story``: of which card the key was. A key that is pressed again while its card is being exchanged does nothing:
    neither the old story nor the new one is judged by it.
    """

    def act(mine: Sitting) -> None:
        if story is not None and story != mine.story:
            return
        done = desk(base).judge(numbers, change, reviewer=mine.reviewer, at=base.now(), seen=mine.seen, kind=mine.kind)
        _noted(mine, done, move_on=move_on)

    told(base, act)


def judge_selected(base: Ground, change: Mapping[str, Any]) -> None:
    """Save a verdict on everything that is selected."""

    def act(mine: Sitting) -> None:
        now, seen = base.now(), mine.seen
        numbers = [number for story in sorted(mine.selected) for number in mine.numbers.get(story, ())]
        if mine.everything is not None:
            # What the filters find now; what somebody has judged since the click is not among it.
            queue, seen = mine.everything
            with base.store.reading() as connection:
                numbers = Asked(base.store, connection, queue, now).numbers()
        done = desk(base).judge(numbers, change, reviewer=mine.reviewer, at=now, seen=seen, kind=mine.kind)
        _noted(mine, done, move_on=mine.story in mine.selected or mine.everything is not None)
        clear(mine)

    told(base, act)


def _noted(mine: Sitting, done: Done, *, move_on: bool) -> None:
    if done.numbers:
        mine.acts = [*mine.acts[-MOST_TAKEN_BACK:], (done.act, mine.story)]
    mine.against = done.against
    if move_on:
        mine.story = mine.next_to(mine.story)


def undo(base: Ground) -> None:
    """Take the last act back, and come back to its story."""

    def act(mine: Sitting) -> None:
        if not mine.acts:
            return
        number, story = mine.acts.pop()
        desk(base).undo(number, reviewer=mine.reviewer, at=base.now())
        mine.story = story if story is not None else mine.story
        mine.against = ()

    told(base, act)


def clear(mine: Sitting) -> None:
    """Select nothing."""
    for story in mine.selected:
        st.session_state[f"select_{story}"] = False
    mine.selected.clear()
    mine.everything = None


def go(story: int) -> None:
    """Read this story next."""
    sitting().story = story


def step(by: int) -> None:
    """Read the story after, or before, this one."""
    mine = sitting()
    if mine.order:
        at = mine.order.index(mine.story) if mine.story in mine.order else -by
        mine.story = mine.order[max(0, min(len(mine.order) - 1, at + by))]


def select(story: int) -> None:
    """Select a story, or no longer, as its box says."""
    mine = sitting()
    mine.everything = None
    (mine.selected.add if st.session_state.get(f"select_{story}") else mine.selected.discard)(story)


def tick(story: int) -> None:
    """Select a story by its key."""
    st.session_state[f"select_{story}"] = story not in sitting().selected
    select(story)


def take(base: Ground, stories: Sequence[int]) -> None:
    """Take a batch: nobody else is shown it meanwhile."""

    def act(mine: Sitting) -> None:
        with base.store.writing() as connection:
            got = queues.take(connection, stories, reviewer=mine.reviewer, now=base.now())
        mine.story = next((story for story in stories if story in got), mine.story)

    told(base, act)


def give_back(base: Ground) -> None:
    """Let others have what is left of the batch."""

    def act(mine: Sitting) -> None:
        with base.store.writing() as connection:
            queues.give_back(connection, mine.reviewer)

    told(base, act)
