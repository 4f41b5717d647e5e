"""How long the page's questions take the store: ``python tests/benchmarks/bench_store.py --rows 1000000``.

Fills a store with invented mentions through the real ``save``, then asks what the page asks, each time over a new
connection as the page does. Beside each time stands how long a plain scan of the wide table takes for the same kind of
answer in the same run: machines differ, the ratio does not.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from listening import questions
from listening import store as stores
from listening.insights.numbers import numbers
from listening.insights.periods import period
from listening.insights.quotes import quotes
from listening.insights.themes import themes
from listening.models import Mention, Span, Tag
from listening.query import parse
from listening.store import Reader, Store, View, questioning

NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
YEARS = 3
ZONE = ZoneInfo("America/New_York")
BATCH = 5_000
ROUNDS = 7

TOPICS = ("Transit", "Parks", "Libraries", "Water", "Town hall", "Schools")
FEEDS = tuple((f"Herald {number}", "rss") for number in range(25)) + tuple(
    (f"Quillhaven {number}", "mastodon") for number in range(15)
)
COMMON = [
    "the",
    "a",
    "to",
    "and",
    "of",
    "in",
    "is",
    "on",
    "for",
    "we",
    "you",
    "it",
    "our",
    "this",
    "that",
    "with",
    "new",
    "today",
    "thank",
    "so",
    "very",
    "people",
    "town",
    "street",
    "morning",
    "bridge",
    "bus",
    "stop",
    "late",
    "line",
    "driver",
    "park",
    "bench",
    "tree",
    "library",
    "book",
    "water",
    "bill",
    "school",
    "door",
    "open",
    "closed",
    "question",
    "help",
    "good",
    "kind",
    "friendly",
    "slow",
    "loud",
    "broken",
    "clean",
    "again",
    "when",
    "where",
    "how",
    "much",
    "more",
    "nobody",
    "somebody",
    "meeting",
    "council",
    "plan",
]


def vocabulary(random: Random) -> list[str]:
    """Common words, and 20,000 rare ones made of syllables."""
    syllables = [first + vowel for first in "bdfgklmnprstvw" for vowel in "aeiou"]
    return COMMON + ["".join(random.choices(syllables, k=random.choice((2, 3, 4)))) for _ in range(20_000)]


def invented(rows: int) -> Iterator[Mention]:
    """Mentions of the last three years, about in the order in which they would have been collected."""
    random = Random(20261122)
    words = vocabulary(random)
    weights = [200.0 / (place + 1) for place in range(len(COMMON))] + [0.02] * (len(words) - len(COMMON))
    pool = random.choices(words, weights=weights, k=400_000)
    start = NOW - timedelta(days=365 * YEARS)
    step = timedelta(days=365 * YEARS) / rows
    tags: tuple[Tag, ...] = ("good", "neutral", "bad", "unscored")
    for number in range(rows):
        at = (start + number * step - timedelta(minutes=random.randrange(600))).replace(microsecond=0)
        feed, source = random.choice(FEEDS)
        first = random.randrange(len(pool) - 60)
        topics = tuple(random.sample(TOPICS, random.choices((1, 2), (85, 15))[0]))
        text = " ".join(pool[first : first + random.randrange(12, 60)])
        yield Mention(
            id=f"{number:020x}",
            source=source,
            feed=feed,
            key=f"https://herald.example/{number}",
            url=f"https://herald.example/{number}",
            title=" ".join(pool[first + 3 : first + 10]) if source == "rss" else "",
            text=text,
            author=f"reader{random.randrange(50_000)}",
            author_followers=random.randrange(5_000) if source == "mastodon" else None,
            question=random.random() < 0.12,
            language="en",
            published_at=at,
            collected_at=at + timedelta(minutes=20),
            likes=int(random.paretovariate(0.8)) if source == "mastodon" else None,
            replies=random.randrange(4) if source == "mastodon" else None,
            topics=topics,
            matched=(Span(topic=topics[0], field="text", start=0, end=6, words=text[:6]),),
            vader=0.1,
            score=round(random.uniform(-1, 1), 3),
            tag=random.choices(tags, (25, 50, 20, 5))[0],
            tagger="rules 1",
        )


def fill(store: Store, rows: int) -> None:
    """Save the mentions in batches, as many feeds would, and let every feed be heard every day."""
    begun = time.perf_counter()
    batch: list[Mention] = []
    for number, mention in enumerate(invented(rows), 1):
        batch.append(mention)
        if len(batch) == BATCH or number == rows:
            with store.writing() as connection:
                stores.save(store, connection, batch)
            batch = []
            if sys.stderr.isatty():
                print(f"\r{number:,} of {rows:,}", end="", file=sys.stderr)
    with store.writing() as connection:
        questioning.save(connection, [], questions.VERSION)
        for name, source in FEEDS:
            first = NOW - timedelta(days=365 * YEARS)
            state = stores.FeedState(name=name, source=source, first_answer_at=first, state="ok")
            for days in range(800):
                day = store.local_day(int((NOW - timedelta(days=days)).timestamp()))
                stores.save_feed(connection, state, day=day, answered=True)
    taken = time.perf_counter() - begun
    print(f"\nfilled in {taken:.0f} s: {rows / taken:,.0f} mentions a second (made up and saved)\n")


def milliseconds(work: Callable[[], object]) -> float:
    """The median of several rounds, after one to warm up."""
    times = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1_000)
    return median(times[1:])


def ask(store: Store, question: Callable[[Reader], Any]) -> Callable[[], object]:
    """A question over a connection of its own."""

    def work() -> object:
        with store.reading() as connection:
            return question(Reader(store, connection))

    return work


def scan(store: Store, days: int, condition: str = "1", columns: str = "date(published_at, 'unixepoch')") -> float:
    """How long a plain scan of the wide table takes."""
    since = int((NOW - timedelta(days=days)).timestamp())
    statement = (
        f"SELECT {columns}, tag, count(*) FROM mentions WHERE published_at >= {since} AND {condition} GROUP BY 1, 2"
    )

    def work() -> object:
        with store.reading() as connection:
            return connection.exec_driver_sql(statement).all()

    return milliseconds(work)


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="use, or make and keep, bench.db in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        file = (arguments.folder or Path(temporary)) / "bench.db"
        there = file.exists()
        store = stores.open_store(f"sqlite:///{file}", ZONE)
        if not there:
            fill(store, arguments.rows)
        report(store)


def report(store: Store) -> None:
    """Ask every question and print a line each."""
    rows, size = stores.size(store)
    month = View(start=NOW - timedelta(days=30), end=NOW)
    year = View(start=NOW - timedelta(days=365), end=NOW)
    transit = replace(month, topic="Transit")
    exact, rare = parse('bridge late -"bus stop"'), parse("bakedo OR libafu")
    near = parse("bridge NEAR/2 late")
    like = "text LIKE '%bridge%'"
    one_topic = "topics LIKE '%\"Transit\"%'"
    days = "date(published_at, 'unixepoch')"
    questions: list[tuple[str, Callable[[Reader], Any], tuple[int, str, str]]] = [
        (
            "days x tags, 30 days, one topic",
            lambda r: r.counts(transit, by_day=True, by_feed=False),
            (30, one_topic, days),
        ),
        ("days x tags, 365 days, all topics", lambda r: r.counts(year, by_day=True, by_feed=False), (365, "1", days)),
        (
            "totals and period before, 7 days",
            lambda r: numbers(r, month, period("7d", NOW, ZONE), None),
            (14, "1", "feed"),
        ),
        (
            "totals and period before, 365 days",
            lambda r: numbers(r, month, period("365d", NOW, ZONE), None),
            (730, "1", "feed"),
        ),
        ("quotes, 30 days, one topic", lambda r: quotes(r, transit), (30, one_topic, "likes")),
        ("quotes, 30 days, all topics", lambda r: quotes(r, month), (30, "1", "likes")),
        ("quotes, 365 days, all topics", lambda r: quotes(r, year), (365, "1", "likes")),
        ("newest 50, one topic", lambda r: r.mentions(transit), (30, one_topic, "n")),
        (
            "newest 50 of a feed, all topics",
            lambda r: r.mentions(replace(year, feeds=frozenset({"Herald 3"}))),
            (365, "feed = 'Herald 3'", "n"),
        ),
        ("newest 50 good ones", lambda r: r.mentions(replace(month, tag="good")), (30, "tag = 'good'", "n")),
        (
            "word search, 30 days, counts a day",
            lambda r: r.counts(replace(month, query=exact), by_day=True),
            (30, like, days),
        ),
        (
            "word search, rare word, 365 days",
            lambda r: r.counts(replace(year, query=rare), by_day=True),
            (365, "text LIKE '%bakedo%'", days),
        ),
        (
            "word search, common word, 365 days",
            lambda r: r.counts(replace(year, query=parse("bridge")), by_day=True),
            (365, like, days),
        ),
        ("word search, newest 50", lambda r: r.mentions(replace(month, query=exact)), (30, like, "n")),
        (
            "NEAR search, 30 days, counts a day",
            lambda r: r.counts(replace(month, query=near), by_day=True),
            (30, like, days),
        ),
        (
            "site: search, 7 days",
            lambda r: r.counts(replace(month, start=NOW - timedelta(days=7), query=parse("site:herald.example"))),
            (7, like, days),
        ),
        ("stories and their number, 30 days", lambda r: (r.stories(month), r.story_count(month)), (30, "1", "story")),
        ("stories and their number, 365 days", lambda r: (r.stories(year), r.story_count(year)), (365, "1", "story")),
        (
            "themes, 30 days",
            lambda r: themes(r, month, period("30d", NOW, ZONE), own=()),
            (30, "1", "length(text)"),
        ),
        ("newest mention", lambda r: r.newest_at(), (36_500, "1", "n > 0")),
    ]
    print(f"{rows:,} mentions, {size / 1e6:,.0f} MB")
    print(f"{'question':<40}{'ms':>9}{'plain scan':>12}{'ratio':>8}")
    scans: dict[tuple[int, str, str], float] = {}
    for name, question, plain in questions:
        taken = milliseconds(ask(store, question))
        if plain not in scans:
            scans[plain] = scan(store, *plain)
        print(f"{name:<40}{taken:>9.1f}{scans[plain]:>12.1f}{taken / scans[plain]:>8.3f}")
    taken = milliseconds(lambda: stores.open_store(store.url, ZONE))
    print(f"{'opening':<40}{taken:>9.1f}")
    begun = time.perf_counter()
    with store.reading() as connection:
        streamed = sum(1 for _ in Reader(store, connection).stream(month))
    taken = (time.perf_counter() - begun) * 1_000
    print(f"{f'streaming {streamed:,} mentions':<40}{taken:>9.0f}")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
