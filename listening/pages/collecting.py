"""Collections that a page begins: each in a process of its own, so that the pages stay free to read."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from threading import Lock, Thread

from listening import door
from listening.pages.ground import Ground
from listening.store import Run

LIVE_EVERY = timedelta(minutes=5)
"""So often the places are asked while somebody watches the newest posts: more would be rude."""

_began: dict[str, datetime] = {}
"""When ``begin_if_due`` last began one, by store: a run stands in the store only seconds later."""

_beginning = Lock()


def begin(base: Ground, *options: str) -> subprocess.Popen[str]:
    """Begin a collection, with options of ``listening collect``; what it complains of can be read from its stderr."""
    path = base.settings.path
    assert path is not None
    environment = {**os.environ, "LISTENING_SETTINGS": str(path), "LISTENING_STORE": base.settings.store_url}
    return subprocess.Popen(  # noqa: S603 - our own program, with options of ours
        [sys.executable, "-m", "listening", "collect", *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


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
    process = begin(base)
    Thread(target=process.communicate, daemon=True).start()  # else what it says would fill its pipe, and it be a zombie
