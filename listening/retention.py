"""Keeping no longer than the settings say: what is older is removed, class by class, and does not come back.

Days are whole local days: with 90 days everything goes that lies before the beginning of the day 90 days ago.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from listening import snapshot
from listening.settings import Retention
from listening.store import Store, forgotten, note, noted, placing, removing
from listening.store.files import (
    READ_ME_BEGINS,
    File,
    digest_of,
    drop_old,
    latest_of_each,
    nameless_before,
    note_gone,
    written,
)

PURGED = "purged on"
"""Under this name stands the local day on which the store was last purged by itself."""

CLASSES: dict[str, str] = {
    "mentions": "posts about you",
    "replies": "posts of your own accounts",
    "reviews": "entries of the review's log",
    "reports": "files that were written",
    "access_log": "lines of the access log",
}
"""The classes in the settings, in words."""
ONE: dict[str, str] = {
    "mentions": "post about you",
    "replies": "post of your own accounts",
    "reviews": "entry of the review's log",
    "reports": "file that was written",
    "access_log": "line of the access log",
}

DELETED = ("export", "report", "page", "chart", "snapshot")
"""What is deleted when it is old; a backup is somebody's net, and only named."""

PAGE = "page.html"

Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """An old file that is not deleted, and why."""

    file: File
    why: str


@dataclass(kw_only=True, slots=True)
class Purged:
    """How many of each class were removed (or would be), which files, and which old files are left to a person."""

    before: dict[str, datetime]
    mentions: int = 0
    replies: int = 0
    reviews: int = 0
    access_log: int = 0
    deleted: list[File] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many of each class that has a time."""
        every = {name: len(self.deleted) if name == "reports" else int(getattr(self, name)) for name in CLASSES}
        return {name: every[name] for name in self.before}

    @property
    def anything(self) -> bool:
        """Whether anything was removed."""
        return any(self.counts().values())


def cutoffs(retention: Retention, now: datetime, zone: ZoneInfo) -> dict[str, datetime]:
    """For each class that has a time, the moment before which nothing of it is kept."""
    today = now.astimezone(zone).date()
    days = {each.name: int(getattr(retention, each.name)) for each in fields(Retention)}
    midnights = {name: today - timedelta(days=count) for name, count in days.items() if count}
    return {name: datetime(day.year, day.month, day.day, tzinfo=zone) for name, day in midnights.items()}


def purge(
    store: Store,
    retention: Retention,
    *,
    now: datetime,
    who: str,
    dry_run: bool = False,
    progress: Progress = lambda done: None,
) -> Purged:
    """Remove what is older than its class is kept, a few hundred at a time, each in a transaction of its own.

    A run that is stopped has removed whole mentions only, and the next one goes on; a collection may run meanwhile.
    """
    found = Purged(before=cutoffs(retention, now, store.timezone))
    old = _old(store, found)
    if dry_run:
        _files(store, found, now=now, dry_run=True)
        return found
    done = 0
    for batch in _batches(old):
        with store.writing() as connection:
            elsewhere = placing.ids_of(connection, batch)
            removed = removing.remove(connection, batch)
            undated = [each.mention.id for each in removed if each.mention.date_from != "source"]
            undated += elsewhere if undated else []
            forgotten.note_forgotten(connection, at=now, old=undated)
        done += len(batch)
        progress(done)
    removing.finish(store)  # also what a purge that was ended in the middle left
    _times(store, found)
    _files(store, found, now=now, dry_run=False)
    if found.anything:
        with store.writing() as connection:
            removing.log_within(connection, at=now, who=who, what="purge", detail=said(found))
    return found


def said(purged: Purged) -> str:
    """What was removed, in a line of the access log."""
    zone = next(iter(purged.before.values())).tzinfo
    parts = [
        f"{count:,} {words(name, count)} from before {purged.before[name].astimezone(zone):%Y-%m-%d}"
        for name, count in purged.counts().items()
        if count
    ]
    return "; ".join(parts)


def words(name: str, count: int) -> str:
    """What so many of a class are called."""
    return ONE.get(name, CLASSES[name]) if count == 1 else CLASSES[name]


def due(store: Store, retention: Retention, now: datetime) -> int:
    """How many posts a purge would remove."""
    return len(_old(store, Purged(before=cutoffs(retention, now, store.timezone))))


def daily(store: Store, retention: Retention, *, now: datetime, who: str) -> Purged | None:
    """The same once a local day; None where no class has a time, or today's is done.

    A day is done when all of it is: what a run that broke off left is done by the next one. Two at once do no harm.
    """
    if not cutoffs(retention, now, store.timezone):
        return None
    today = str(store.local_day(int(now.timestamp())))
    if noted(store, PURGED) == today:
        return None
    found = purge(store, retention, now=now, who=who)
    note(store, PURGED, today)
    return found


def _old(store: Store, found: Purged) -> list[int]:
    """The numbers of the mentions that go, oldest first; and how many of the other classes go."""
    numbers: list[int] = []
    with store.reading() as connection:
        for name, before in found.before.items():
            if name in ("mentions", "replies"):
                these = removing.older(connection, before, own=name == "replies")
                setattr(found, name, len(these))
                numbers += these
        if (before_ := found.before.get("reviews")) is not None:
            found.reviews = removing.old_reviews(connection, before_)
        if (before_ := found.before.get("access_log")) is not None:
            found.access_log = removing.old_accesses(connection, before_)
    return numbers


def _batches(numbers: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(numbers), removing.BATCH):
        yield numbers[start : start + removing.BATCH]


def _times(store: Store, found: Purged) -> None:
    with store.writing() as connection:
        if (before := found.before.get("mentions")) is not None:
            removing.heard_since(connection, before, store.local_day(int(before.timestamp())))
        if (before := found.before.get("reviews")) is not None:
            found.reviews = removing.remove_reviews(connection, before)
        if (before := found.before.get("access_log")) is not None:
            found.access_log = removing.remove_accesses(connection, before)
            nameless_before(connection, before)


# --- files ----------------------------------------------------------------------------------------------------------


def _files(store: Store, found: Purged, *, now: datetime, dry_run: bool) -> None:
    """Delete old files that are as we wrote them; name the others."""
    before = found.before.get("reports")
    if before is None:
        return
    with store.reading() as connection:
        every = written(connection)
    latest = latest_of_each(every)
    for file in latest:
        if file.at >= before:
            continue
        path = Path(file.path)
        if file.path and _state(path) == "gone":
            if not dry_run:
                _note_gone(store, file, now)
        elif why := _why_not(file):
            found.left.append(Left(file=file, why=why))
        elif dry_run:
            found.deleted.append(file)
        else:
            try:
                _delete(path)
            except OSError as failure:
                found.left.append(Left(file=file, why=f"could not be deleted: {failure.strerror}"))
                continue
            _note_gone(store, file, now)
            found.deleted.append(file)
    if not dry_run:
        counted = {file.n for file in latest}
        with store.writing() as connection:
            for file in every:
                if file.n not in counted:  # the same path was written again: this one is not there any more
                    note_gone(connection, file.n, now)
            drop_old(connection, before)


State = Literal["there", "gone", "no folder", "unknown"]


def _state(path: Path) -> State:
    """Whether a file is there. A folder that is not there may come back, as on a drive that is not connected; one that
    this account may not enter tells nothing."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        try:
            return "gone" if path.parent.is_dir() else "no folder"
        except OSError:
            return "unknown"
    except OSError:
        return "unknown"
    return "there"


