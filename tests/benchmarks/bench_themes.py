"""What themes cost: ``python tests/benchmarks/bench_themes.py --rows 100000``.

Saves invented mentions in batches of twenty, as feeds bring them, in turn with and without keeping their terms; then
asks for the themes of periods, beside counting the words of the same periods anew from their texts. Machines differ, so
everything is a ratio within one run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from unittest import mock

from bench_store import NOW, YEARS, ZONE, invented
from bench_store import fill as fill_store

from listening import store as stores
from listening.insights.periods import Period
from listening.insights.themes import sides, themes
from listening.models import Mention
from listening.query import parse
from listening.store import Reader, Store, View, writing
from listening.terms import codes, unpack, words

FEED = 20
SAVED = 12_000
OWN = ("Quillhaven",)


def saving(folder: Path) -> None:
    """Save the same mentions into two stores, batch by batch in turn, one of them without terms."""
    with_terms = stores.open_store(f"sqlite:///{folder / 'with.db'}", ZONE)
    without = stores.open_store(f"sqlite:///{folder / 'without.db'}", ZONE)
    mentions = list(invented(SAVED))
    taken: dict[str, list[float]] = {"with": [], "without": []}
    with with_terms.held() as first, without.held() as second:
        for start in range(0, SAVED, FEED):
            batch = mentions[start : start + FEED]
            for kind in ("with", "without") if start // FEED % 2 else ("without", "with"):
                if kind == "with":
                    taken[kind].append(save(first, batch))
                else:
                    with mock.patch.object(writing, "save_terms", new=keep_nothing):
                        taken[kind].append(save(second, batch))
    print(f"saving {FEED} mentions: {1e3 * median(taken['with']):.2f} ms, without terms "
          f"{1e3 * median(taken['without']):.2f} ms; ratio of medians "
          f"{median(taken['with']) / median(taken['without']):.3f}, of sums "
          f"{sum(taken['with']) / sum(taken['without']):.3f}")  # fmt: skip


def keep_nothing(connection: object, rows: object) -> None:
    """In place of ``save_terms``."""


def save(store: Store, batch: list[Mention]) -> float:
    """Seconds of one transaction with ``save`` in it."""
    begun = time.perf_counter()
    with store.writing() as connection:
        stores.save(store, connection, batch)
    return time.perf_counter() - begun


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The median of several rounds, after one to warm up."""
    times = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return median(times[1:])


def size(store: Store) -> None:
    """Bytes a mention of the table of terms, beside those of the file."""
    with store.reading() as connection:
        rows, sizes = connection.exec_driver_sql("SELECT count(*), sum(length(codes)) FROM terms").one()
        whole = connection.exec_driver_sql("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        file = whole.scalar_one()
    table = sizes + 9 * rows  # beside the words: the row's number and lengths
    print(f"{rows:,} mentions: {table / rows:.0f} bytes of terms a mention of {file / rows:.0f} in all")


def anew(reader: Reader, period: Period, view: View) -> Counter[int]:
    """The counts of both periods from the texts: what there is to do without kept terms."""
    counts: Counter[int] = Counter()
    for mention in reader.stream(replace(view, start=period.before, end=period.end)):
        packed = codes(words(mention.title), words(mention.text), mention.language)
        counts.update(set(unpack(packed)))
    return counts


def asking(store: Store, rows: int) -> None:
    """Themes of several periods and views, beside counting anew."""
    per_day = rows / (365 * YEARS)
    print(f"{'question':<46}{'mentions':>10}{'seconds':>9}{'anew':>9}{'ratio':>8}")
    for days in (7, 30, 90, 365, 547):
        period = Period(
            key=f"{days}d", start=NOW - timedelta(days=days), end=NOW, before=NOW - timedelta(days=2 * days)
        )
        view = View(start=period.start, end=period.end)
        with store.reading() as connection:
            begun = time.perf_counter()
            anew(Reader(store, connection), period, view)
            counted = time.perf_counter() - begun
        views = {
            "all topics": view,
            "one topic": replace(view, topic="Transit"),
            "a feed": replace(view, feeds=frozenset({"Herald 3"})),
            "a word": replace(view, query=parse("bridge")),
        }
        heard = 2 * days * per_day
        for name, asked in views.items():
            ask(
                store,
                f"themes, {days} days, {name}",
                partial(themes, view=asked, period=period, own=OWN),
                heard,
                counted,
            )
        ask(store, f"good and bad, {days} days", partial(sides, view=view, period=period, own=OWN), heard, counted)


def ask(store: Store, name: str, question: Callable[[Reader], object], mentions: float, counted: float) -> None:
    """Print a line: how long a question takes, and that as a part of counting anew."""

    def work() -> None:
        with store.reading() as connection:
            question(Reader(store, connection))

    taken = seconds(work)
    print(f"{name:<46}{mentions:>10,.0f}{taken:>9.3f}{counted:>9.2f}{taken / counted:>8.3f}")


def filling(store: Store) -> None:
    """How long it takes to count a store anew that has no terms yet."""
    begun = time.perf_counter()
    with store.writing() as connection:
        done = stores.terms.fill(connection)
    taken = time.perf_counter() - begun
    print(f"filling: {done:,} mentions in {taken:.1f} s, {done / taken:,.0f} a second")


def main() -> None:
    """Save, fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="use, or make and keep, themes.db in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        saving(Path(temporary))
        file = (arguments.folder or Path(temporary)) / "themes.db"
        there = file.exists()
        store = stores.open_store(f"sqlite:///{file}", ZONE)
        if not there:
            fill_store(store, arguments.rows)
        size(store)
        asking(store, arguments.rows)
        filling(store)


if __name__ == "__main__":
    main()
