"""Whether a file of a million rows takes no more memory than one of ten thousand, and how long each format takes.

    python tests/benchmarks/bench_export.py [--rows 1000000] [--folder DIR]

Each file is written by a process of its own, whose own memory is read while it writes; its time stands beside the time
in which SQLite alone gives the same rows of the wide table.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bench_memory import memory
from bench_store import NOW, ZONE, fill

from listening import store as stores
from listening.settings import load
from listening.store import Reader, View
from listening.takeaway import FORMATS, TEXT_FORMATS, Format, write_mentions

SETTINGS = '[agency]\nname = "Quillhaven"\ntimezone = "America/New_York"\n[[topics]]\nname = "Transit"\nquery = "bus"\n'


@contextmanager
def peak() -> Iterator[list[float]]:
    """The most memory that this process has of its own meanwhile, in megabytes beyond what it had."""
    before, most, over = memory(), [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], memory() - before)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield most
    finally:
        over.set()
        watching.join()


def write(folder: Path, format_: Format, days: int) -> None:
    """Write one file and print its rows, seconds and memory."""
    file = folder / "listening.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    settings, store = load(file, {}), stores.open_store(f"sqlite:///{folder / 'bench.db'}", ZONE)
    view = View(start=NOW - timedelta(days=days), end=NOW)
    target = folder / f"out.{format_}"
    text = format_ in TEXT_FORMATS
    with (
        target.open("w" if text else "wb", **({"newline": "", "encoding": "utf-8"} if text else {})) as out,  # type: ignore[call-overload]
        store.reading() as connection,
        peak() as most,
    ):
        began = time.perf_counter()
        done = write_mentions(format_, out, settings, store, Reader(store, connection), view, now=NOW)
    seconds = time.perf_counter() - began
    print(done.rows, seconds, most[0], target.stat().st_size / 1e6)
    target.unlink()


def plain(folder: Path, days: int) -> float:
    """Seconds in which SQLite alone gives the rows of the wide table."""
    began = time.perf_counter()
    raw = sqlite3.connect(folder / "bench.db")
    since = int((NOW - timedelta(days=days)).timestamp())
    for _ in raw.execute(
        "SELECT * FROM mentions WHERE published_at >= ? AND published_at < ?", (since, NOW.timestamp())
    ):
        pass
    raw.close()
    return time.perf_counter() - began


def main() -> None:
    """Fill a store, write a small and a large file of each format, print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="use, or make and keep, bench.db in this folder")
    parser.add_argument("--write", nargs=2, metavar=("FORMAT", "DAYS"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.write:
        write(chosen.folder, chosen.write[0], int(chosen.write[1]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        there = (folder / "bench.db").exists()
        store = stores.open_store(f"sqlite:///{folder / 'bench.db'}", ZONE)
        if not there:
            fill(store, chosen.rows)
        print(f"{'format':<9}{'rows':>10}{'seconds':>9}{'x plain':>9}{'memory MB':>11}{'file MB':>9}")
        for days in (11, 1_100):
            alone = plain(folder, days)
            for format_ in FORMATS:
                ended = subprocess.run(
                    [sys.executable, __file__, "--folder", str(folder), "--write", format_, str(days)],
                    capture_output=True,
                    text=True,
                    check=True,
                    env={**os.environ, "LISTENING_STORE": f"sqlite:///{folder / 'bench.db'}"},
                )
                rows, seconds, most, size = (float(each) for each in ended.stdout.split())
                print(
                    f"{format_:<9}{int(rows):10,}{seconds:9.1f}{seconds / alone:9.1f}{most:11.1f}{size:9.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
