"""What finding stories costs: ``python tests/benchmarks/bench_stories.py [--mentions 100000]``.

Saves mentions in batches of 20, one in four a copy of an earlier one (a boost, a wire copy, a cut), and measures the
processor time of a mention while the store grows: it must not grow with it. Prints also the part of it that saving
takes without stories, the memory, the bytes of the keys, and whether the copies were found.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from feed_server import SMALL_WORDS
from sqlalchemy import text

from listening.models import Mention
from listening.store import open_store, stories
from listening.store.writing import save

START = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 20
SYLLABLES = ("ba", "fer", "lin", "mo", "tar", "wes", "ky", "dor", "pa", "sun", "rel", "gi", "nor", "cha", "vel", "um")
VOCABULARY = [first + second + third for first in SYLLABLES for second in SYLLABLES for third in SYLLABLES]
"""Made-up words, 4,096, the first of them often and the last ones seldom, as words are."""


def mentions(count: int) -> Iterator[tuple[Mention, int]]:
    """Mentions, each with the number of the one it is a copy of, or its own."""
    source = random.Random(3)
    recent: list[tuple[int, str]] = []
    for number in range(count):
        first, said = number, ""
        if recent and source.random() < 0.25:
            first, said = source.choice(recent)
            said = source.choice((f"RT @town: {said[:140]}…", f"{said} #Quillhaven", said))
        else:
            length = source.choice((12, 25, 40, 60))
            said = " ".join(
                source.choice(SMALL_WORDS) if source.random() < 0.4 else VOCABULARY[int(4096 * source.random() ** 3)]
                for _ in range(length)
            )
            recent = [*recent[-200:], (number, said)]
        at = START + timedelta(minutes=2 * number)
        yield (
            Mention(
                source="mastodon", feed=f"feed {source.randrange(40)}", key=f"k{number}", text=said, id=f"m{number}",
                topics=("town",), published_at=at, collected_at=at, tag="neutral", tagger="t",
            ),
            first,
        )  # fmt: skip


def own_memory() -> float:
    """MB of this process without what it sees of files, which the system takes back when it likes; of Linux only."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        status = ""
    if "RssAnon:" not in status:
        return float("nan")
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


def main() -> None:
    """Save, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=100_000)
    count = parser.parse_args().mentions
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/s.db", ZoneInfo("UTC"))
        spent, placing, batch = 0.0, 0.0, []
        marks = {count // 10, count}
        placed = stories.place

        def timed(*given: object) -> stories.Placed:
            nonlocal placing
            start = time.process_time()
            found = placed(*given)  # type: ignore[arg-type]
            placing += time.process_time() - start
            return found

        stories.place = timed  # type: ignore[assignment]
        seen = 0
        print(f"{'mentions':>10}{'ms each':>10}{'stories':>10}{'memory':>10}")
        with store.held() as held:
            for mention, _ in mentions(count):
                batch.append(mention)
                if len(batch) < BATCH:
                    continue
                start = time.process_time()
                with held.writing() as connection:
                    save(held, connection, batch)
                spent += time.process_time() - start
                seen, batch = seen + BATCH, []
                if seen % (count // 10) == 0:
                    memory = own_memory()
                    each = 10 / count * 1000
                    if seen in marks or seen % (count // 5) == 0:
                        print(f"{seen:>10,}{spent * each:>10.3f}{placing * each:>10.3f}{memory:>7.0f} MB")
                    spent = placing = 0.0
            with held.reading() as connection:
                found: dict[str, str] = dict(connection.execute(text("SELECT id, story FROM mentions")).all())
                keys = connection.execute(text("SELECT count(*) FROM story_keys")).scalar_one()
    truth = {mention.id: f"m{first}" for mention, first in mentions(count)}
    copies = [id_ for id_ in found if truth[id_] != id_]
    right = sum(found[id_] == truth[id_] for id_ in copies)
    alone = sum(found[id_] == id_ for id_ in found if truth[id_] == id_)
    print(f"\n{keys / len(found):.1f} keys a mention; {right / len(copies):.1%} of {len(copies):,} copies found, ")
    print(f"{alone / (len(found) - len(copies)):.1%} of the others stories of their own")


if __name__ == "__main__":
    main()
