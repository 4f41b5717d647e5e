"""One at a time: a lock that tells who holds it, and that is gone with its process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listening import lock
from listening.errors import AlreadyRunning

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)

HOLD = """
import sys, time
from datetime import datetime, UTC
from pathlib import Path
from listening import lock
with lock.held(Path(sys.argv[1]), now=datetime(2026, 3, 4, 9, 30, tzinfo=UTC), what="A collection"):
    print("held", flush=True)
    time.sleep(60)
"""


def holding(file: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    """Since when, and which process: enough to look for it."""
    file = tmp_path / "store.collecting"
    with holding(file) as other:
        try:
            with (
                pytest.raises(AlreadyRunning, match=rf"under way already, since 09:30 \(process {other.pid}\)\."),
                lock.held(file, now=NOW, what="A collection"),
            ):
                pass
            found = lock.holder(file)
            assert found is not None
            assert found.pid == other.pid
            assert found.words(NOW + timedelta(days=1)) == f"since 09:30 of 04 March 2026 (process {other.pid})"
        finally:
            other.kill()


def test_it_is_gone_with_its_process(tmp_path: Path) -> None:
    """Killed without warning: nobody has to remove anything, and no clock is asked."""
    file = tmp_path / "store.collecting"
    with holding(file) as other:
        other.kill()
        other.wait()
    assert lock.holder(file) is None
    with lock.held(file, now=NOW - timedelta(days=365), what="A collection") as waited:
        assert not waited


def test_who_waits_gets_its_turn(tmp_path: Path) -> None:
    """It is told for whom it waits, once, and goes on as soon as the other has ended."""
    file = tmp_path / "store.collecting"
    told: list[lock.Holder] = []
    with holding(file) as other:

        def tell(holder: lock.Holder) -> None:
            told.append(holder)
            other.kill()

        with lock.held(file, now=NOW, what="A collection", seconds=30, waiting=tell) as waited:
            assert waited
    assert [holder.pid for holder in told] == [other.pid]


def test_who_only_looks_keeps_nobody_out(tmp_path: Path) -> None:
    """A monitor that asks all the time whether somebody runs does not keep a collection from beginning."""
    file = tmp_path / "store.collecting"
    with lock.held(file, now=NOW, what="A collection"):
        pass
    end = threading.Event()

    def look() -> None:
        while not end.is_set():
            lock.holder(file)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        until = time.monotonic() + 1
        while time.monotonic() < until:
            with lock.held(file, now=NOW, what="A collection"):
                pass
    finally:
        end.set()
        watching.join()


def test_a_file_that_cannot_be_made_holds_nobody_up(tmp_path: Path) -> None:
    """The store beside it cannot be written either, and says so itself."""
    with lock.held(tmp_path / "nowhere" / "store.collecting", now=NOW, what="A collection") as waited:
        assert not waited
    assert lock.holder(tmp_path / "nowhere" / "store.collecting") is None


def test_what_stands_in_the_file_is_not_trusted(tmp_path: Path) -> None:
    """A file that a crash cut short still locks, and tells less."""
    file = tmp_path / "store.collecting"
    with holding(file) as other:
        try:
            file.write_text("{", encoding="utf-8")
            assert lock.holder(file) == lock.Holder()
            with pytest.raises(AlreadyRunning, match=r"under way already\."), lock.held(file, now=NOW, what="A run"):
                pass
        finally:
            other.kill()
