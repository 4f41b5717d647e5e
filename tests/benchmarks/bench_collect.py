"""How fast a run is: 500 feeds of 20 entries, 50 ms away, on 100 loopback addresses; all of them mentions.

    python tests/benchmarks/bench_collect.py [--feeds 500] [--rounds 3]

Fetching, parsing, matching, tagging and saving (first pass) and asking again when nothing has changed (second pass),
against a plain feedparser loop in 40 threads (which neither matches, tags nor saves) and against the reader library
(which parses and saves). Wall seconds; medians of the rounds; read the ratios, these machines are noisy.
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
def server(feeds: int) -> Iterator[list[str]]:
    """The addresses of the feeds of a running server."""
    script = Path(__file__).with_name("feed_server.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(feeds), str(ADDRESSES), str(LATENCY_MS)], stdout=subprocess.PIPE, text=True
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


def ours(folder: Path, urls: list[str]) -> tuple[float, float]:
    """Seconds of our first and second pass."""
    settings = load(write_settings(folder, urls), {})
    store = door.store_of(settings)
    seconds = []
    for expected in (len(urls) * 20, 0):
        start = time.perf_counter()
        result = door.listen(settings, store=store)
        seconds.append(time.perf_counter() - start)
        assert result.new == expected, (result.new, [one for one in result.results if not one.good][:3])
    return seconds[0], seconds[1]


def threads(folder: Path, urls: list[str]) -> tuple[float, float]:
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
        start = time.perf_counter()
        first = list(pool.map(ask, urls))
        middle = time.perf_counter()
        second = list(pool.map(ask, urls, [etag for etag, _ in first]))
        end = time.perf_counter()
    assert sum(entries for _, entries in first) == len(urls) * 20
    assert sum(entries for _, entries in second) == 0
    return middle - start, end - middle


def reader_library(folder: Path, urls: list[str]) -> tuple[float, float]:
    """Seconds of the reader library: fetch, parse and save."""
    from reader import make_reader

    reader = make_reader(str(folder / "reader.sqlite"))
    for url in urls:
        reader.add_feed(url)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        reader.update_feeds(workers=WORKERS, scheduled=False)
        seconds.append(time.perf_counter() - start)
    assert reader.get_entry_counts().total == len(urls) * 20
    reader.close()
    return seconds[0], seconds[1]


def main() -> None:
    """Run all three in turn, several rounds, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--feeds", type=int, default=500)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    ways: dict[str, Callable[[Path, list[str]], tuple[float, float]]] = {
        "Listening": ours,
        "feedparser in 40 threads (no matching, tagging, saving)": threads,
        "reader, 40 workers": reader_library,
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with server(chosen.feeds) as urls:
        for _ in range(chosen.rounds):
            for name, way in ways.items():
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                    found[name].append(way(Path(folder), urls))
    base = [median(seconds) for seconds in zip(*found["Listening"], strict=True)]
    print(f"{chosen.feeds} feeds x 20 entries, {LATENCY_MS} ms away, medians of {chosen.rounds} rounds, seconds")
    print(f"{'':58}{'first':>8}{'ratio':>8}{'again':>8}{'ratio':>8}")
    for name, seconds in found.items():
        first, again = (median(column) for column in zip(*seconds, strict=True))
        print(f"{name:58}{first:8.2f}{first / base[0]:7.1f}x{again:8.2f}{again / base[1]:7.1f}x")


if __name__ == "__main__":
    main()
