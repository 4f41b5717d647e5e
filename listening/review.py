"""Judging mentions: what follows from a verdict, so that one key is enough.

A mention that asks for something is opened for the department that the rules propose as soon as somebody has judged it;
a mention that is not about us needs no answer; an answer has a time. Everything else is as the person says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from listening.models import Mention
from listening.routing import Routes
from listening.settings import Settings
from listening.store import Reader, Store, reviewing
from listening.store.reviewing import Change, Done, Kind

AT_ONCE = 500
"""Mentions that are judged in one transaction."""
FIRST_PACE = 10.0
"""Seconds a story takes, before there is anything to go by."""
PAUSE = 120.0
"""Seconds: who takes longer for a story was away meanwhile."""
LONGEST_NOTE = 2_000
LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Where mentions of a store are judged, by the settings' rules."""

    store: Store
    routes: Routes = field(repr=False)

    @classmethod
    def of(cls, store: Store, settings: Settings) -> Desk:
        """The desk of a store and its settings."""
        return cls(store=store, routes=Routes(settings))

    def judge(
        self,
        numbers: Sequence[int],
        change: Change,
        *,
        reviewer: str,
        at: datetime,
        seen: int,
        kind: Kind = "verdict",
    ) -> Done:
        """Write a verdict on mentions, with what follows from it for each; ``seen``: see ``reviewing.review``."""
        done: Done | None = None
        # A few hundred at a time, so that a large bulk keeps nobody else from writing.
        for start in range(0, max(1, len(numbers)), AT_ONCE):
            with self.store.writing() as connection:
                whole = Reader(self.store, connection).numbered(numbers[start : start + AT_ONCE])
                changes = {
                    number: change if kind == "second" else self.following(mention, change, at)
                    for number, mention in whole.items()
                }
                done = _together(
                    done,
                    reviewing.review(
                        self.store,
                        connection,
                        changes,
                        reviewer=reviewer,
                        at=at,
                        seen=seen,
                        kind=kind,
                        act=None if done is None else done.act,
                    ),
                )
        assert done is not None
        return done

    def undo(self, act: int, *, reviewer: str, at: datetime) -> Done:
        """Take an act back."""
        with self.store.reading() as connection:
            entries = reviewing.entries_of(connection, act)
        done: Done | None = None
        for start in range(0, max(1, len(entries)), AT_ONCE):
            with self.store.writing() as connection:
                some = entries[start : start + AT_ONCE]
                own = None if done is None else done.act
                done = _together(done, reviewing.undo(self.store, connection, some, reviewer=reviewer, at=at, act=own))
        assert done is not None
        return done

    def following(self, mention: Mention, change: Change, at: datetime) -> dict[str, Any]:
        """The change, and what follows from it for this mention."""
        whole = dict(change)
        now = mention.verdict
        status = now.status if now else ""
        if whole.get("tag") is not None and now is not None and now.relevant is False:
            whole.setdefault("relevant", True)
        if whole.get("relevant") is False:
            if status in ("open", "pending"):
                whole.setdefault("status", "closed")
            return whole
        asks = whole.get("asks", mention.question)
        first = "tag" in whole and not (now and now.read)  # later a person may have said otherwise
        if whole.get("asks") is False and status in ("open", "pending"):
            whole.setdefault("status", "")
        elif ((first and asks) or whole.get("asks") or whole.get("department")) and not status:
            whole.setdefault("status", "open")
        if whole.get("department") and not mention.question:
            whole.setdefault("asks", True)  # whoever sends it to somebody says that it asks for something
        if whole.get("status") in ("open", "pending") and not (now and now.department):
            whole.setdefault("department", self.routes.of(mention))
        if whole.get("status") == "answered":
            whole.setdefault("answered_at", (now.answered_at if now else None) or at)
        elif whole.get("status") in ("", "open", "pending"):
            whole.setdefault("answered_at", None)
        return whole


def _together(before: Done | None, more: Done) -> Done:
    """Two parts of one act."""
    if before is None:
        return more
    return Done(act=before.act, numbers=before.numbers + more.numbers, against=before.against + more.against)


def pace(times: Sequence[int]) -> float:
    """Seconds that a story takes a reviewer: the median between the last acts, newest first, without pauses."""
    steps = [max(1.0, float(later - earlier)) for later, earlier in pairwise(times)]
    steps = [step for step in steps if step <= PAUSE]
    return median(steps) if len(steps) >= 3 else FIRST_PACE


def progress_words(read: int, stories: int, seconds_each: float) -> str:
    """37 of 120 read, about 6 minutes left."""
    if not stories:
        return "Nothing was said in this time."
    waiting = stories - read
    if not waiting:
        return f"All {stories:,} read." if stories > 1 else "The one there is has been read."
    minutes = round(waiting * seconds_each / 60)
    left = "less than a minute" if minutes < 1 else "about a minute" if minutes == 1 else f"about {minutes:,} minutes"
    return f"{read:,} of {stories:,} read, {left} left."


def clean_name(name: str) -> str:
    """A reviewer's name on one line."""
    return " ".join(name.split())[:LONGEST_NAME]


STATUS_WORDS: Mapping[str, str] = {
    "": "No status",
    "open": "Open",
    "pending": "Pending",
    "answered": "Answered",
    "closed": "Closed",
}
