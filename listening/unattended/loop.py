"""The loop: look which places are due, ask them, note how it goes, wait; for weeks, whatever happens meanwhile.

It ends only when it is told to. A broken settings file, a store in use, a full disk, no network and even a fault of
ours cost a round and are said once; what was due stays due, so that nothing is lost but time. Where even the log is on
a full disk, or its reader is gone, what would be said is lost, and the listening goes on.
"""

from __future__ import annotations

import os
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from listening import door
from listening.collect import FeedResult, RunResult
from listening.errors import AlreadyRunning, ListeningError, SettingsError, StoreError
from listening.settings import Settings
from listening.unattended import state
from listening.unattended.state import Collector

STEP = 1.0
"""Seconds slept at a time, so that a machine that slept itself wakes up to the right time."""

SHORTEST_LOOK, LONGEST_LOOK = timedelta(minutes=1), timedelta(minutes=5)
"""Between two looks at who is due; nobody is asked for it."""

OFFLINE_LONGEST, TROUBLE_LONGEST = timedelta(minutes=5), timedelta(minutes=15)
"""Between two tries while there is no network, and while something of ours is wrong."""

BACK_AFTER = timedelta(hours=1)
"""A longer pause than was meant is said: the machine slept, was off, or its clock was set."""

TRIES = 3
"""So many rounds that fail in a row are no passing trouble."""

Say = Callable[[str], None]


