"""How long the review's questions take: ``python tests/benchmarks/bench_review.py --rows 1000000``.

Beside them, in the same run, a plain scan of the period's mentions. A week of the invented store is asked, of which
every second story was judged; each figure is the median of several rounds, in milliseconds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from bench_store import ZONE, ask, fill, milliseconds, scan

from listening import settings as settings_files
from listening import store as stores
from listening.review import Desk
from listening.store import Reader, Store, View
from listening.store.queues import Asked, Queue, Turn

SETTINGS = """
[agency]
name = "Town of Quillhaven"
timezone = "{zone}"
[[topics]]
name = "Roads"
query = "bridge"
department = "Public Works"
"""


def main() -> None:
    """Fill, judge half a week, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="use, or make and keep, bench.db in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        file = Path(temporary) / "listening.toml"
        file.write_text(SETTINGS.format(zone=ZONE.key), encoding="utf-8")
        there = (folder / "bench.db").exists()
        store = stores.open_store(f"sqlite:///{folder / 'bench.db'}", ZONE)
        if not there:
            fill(store, arguments.rows)
        report(store, Desk.of(store, settings_files.load(file)))


def report(store: Store, desk: Desk) -> None:
    """One line a question."""
    with store.reading() as connection:
        newest = Reader(store, connection).newest_at()
    assert newest is not None
    now = newest + timedelta(minutes=1)
    view = View(start=now - timedelta(days=7), end=now)
    with store.reading() as connection:
        numbers = Asked(store, connection, Queue(view=view), now).numbers()
    half = numbers[::2]
    for start in range(0, len(half), 500):
        desk.judge(half[start : start + 500], {"tag": "neutral"}, reviewer="Ana", at=now, seen=0)
    rows = stores.size(store)[0]
    print(f"{rows:,} mentions, {len(numbers):,} in the week, {len(half):,} of them judged\n")
    base = scan(store, 7)
    print(f"{'':<34}{'ms':>9}{'of a scan':>12}")

    def line(name: str, took: float) -> None:
        print(f"{name:<34}{took:>9.1f}{took / base:>12.3f}")

    line("scan of the week", base)
    turns: tuple[Turn, ...] = ("newest", "least certain", "most seen")
    for turn in turns:
        queue = Queue(view=view, turn=turn)
        line(f"ten stories, {turn} first", milliseconds(_asking(store, queue, now, "cards")))
    line("how many wait", milliseconds(_asking(store, Queue(view=view), now, "count")))
    line("progress", milliseconds(_asking(store, Queue(view=view), now, "progress")))
    line("judged in two ways", milliseconds(_asking(store, Queue(view=view, show="disputed"), now, "count")))
    line("answers of the week", milliseconds(ask(store, lambda reader: reader.waited(view))))
    tags = count()
    one = half[:1]
    line("a verdict", milliseconds(lambda: _judge(desk, one, next(tags), now)))
    hundred = half[:100]
    line("a verdict on a hundred", milliseconds(lambda: _judge(desk, hundred, next(tags), now)))


def _asking(store: Store, queue: Queue, now: datetime, what: str) -> Callable[[], object]:
    def work() -> None:
        with store.reading() as connection:
            getattr(Asked(store, connection, queue, now), what)()

    return work


def _judge(desk: Desk, numbers: list[int], turn: int, now: datetime) -> None:
    desk.judge(numbers, {"tag": ("good", "bad")[turn % 2]}, reviewer="Ana", at=now, seen=0)


if __name__ == "__main__":
    main()
