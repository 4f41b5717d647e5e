"""Whether listening goes on as it should: a few measurements, judged by limits that can be set, in words."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from listening.errors import StoreError, StoreLocked
from listening.insights.feeds import clock
from listening.settings import Settings
from listening.store import FeedState, Reader, Run, Store, feed_states, file_of, note, open_store
from listening.unattended.loop import TRIES, in_words
from listening.unattended.state import Collector, collector_of
from listening.unattended.words import BY_ITSELF

Level = Literal["OK", "WARNING", "CRITICAL"]
LEVELS: tuple[Level, ...] = ("OK", "WARNING", "CRITICAL")
"""The words that monitoring knows; their places in this list are the exit codes."""

PATIENCE = 5.0
"""Seconds that the store is waited for: who monitors asks again."""

SURE = timedelta(hours=1)
"""A place that fails for less counts as well: most troubles pass."""
BEHIND = timedelta(hours=2)
"""A place is behind that should have been asked so long ago."""
HANGS = timedelta(hours=1)
OFFLINE = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """From where on something is wrong: nobody has answered for ``silence``; of the places so many in a hundred fail;
    so many megabytes are free on the store's disk (a fifth of it is critical)."""

    silence: timedelta = timedelta(hours=6)
    failing: int = 50
    megabytes: int = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What was found: ``store`` says in words what is wrong with it, ``states`` are those of the settings' places."""

    places: int
    there: bool = True
    store: str = ""
    in_use: bool = False
    free: int | None = None
    collector: Collector = field(default_factory=Collector)
    run: Run | None = None
    states: Sequence[FeedState] = ()

    def failing(self, now: datetime) -> list[FeedState]:
        """The places that have failed for an hour or longer."""
        return [s for s in self.states if s.failures and s.failing_since and now - s.failing_since >= SURE]

    def behind(self, now: datetime) -> list[FeedState]:
        """The places that should have been asked long ago, and were not."""
        return [s for s in self.states if s.state != "gone" and s.due_at is not None and now - s.due_at >= BEHIND]

    def last_answer(self) -> datetime | None:
        """When any place last answered."""
        return max((s.last_answer_at for s in self.states if s.last_answer_at), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    level: Level
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """All of it: the worst level, what was found, worst first, and a line about how it goes where all is well."""

    level: Level
    findings: tuple[Finding, ...]
    well: str

    @property
    def line(self) -> str:
        """OK, WARNING or CRITICAL, and why."""
        return f"{self.level}: {' '.join(found.words for found in self.findings) or self.well}"


def measure(settings: Settings, now: datetime) -> Measured:
    """Look at store, disk, collector and places. Nothing is asked; one small line is written, to see that it can be."""
    file = file_of(settings.store_url)
    places = len(settings.feeds)
    try:
        free = shutil.disk_usage(file.parent).free
    except OSError:
        free = None
    if not file.exists():
        return Measured(places=places, there=False, free=free)
    try:
        store = open_store(settings.store_url, settings.agency.timezone, wait_seconds=PATIENCE)
        collector, run, states = _seen(store, settings)
    except StoreError as error:
        return Measured(places=places, store=str(error), in_use=isinstance(error, StoreLocked), free=free)
    said, in_use = "", False
    try:
        note(store, "health asked at", now.isoformat())
    except StoreError as error:
        said, in_use = str(error), isinstance(error, StoreLocked)
    return Measured(places=places, store=said, in_use=in_use, free=free, collector=collector, run=run, states=states)


def _seen(store: Store, settings: Settings) -> tuple[Collector, Run | None, list[FeedState]]:
    with store.reading() as connection:
        found = feed_states(connection)
        run = Reader(store, connection).latest_run()
    return collector_of(store), run, [found[feed.name] for feed in settings.feeds if feed.name in found]


def judge(found: Measured, limits: Limits, now: datetime) -> Health:
    """What is not as it should be; ``now`` is in the time zone in which moments are said."""
    said = [*_of_the_machine(found, limits), *_of_the_collector(found, now), *_of_the_places(found, limits, now)]
    said.sort(key=lambda finding: -LEVELS.index(finding.level))
    return Health(level=said[0].level if said else "OK", findings=tuple(said), well=_well(found, now))


def _of_the_machine(found: Measured, limits: Limits) -> list[Finding]:
    said = []
    if found.store:
        said.append(Finding(level="WARNING" if found.in_use else "CRITICAL", words=found.store))
    if found.free is not None and found.free < limits.megabytes * 1_000_000:
        level: Level = "CRITICAL" if found.free < limits.megabytes * 200_000 else "WARNING"
        said.append(Finding(level=level, words=f"Only {found.free // 1_000_000:,} MB are free on the store's disk."))
    return said


def _of_the_collector(found: Measured, now: datetime) -> list[Finding]:
    who = found.collector
    said = []
    if who.doing == "broken off":
        last = f" It last looked {clock(who.looked_at, now)}." if who.looked_at else ""
        words = f"The collector ended without being told to.{last} Start it again: {BY_ITSELF}."
        said.append(Finding(level="CRITICAL", words=words))
    if not who.running:
        return said
    alive = max(
        (moment for moment in (who.looked_at, who.since, found.run and found.run.alive_at) if moment), default=None
    )
    if alive is not None and now - alive - timedelta(seconds=who.pause) > HANGS:
        words = f"The collector (process {who.pid}) runs and has done nothing since {clock(alive, now)}. Start it anew."
        said.append(Finding(level="CRITICAL", words=words))
    if who.trouble and who.failures >= TRIES:
        since = f" since {clock(who.trouble_since, now)}" if who.trouble_since else ""
        said.append(Finding(level="WARNING", words=f"{who.failures} rounds in a row failed{since}: {who.trouble}"))
    if who.offline_since and now - who.offline_since >= OFFLINE:
        words = f"There has been no network since {clock(who.offline_since, now)}."
        said.append(Finding(level="WARNING", words=words))
    return said


def _of_the_places(found: Measured, limits: Limits, now: datetime) -> list[Finding]:
    if found.store and not found.states:
        return []
    if not found.there or not found.states:
        words = "Nothing has been collected yet." if found.places else "There are no places to listen to."
        return [Finding(level="WARNING", words=words)]
    said = []
    last = found.last_answer()
    if last is not None and now - last > limits.silence:
        words = f"No place has answered for {in_words(now - last)}, since {clock(last, now)}."
        said.append(Finding(level="CRITICAL", words=words))
    failing, behind = found.failing(now), found.behind(now)
    if failing and len(failing) * 100 >= limits.failing * found.places:
        words = f"{len(failing)} of {_places(found.places)} {_fail(failing)}: {_names(failing)}."
        said.append(Finding(level="WARNING", words=words))
    if behind and len(behind) * 2 >= found.places:
        words = f"{len(behind)} of {_places(found.places)} should have been asked over two hours ago."
        said.append(Finding(level="WARNING", words=words))
    return said


def _well(found: Measured, now: datetime) -> str:
    failing = found.failing(now)
    fails = f", {len(failing)} {_fail(failing)} ({_names(failing)})" if failing else ""
    last = found.last_answer()
    said = [f"{_places(found.places)}{fails}", f"last answer {clock(last, now)}" if last else "no answer yet"]
    if found.collector.running and found.collector.since:
        said.append(f"collecting by itself since {clock(found.collector.since, now)}")
    return "; ".join(said) + "."


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count:,} places"


def _fail(failing: Sequence[FeedState]) -> str:
    return "fails" if len(failing) == 1 else "fail"


def _names(failing: Sequence[FeedState], most: int = 3) -> str:
    names = ", ".join(state.name for state in failing[:most])
    return f"{names} and {len(failing) - most:,} more" if len(failing) > most else names
