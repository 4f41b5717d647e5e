"""What a collector that runs unattended notes of itself in the store, and what is known of it from outside."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Literal

from listening import lock
from listening.store import UNATTENDED, Store, file_of, note, noted

Doing = Literal["never", "running", "stopped", "broken off"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Collector:
    """What a collector notes: since when it runs, how often it looks, when it last did, what it asked, what is wrong.

    ``every`` and ``pause`` are seconds: the shortest time between two requests to one place, and until the next look.
    ``trouble`` is what kept the last looks from being made, in words, ``failures`` how many in a row it were.
    """

    pid: int = 0
    host: str = ""
    since: datetime | None = None
    every: int = 0
    pause: int = 0
    looked_at: datetime | None = None
    asked_at: datetime | None = None
    asked: int = 0
    new: int = 0
    offline_since: datetime | None = None
    trouble: str = ""
    trouble_since: datetime | None = None
    failures: int = 0
    crashed: bool = False
    stopped_at: datetime | None = None
    doing: Doing = "never"

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self.doing == "running"


_TIMES = ("since", "looked_at", "asked_at", "offline_since", "trouble_since", "stopped_at")


def loop_file(store: Store) -> Path:
    """The file whose lock a collector of this store holds as long as it runs."""
    file = file_of(store.url)
    return file.with_name(f"{file.name}.unattended")


def write(store: Store, collector: Collector) -> None:
    """Note how it goes."""
    said = {name: value for name, value in asdict(collector).items() if value and name != "doing"}
    note(store, UNATTENDED, json.dumps(said, default=lambda moment: moment.isoformat()))


def collector_of(store: Store) -> Collector:
    """What is known of the collector of this store: whether it runs tells its lock, the rest its notes."""
    found = _read(noted(store, UNATTENDED))
    holder = lock.holder(loop_file(store))
    if holder is not None:
        return _as(found, doing="running", pid=holder.pid or found.pid, host=holder.host or found.host)
    if found.since is None:
        return found
    return _as(found, doing="stopped" if found.stopped_at else "broken off")


def _as(collector: Collector, **changes: object) -> Collector:
    return Collector(**{field.name: getattr(collector, field.name) for field in fields(collector)} | changes)


def _read(text: str | None) -> Collector:
    try:
        said = json.loads(text or "{}")
        for name in _TIMES:
            said[name] = datetime.fromisoformat(said[name]) if said.get(name) else None
        return Collector(**said)
    except (ValueError, TypeError):
        return Collector()
