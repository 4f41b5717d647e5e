"""A lock that only one process holds, and that dies with it: a crash, a power cut or a wrong clock leaves none behind.

It is the operating system's lock on a small file beside the store; the file says who holds it, and stays. The store
itself keeps doubles out, so that nothing is lost where a drive knows no locks: two may then run at once.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from listening.errors import AlreadyRunning

STEP = 0.1
"""Seconds between two tries."""

AT_LEAST = 1.0
"""Seconds: so long it is tried at least, since who only looks whether it is held holds it for a moment."""

WAIT = "Only one at a time writes into a store. Wait for its end; if it never comes, end that process."

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
_FAR = 1 << 30
"""On Windows a lock keeps others from reading what is locked: we lock a byte that is not there."""

Taken = Literal["taken", "held", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who holds a lock, as far as it says so."""

    pid: int = 0
    host: str = ""
    since: datetime | None = None

    def words(self, now: datetime) -> str:
        """since 14:05 (process 4711 on quill); in ``now``'s time zone."""
        said = []
        if self.since is not None:
            local = self.since.astimezone(now.tzinfo)
            said.append(f"since {local:%H:%M}" + ("" if local.date() == now.date() else f" of {local:%d %B %Y}"))
        if self.pid:
            here = self.host in ("", socket.gethostname())
            said.append(f"(process {self.pid}{'' if here else f' on {self.host}'})")
        return " ".join(said)


@contextmanager
def held(
    file: Path,
    *,
    now: datetime,
    what: str,
    seconds: float = 0.0,
    waiting: Callable[[Holder], None] = lambda holder: None,
    advice: str = WAIT,
) -> Iterator[bool]:
    """Hold the lock; gives whether another one had it first. Raises AlreadyRunning where it does not come free in time.

    ``what`` is what is done under it, in words ("A collection"). ``waiting`` is told once who has it. ``advice`` is
    what to do about another holder.
    """
    handle = _opened(file)
    if handle is None:
        yield False
        return
    try:
        waited = told = False
        began = time.monotonic()
        while _try(handle) == "held":
            waited = True
            so_far = time.monotonic() - began
            if so_far >= max(seconds, AT_LEAST):
                raise _busy(_told(file), what, now, advice)
            if so_far >= AT_LEAST and not told:
                told = True
                waiting(_told(file))
            time.sleep(STEP)
        _tell(handle, now)
        yield waited
    finally:
        os.close(handle)  # and the lock is free


def holder(file: Path) -> Holder | None:
    """Who holds the lock now; None where nobody does, or where nobody can tell."""
    try:
        handle = os.open(file, os.O_RDONLY)
    except OSError:
        return None
    try:
        return _told(file) if _try(handle, shared=True) == "held" else None
    finally:
        os.close(handle)


def _busy(holder: Holder, what: str, now: datetime, advice: str) -> AlreadyRunning:
    return AlreadyRunning(
        f"{what} is under way already, {holder.words(now)}".rstrip(" ,") + ".",
        advice,
    )


def _opened(file: Path) -> int | None:
    for flags in (os.O_RDWR | os.O_CREAT, os.O_RDONLY):  # another account's file can be locked, and not be written
        with suppress(OSError):
            return os.open(file, flags, 0o666)
    return None  # the store beside it cannot be written either, and says so


if sys.platform == "win32":
    import msvcrt

    def _try(handle: int, *, shared: bool = False) -> Taken:
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return "held"
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return "taken"

else:
    import fcntl

    def _try(handle: int, *, shared: bool = False) -> Taken:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as failure:
            return "unknown" if failure.errno in _NO_LOCKS else "held"
        return "taken"


def _tell(handle: int, now: datetime) -> None:
    said = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat()}).encode()
    with suppress(OSError):  # it is held all the same
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, said)


def _told(file: Path) -> Holder:
    try:
        said = json.loads(file.read_bytes())
        return Holder(pid=int(said["pid"]), host=str(said["host"]), since=datetime.fromisoformat(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder()
