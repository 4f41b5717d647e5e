"""What goes wrong in the fault campaign. Each fault is a real one: a signal, a full file system, a reset, a lock.

A fault is armed before the child starts, does its work while the child runs, and says afterwards whether it really hit:
a kill that came after the end was none.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from campaign_children import Child, Stems
from campaign_deeds import STORE, Deed, Scene
from campaign_world import FEEDS, Cut, Server

HOUR = 3_600
PAGE = 4_096
SHORT_PATIENCE = 0.3
"""Seconds that an impatient child waits for a lock; the program's own half a minute would make few runs."""


@dataclass(frozen=True, kw_only=True)
class Usual:
    """The same deed without a fault: seconds, the store's largest files in bytes, and how often the clock was read."""

    seconds: float
    largest: dict[str, int]
    readings: int


@dataclass(kw_only=True)
class Trial:
    """One deed under one fault: what a fault may use, and what it tells."""

    scene: Scene
    deed: Deed
    stems: Stems
    server: Server
    usual: Usual
    rng: random.Random
    outside: Path
    """A folder on another disk, for what the children print."""
    hit: bool = False
    killed: bool = False
    kind: str = ""
    children: list[Child] = field(default_factory=list)

    def start(self, order: dict[str, Any]) -> Child:
        """Start a child."""
        child = self.stems.start(order, self.scene.folder, self.outside / f"child{len(self.children)}")
        self.children.append(child)
        return child


class Fault:
    """Nothing goes wrong."""

    name: ClassVar[str] = "none"

    @contextmanager
    def place(self, trial: Trial) -> Iterator[None]:
        """Make the place where it will happen, before anything is in it."""
        yield

    def happen(self, trial: Trial) -> int:
        """Let the deed run with the fault; the first child's return code."""
        return trial.start(trial.deed.order(trial.scene)).wait()


class Kill(Fault):
    """SIGKILL at some moment, right after a write, or in the middle of one."""

    name = "kill"

    def happen(self, trial: Trial) -> int:
        rng, order = trial.rng, trial.deed.order(trial.scene)
        logged = trial.usual.largest.get(f"{STORE}-wal", 0)
        trial.kind = rng.choice(("at a moment", "after a write" if logged else "at a moment", "within a write"))
        if trial.kind == "within a write":
            # A file may grow to this byte and no further: whoever writes beyond is ended there, the page half written.
            largest = max(trial.usual.largest.values(), default=PAGE)
            code = trial.start(order | {"largest_file": rng.randint(1, largest), "ended_there": True}).wait()
            trial.hit = trial.killed = code < 0
            return code
        if rng.random() < 0.1 and order["work"] == "listening":
            order |= {"anew": ["listening", *order["arguments"]]}
        child = trial.start(order)
        if trial.kind == "after a write":
            _after_growth(trial.scene.store, rng.randint(1, logged), child)
        else:
            start_up = 4 * trial.usual.seconds if "anew" in order else 0.0
            child.within(start_up + rng.uniform(0, trial.usual.seconds))
        code = child.kill()
        trial.hit = trial.killed = code < 0
        return code


def _after_growth(store: Path, size: int, child: Child) -> None:
    """Wait until the log beside the store has grown so large."""
    log = store.with_name(f"{STORE}-wal")
    while child.within(0.0005) is None:
        with suppress(FileNotFoundError):
            if log.stat().st_size >= size:
                return


class Full(Fault):
    """The disk is full after some more pages: a file system of its own, or where none may be mounted a limit."""

    name = "full"

    @contextmanager
    def place(self, trial: Trial) -> Iterator[None]:
        if not may_mount(trial.outside):
            yield
            return
        folder = trial.scene.folder
        _mount(folder, "size=64m")
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)

    def happen(self, trial: Trial) -> int:
        folder, rng, order = trial.scene.folder, trial.rng, trial.deed.order(trial.scene)
        growth = max(sum(trial.usual.largest.values()) - _size(folder), 16 * PAGE)
        room = rng.randrange(0, growth, PAGE)
        if not folder.is_mount():
            trial.kind = "a limit on files"
            largest = max((file.stat().st_size for file in folder.iterdir()), default=0)
            child = trial.start(order | {"largest_file": max(largest, PAGE) + rng.randrange(1, growth)})
        else:
            trial.kind = "a full disk"
            _mount(folder, f"remount,size={_used(folder) + room}")
            child = trial.start(order)
        code = child.wait()
        trial.hit = any(words in child.complained() for words in ("no room", "The disk did not"))
        return code


def give_room(trial: Trial) -> None:
    """Somebody has freed some room."""
    if trial.scene.folder.is_mount():
        _mount(trial.scene.folder, "remount,size=64m")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob(f"{STORE}*"))