@dataclass(kw_only=True, slots=True)
class Loop:
    """One collector.

    ``load`` reads the settings, where they have changed; ``listen`` asks who is due; ``say`` takes what is worth a
    line in a log, ``warn`` what is wrong, and ``heard`` the result of every round that asked somebody.
    """

    every: timedelta
    load: Callable[[], Settings]
    listen: Callable[[Settings], RunResult]
    clock: Callable[[], datetime]
    say: Say
    warn: Say
    heard: Callable[[RunResult], None] = lambda result: None
    settings: Settings | None = None
    noted: Collector = field(default_factory=Collector)
    _refused: str = ""
    _failing: set[str] = field(default_factory=set)
    _notes: tuple[str, ...] = ()
    _told: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _offline: int = 0

    def begin(self) -> None:
        """Note that it runs; raises ListeningError where settings or store cannot be used at all."""
        self.settings = self.load()
        self.noted = Collector(
            pid=os.getpid(), host=socket.gethostname(), since=self.clock(), every=round(self.every.total_seconds())
        )
        state.write(door.store_of(self.settings), self.noted)

    def end(self) -> None:
        """Note that it was told to end."""
        if self.settings is not None:
            self._write(stopped_at=self.clock())

    def look(self) -> timedelta:
        """One round; returns how long to wait for the next one. Nothing but an order to end gets out of it."""
        self._tell_of_the_clock()
        self._reload()
        assert self.settings is not None
        try:
            result = self.listen(self.settings)
        except AlreadyRunning:
            return self._next(self._pause())  # what is due is being asked by somebody else
        except ListeningError as error:
            return self._trouble(str(error), str(error))
        except Exception as fault:  # noqa: BLE001 - weeks of listening must not end with a fault that one answer met
            said = f"A fault in this program ended a round ({type(fault).__name__}: {fault})."
            return self._trouble(said, f"{said} Please report this:\n{traceback.format_exc()}", crashed=True)
        self._well()
        if result.results:
            self._tell(result)
        return self._after(result)

    # --- settings ---------------------------------------------------------------------------------------------------

    def _reload(self) -> None:
        """Take the settings as they are now; the old ones where they cannot be read."""
        try:
            self.settings = self.load()
        except ListeningError as error:
            if str(error) != self._refused:
                self._warn(f"{_in_one_line(error)} Until that is mended it goes on with the settings as they were.")
            self._refused = str(error)
            return
        if self._refused:
            self._say("The settings can be read again, and hold from now on.")
        self._refused = ""

    # --- after a round ----------------------------------------------------------------------------------------------

    def _after(self, result: RunResult) -> timedelta:
        now = self.clock()
        if result.offline:
            self._offline += 1
            pause = min(SHORTEST_LOOK * 2 ** min(self._offline - 1, 10), OFFLINE_LONGEST)
            return self._next(pause, offline_since=self.noted.offline_since or now)
        reached = any(each.reached for each in result.results)
        changes: dict[str, object] = {}
        if reached and self._offline:
            self._say(f"The network is there again, after {in_words(now - (self.noted.offline_since or now))}.")
        if self._offline and (reached or any(each.state == "unreachable" for each in result.results)):
            self._offline = 0  # somebody answers, or it shows that it is the place
            changes["offline_since"] = None
        if result.results:
            asked = sum(each.state != "waiting" for each in result.results)
            changes |= {"asked_at": now, "asked": asked, "new": result.new}
        return self._next(self._pause(), **changes)

    def _tell(self, result: RunResult) -> None:
        self._heard(result)
        notes = tuple(note for note in result.notes if note not in self._notes)
        for note in notes:
            self._warn(note)
        self._notes = result.notes
        if result.offline:
            return  # no place is to blame
        for each in result.results:
            self._tell_of(each)
        if result.new:
            answered, asked = sum(each.good for each in result.results), len(result.results)
            new = "1 new mention" if result.new == 1 else f"{result.new:,} new mentions"
            self._say(f"{new}; {answered} of {asked} places that were due answered.")

    def _tell_of(self, each: FeedResult) -> None:
        """A place that fails is said once, and once more when it answers again; what else it tells, when it changes."""
        if each.notes and each.notes != self._told.get(each.feed):
            self.warn(f"{each.feed}: {' '.join(each.notes)}")
        if each.state != "unchanged":
            self._told[each.feed] = each.notes
        if each.good and each.feed in self._failing:
            self._failing.discard(each.feed)
            self._say(f"{each.feed}: answers again.")
        elif not each.good and each.state != "waiting" and each.feed not in self._failing:
            self._failing.add(each.feed)
            self._warn(f"{each.feed}: {each.problem} {each.advice}".rstrip())

    # --- words for a log that may be full ---------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        with suppress(OSError):
            self.say(text)

    def _warn(self, text: str) -> None:
        with suppress(OSError):
            self.warn(text)

    def _heard(self, result: RunResult) -> None:
        with suppress(OSError):
            self.heard(result)

    # --- what is wrong with us --------------------------------------------------------------------------------------

    def _trouble(self, words: str, said: str, *, crashed: bool = False) -> timedelta:
        if words != self.noted.trouble:
            self._warn(said)
        failures = self.noted.failures + 1
        pause = min(SHORTEST_LOOK * 2 ** min(failures - 1, 10), TROUBLE_LONGEST)
        since = self.noted.trouble_since or self.clock()
        return self._next(pause, trouble=words, trouble_since=since, failures=failures, crashed=crashed)

    def _well(self) -> None:
        if self.noted.trouble:
            since = self.noted.trouble_since or self.clock()
            self._say(f"It goes on, after {in_words(self.clock() - since)}.")
            self.noted = replace(self.noted, trouble="", trouble_since=None, failures=0, crashed=False)

    # --- the next one -----------------------------------------------------------------------------------------------

    def _pause(self) -> timedelta:
        return min(max(self.every / 5, SHORTEST_LOOK), LONGEST_LOOK)

    def _next(self, pause: timedelta, **changes: object) -> timedelta:
        self._write(looked_at=self.clock(), pause=round(pause.total_seconds()), **changes)
        return pause

    def _tell_of_the_clock(self) -> None:
        """Say where much more time has passed than was meant to, or time has gone backwards."""
        if self.noted.looked_at is None:
            return
        gap = self.clock() - self.noted.looked_at - timedelta(seconds=self.noted.pause)
        if gap > BACK_AFTER:
            self._say(f"Nothing was done for {in_words(gap)}: the computer slept, or its clock was set.")
        elif gap < -BACK_AFTER:
            self._say(f"The computer's clock was set back by {in_words(-gap)}.")

    def _write(self, **changes: object) -> None:
        self.noted = replace(self.noted, **changes)  # type: ignore[arg-type]
        assert self.settings is not None
        with suppress(StoreError):  # where the store cannot be written, `listening status` finds that out by itself
            state.write(door.store_of(self.settings), self.noted)


def wait(
    seconds: float,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Wait so long by the clock on the wall, which a sleeping machine does not stop; if that is set back, so long all
    in all."""
    begun, began = clock(), monotonic()
    until = begun + timedelta(seconds=seconds)
    while (now := clock()) < until and monotonic() - began < seconds and now >= begun - timedelta(minutes=1):
        sleep(min(STEP, max(0.01, (until - now).total_seconds())))


def in_words(length: timedelta) -> str:
    """A length of time: 5 minutes, 3 hours, 2 days."""
    minutes = max(0.0, length.total_seconds() / 60)
    for most, size, one in ((90, 1, "minute"), (48 * 60, 60, "hour"), (float("inf"), 1440, "day")):
        if minutes < most:
            count = max(1, round(minutes / size))
            return f"{count} {one}{'' if count == 1 else 's'}"
    raise AssertionError


def _in_one_line(error: ListeningError) -> str:
    others: Sequence[ListeningError] = getattr(error, "others", ())
    more = f" ({len(others)} more: listening check)" if others else ""
    said = str(error) if isinstance(error, SettingsError) else f"{error.problem} {error.advice}".strip()
    return " ".join(said.split()) + more
