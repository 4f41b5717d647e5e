"""Collections that a page begins: each in a process of its own, so that the pages stay free to read."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

from listening import door
from listening.pages.ground import Ground
from listening.store import Run

LIVE_EVERY = timedelta(minutes=5)
"""So often the places are asked while somebody watches the newest posts: more would be rude."""

_began: dict[str, datetime] = {}
"""When ``begin_if_due`` last began one, by store: a run stands in the store only seconds later."""

_beginning = Lock()


@dataclass(kw_only=True, slots=True)
class Collecting:
    """A collection that was begun here. ``complained`` is what it says on stderr, whole once it is ``over``.

    It is read all along: a process whose pipe is full would wait for us, and never end.
    """

    process: subprocess.Popen[str]
    complained: str = ""
    _ended: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        Thread(target=self._listen, daemon=True).start()

    @property
    def over(self) -> bool:
        """Whether it has ended, and all that it said is here."""
        return self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, so long at most; whether it has ended."""
        return self._ended.wait(seconds)

    def _listen(self) -> None:
        try:
            _, self.complained = self.process.communicate()
        finally:
            self._ended.set()


def begin(base: Ground, *options: str) -> Collecting:
    """Begin a collection, with options of ``listening collect``."""
    path = base.settings.path
    assert path is not None
    environment = {**os.environ, "LISTENING_SETTINGS": str(path), "LISTENING_STORE": base.settings.store_url}
    process = subprocess.Popen(  # noqa: S603 - our own program, with options of ours
        [sys.executable, "-m", "listening", "collect", *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    return Collecting(process=process)


def begin_if_due(base: Ground, run: Run | None) -> None:
    """Ask the places, where the last collection (``run``, or one begun here) is five minutes old and none is under way.

    One for all who watch. An invented town has no places to ask.
    """
    now = door.now()
    if run is not None and run.running(now):
        return
    if base.frozen is not None or base.settings.agency.made_up or not base.settings.feeds:
        return
    with _beginning:
        last = max((at for at in (run and run.started_at, _began.get(base.store.url)) if at), default=None)
        if last is not None and now - last < LIVE_EVERY:
            return
        _began[base.store.url] = now
    begin(base)