def _used(folder: Path) -> int:
    return sum(-(-file.stat().st_blocks * 512 // PAGE) * PAGE for file in folder.iterdir())


def _mount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(folder)], check=True, capture_output=True)


_may: list[bool] = []


def may_mount(folder: Path) -> bool:
    """Whether a small file system can be mounted here."""
    if not _may:
        place = folder / "trial"
        place.mkdir(exist_ok=True)
        try:
            _mount(place, "size=64k")
            subprocess.run(["umount", str(place)], check=True, capture_output=True)
            _may.append(True)
        except (OSError, subprocess.CalledProcessError):
            _may.append(False)
    return _may[0]


class Socket(Fault):
    """The server resets a connection after some bytes of an answer."""

    name = "socket"

    def happen(self, trial: Trial) -> int:
        rng, scene = trial.rng, trial.scene
        after = rng.choice((0, rng.randint(1, 200), rng.randint(200, 6_000)))
        cut = Cut(answer=rng.randint(1, len(FEEDS)), after=after)
        trial.server.say(scene.world, trial.deed.hears, cut)
        code = trial.start(trial.deed.order(scene)).wait()
        trial.server.say(scene.world, trial.deed.hears)
        trial.hit = cut.done
        return code


class Clock(Fault):
    """The clock jumps by hours, days or a year, at one of its readings."""

    name = "clock"

    def happen(self, trial: Trial) -> int:
        rng = trial.rng
        by = rng.choice((-1, 1)) * rng.choice((1, 5, 24, 8 * 24, 45 * 24, 366 * 24)) * HOUR
        trial.kind = f"by {by // HOUR} hours"
        told = trial.outside / "jumped"
        told.unlink(missing_ok=True)
        jump = {"at": rng.randint(1, max(1, trial.usual.readings)), "by": by, "told": str(told)}
        code = trial.start(trial.deed.order(trial.scene) | {"clock": jump}).wait()
        trial.hit = told.exists()
        return code


class Lock(Fault):
    """Another program holds the store for a while, or for too long; or reads all the time; or does the same."""

    name = "lock"

    def happen(self, trial: Trial) -> int:
        trial.kind = trial.rng.choice(("for a while", "too long", "a long reader", "a second program"))
        order = trial.deed.order(trial.scene)
        how: dict[str, Callable[[Trial, dict[str, Any]], int]] = {
            "for a while": self._a_while,
            "too long": self._too_long,
            "a long reader": self._reader,
            "a second program": self._second,
        }
        return how[trial.kind](trial, order)

    def _a_while(self, trial: Trial, order: dict[str, Any]) -> int:
        child = trial.start(order)
        child.within(trial.rng.uniform(0, trial.usual.seconds))
        with _held(trial.scene.store, "BEGIN IMMEDIATE") as held:
            ended = child.within(trial.rng.uniform(0.05, 0.4))
        trial.hit = held and ended is None
        return child.wait()

    def _too_long(self, trial: Trial, order: dict[str, Any]) -> int:
        child = trial.start(order | {"patience": SHORT_PATIENCE})
        child.within(trial.rng.uniform(0, 0.8 * trial.usual.seconds))
        with _held(trial.scene.store, "BEGIN IMMEDIATE") as held:
            code = child.wait()
        trial.hit = held and "in use" in child.complained()
        return code

    def _reader(self, trial: Trial, order: dict[str, Any]) -> int:
        with _held(trial.scene.store, "BEGIN") as held:
            code = trial.start(order | {"patience": SHORT_PATIENCE}).wait()
        trial.hit = held
        return code

    def _second(self, trial: Trial, order: dict[str, Any]) -> int:
        child = trial.start(order)
        child.within(trial.rng.uniform(0, 0.5 * trial.usual.seconds))
        other = trial.start(trial.deed.second(trial.scene))
        trial.hit = child.within(0) is None
        code = child.wait()
        other.wait()
        return code


@contextmanager
def _held(store: Path, how: str) -> Iterator[bool]:
    """Hold a store with a transaction of our own; False where it cannot be held yet."""
    raw = sqlite3.connect(store, timeout=2, isolation_level=None)
    try:
        held = True
        try:
            raw.execute(how)
            raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            held = False
        yield held
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raw.close()


FAULTS: dict[str, Fault] = {fault.name: fault for fault in (Kill(), Full(), Socket(), Clock(), Lock(), Fault())}


def watch(child: Child, store: Path) -> dict[str, int]:
    """The largest sizes of a store's files while a child works."""
    largest: dict[str, int] = {}
    began = time.monotonic()
    while child.within(0.001) is None and time.monotonic() - began < 60:
        for file in store.parent.glob("*.db*"):
            with suppress(FileNotFoundError):
                largest[file.name] = max(largest.get(file.name, 0), file.stat().st_size)
    return largest