def _note_gone(store: Store, file: File, now: datetime) -> None:
    with store.writing() as connection:
        note_gone(connection, file.n, now)


def _why_not(file: File) -> str:
    """Why an old file is not deleted; "" where it may be."""
    if not file.path:
        how = "printed on a terminal" if file.kind == "export" else "downloaded with a browser"
        return f"was {how}: nobody but who has it can delete it"
    path = Path(file.path)
    if (state := _state(path)) != "there":
        if state == "no folder":
            return "is not found, nor is its folder: on a drive that is not connected, perhaps"
        return "cannot be looked at by this account"
    if file.kind not in DELETED:
        return "a backup is deleted by nobody but you"
    if not file.digest:
        return "nobody noted how it was when it was written"
    if not (digest := digest_of(path)):
        return "cannot be read by this account"
    return "" if digest == file.digest else "was changed since it was written"


def _delete(path: Path) -> None:
    if not path.is_dir():
        path.unlink()
        with suppress(OSError):
            _delete_readme(path.with_name(f"{path.name}.readme.txt"))
        return
    # A snapshot: only what it consists of, and the folder where nothing else is in it.
    if not (path / snapshot.MARK).is_file():
        raise OSError(0, "it is no snapshot any more")
    for name in (snapshot.SETTINGS, PAGE, snapshot.STORE, f"{snapshot.STORE}-wal", f"{snapshot.STORE}-shm"):
        (path / name).unlink(missing_ok=True)
    (path / snapshot.MARK).unlink()
    with suppress(OSError):
        path.rmdir()


def _delete_readme(path: Path) -> None:
    """What an export wrote beside its file goes with it, where it still begins as such."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        ours = file.read(len(READ_ME_BEGINS)) == READ_ME_BEGINS.encode()
    if ours:
        path.unlink()
