"""How fast a run is: 500 feeds of 20 entries, 50 ms away, on 100 loopback addresses; twice over.

    python tests/benchmarks/bench_collect.py [--feeds 500] [--rounds 3]

Once one entry in ten mentions the agency (of real feeds one in fifteen to thirty did), once every entry does.

Fetching, parsing, matching, tagging and saving (first pass) and asking again when nothing has changed (second pass),
against a plain feedparser loop in 40 threads (which neither matches, tags nor saves) and against the reader library
(which parses and saves). Wall seconds, and CPU seconds of the asking process, which a busy machine disturbs less;
medians of the rounds; read the ratios.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import feedparser

from listening import door
from listening.settings import load

ADDRESSES = 100
LATENCY_MS = 50
WORKERS = 40


@contextmanager
def server(feeds: int, one_in: int = 1) -> Iterator[list[str]]:
    """The addresses of the feeds of a running server."""
    script = Path(__file__).with_name("feed_server.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(feeds), str(ADDRESSES), str(LATENCY_MS), str(one_in)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield [f"http://127.0.0.{number % ADDRESSES + 1}:{port}/{number}.xml" for number in range(feeds)]
    finally:
        process.terminate()
        process.wait()


def write_settings(folder: Path, urls: list[str]) -> Path:
    """Settings that listen to these feeds."""
    path = folder / "listening.toml"
    feeds = "".join(f'[[feeds]]\nname = "Outlet {n}"\nsource = "rss"\nurl = "{url}"\n' for n, url in enumerate(urls))
    path.write_text(
        '[agency]\nname = "Town of Quillhaven"\ntimezone = "UTC"\ncontact = "press@quillhaven.example"\n'
        f'[[topics]]\nname = "The town"\nquery = "quillhaven"\n{feeds}',
        encoding="utf-8",
    )
    return path


Seconds = tuple[float, float]
"""Wall and CPU."""


def clock() -> Seconds:
    """Wall and CPU seconds from here on."""
    return time.perf_counter(), time.process_time()


def since(start: Seconds) -> Seconds:
    """Wall and CPU seconds since then."""
    now = clock()
    return now[0] - start[0], now[1] - start[1]


def ours(folder: Path, urls: list[str], one_in: int = 1) -> tuple[Seconds, Seconds]:
    """Seconds of our first and second pass."""
    settings = load(write_settings(folder, urls), {})
    store = door.store_of(settings)
    seconds = []
    for expected in (len(urls) * 20 // one_in, 0):
        start = clock()
        result = door.listen(settings, store=store)
        seconds.append(since(start))
        assert result.new == expected, (result.new, [one for one in result.results if not one.good][:3])
    return seconds[0], seconds[1]


def threads(folder: Path, urls: list[str], one_in: int) -> tuple[Seconds, Seconds]:
    """Seconds of a feedparser loop in threads: fetch and parse, nothing else."""

    def ask(url: str, etag: str | None = None) -> tuple[str | None, int]:
        request = urllib.request.Request(url, headers={"If-None-Match": etag} if etag else {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body, etag = answer.read(), answer.headers["ETag"]
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 304:
                raise
            return etag, 0
        return etag, len(feedparser.parse(body).entries)

    with ThreadPoolExecutor(WORKERS) as pool:
        start = clock()
        first = list(pool.map(ask, urls))
        first_took, start = since(start), clock()
        second = list(pool.map(ask, urls, [etag for etag, _ in first]))
        second_took = since(start)
    assert sum(entries for _, entries in first) == len(urls) * 20
    assert sum(entries for _, entries in second) == 0
    return first_took, second_took


def reader_library(folder: Path, urls: list[str], one_in: int) -> tuple[Seconds, Seconds]:
    """Seconds of the reader library: fetch, parse and save."""
    from reader import make_reader

    reader = make_reader(str(folder / "reader.sqlite"))
    for url in urls:
        reader.add_feed(url)
    seconds = []
    for _ in range(2):
        start = clock()
        reader.update_feeds(workers=WORKERS, scheduled=False)
        seconds.append(since(start))
    assert reader.get_entry_counts().total == len(urls) * 20
    reader.close()
    return seconds[0], seconds[1]


def main() -> None:
    """Run all three in turn, several rounds, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--feeds", type=int, default=500)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    ways: dict[str, Callable[[Path, list[str], int], tuple[Seconds, Seconds]]] = {
        "Listening": ours,
        "feedparser in 40 threads (no matching, tagging, saving)": threads,
        "reader, 40 workers": reader_library,
    }
    print(
        f"{chosen.feeds} feeds x 20 entries, {LATENCY_MS} ms away; seconds, ratios; medians of {chosen.rounds} rounds"
    )
    for one_in, what in ((10, "one entry in ten is a mention"), (1, "every entry is a mention")):
        found: dict[str, list[tuple[Seconds, Seconds]]] = {name: [] for name in ways}
        with server(chosen.feeds, one_in) as urls:
            for _ in range(chosen.rounds):
                for name, way in ways.items():
                    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                        found[name].append(way(Path(folder), urls, one_in))
        print(f"\n{what:58}{'first pass':>15}{'CPU':>15}{'unchanged':>15}{'CPU':>15}")
        base = columns(found["Listening"])
        for name, rounds in found.items():
            cells = (f"{mine:8.2f}{mine / our:6.1f}x" for mine, our in zip(columns(rounds), base, strict=True))
            print(f"{name:58}{''.join(cells)}")


def columns(rounds: list[tuple[Seconds, Seconds]]) -> list[float]:
    """The medians: first pass wall and CPU, second pass wall and CPU."""
    return [median(column) for column in zip(*(first + second for first, second in rounds), strict=True)]


if __name__ == "__main__":
    main()
